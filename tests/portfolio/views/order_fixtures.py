"""A signed-in browser, a login made through the real connect flow, a broker that takes orders."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokerage import market
from brokerage.models import Account, Connection, Instrument
from portfolio.live.hub import hub
from tests.brokerage.conftest import (  # noqa: F401
    _clean_valkey,
    account,
    connection,
    queued,
    stranger,
    user,
)
from tests.brokerage.execution.conftest import (  # noqa: F401
    OrderBroker,
    _new_boot,
    apple,
    broker,
    regular_session,
)
from tests.portfolio import factories
from tests.portfolio.figures import walking


@pytest.fixture
def desk(user: Any, connection: Connection, apple: Instrument) -> Client:  # noqa: F811
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def values(account: Account) -> dict[str, str]:  # noqa: F811
    """What the ticket's form posts for ten shares at a limit."""
    return {
        "ticket": str(uuid.uuid4()),
        "account": f"simulator:{account.number}",
        "instrument_type": "Equity",
        "symbol": "AAPL",
        "legs": "1",
        "order_type": "Limit",
        "time_in_force": "Day",
        "price": "229.40",
        "leg-0-action": "Buy to Open",
        "leg-0-quantity": "10",
    }


CALL = "AAPL  270115C00250000"
PUT = "AAPL  270115P00210000"


@pytest.fixture
def options(apple: Instrument) -> None:  # noqa: F811
    """A call and a put on the shares, known without a chain."""
    for symbol in (CALL, PUT):
        Instrument.objects.create(
            environment="simulator",
            instrument_type="Equity Option",
            symbol=symbol,
            streamer_symbol=f".{symbol[:4]}{symbol[6:13]}{int(symbol[13:]) // 1000}",
            underlying_symbol="AAPL",
            tick_sizes=[{"value": "0.01"}],
            multiplier=100,
            active=True,
            received_at=timezone.now(),
            raw={},
        )


@pytest.fixture
def quotes(connection: Connection) -> None:  # noqa: F811
    hub._snapshots.clear()
    cells = {
        "AAPL": market.Cells(quote=factories.quote(229.38, 229.42)),
        ".AAPL270115C250": market.Cells(
            quote=factories.quote(4.9, 5.1), greeks=factories.greeks(0.3)
        ),
        ".AAPL270115P210": market.Cells(
            quote=factories.quote(3.9, 4.1), greeks=factories.greeks(-0.25)
        ),
    }
    factories.publish(connection, cells)


def html(response: Any) -> str:
    """A page to be searched in, without the marks around figures in running text."""
    return walking.without_marks(unescape(response.content.decode()))


def hidden(response: Any) -> dict[str, str]:
    """The hidden fields that a confirmation sends."""
    names = "preview|content_hash|client_order_id"
    return dict(re.findall(rf'name="({names})" value="([^"]*)"', html(response)))


def error_of(response: Any, field: str) -> str:
    """The message under a field of the ticket; empty when there is none."""
    found = re.search(rf'id="id_{field}_error"[^>]*>(.*?)</div>', html(response), re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def send(desk: Client, values: dict[str, str]) -> Any:
    """Preview and confirm; the answer to the confirmation."""
    shown = desk.post("/trade/preview/", values)
    assert shown.status_code == 200, html(shown)
    return desk.post("/trade/submit/", hidden(shown))
