from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from brokerage import tasks
from brokerage.credentials import client_for
from brokerage.enums import SyncKind
from brokerage.models import (
    Account,
    AccountAccess,
    Balance,
    BalanceSnapshot,
    ComplexOrder,
    Connection,
    Customer,
    Difference,
    Fill,
    MarginRequirement,
    Order,
    OrderLeg,
    Position,
    QuoteAlert,
    Reconciliation,
    TradingStatus,
    Transaction,
    Watchlist,
)
from brokerage.sync import books, columns, comparison, login_book, runs, schedule, uncompared
from brokerage.sync.pacing import PacedClient
from tests.brokerage.ledger import transaction
from tests.brokerage.outer_broker import NUMBERS, balance, fill, leg, order, position

pytestmark = pytest.mark.django_db
NUMBER = NUMBERS[0]


@pytest.fixture
def mirrored(connection, broker):
    broker.set(f"/accounts/{NUMBER}/positions", [position(NUMBER), position(NUMBER, "KO")])
    filled = leg("SPY   260417P00560000", "Sell to Open", 2, 0, fill("f1", 2))
    broker.set(f"/accounts/{NUMBER}/orders", [order(NUMBER, legs=[filled])])
    broker.set(f"/accounts/{NUMBER}/transactions", [transaction(1)])
    group = {"id": 77, "type": "OCO", "orders": [order(NUMBER, legs=[filled])]}
    for path in ("complex-orders", "complex-orders/live"):
        broker.set(f"/accounts/{NUMBER}/{path}", [group])
    runs.sync(connection, schedule.ORDER)
    return connection


def more_fills():
    Fill.objects.create(leg=OrderLeg.objects.get(), fill_id="f9", quantity=1)


def score(connection) -> tuple[int, int]:
    runs.reconcile_accounts(connection)
    row = Reconciliation.objects.filter(account__number=NUMBER).first()
    return row.matching, row.lines


def test_an_equal_book_scores_in_full(mirrored):
    assert score(mirrored) == (7, 7)
    assert not Difference.objects.exists()


@pytest.mark.parametrize(
    ("change", "part", "field"),
    [
        (lambda: Position.objects.filter(symbol="KO").update(quantity=99), "position", "quantity"),
        (lambda: Balance.objects.update(cash_balance=Decimal("1")), "balance", "cash_balance"),
        (lambda: Fill.objects.all().delete(), "order", "leg 0 fill f1"),
        (lambda: Position.objects.filter(symbol="KO").delete(), "position", None),
        (lambda: OrderLeg.objects.all().update(action="Buy"), "order", "leg 0 action"),
        (lambda: more_fills(), "order", "leg 0 fill f9"),
        (lambda: Fill.objects.update(filled_at=None), "order", "leg 0 fill f1"),
        (lambda: Order.objects.update(source="?"), "order", "source"),
        (lambda: Order.objects.update(executed_quantity=1), "order", "executed_quantity"),
        (
            lambda: TradingStatus.objects.update(is_frozen=True),
            "trading status",
            "is_frozen",
        ),
        (lambda: ComplexOrder.objects.update(order_ids=[1]), "complex order", "order_ids"),
        (lambda: Transaction.objects.update(value=1), "transaction", "value"),
    ],
)
def test_each_difference_is_a_line_with_its_explanation(mirrored, change, part, field):
    change()
    matching, lines = score(mirrored)
    assert (matching, lines) == (6, 7)
    row = Difference.objects.get(account__number=NUMBER)
    assert row.part == part and row.explanation
    assert [item["field"] for item in row.fields] == ([field] if field else [])


def test_what_the_market_moves_is_no_difference(mirrored, broker):
    stated = balance(NUMBER, **{"net-liquidating-value": "1.0"})
    broker.set(f"/accounts/{NUMBER}/balances/USD", stated)
    assert score(mirrored) == (7, 7)


def test_a_difference_keeps_its_age_until_it_is_gone(mirrored):
    Position.objects.filter(symbol="KO").update(quantity=99)
    score(mirrored)
    first = Difference.objects.get()
    score(mirrored)
    again = Difference.objects.get()
    assert again.first_seen_at == first.first_seen_at
    assert again.last_seen_at > first.last_seen_at
    assert "positions" not in Connection.objects.get().synced_at, "read anew at the next tick"
    Position.objects.filter(symbol="KO").update(quantity=100)
    assert score(mirrored) == (7, 7)
    assert Difference.objects.get().gone_at is not None


def test_a_position_we_hold_and_they_do_not_is_a_line(mirrored, broker):
    broker.set(f"/accounts/{NUMBER}/positions", [position(NUMBER)])
    assert score(mirrored) == (6, 7)
    assert "second read" in Difference.objects.get().explanation


