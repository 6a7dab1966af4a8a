"""How the broker writes things down: keys, numbers, signs, dates, the envelope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from brokerage.tastytrade.errors import MalformedAnswer

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z]")
_NOT_APPLICABLE = frozenset({"", "nan", "none", "null"})


def decode(content: bytes) -> Any:
    """JSON with every fraction as an exact Decimal; raises msgspec.DecodeError."""
    return _decoder.decode(content)


@lru_cache(maxsize=4096)
def kebab(key: str) -> str:
    """`pending_cash` and `pendingCash` as `pending-cash`."""
    if key.islower() and "_" not in key:
        return key
    return _HUMP.sub(lambda hump: "-" + hump.group(), key.replace("_", "-")).lower()


# --- values in; each raises ValueError for what it cannot read ---


def number(value: Any) -> Decimal | None:
    """An exact Decimal from an int, a Decimal or text; NaN, "" and null are None."""
    if isinstance(value, bool):
        raise ValueError("not a number")
    if isinstance(value, str):
        if value.strip().lower() in _NOT_APPLICABLE:
            return None
        try:
            value = Decimal(value.strip())
        except InvalidOperation:
            raise ValueError("not a number") from None
    elif isinstance(value, int):
        return Decimal(value)
    elif isinstance(value, float):
        value = Decimal(repr(value))
    elif not isinstance(value, Decimal):
        raise ValueError("not a number")
    if value.is_nan():
        return None
    if not value.is_finite():
        raise ValueError("not a finite number")
    return Decimal(value)


def integer(value: Any) -> int | None:
    exact = number(value)
    if exact is None:
        return None
    if exact != exact.to_integral_value():
        raise ValueError("not a whole number")
    return int(exact)


def flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _NOT_APPLICABLE:
        return None
    if text in ("true", "false"):
        return text == "true"
    raise ValueError("neither true nor false")


def text(value: Any) -> str:
    """Text as sent: never trimmed, since blanks inside symbols mean something."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("not text")
    return str(value)


def moment(value: Any) -> datetime | None:
    """A UTC datetime from ISO text with any offset, or from epoch milliseconds (0, -1: none)."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return _from_epoch(int(value))
    if not isinstance(value, str):
        raise ValueError("not a time")
    written = value.strip()
    if written.lower() in _NOT_APPLICABLE:
        return None
    if written.lstrip("-").isdigit():
        return _from_epoch(int(written))
    # A zone in brackets repeats the offset; a trailing "UTC" is one.
    written = written.partition("[")[0].removesuffix(" UTC")
    found = datetime.fromisoformat(written)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _from_epoch(milliseconds: int) -> datetime | None:
    if milliseconds <= 0:
        return None
    try:
        seconds, rest = divmod(milliseconds, 1000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
    except (OverflowError, OSError):
        raise ValueError("not a time") from None


def epoch_ms(value: Any) -> int | None:
    """Epoch milliseconds from an integer, digits or ISO text; 0 stays 0."""
    if isinstance(value, str) and not value.strip().lstrip("-").isdigit():
        at = moment(value)
        return None if at is None else round(at.timestamp() * 1000)
    return integer(value)


def day(value: Any) -> date | None:
    """A calendar date; of a longer text the part before the time."""
    if not isinstance(value, str):
        raise ValueError("not a date")
    written = value.strip()
    if written.lower() in _NOT_APPLICABLE:
        return None
    return date.fromisoformat(written[:10])


def signed(amount: Decimal, effect: Any) -> Decimal:
    """The amount with the sign of its effect: Debit takes, Credit gives; without one as sent."""
    if effect == "Debit":
        return -abs(amount) if amount else amount
    if effect in ("Credit", "None"):
        return abs(amount)
    return amount


# --- values out ---


def plain(value: Decimal) -> str:
    """Decimal text without an exponent."""
    return format(value, "f")


def outgoing(value: Any) -> Any:
    """A request body as JSON-ready data: kebab-case keys, decimals as text, nothing absent."""
    if isinstance(value, msgspec.Struct):
        return outgoing({name: getattr(value, name) for name in value.__struct_fields__})
    if isinstance(value, Mapping):
        return {kebab(k): outgoing(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [outgoing(item) for item in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def instant(value: datetime) -> str:
    """ISO 8601 in UTC with milliseconds; refuses a naive datetime."""
    if value.tzinfo is None:
        raise ValueError("a datetime without a zone cannot be sent")
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def storable(value: Any) -> Any:
    """A `raw` object as plain JSON data: Decimals become their exact text."""
    if isinstance(value, Mapping):
        return {key: storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value


# --- the envelope ---


@dataclass(frozen=True, slots=True)
class Pagination:
    """Where a page stands; what the broker left out is None."""

    page_offset: int | None = None
    per_page: int | None = None
    total_items: int | None = None
    total_pages: int | None = None
    current_item_count: int | None = None


def _count(block: Mapping[str, Any], key: str) -> int | None:
    try:
        return integer(block.get(key, ""))
    except ValueError:
        return None


def pagination(body: Any) -> Pagination | None:
    """The paging block, which stands beside `data` or, rarely, inside it."""
    data = body.get("data") if isinstance(body, Mapping) else None
    for holder in (body, data):
        block = holder.get("pagination") if isinstance(holder, Mapping) else None
        if isinstance(block, Mapping):
            known = {kebab(key): value for key, value in block.items()}
            names = Pagination.__dataclass_fields__
            return Pagination(**{name: _count(known, kebab(name)) for name in names})
    return None


def data(body: Any) -> Any:
    """What the envelope holds; an un-enveloped body is its own content."""
    if isinstance(body, Mapping) and "data" in body:
        return body["data"]
    return body


def one(body: Any) -> Mapping[str, Any]:
    """The single object of an answer; raises MalformedAnswer."""
    found = data(body)
    if isinstance(found, Mapping) and found:
        return found
    raise MalformedAnswer("the answer holds no object")


def items(body: Any) -> list[Any]:
    """The rows of an answer; a single object counts as one row; raises MalformedAnswer."""
    found = data(body)
    if isinstance(found, Mapping) and "items" in found:
        found = found["items"]
    if isinstance(found, list):
        return found
    if isinstance(found, Mapping):
        return [found] if found else []
    if found is None and isinstance(body, Mapping):
        return []
    raise MalformedAnswer("the answer holds no list")
