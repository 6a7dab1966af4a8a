"""Ledgers of the mirror against the broker's own figures, over the simulator's REST answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from brokerage.enums import SyncKind
from brokerage.models import Account, Balance, Transaction
from portfolio import selectors
from portfolio.analytics import performance, pnl
from portfolio.analytics.facts import ZERO, Note
from portfolio.facts import AccountFacts, Leg
from portfolio.ledger.ledgers import Ledgers, load_ledgers
from portfolio.scope import Scope
from tests.portfolio.ledger.conftest import Broker

pytestmark = pytest.mark.django_db(transaction=True)
CENT = Decimal("0.005")


def everything(ledgers: Ledgers, account: AccountFacts, legs: list[Leg]) -> Decimal:
    """All that the account is worth, from lots and the cash that belongs to no position."""
    marks = {leg.symbol: (leg.broker_mark, leg.holding.multiplier) for leg in legs}
    own = ledgers.accounts[account.pk]
    total = sum(
        Transaction.objects.filter(account=account.pk, symbol="").values_list(
            "net_value", flat=True
        ),
        ZERO,
    )
    for symbol, book in own.books.items():
        mark, points = marks.get(symbol, (None, own.points.get(symbol)))
        span = ledgers._year_span(account.pk, symbol, None)
        found = performance.position_pnl(book.ledger, mark, points, day=span, year=span)
        assert found.total.value is not None, (symbol, found.total.notes)
        total += found.total.value - found.fees
        total += ledgers.income(account.pk, symbol=symbol)
    return total


def check_against_broker(broker: Broker, *, exact_lots: bool = True) -> Ledgers:
    """Every figure that the broker states as well."""
    desk = broker.desk()
    ledgers = load_ledgers(desk.accounts)
    (account,) = desk.accounts
    for leg in desk.legs:
        ledger, notes = ledgers.ledger(leg)
        if notes == (Note.POSITION_BEHIND,):
            # Ended: the mirror closes a position when two readings have not listed it.
            assert not ledger.quantity
            continue
        assert (ledger.quantity, notes) == (leg.holding.quantity, ()), leg.symbol
        found = ledgers.pnl(leg, leg.broker_mark)
        theirs = pnl.day_pnl(leg.holding, leg.broker_mark)
        assert found.day.value is not None and theirs.value is not None, leg.symbol
        assert abs(found.day.value - theirs.value) < CENT, leg.symbol
        if exact_lots and leg.holding.quantity:
            assert leg.holding.open_price is not None and ledger.open_price is not None
            assert abs(ledger.open_price - leg.holding.open_price) < CENT, leg.symbol
    legs = desk.legs_of(account.pk)
    assert abs(everything(ledgers, account, legs) - broker.net_liq()) < 2 * CENT
    return ledgers


def test_the_demo_in_every_account(demo: Broker) -> None:
    demo.sync()
    accounts = selectors.accounts_of(demo.person)
    desk = selectors.load_desk(accounts, Scope("simulator"))
    ledgers = load_ledgers(desk.accounts)
    assert len(desk.legs) > 20
    for leg in desk.legs:
        ledger, notes = ledgers.ledger(leg)
        assert (ledger.quantity, notes) == (leg.holding.quantity, ()), leg.symbol
        found, mark = ledgers.pnl(leg, leg.broker_mark), leg.broker_mark
        for ours, theirs in (
            (found.open, pnl.open_pnl(leg.holding, mark) if leg.holding.quantity else None),
            (found.day, pnl.day_pnl(leg.holding, mark)),
        ):
            if theirs is not None:
                assert ours.value is not None and theirs.value is not None
                assert abs(ours.value - theirs.value) < CENT, leg.symbol
        assert not found.year.notes
    for account in desk.accounts:
        balance = Balance.objects.get(account=account.pk)
        whole = everything(ledgers, account, desk.legs_of(account.pk))
        assert balance.net_liquidating_value is not None
        assert abs(whole - balance.net_liquidating_value) < 2 * CENT, account.title


def test_six_queries_however_many_rows(demo: Broker, django_assert_max_num_queries: Any) -> None:
    demo.sync()
    accounts = selectors.accounts_of(demo.person)
    desk = selectors.load_desk(accounts, Scope("simulator"))
    with django_assert_max_num_queries(6):
        ledgers = load_ledgers(desk.accounts)
        figures = [ledgers.pnl(leg, leg.broker_mark) for leg in desk.legs]
        ledgers.opening_orders(desk.legs)
        closed = [ledgers.closed(account.pk, desk.legs) for account in desk.accounts]
    assert len(figures) > 20 and any(closed)
    with django_assert_max_num_queries(3):
        load_ledgers(desk.accounts)


def test_a_week_of_trading(broker: Broker) -> None:
    """Shares in two lots, a covered call, a partial close, a split, expiration, cash settlement."""
    broker.order(("Buy to Open", "KO", 200))
    call = broker.option("KO", "2026-11-20", "C", 0)
    broker.order(("Sell to Open", call, 2))
    far, near = (broker.option("SPX", "2026-11-19", "P", k) for k in (-3, 3))
    broker.order(("Buy to Open", far, 1), ("Sell to Open", near, 1))
    broker.sync()
    check_against_broker(broker)

    broker.control("clock", to="next-open")
    broker.control("clock", advance=3600)
    broker.order(("Buy to Open", "KO", 100))
    broker.order(("Sell to Close", "KO", 60))
    broker.order(("Buy to Close", call, 1))
    broker.sync()
    check_against_broker(broker, exact_lots=False)

    broker.control("clock", to="next-open")
    broker.control("clock", advance=3600)
    broker.control("corporate-actions", kind="split", symbol="KO", new="3", old="2")
    broker.sync()
    ledgers = check_against_broker(broker, exact_lots=False)
    held = next(leg for leg in broker.desk().legs if leg.symbol == "KO")
    assert held.holding.quantity == 360
    assert ledgers.opened(held) is not None

    broker.control("clock", to="next-open")
    broker.control("clock", advance=3600)
    broker.sync()
    ledgers = check_against_broker(broker, exact_lots=False)
    kinds = set(Transaction.objects.values_list("transaction_sub_type", flat=True))
    assert "Forward Split" in kinds
    assert kinds & {"Cash Settled Exercise", "Cash Settled Assignment", "Expiration"}


def test_a_future_and_its_settlements(broker: Broker) -> None:
    broker.order(("Buy", "/MESZ6", 2))
    broker.sync()
    check_against_broker(broker)
    for _ in range(2):
        broker.control("clock", to="next-open")
        broker.control("clock", advance=3600)
    broker.order(("Sell", "/MESZ6", 1))
    broker.sync()
    ledgers = check_against_broker(broker)
    (account,) = broker.desk().accounts
    book = ledgers.accounts[account.pk].books["/MESZ6"]
    assert book.settled is not None
    assert Transaction.objects.filter(transaction_sub_type="Mark to Market").exists()


def test_fills_count_before_they_are_booked(broker: Broker) -> None:
    broker.order(("Buy to Open", "KO", 200))
    broker.sync()
    broker.order(("Sell to Close", "KO", 50))
    broker.sync(SyncKind.ORDERS_LIVE, SyncKind.ORDERS, SyncKind.POSITIONS, SyncKind.BALANCES)
    (leg,) = broker.desk().legs
    early = load_ledgers(broker.desk().accounts).pnl(leg, leg.broker_mark)
    assert leg.holding.quantity == 150
    assert Note.FEES_PENDING in early.realized.notes
    broker.sync(SyncKind.TRANSACTIONS)
    booked = load_ledgers(broker.desk().accounts).pnl(leg, leg.broker_mark)
    assert (booked.realized.notes, booked.realized.value) == ((), early.realized.value)
    assert booked.day.value == early.day.value and booked.open.value == early.open.value
    assert booked.fees > early.fees
    assert Account.objects.count() == 1
