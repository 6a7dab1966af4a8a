from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from brokerage import tasks
from brokerage.enums import SyncKind
from brokerage.models import Account, Balance, Notice, Order, Position, TradingStatus
from brokerage.sync import runs
from brokerage.sync.ingest import ingest
from brokerage.sync.positions import store_positions
from brokerage.tastytrade.payloads.positions import Position as PositionPayload
from brokerage.tastytrade.streaming import AccountMessage
from tests.brokerage.outer_broker import NUMBERS, balance, order, position

NUMBER = NUMBERS[0]


def send(connection, kind: str, data: dict[str, Any]):
    """Through JSON and back, as the socket brings it: fractions arrive as Decimals."""
    decoded = msgspec.json.Decoder(float_hook=Decimal).decode(msgspec.json.encode(data))
    return ingest(connection, AccountMessage(kind, decoded))


def test_each_kind_reaches_its_table(connection):
    send(connection, "Order", order(NUMBER))
    send(connection, "CurrentPosition", position(NUMBER, quantity=12.5))
    send(connection, "AccountBalance", balance(NUMBER))
    send(connection, "TradingStatus", {"account-number": NUMBER, "is-frozen": True})
    assert Order.objects.get().account.number == NUMBER
    assert Position.objects.get().quantity == Decimal("12.5")
    assert Balance.objects.get().cash_balance == Decimal("68236.496")
    assert TradingStatus.objects.get().is_frozen is True


def test_a_group_brings_its_members(connection):
    group = {
        "id": 99001,
        "account-number": NUMBER,
        "type": "OTO",
        "trigger-order": order(NUMBER, 1),
        "orders": [order(NUMBER, 2)],
    }
    send(connection, "ComplexOrder", group)
    assert list(Order.objects.order_by("broker_id").values_list("broker_id", flat=True)) == [1, 2]


def test_a_closed_position_is_closed_and_stale_news_does_not_reopen_it(connection):
    later = {"updated-at": "2026-03-11T18:30:00.000+00:00"}
    send(connection, "CurrentPosition", position(NUMBER))
    zero = {"quantity": 0, "quantity-direction": "Zero", **later}
    send(connection, "CurrentPosition", position(NUMBER, **zero))
    send(connection, "CurrentPosition", position(NUMBER))
    held = Position.objects.get()
    assert held.closed_at is not None
    assert held.quantity == 0


def test_a_repeated_message_changes_nothing(connection):
    for kind, data in (("Order", order(NUMBER)), ("CurrentPosition", position(NUMBER))):
        assert send(connection, kind, data).touched == 1
        assert send(connection, kind, data).touched == 0


def test_news_without_a_mark_keeps_the_one_that_was_read(connection):
    account = Account.objects.get(number=NUMBER)
    read = PositionPayload.read({**position(NUMBER), "mark-price": "182.5"})
    store_positions(account, [read], timezone.now())
    later = {"updated-at": "2026-03-11T18:30:00.000+00:00"}
    send(connection, "CurrentPosition", position(NUMBER, quantity=7, **later))
    held = Position.objects.get()
    assert (held.quantity, held.mark_price) == (Decimal(7), Decimal("182.5"))


def test_an_unknown_kind_is_one_notice(connection):
    for _ in range(3):
        send(connection, "SomethingNew", {"any": "thing"})
    notice = Notice.objects.get()
    assert notice.count == 1, "told once, not at each message"
    assert "SomethingNew" in notice.text


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("Order", {"account-number": NUMBER, "id": "forty", "legs": "none"}),
        ("CurrentPosition", {"account-number": NUMBER}),
        ("CurrentPosition", {"account-number": NUMBER, "symbol": None, "quantity": {}}),
        ("AccountBalance", {"account-number": NUMBER, "cash-balance": ["1"]}),
        ("Order", {}),
        ("Order", {"account-number": "9XX99999", "id": 1}),
        ("Order", {"account-number": 7, "id": 1}),
        ("CustomerThing", {}),
    ],
)
def test_nonsense_is_no_crash(connection, kind, data):
    send(connection, kind, data)
    assert not Order.objects.filter(account__number="9XX99999").exists()


def test_what_could_not_be_read_is_read_again_over_rest_at_once(connection):
    runs.sync(connection, [SyncKind.ORDERS, SyncKind.POSITIONS, SyncKind.WATCHLISTS])
    send(connection, "Order", order(NUMBER, legs=[{"symbol": ""}]))
    connection.refresh_from_db()
    assert set(connection.synced_at) == {SyncKind.WATCHLISTS}
    assert {SyncKind.ORDERS, SyncKind.POSITIONS} <= set(tasks.due_kinds(connection))


def test_a_message_for_an_account_of_somebody_else_is_not_taken(connection):
    connection.accesses.filter(account__number=NUMBER).delete()
    send(connection, "Order", order(NUMBER))
    assert not Order.objects.exists()
    assert Notice.objects.filter(key="message-without-account").exists()


def test_figures_of_the_wire_survive(connection):
    """Exact digits, unknown fields and unknown words are all still there."""
    odd = position(NUMBER, quantity="0.12345678", **{"brand-new": [1.10], "multiplier": "1.0"})
    send(connection, "CurrentPosition", odd)
    held = Position.objects.get()
    assert held.quantity == Decimal("0.12345678")
    assert held.raw["brand-new"] == [1.1]
