"""The book of the running simulator, mirrored whole, quoted, with an order and a preview on it."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from brokerage import market
from brokerage.models import Instrument, Position
from portfolio.live.hub import hub
from tests.brokerage.conftest import queued  # noqa: F401
from tests.portfolio import factories
from tests.portfolio.ledger.conftest import Broker, demo, demo_process  # noqa: F401


@pytest.fixture
def rich(demo: Broker) -> Broker:  # noqa: F811
    """All accounts of the demo, every instrument held with a quote and every option with Greeks."""
    demo.sync()
    factories.publish(demo.connection, books(demo))
    hub._snapshots.clear()
    return demo


def books(broker: Broker) -> dict[str, market.Cells]:
    """Quotes a cent around the broker's marks."""
    now, found = time.time(), {}
    held = Position.objects.filter(account__accesses__connection=broker.connection)
    marks = {row.symbol: float(row.mark_price or 1) for row in held}
    for row in Instrument.objects.exclude(streamer_symbol=""):
        mark = marks.get(row.symbol, 100.0)
        cells = market.Cells(
            quote=market.Quote(now, round(mark - 0.01, 4), round(mark + 0.01, 4), 5.0, 7.0)
        )
        cells.summary = market.Summary(now, mark, mark, mark, prev_close=mark, open_interest=9)
        if "Option" in row.instrument_type:
            cells.greeks = factories.greeks(0.3)
        found[row.streamer_symbol] = cells
    return found


@pytest.fixture
def desk(rich: Broker) -> Client:
    client = Client()
    client.force_login(rich.person)
    return client
