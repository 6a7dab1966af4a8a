"""The book as of a past instant: every version kept, none invented, none for what is unchanged."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction as together
from django.utils import timezone

from brokerage import connections, history
from brokerage.models import Account, Balance, Order, Position
from brokerage.models.history import versions_of
from brokerage.sync import runs, schedule
from tests.brokerage.ledger import transaction
from tests.brokerage.outer_broker import NUMBERS, balance, order, position

POSITIONS = f"/accounts/{NUMBERS[0]}/positions"
BALANCE = f"/accounts/{NUMBERS[0]}/balances/USD"

# Instants must differ, so each write needs a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def sync(connection: Any) -> Any:
    runs.sync(connection, schedule.ORDER)
    return timezone.now()


def test_the_book_is_what_it_was_at_each_instant(connection, broker, account):
    before = timezone.now()
    broker.set(POSITIONS, [position(NUMBERS[0])])
    first = sync(connection)
    newer = {"quantity": 60, "updated-at": "2026-03-11T19:00:00.000+00:00"}
    broker.set(POSITIONS, [position(NUMBERS[0], **newer), position(NUMBERS[0], "KO")])
    later = {"cash-balance": "1.5", "updated-at": "2026-03-11T19:00:00.000+00:00"}
    broker.set(BALANCE, balance(NUMBERS[0], **later))
    second = sync(connection)
    broker.set(POSITIONS, [])
    sync(connection)
    sync(connection)
    assert history.positions_at([account], before) == []
    assert [row.quantity for row in history.positions_at([account], first)] == [Decimal(100)]
    held = {row.symbol: row.quantity for row in history.positions_at([account], second)}
    assert held == {"AAPL": Decimal(60), "KO": Decimal(100)}
    assert history.positions_at([account], timezone.now()) == []
    assert history.balances_at([account], first)[account.pk].cash_balance == Decimal("68236.496")
    assert history.balances_at([account], second)[account.pk].cash_balance == Decimal("1.5")
    assert history.balances_at([account], before - timedelta(days=1)) == {}


def test_what_comes_again_unchanged_makes_no_version(connection, broker):
    broker.set(POSITIONS, [position(NUMBERS[0])])
    broker.set(f"/accounts/{NUMBERS[0]}/orders", [order(NUMBERS[0])])
    sync(connection)
    tables = (Account, Balance, Position, Order)
    before = [versions_of(model).objects.count() for model in tables]
    for _ in range(3):
        sync(connection)
    assert [versions_of(model).objects.count() for model in tables] == before
    assert before == [2, 2, 1, 1]


def test_a_version_is_the_row_and_rolled_back_writes_leave_none(connection, broker, account):
    broker.set(POSITIONS, [position(NUMBERS[0])])
    at = sync(connection)
    row = Position.objects.get()
    past = history.positions_at([account], at)[0]
    assert past.pk == row.pk
    assert past.average_open_price == row.average_open_price
    with pytest.raises(RuntimeError), together.atomic():
        Position.objects.update(quantity=7)
        raise RuntimeError
    assert len(history.versions(row)) == 1


def test_orders_come_back_with_the_legs_of_then(connection, broker, account):
    path = f"/accounts/{NUMBERS[0]}/orders"
    broker.set(path, [order(NUMBERS[0])])
    at = sync(connection)
    done = order(NUMBERS[0], status="Filled", **{"updated-at": 1773252900000})
    for leg in done["legs"]:
        leg["remaining-quantity"] = 0
    broker.set(path, [done])
    sync(connection)
    then, now = history.orders_at([account], at), history.orders_at([account], timezone.now())
    assert [then[0].status, now[0].status] == ["Live", "Filled"]
    assert [leg.remaining_quantity for leg in then[0].legs.all()] == [2, 2]
    assert [leg.remaining_quantity for leg in now[0].legs.all()] == [0, 0]


def test_deleting_the_data_of_a_login_deletes_its_history(connection, broker, account):
    broker.set(POSITIONS, [position(NUMBERS[0])])
    broker.set(f"/accounts/{NUMBERS[0]}/transactions", [transaction(1)])
    group = {"id": 77, "type": "OCO", "orders": [order(NUMBERS[0])]}
    broker.set(f"/accounts/{NUMBERS[0]}/complex-orders", [group])
    runs.sync(connection, schedule.ORDER)
    tracked = [model for model in apps.get_models() if hasattr(model, "pgh_event_model")]
    assert len(tracked) >= 9
    for model in tracked:
        assert versions_of(model).objects.exists(), model
    connections.remove(connection, delete_data=True)
    for model in tracked:
        assert not versions_of(model).objects.exists(), model


def test_removing_a_login_alone_keeps_the_history(connection, broker, account):
    broker.set(POSITIONS, [position(NUMBERS[0])])
    at = sync(connection)
    connections.remove(connection)
    assert len(history.positions_at([account], at)) == 1
