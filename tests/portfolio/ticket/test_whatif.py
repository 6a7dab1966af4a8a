"""An account before and after an order: what moves, what does not, each figure worked out again."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from brokerage import market
from brokerage.models import Instrument, OrderPreview, Position
from portfolio.ticket.whatif import filled
from tests.portfolio import factories
from tests.portfolio.figures import walking
from tests.portfolio.risk.scenes import all_metrics

pytestmark = pytest.mark.django_db

ANSWER = {
    "buying-power-effect": {
        "change-in-buying-power": "1250.0", "change-in-buying-power-effect": "Debit",
        "current-buying-power": "18000.0", "current-buying-power-effect": "Credit",
        "new-buying-power": "16750.0", "new-buying-power-effect": "Credit",
    },
    "fee-calculation": {"total-fees": "2.28", "total-fees-effect": "Debit"},
}  # fmt: skip


def leg(symbol: str, action: str, quantity: str | None = "1") -> dict[str, Any]:
    kind = "Equity Option" if " " in symbol else "Equity"
    row = {"instrument-type": kind, "symbol": symbol, "action": action, "quantity": quantity}
    return {key: value for key, value in row.items() if value is not None}


@pytest.fixture
def held(user: Any, book: Any) -> Any:
    """The small book, its facts mirrored, and a lower put in the quotes that nobody holds."""
    all_metrics()
    connection, account = book
    Instrument.objects.create(
        environment=account.environment, instrument_type="Equity", symbol="KO",
        streamer_symbol="KO", raw={}, received_at=timezone.now(),
    )  # fmt: skip
    row = factories.make_option(account, "SPY", 45, "P", "580", "1", open="1", mark="0.55")
    Position.objects.filter(pk=row.pk).delete()
    cell = market.Cells(
        quote=factories.quote(0.54, 0.56), greeks=factories.greeks(-0.15, theta=-0.03)
    )
    factories.publish(connection, {row.streamer_symbol: cell})
    return connection, account, row


def shown(user: Any, held: Any, *legs: dict[str, Any], **body: Any) -> OrderPreview:
    connection, account, _ = held
    return OrderPreview.objects.create(
        user=user, connection=connection, account=account, environment=account.environment,
        body=body or {"order-type": "Limit", "legs": list(legs)}, answer=ANSWER,
        expires_at=timezone.now() + timedelta(seconds=60),
    )  # fmt: skip


def table(web: Client, preview: OrderPreview) -> str:
    answer = web.get(reverse("portfolio:ticket-whatif"), {"preview": str(preview.pk)})
    assert answer.status_code == 200
    return answer.content.decode()


def cells(html: str, key: str) -> list[str]:
    """Before, after and change of a row, as numbers are written in code."""
    row = re.search(rf'id="whatif-{key}".*?</tr>', html, re.DOTALL)
    assert row is not None, key
    found = re.findall(r"<td[^>]*>([^<]*)</td>", row[0])
    return [text.replace("−", "-").replace(",", "") for text in found]


def test_a_bought_put_makes_a_spread_of_the_short_ones(web: Client, user: Any, held: Any) -> None:
    html = table(web, shown(user, held, leg(held[2].symbol, "Buy to Open", "2")))
    # 200 × −0.15 × 601.11 dollars of delta, 200 × −0.03 a day.
    assert float(cells(html, "ddelta")[2]) == pytest.approx(-18_033.3, abs=0.06)
    assert float(cells(html, "theta")[2]) == pytest.approx(-6.0)
    assert float(cells(html, "vega")[2]) == pytest.approx(24.0)
    worst = [float(text) for text in cells(html, "worst")]
    assert worst[0] < worst[1] and worst[2] > 0
    assert "Spring 2020" in html


def test_the_brokers_words_stand_as_it_said_them(web: Client, user: Any, held: Any) -> None:
    html = table(web, shown(user, held, leg(held[2].symbol, "Buy to Open")))
    assert cells(html, "power") == ["18000.00", "16750.00", "-1250.00"]
    assert cells(html, "fees") == ["", "", "-2.28"]


def test_closing_takes_all_of_it_away(web: Client, user: Any, held: Any) -> None:
    shares = leg("KO", "Sell to Close", "100")
    call = Position.objects.get(symbol__startswith="KO ")
    html = table(web, shown(user, held, shares, leg(call.symbol, "Buy to Close")))
    assert cells(html, f"part-{b'KO'.hex()}")[1] == "0.0%"
    # What is left is SPY alone: −2 × 100 × −0.25 × 601.11.
    assert float(cells(html, "ddelta")[1]) == pytest.approx(30_055.5, abs=0.06)
    assert cells(html, f"held-{b'KO'.hex()}")[1] == "0"


def test_cash_of_a_call_sold_in_the_money(web: Client, user: Any, held: Any) -> None:
    _, account, _ = held
    row = factories.make_option(account, "KO", 20, "C", "50", "1", open="2", mark="2.20")
    Position.objects.filter(pk=row.pk).delete()
    html = table(web, shown(user, held, leg(row.symbol, "Sell to Open")))
    # It is assigned: 100 shares go for 50.00 each.
    assert cells(html, "cash") == ["0.00", "+5000.00", "+5000.00"]
    assert cells(html, f"held-{b'KO'.hex()}") == ["+100", "0", "-100"]


@pytest.mark.parametrize("sold", [False, True])
def test_every_figure_can_be_worked_out_again(
    web: Client, user: Any, held: Any, sold: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    walking.stand_still(monkeypatch)
    put = leg(held[2].symbol, "Sell to Open" if sold else "Buy to Open", "2")
    legs = [put] if sold else [put, leg("KO", "Buy to Open", "50")]
    html = table(web, shown(user, held, *legs))
    assert len(walking.figures(html)) >= 31
    assert list(walking.wrong(web, html)) == []
    assert walking.unmarked(html) == []


def test_without_holdings_before_is_nothing(web: Client, user: Any, held: Any) -> None:
    Position.objects.all().delete()
    html = table(web, shown(user, held, leg(held[2].symbol, "Buy to Open")))
    assert cells(html, "theta") == ["0.00", "-3.00", "-3.00"]
    assert cells(html, f"part-{b'SPY'.hex()}")[0] == "—"
    assert list(walking.wrong(web, html)) == []


def test_an_instrument_that_cannot_be_read_is_told(web: Client, user: Any, held: Any) -> None:
    html = table(web, shown(user, held, leg("SPY   991218P00010000", "Buy to Open")))
    assert "notice--warning" in html and "Left out: +1 SPY" in html
    assert cells(html, "theta")[2] == "0.00"


def test_a_strangers_preview_is_not_there(strangers_web: Client, user: Any, held: Any) -> None:
    preview = shown(user, held, leg(held[2].symbol, "Buy to Open"))
    query = {"preview": str(preview.pk)}
    assert strangers_web.get(reverse("portfolio:ticket-whatif"), query).status_code == 404
    figure = {"ref": "whatif-theta-after", **query}
    assert strangers_web.get(reverse("portfolio:figure"), figure).status_code == 404


@pytest.mark.parametrize("ref", ["theta-then", "nothing-after", "after", "fees-before"])
def test_references_that_no_table_gave_open_nothing(
    web: Client, user: Any, held: Any, ref: str
) -> None:
    preview = shown(user, held, leg(held[2].symbol, "Buy to Open"))
    query = {"ref": f"whatif-{ref}", "preview": str(preview.pk)}
    assert web.get(reverse("portfolio:figure"), query).status_code == 404


@pytest.mark.parametrize("preview", ["", "x", "20624d33-5a9c-4e24-8a96-1cd41ebd7a86"])
def test_no_preview_no_table(web: Client, preview: str) -> None:
    assert web.get(reverse("portfolio:ticket-whatif"), {"preview": preview}).status_code == 404


def test_more_positions_cost_no_more_queries(web: Client, user: Any, held: Any) -> None:
    preview = shown(user, held, leg(held[2].symbol, "Buy to Open"))

    def count() -> int:
        table(web, preview)
        with CaptureQueriesContext(database) as captured:
            table(web, preview)
        return len(captured)

    few = count()
    for strike in range(500, 560, 2):
        factories.make_option(held[1], "SPY", 40, "P", str(strike), "-1", open="1", mark="1")
    assert count() == few


# --- Which legs count -----------------------------------------------------------------------------

ENTRY = {"legs": [leg("KO", "Buy to Open", "100")]}
EXIT = {"legs": [leg("KO", "Sell to Close", "100")]}


@pytest.mark.parametrize(
    ("body", "amounts", "words"),
    [
        (ENTRY, [100], ""),
        ({"type": "OTOCO", "trigger-order": ENTRY, "orders": [EXIT, EXIT]}, [100], "what follows"),
        ({"type": "OCO", "orders": [EXIT, EXIT]}, [-100], "the first is counted"),
        ({"type": "PAIRS", "orders": [ENTRY, EXIT]}, [100, -100], ""),
        ({"legs": [leg("KO", "Buy to Open", None)]}, [], "ordered by its value"),
    ],
)
def test_of_a_group_what_works_first(body: Any, amounts: list[int], words: str) -> None:
    found = filled(body)
    assert [one.quantity for one in found.legs] == [Decimal(amount) for amount in amounts]
    assert words in " ".join(found.words)
    assert bool(found.words) == bool(words)
