from __future__ import annotations

from decimal import Decimal

import pytest

from brokerage import tasks
from brokerage.enums import SyncKind
from brokerage.models import Balance, Connection, Difference, Fill, Position, Reconciliation
from brokerage.sync import runs, schedule
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
    runs.sync(connection, schedule.ORDER)
    return connection


def score(connection) -> tuple[int, int]:
    runs.reconcile_accounts(connection)
    row = Reconciliation.objects.filter(account__number=NUMBER).first()
    return row.matching, row.lines


def test_an_equal_book_scores_in_full(mirrored):
    assert score(mirrored) == (5, 5)
    assert not Difference.objects.exists()


@pytest.mark.parametrize(
    ("change", "part", "field"),
    [
        (lambda: Position.objects.filter(symbol="KO").update(quantity=99), "position", "quantity"),
        (lambda: Balance.objects.update(cash_balance=Decimal("1")), "balance", "cash_balance"),
        (lambda: Fill.objects.all().delete(), "order", "leg 0 fill f1"),
        (lambda: Position.objects.filter(symbol="KO").delete(), "position", None),
    ],
)
def test_each_difference_is_a_line_with_its_explanation(mirrored, change, part, field):
    change()
    matching, lines = score(mirrored)
    assert (matching, lines) == (4, 5)
    row = Difference.objects.get(account__number=NUMBER)
    assert row.part == part and row.explanation
    assert [item["field"] for item in row.fields] == ([field] if field else [])


def test_what_the_market_moves_is_no_difference(mirrored, broker):
    stated = balance(NUMBER, **{"net-liquidating-value": "1.0"})
    broker.set(f"/accounts/{NUMBER}/balances/USD", stated)
    assert score(mirrored) == (5, 5)


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
    assert score(mirrored) == (5, 5)
    assert Difference.objects.get().gone_at is not None


def test_a_position_we_hold_and_they_do_not_is_a_line(mirrored, broker):
    broker.set(f"/accounts/{NUMBER}/positions", [position(NUMBER)])
    assert score(mirrored) == (4, 5)
    assert "second read" in Difference.objects.get().explanation


def test_beat_hands_out_one_comparison_for_each_login(mirrored, monkeypatch):
    handed = []
    monkeypatch.setattr(tasks.reconcile_book, "apply_async", lambda a, **_: handed.append(a[0]))
    tasks.reconcile_books()
    assert handed == [str(mirrored.pk)]
    tasks.reconcile_book(handed[0])
    assert Reconciliation.objects.count() == 2
    runs.sync(mirrored, [SyncKind.POSITIONS])