def test_beat_hands_out_one_comparison_for_each_login(mirrored, monkeypatch):
    handed = []
    monkeypatch.setattr(tasks.reconcile_book, "apply_async", lambda a, **_: handed.append(a[0]))
    tasks.reconcile_books()
    assert handed == [str(mirrored.pk)]
    tasks.reconcile_book(handed[0])
    assert Reconciliation.objects.count() == 2
    runs.sync(mirrored, [SyncKind.POSITIONS])


# --- While the broker's clock stands everything is compared. ---


@pytest.fixture
def still(connection, broker):
    broker.set(f"/accounts/{NUMBER}/positions", [position(NUMBER, **{"mark-price": "230.1"})])
    snapshot = balance(NUMBER, **{"snapshot-date": "2026-03-10", "time-of-day": "EOD"})
    broker.set(f"/accounts/{NUMBER}/balance-snapshots", [snapshot])
    one = {"code": "SPY", "margin-requirement": "1000.5", "margin-requirement-effect": "Debit"}
    report = {"account-number": NUMBER, "last-state-timestamp": 1, "groups": [one]}
    broker.set(f"/margin/accounts/{NUMBER}/requirements", report)
    alert = {"alert-external-id": "a1", "symbol": "SPY", "operator": ">", "threshold": "600"}
    broker.set("/quote-alerts", [alert])
    broker.set("/watchlists", [{"name": "Mine", "watchlist-entries": [{"symbol": "SPY"}]}])
    runs.sync(connection, schedule.ORDER)
    return connection


def differing(connection) -> list[tuple[str, list[str]]]:
    """(part, names of fields) of the account and of the login."""
    account = Account.objects.get(number=NUMBER)
    since = date(2026, 3, 1)
    with client_for(connection) as client:
        paced = PacedClient(client, connection)
        of_account = comparison.compare(paced, connection, account, still=True, since=since)
        of_login = login_book.compare(paced, connection)
    assert set(of_account.parts) == {*books.PARTS, *books.STILL_PARTS}
    return [
        (line.part, [name for name, _, _ in line.fields])
        for line in (*of_account.lines, *of_login.lines)
    ]


@pytest.mark.parametrize(
    ("change", "part", "fields"),
    [
        (lambda: None, None, None),
        (lambda: Position.objects.update(mark_price=1), "position", ["mark_price"]),
        (
            lambda: Balance.objects.filter(account__number=NUMBER).update(margin_equity=1),
            "balance",
            ["margin_equity"],
        ),
        (lambda: MarginRequirement.objects.filter(code="SPY").delete(), "margin", []),
        (
            lambda: MarginRequirement.objects.filter(code="SPY").update(buying_power=1),
            "margin",
            ["buying_power"],
        ),
        (
            lambda: BalanceSnapshot.objects.update(cash_balance=1),
            "snapshot",
            ["cash_balance"],
        ),
        (lambda: Position.objects.update(raw={}), "position", None),
        (lambda: QuoteAlert.objects.update(threshold=1), "quote alert", ["threshold"]),
        (lambda: Watchlist.objects.update(entries=[]), "watchlist", ["entries"]),
        (lambda: Watchlist.objects.all().delete(), "watchlist", []),
        (lambda: Customer.objects.update(email=""), "customer", ["email"]),
        (
            lambda: AccountAccess.objects.filter(account__number=NUMBER).update(
                authority_level="read-only"
            ),
            "account",
            ["authority_level"],
        ),
    ],
)
def test_what_is_read_now_and_then_is_compared_too(still, change, part, fields):
    change()
    found = differing(still)
    if part is None:
        assert found == []
        return
    assert [name for name, _ in found] == [part]
    assert fields is None or found[0][1] == fields


def test_the_exceptions_are_in_one_file_and_name_what_exists():
    """A field that is left out must be one that the mapping makes, or the list has grown stale."""
    every = {name for group in vars(columns).values() if isinstance(group, tuple) for name in group}
    ours = {"account_id", "connection_id", "received_at", "mirrored_at", "reported_at"}
    ours |= {"missing_since", "closed_at", "mark_price", "raw", "updated_at"}
    for table in (uncompared.NEVER, uncompared.MOVING):
        for part, names in table.items():
            assert names <= every | ours, part
    assert set(books.PARTS) == set(uncompared.MOVING)
    for path in Path(books.__file__).parent.glob("*.py"):
        if path.name not in ("uncompared.py", "comparison.py"):
            assert "uncompared" not in path.read_text(), path.name
