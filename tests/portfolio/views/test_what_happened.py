"""What the broker does to accounts: each is said on the pages, and what was mirrored stays."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from brokerage.enums import SyncKind
from brokerage.models import Account, Transaction
from brokerage.sync import runs, schedule
from brokerage.sync.orders import store_orders
from brokerage.tastytrade.payloads.orders import Order as Payload
from tests.brokerage import outer_broker
from tests.brokerage.ledger import transaction
from tests.brokerage.outer_broker import NUMBERS, error, order, position
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import html

pytestmark = pytest.mark.django_db
NUMBER = NUMBERS[0]
FIRST, SECOND = (outer_broker.account(number) for number in NUMBERS)
HERE = f"/accounts/{NUMBER}"


def read(connection, *kinds) -> None:
    for kind in kinds or (SyncKind.ACCOUNTS,):
        runs.sync(connection, [kind])


def listed(broker, *rows) -> None:
    answer = [{"account": row, "authority-level": level} for row, level in rows]
    broker.set("/customers/me/accounts", answer)


def page(desk: Client, number: str = NUMBER) -> str:
    return html(desk.get(f"/accounts/simulator/{number}/"))


def booked(connection, broker) -> None:
    """An account with a position, a working order and a booking, all mirrored."""
    broker.set(f"{HERE}/positions", [position(NUMBER), position(NUMBER, "KO")])
    broker.set(f"{HERE}/transactions", [transaction(1)])
    runs.sync(connection, schedule.ORDER)
    account = Account.objects.get(number=NUMBER)
    store_orders(account, [Payload.read(order(NUMBER))], timezone.now())


def test_a_closed_account_is_told_and_its_last_state_can_be_read(desk, connection, broker):
    booked(connection, broker)
    listed(broker, (FIRST | {"is-closed": True}, "owner"), (SECOND, "owner"))
    read(connection)
    assert "has closed account" in html(desk.get("/notices/"))
    text = page(desk)
    assert "This account is closed" in text
    assert "Movement 1" in text, "its history stays"


def test_a_frozen_account_is_told_until_it_is_released(desk, connection, broker):
    status = {"account-number": NUMBER, "is-frozen": True}
    broker.set(f"{HERE}/trading-status", status)
    read(connection, SyncKind.TRADING_STATUS)
    assert "no orders until it is released" in html(desk.get("/notices/"))
    assert "frozen by the broker" in page(desk)
    broker.set(f"{HERE}/trading-status", status | {"is-frozen": False})
    read(connection, SyncKind.TRADING_STATUS)
    assert "no orders until it is released" not in html(desk.get("/notices/"))
    assert "frozen by the broker" not in page(desk)


def test_less_authority_is_told_and_shown_with_the_account(desk, connection, broker):
    listed(broker, (FIRST, "read-only"), (SECOND, "owner"))
    read(connection)
    text = html(desk.get("/notices/"))
    assert "is now read-only" in text and "it was owner" in text
    assert "read-only" in page(desk)


def test_an_account_that_the_login_no_longer_reaches(desk, connection, broker):
    booked(connection, broker)
    listed(broker, (SECOND, "owner"))
    read(connection)
    assert desk.get(f"/accounts/simulator/{NUMBER}/").status_code == 200, "one listing is none"
    read(connection)
    assert "no longer lists account" in html(desk.get("/notices/"))
    assert desk.get(f"/accounts/simulator/{NUMBER}/").status_code == 404
    assert Transaction.objects.filter(account__number=NUMBER).exists(), "what was mirrored is kept"
    listed(broker, (FIRST, "owner"), (SECOND, "owner"))
    read(connection)
    assert "no longer lists account" not in html(desk.get("/notices/"))
    assert "Movement 1" in page(desk)


def test_an_account_that_appears_later(desk, connection, broker):
    listed(broker, (FIRST, "owner"), (SECOND, "owner"), (outer_broker.account("5WT00003"), "owner"))
    read(connection)
    assert "A new account" in html(desk.get("/notices/"))
    assert "0003" in html(desk.get("/connections/"))
    assert page(desk, "5WT00003")
    assert Account.objects.filter(number="5WT00003").exists()


def test_books_that_began_anew_leave_their_history_marked(desk, connection, broker):
    booked(connection, broker)
    assert "SPY 17 Apr 26 560 P" in html(desk.get("/orders/"))
    for name in ("positions", "transactions"):
        broker.set(f"{HERE}/{name}", [])
    for row in Transaction.objects.all():
        broker.refuse(f"{HERE}/transactions/{row.broker_id}", error(404, "record_not_found"))
    read(connection, SyncKind.POSITIONS, SyncKind.POSITIONS)
    assert "began anew" in html(desk.get("/notices/"))
    activity = html(desk.get("/activity/"))
    assert "Movement 1" in activity and "before reset" in activity
    assert "AAPL" not in html(desk.get("/positions/"))
    assert "No working orders." in html(desk.get("/orders/"))
    past = html(desk.get("/orders/?tab=history"))
    assert "gone at the broker" in past and "SPY 17 Apr 26 560 P" in past
