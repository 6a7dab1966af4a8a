"""What the broker says in words this desk does not know: kept, told once, never a crash.

The whole object is in ``raw`` whatever it holds. Here new fields, new values of closed sets and
values that could not be read are gathered into one notice for each login.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from brokerage import notices
from brokerage.models import Connection, Notice
from brokerage.tastytrade import wire
from brokerage.tastytrade.enums import (
    AuthorityLevel,
    ComplexOrderType,
    InstrumentType,
    OrderAction,
    OrderStatus,
    OrderType,
    QuantityDirection,
    TimeInForce,
    canonical_status,
)
from brokerage.tastytrade.payloads.base import Payload, fields_of
from brokerage.tastytrade.payloads.customers import Account
from brokerage.tastytrade.payloads.orders import Fill, Leg

KEY = "unknown-words"
# So many are listed; the rest is counted.
_LISTED = 12

Words = set[str]

_SETS: dict[str, frozenset[str]] = {
    "instrument-type": frozenset(InstrumentType),
    "underlying-instrument-type": frozenset(InstrumentType),
    "order-type": frozenset(OrderType),
    "time-in-force": frozenset(TimeInForce),
    "action": frozenset(OrderAction),
    "quantity-direction": frozenset(QuantityDirection),
    "authority-level": frozenset(AuthorityLevel),
}
_STATUSES = frozenset(OrderStatus)
_COMPLEX_TYPES = frozenset(ComplexOrderType)

logger = logging.getLogger(__name__)
# What was told already in this process, so that most reads need no look at the database.
_told: dict[Any, Words] = {}


def note(connection: Connection, kind: type[Payload], payloads: Iterable[Any]) -> Words:
    """Tell what these payloads, read as ``kind``, hold of unknown words; returns them."""
    found: Words = set()
    for payload in payloads:
        found |= _of_object(kind, payload.raw)
        found |= {f"{kind.__name__}: {name} could not be read" for name in payload.unreadable}
    tell(connection, found)
    return found


def note_message(connection: Connection, kind: str) -> None:
    tell(connection, {f"message {kind[:60]}"})


def tell(connection: Connection, words: Words) -> None:
    """Add words to the login's one notice; nothing when all are in it already."""
    known = _told.setdefault(connection.pk, set())
    if words <= known:
        return
    before = Notice.objects.filter(connection=connection, key=KEY).first()
    told = set(before.details.get("words", [])) if before else set()
    known |= told | words
    if words <= told:
        return
    logger.info("the broker used unknown words: %s", ", ".join(sorted(words - told)))
    every = sorted(told | words)
    notices.post(connection, KEY, _text(every), details={"words": every})


def forget(connection: Connection | None = None) -> None:
    """Look at the database again for what was told (tests, removed notices)."""
    _told.clear() if connection is None else _told.pop(connection.pk, None)


def _text(words: list[str]) -> str:
    more = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
    return (
        "The broker uses words this desk does not know yet: "
        f"{'; '.join(words[:_LISTED])}{more}. They are kept as they came; nothing was lost. "
        "An update may make use of them."
    )


@cache
def _known_keys(kind: type[Payload]) -> frozenset[str]:
    fields = fields_of(kind)
    return frozenset(key for field in fields for key in (*field.keys, field.effect))


def _of_object(kind: type[Payload], raw: Mapping[str, Any]) -> Words:
    known = _known_keys(kind)
    keys = {wire.kebab(key) for key in raw}
    found = {f"{kind.__name__}: {_short(key)}" for key in keys - known}
    for key, words in _SETS.items():
        found |= _odd(kind, key, raw.get(key), words)
    return found | _SPECIAL.get(kind.__name__, _nothing)(raw)


def _odd(kind: type[Payload], key: str, value: Any, words: frozenset[str]) -> Words:
    if not isinstance(value, str) or not value or value in words:
        return set()
    return {f"{kind.__name__}: {key} “{_short(value)}”"}


def _nothing(_raw: Mapping[str, Any]) -> Words:
    return set()


def _of_order(raw: Mapping[str, Any]) -> Words:
    found: Words = set()
    status = raw.get("status")
    if isinstance(status, str) and canonical_status(status) not in _STATUSES:
        found.add(f"Order: status “{_short(status)}”")
    for leg in _objects(raw.get("legs")):
        found |= _of_object(Leg, leg)
        for fill in _objects(leg.get("fills")):
            found |= _of_object(Fill, fill)
    return found


def _of_complex_order(raw: Mapping[str, Any]) -> Words:
    kind = raw.get("type")
    if isinstance(kind, str) and kind not in _COMPLEX_TYPES:
        return {f"ComplexOrder: type “{_short(kind)}”"}
    return set()


def _of_account(raw: Mapping[str, Any]) -> Words:
    inner = raw.get("account")
    return _of_object(Account, inner) if isinstance(inner, Mapping) else set()


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], Words]] = {
    "Order": _of_order,
    "ComplexOrder": _of_complex_order,
    "CustomerAccount": _of_account,
}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if isinstance(row, Mapping)]


def _short(text: str) -> str:
    return "".join(char for char in str(text) if char.isprintable())[:60]
