"""What companies do, at a running simulator: mirrored, said on the pages, history kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from brokerage.enums import SyncKind
from brokerage.models import Notice, Order, Position, Transaction
from tests.portfolio.views.order_fixtures import html
from tests.portfolio.views.simulated import *  # noqa: F403
from tests.portfolio.views.simulated import resting

pytestmark = pytest.mark.django_db(transaction=True)
BOOK = (SyncKind.POSITIONS, SyncKind.TRANSACTIONS, SyncKind.ORDERS, SyncKind.INSTRUMENTS)


def option_on(elsewhere: Any, symbol: str) -> str:
    """A call with whole strikes some months out."""
    chain = elsewhere.client.get(f"/option-chains/{symbol}/nested").json()["data"]["items"][0]
    expiration = chain["expirations"][5]
    strikes = expiration["strikes"]
    return str(strikes[len(strikes) // 2]["call"])


def stock(elsewhere: Any, symbol: str) -> str:
    """A hundred shares and two bought calls, mirrored with all that came before."""
    option = option_on(elsewhere, symbol)
    elsewhere.control(
        f"accounts/{elsewhere.number}/holdings",
        holdings=[{"symbol": symbol, "quantity": "100"}, {"symbol": option, "quantity": "2"}],
    )
    elsewhere.sync(*BOOK)
    return option


def held(symbol: str) -> Position:
    return Position.objects.get(symbol=symbol, account__number="5WT00001")


def telling(words: str) -> str:
    return next(text for text in Notice.objects.values_list("text", flat=True) if words in text)


def then(elsewhere: Any) -> str:
    """The present of the broker's clock, as an address has it."""
    elsewhere.connection.refresh_from_db()
    offset = timedelta(seconds=elsewhere.connection.clock_offset_seconds)
    return (timezone.now() + offset).isoformat()


def test_a_split_multiplies_what_is_held_and_is_told(desk, elsewhere):
    option = stock(elsewhere, "INTC")
    before = Position.objects.filter(closed_at=None).count()
    elsewhere.control("corporate-actions", kind="split", symbol="INTC", new="2")
    elsewhere.sync(*BOOK)
    elsewhere.sync(*BOOK)
    assert held("INTC").quantity == 200
    assert held(option).closed_at is not None, "the last state of the old contract is kept"
    assert Position.objects.filter(closed_at=None).count() == before
    told = telling("forward split of INTC")
    assert "100 INTC became 200 INTC" in told and "no booking says why" not in told
    assert told in html(desk.get("/notices/"))
    booked = html(desk.get("/activity/?symbol=INTC"))
    assert "Forward Split" in booked
    shown = html(desk.get("/positions/"))
    assert "INTC" in shown
    # A second read of the same bookings is no second piece of news.
    Notice.objects.all().delete()
    elsewhere.sync(*BOOK)
    assert not Notice.objects.filter(text__contains="forward split").exists()


def test_a_new_symbol_is_one_position_and_the_old_one_history(desk, elsewhere):
    stock(elsewhere, "PEP")
    asked = resting("20.10")
    asked["legs"][0]["symbol"] = "PEP"
    order = elsewhere.place(asked)
    elsewhere.control("corporate-actions", kind="symbol-change", symbol="PEP", to="PEPX")
    elsewhere.sync(*BOOK)
    elsewhere.sync(*BOOK)
    assert held("PEPX").quantity >= 100
    assert held("PEP").closed_at is not None
    assert Order.objects.get(pk=order.pk).status in ("Removed", "Cancelled")
    assert "PEP became" in telling("symbol change of PEP")
    shown = html(desk.get("/positions/"))
    assert "PEPX" in shown
    assert Transaction.objects.filter(symbol="PEP").exists(), "bookings keep their symbol"
    assert "Symbol Change" in html(desk.get("/activity/"))


def test_an_adjusted_option_is_held_under_its_new_class(desk, elsewhere):
    option = stock(elsewhere, "DIS")
    elsewhere.control("corporate-actions", kind="split", symbol="DIS", new="3", old="2")
    elsewhere.sync(*BOOK)
    elsewhere.sync(*BOOK)
    adjusted = held(option.replace("DIS ", "DIS1", 1))
    assert adjusted.quantity == 2 and adjusted.closed_at is None
    assert held("DIS").quantity == 150
    assert "DIS1" in telling("forward split of DIS")
    page = desk.get("/positions/")
    row = row_of_title(html(page), adjusted)
    assert ">ADJ<" in row and "delivers 150 DIS" in row
    assert Position.objects.get(symbol=option).closed_at is not None, "history stays"


def test_an_option_on_a_merged_company_says_what_it_delivers(desk, elsewhere):
    option = stock(elsewhere, "AMD")
    terms = {"into": "NVDA", "ratio": "0.5", "cash": "12.50"}
    elsewhere.control("corporate-actions", kind="merger", symbol="AMD", **terms)
    elsewhere.sync(*BOOK)
    elsewhere.sync(*BOOK)
    assert held(option).closed_at is not None and held("AMD").closed_at is not None
    changed = Position.objects.get(
        quantity=2, closed_at=None, symbol__endswith=option[6:], account__number="5WT00001"
    )
    assert changed.underlying_symbol == "NVDA"
    page = desk.get("/positions/")
    row = row_of_title(html(page), changed)
    assert "delivers 50 NVDA + 1,250.00 USD in cash" in row
    assert "merger" in telling("merger of AMD")
    assert "Merger" in html(desk.get("/activity/?symbol=AMD"))


def test_the_past_is_asked_for_by_the_brokers_clock(desk, elsewhere):
    elsewhere.control("clock", speed=1)
    stock(elsewhere, "JPM")
    instant = then(elsewhere)
    elsewhere.control("corporate-actions", kind="split", symbol="JPM", new="2")
    elsewhere.sync(*BOOK)
    assert "+200" in row_of(html(desk.get("/positions/")), "JPM")
    past = html(desk.get("/positions/", {"as_of": instant}))
    assert "As of" in past
    assert "+100" in row_of(past, "JPM") and "+200" not in row_of(past, "JPM")
    assert "Forward Split" not in html(desk.get("/activity/", {"as_of": instant, "symbol": "JPM"}))
    ours = html(desk.get("/positions/", {"as_of": "2020-01-02"}))
    assert "The history of the mirror begins" in ours
    elsewhere.control("clock", speed=10)


def row_of_title(page: str, position: Position) -> str:
    """The table's row of a position."""
    end = page.index(f"?leg={position.pk}")
    return page[page.rindex("<tr", 0, end) : end]


def row_of(page: str, symbol: str) -> str:
    """What the table says around the shares of a symbol."""
    start = page.index(f">{symbol}<")
    return page[start : start + 4000]
