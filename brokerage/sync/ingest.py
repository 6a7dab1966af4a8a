"""Messages of the account stream, through the same mapping and upserts as REST answers.

Duplicates, reordering and loss do no harm: each message holds a whole object, newer wins. What is
not understood is kept as one notice, never an error, never silence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone

from brokerage import notices
from brokerage.models import Account, Connection
from brokerage.sync import schedule, unknown
from brokerage.sync.accounts import store_trading_status
from brokerage.sync.balances import store_balances
from brokerage.sync.complex_orders import store_complex_orders
from brokerage.sync.orders import store_orders
from brokerage.sync.positions import store_positions
from brokerage.sync.reference import store_alerts
from brokerage.sync.times import make_due
from brokerage.sync.upsert import Written
from brokerage.tastytrade.errors import MalformedAnswer
from brokerage.tastytrade.payloads.balances import Balance
from brokerage.tastytrade.payloads.base import Payload
from brokerage.tastytrade.payloads.customers import TradingStatus
from brokerage.tastytrade.payloads.orders import ComplexOrder, Order
from brokerage.tastytrade.payloads.positions import Position
from brokerage.tastytrade.payloads.watchlists import QuoteAlert

logger = logging.getLogger(__name__)


class Message(Protocol):
    """What the account stream yields: a type and the whole object as REST would show it."""

    @property
    def type(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class _Seen:
    """A message's object, looked at for unknown words only."""

    raw: Mapping[str, Any]
    unreadable: tuple[str, ...] = ()


Ingest = Callable[[Account, Mapping[str, Any], datetime], Written]


def _order(account: Account, data: Mapping[str, Any], at: datetime) -> Written:
    return store_orders(account, [Order.read(data)], at)


def _complex_order(account: Account, data: Mapping[str, Any], at: datetime) -> Written:
    return store_complex_orders(account, [ComplexOrder.read(data)], at)


def _position(account: Account, data: Mapping[str, Any], at: datetime) -> Written:
    return store_positions(account, [Position.read(data)], at)


def _balance(account: Account, data: Mapping[str, Any], at: datetime) -> Written:
    return store_balances(account, [Balance.read(data)], at)


def _trading_status(account: Account, data: Mapping[str, Any], at: datetime) -> Written:
    return store_trading_status(account, TradingStatus.read(data), at)


_KNOWN: dict[str, Ingest] = {
    "Order": _order,
    "ComplexOrder": _complex_order,
    "CurrentPosition": _position,
    "AccountBalance": _balance,
    "TradingStatus": _trading_status,
}
_PAYLOADS: dict[str, type[Payload]] = {
    "Order": Order,
    "ComplexOrder": ComplexOrder,
    "CurrentPosition": Position,
    "AccountBalance": Balance,
    "TradingStatus": TradingStatus,
}
# Known to exist; what they say is read over REST or not mirrored.
_PASSED_OVER = frozenset(
    {
        "ExternalTransaction",
        "UnderlyingYearGainSummary",
        "OrderChain",
        "PublicWatchlists",
    }
)


def ingest(connection: Connection, message: Message) -> Written:
    """Store one notification; synchronous, raises only when the database does.

    Call it from a thread, not from the event loop.
    """
    if message.type in _PASSED_OVER:
        return Written()
    if message.type == "QuoteAlert":
        return _alert(connection, message.data)
    store = _KNOWN.get(message.type)
    if store is None:
        unknown.note_message(connection, message.type)
        return Written()
    account = _account(connection, message.data)
    if account is None:
        _notice(
            connection,
            "message-without-account",
            "The account stream sent a message for an account this login does not reach.",
        )
        return Written()
    try:
        written = store(account, message.data, timezone.now())
        unknown.note(connection, _PAYLOADS[message.type], [_Seen(message.data)])
    except MalformedAnswer:
        make_due(connection, schedule.AFTER_RECONNECT)
        _notice(
            connection,
            f"malformed-message:{message.type}",
            f"The account stream sent a {message.type} message that could not be read; the next "
            "sync reads the same over REST.",
        )
        return Written()
    return written


def _alert(connection: Connection, data: Mapping[str, Any]) -> Written:
    """Belongs to the login, not to an account."""
    alert = QuoteAlert.read(data)
    unknown.note(connection, QuoteAlert, [alert])
    return store_alerts(connection, [alert], timezone.now(), complete=False)


def _account(connection: Connection, data: Mapping[str, Any]) -> Account | None:
    number = data.get("account-number") or data.get("account_number")
    if not isinstance(number, str):
        return None
    return Account.objects.filter(
        accesses__connection=connection, environment=connection.environment, number=number
    ).first()


def _notice(connection: Connection, key: str, text: str) -> None:
    logger.info("%s", text)
    notices.post(connection, key, text)
