"""Ledgers of small books: what is missing, what changed since, which day and year it counts to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokerage.models import Account, Transaction
from portfolio import selectors
from portfolio.analytics.facts import Note
from portfolio.facts import Desk, Leg
from portfolio.ledger.ledgers import Ledgers, load_ledgers
from portfolio.models import DailyMark
from portfolio.scope import Scope
from tests.portfolio import factories

pytestmark = pytest.mark.django_db
D = Decimal
LAST_YEAR = date(date.today().year - 1, 11, 3)


@pytest.fixture
def account(user: Any) -> Account:
    return factories.make_account(factories.make_connection(user))


def book(account: Account, action: str, quantity: str, price: str, **facts: Any) -> Transaction:
    """A booked trade of shares, a dollar of fees each; `on` is its day."""
    day = facts.pop("on", LAST_YEAR)
    value = D(quantity) * D(price) * (-1 if action.startswith("Buy") else 1)
    at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    values = {
        "transaction_sub_type": action, "action": action, "symbol": "KO",
        "underlying_symbol": "KO", "quantity": quantity, "price": price, "value": value,
        "net_value": value - 1, "executed_at": at, "transaction_date": day,
        "received_at": datetime.now(UTC), **facts,
    }  # fmt: skip
    return factories.make_transaction(account, **values)


def desk_of(account: Account) -> Desk:
    return selectors.load_desk([account], Scope(account.environment, account.number))


def of(account: Account, symbol: str = "KO") -> tuple[Ledgers, Leg]:
    desk = desk_of(account)
    return load_ledgers(desk.accounts), next(leg for leg in desk.legs if leg.symbol == symbol)


def hold(account: Account, quantity: str, **facts: Any) -> None:
    facts = {"open": "50", "close_price": "51", **facts}
    factories.make_position(account, "KO", quantity, **facts)


def test_lots_day_year_and_fees(account: Account) -> None:
    today = desk_of(account).accounts[0].today
    book(account, "Buy to Open", "100", "50")
    book(account, "Sell to Close", "40", "55", on=today)
    hold(account, "60", average_yearly_market_close_price="52")
    ledgers, leg = of(account)
    found = ledgers.pnl(leg, D("54"))
    assert (found.open.value, found.realized.value, found.total.value) == (240, 200, 440)
    assert found.day.value == 60 * 3 + 40 * 4
    assert found.year.value == 60 * 2 + 40 * 3
    assert (found.fees, found.fees_day, found.fees_year) == (2, 1, 1)
    assert found.after_fees(found.total, found.fees).value == 438
    assert ledgers.opened(leg) == LAST_YEAR


def test_realized_begins_anew_after_flat_but_the_year_keeps_it(account: Account) -> None:
    today = desk_of(account).accounts[0].today
    for action, price in (("Buy to Open", "50"), ("Sell to Close", "60"), ("Buy to Open", "58")):
        book(account, action, "10", price, on=today)
    hold(account, "10")
    ledgers, leg = of(account)
    found = ledgers.pnl(leg, D("59"))
    assert (found.realized.value, found.total.value, found.year.value) == (0, 10, 110)


def test_what_the_bookings_do_not_explain_counts_at_the_brokers_price(account: Account) -> None:
    book(account, "Sell to Close", "40", "55")
    hold(account, "60", average_yearly_market_close_price="52")
    ledgers, leg = of(account)
    found = ledgers.pnl(leg, D("54"))
    assert (found.open.value, found.realized.value) == (240, 200)
    assert Note.OPENING_ASSUMED in found.open.notes and Note.OPENING_ASSUMED in found.year.notes
    assert ledgers.opened(leg) is None


def test_without_any_price_there_is_no_figure(account: Account) -> None:
    hold(account, "60", open=None)
    ledgers, leg = of(account)
    found = ledgers.pnl(leg, D("54"))
    assert found.open.value is None and found.total.value is None
    assert Note.NO_OPEN_PRICE in found.open.notes


def test_bookings_ahead_of_the_position_are_believed(account: Account) -> None:
    book(account, "Buy to Open", "100", "50")
    book(account, "Sell to Close", "100", "55", on=LAST_YEAR + timedelta(days=9))
    changed = datetime(LAST_YEAR.year, LAST_YEAR.month, LAST_YEAR.day, 16, tzinfo=UTC)
    hold(account, "100", updated_at=changed)
    ledgers, leg = of(account)
    found = ledgers.pnl(leg, D("54"))
    assert (found.open.value, found.realized.value) == (0, 500)
    assert found.open.notes == (Note.POSITION_BEHIND,)


def test_the_marks_of_december_are_the_base_of_the_year(account: Account) -> None:
    book(account, "Buy to Open", "100", "50")
    hold(account, "100", average_yearly_market_close_price="47")
    ledgers, leg = of(account)
    assert ledgers.pnl(leg, D("54")).year.value == 700
    mark(account, "KO", "53")
    ledgers, leg = of(account)
    found = ledgers.pnl(leg, D("54")).year
    assert (found.value, found.notes) == (100, ())


def mark(account: Account, symbol: str, price: str) -> None:
    DailyMark.objects.create(
        account=account, day=date(LAST_YEAR.year, 12, 30), symbol=symbol, quantity=100,
        mark=price, marked_at=datetime.now(UTC),
    )  # fmt: skip


def test_without_a_year_end_price_the_year_says_so(account: Account) -> None:
    book(account, "Buy to Open", "100", "50")
    hold(account, "100")
    ledgers, leg = of(account)
    found = ledgers.pnl(leg, D("54")).year
    assert (found.value, found.notes) == (400, (Note.NO_YEAR_END,))


def test_the_base_of_the_year_follows_a_split_and_a_new_name(account: Account) -> None:
    today = desk_of(account).accounts[0].today
    book(account, "Buy to Open", "100", "50", symbol="COK", underlying_symbol="COK")
    change = {"transaction_type": "Receive Deliver", "transaction_sub_type": "Symbol Change"}
    gone = {"symbol": "COK", "value": "5000", "net_value": "5000"}
    come = {"value": "-5000", "net_value": "-5000"}
    for action, quantity, facts in (("Sell to Close", "100", gone), ("Buy to Open", "200", come)):
        row = book(account, action, quantity, "0", on=today, **{**change, **facts})
        Transaction.objects.filter(pk=row.pk).update(price=None)
    mark(account, "COK", "60")
    hold(account, "200", open="25")
    ledgers, leg = of(account)
    found = ledgers.pnl(leg, D("31"))
    assert (found.open.value, found.year.value, found.year.notes) == (1200, 200, ())
    assert ledgers.opened(leg) == LAST_YEAR


def test_a_reversed_booking_never_was(account: Account) -> None:
    book(account, "Buy to Open", "100", "50")
    wrong = book(account, "Buy to Open", "10", "10")
    book(account, "Sell to Close", "10", "10", reverses_id=wrong.broker_id)
    hold(account, "100")
    ledgers, leg = of(account)
    assert ledgers.pnl(leg, D("54")).open.value == 400


def test_what_was_closed_is_listed_until_the_year_is_over(account: Account) -> None:
    today = desk_of(account).accounts[0].today
    book(account, "Buy to Open", "10", "50", symbol="PEP", on=today)
    book(account, "Sell to Close", "10", "55", symbol="PEP", on=today)
    book(account, "Buy to Open", "10", "50", symbol="JPM")
    book(account, "Sell to Close", "10", "55", symbol="JPM")
    desk = desk_of(account)
    closed = load_ledgers(desk.accounts).closed(account.pk, desk.legs)
    assert [(one.symbol, one.pnl.year.value, one.pnl.fees_year) for one in closed] == [
        ("PEP", 50, 2)
    ]


def test_dividends_stand_apart(account: Account) -> None:
    book(account, "Buy to Open", "100", "50")
    paid = {"transaction_type": "Money Movement", "transaction_sub_type": "Dividend"}
    row = book(account, "", "0", "0", value="48", net_value="48", **paid)
    Transaction.objects.filter(pk=row.pk).update(quantity=None, price=None)
    hold(account, "100")
    ledgers, leg = of(account)
    assert ledgers.income(account.pk, symbol="KO") == 48
    assert ledgers.income(account.pk, since=LAST_YEAR + timedelta(days=1)) == 0
    assert ledgers.pnl(leg, D("50")).total.value == 0


def test_the_order_that_opened_it(account: Account) -> None:
    book(account, "Buy to Open", "100", "50", order_id=77)
    hold(account, "100")
    ledgers, leg = of(account)
    assert ledgers.opening_orders([leg]) == {leg.pk: "77"}
    book(account, "Buy to Open", "10", "50", order_id=78)
    ledgers, leg = of(account)
    assert ledgers.opening_orders([leg]) == {}


def test_a_corrected_or_new_booking_is_seen_at_once(account: Account) -> None:
    first = book(account, "Buy to Open", "100", "50")
    hold(account, "100")
    ledgers, leg = of(account)
    assert ledgers.pnl(leg, D("54")).open.value == 400
    Transaction.objects.filter(pk=first.pk).update(
        price="52", value="-5200", received_at=datetime.now(UTC)
    )
    ledgers, leg = of(account)
    assert ledgers.pnl(leg, D("54")).open.value == 200
    Transaction.objects.filter(pk=first.pk).update(gone_at=datetime.now(UTC))
    ledgers, leg = of(account)
    assert Note.OPENING_ASSUMED in ledgers.pnl(leg, D("54")).open.notes


def test_the_past_knows_what_was_booked_by_then(account: Account) -> None:
    book(account, "Buy to Open", "100", "50")
    book(account, "Sell to Close", "100", "55", on=LAST_YEAR + timedelta(days=9))
    hold(account, "100")
    desk = desk_of(account)
    at = datetime(LAST_YEAR.year, LAST_YEAR.month, LAST_YEAR.day, 23, tzinfo=UTC)
    found = load_ledgers(desk.accounts, at=at).pnl(desk.legs[0], D("54"))
    assert (found.open.value, found.realized.value) == (400, 0)


def test_no_account_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        load_ledgers([])
