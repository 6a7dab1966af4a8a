"""Reading an order body: structure alone. What fails here is a 400 with (domain, reason)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from simulator.http import invalid, parse_time

ORDER_TYPES = ("Limit", "Market", "Marketable Limit", "Notional Market", "Stop", "Stop Limit")
TIMES_IN_FORCE = (
    "Day", "Ext", "Ext Overnight", "GTC", "GTC Ext", "GTC Ext Overnight", "GTD", "IOC",
)  # fmt: skip
ACTIONS = ("Buy to Open", "Sell to Open", "Buy to Close", "Sell to Close", "Buy", "Sell")
INSTRUMENT_TYPES = (
    "Equity", "Equity Option", "Future", "Future Option", "Cryptocurrency",
    "Event Contract", "Fixed Income Security", "Liquidity Pool",
)  # fmt: skip
EFFECTS = ("Credit", "Debit")
LARGEST = Decimal("1e12")
MISSING, WRONG = "is missing", "does not have a valid value"


@dataclass(slots=True)
class LegRequest:
    """One leg as asked for; no quantity for a notional order."""

    instrument_type: str
    symbol: str
    action: str
    quantity: Decimal | None


@dataclass(slots=True)
class OrderRequest:
    """An order body whose structure is right."""

    order_type: str
    time_in_force: str
    legs: list[LegRequest]
    price: Decimal | None = None
    price_effect: str | None = None
    stop_trigger: Decimal | None = None
    value: Decimal | None = None
    value_effect: str | None = None
    gtc_date: date | None = None
    rules: dict[str, Any] | None = None
    strict: bool = False
    external_identifier: str | None = None
    source: str | None = None
    automated_source: bool = False
    sent: frozenset[str] = field(default_factory=frozenset)
    """The keys that had a value."""


class Reader:
    """Collects every failure of one body before it gives up."""

    def __init__(self, body: dict[str, Any], prefix: str = "") -> None:
        self.body = body
        self.prefix = prefix
        self.failures: list[tuple[str, str]] = []

    def fail(self, key: str, reason: str) -> None:
        self.failures.append((f"{self.prefix}{key}", reason))

    def one_of(self, key: str, allowed: tuple[str, ...], required: bool = True) -> str | None:
        value = self.body.get(key)
        if value is None:
            if required:
                self.fail(key, MISSING)
            return None
        if not isinstance(value, str) or value not in allowed:
            self.fail(key, WRONG)
            return None
        return value

    def string(self, key: str, required: bool = False, longest: int = 256) -> str | None:
        value = self.body.get(key)
        if value is None or value == "":
            if required:
                self.fail(key, MISSING)
            return None
        if not isinstance(value, str) or len(value) > longest:
            self.fail(key, WRONG)
            return None
        return value

    def flag(self, key: str) -> bool:
        value = self.body.get(key, False)
        if value is None:
            return False
        if not isinstance(value, bool):
            self.fail(key, "must be boolean")
            return False
        return value

    def decimal(self, key: str) -> Decimal | None:
        value = self.body.get(key)
        if value is None or value == "":
            return None
        try:
            number = _decimal(value)
        except ValueError:
            self.fail(key, "must be a decimal")
            return None
        return number

    def day(self, key: str) -> date | None:
        value = self.body.get(key)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.fail(key, "must be a date")
            return None


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("not a number")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite() or abs(number) > LARGEST or abs(number.as_tuple().exponent) > 12:  # type: ignore[arg-type]
        raise ValueError("not a number of this world")
    return number


def read_order(body: dict[str, Any], legs_required: bool = True) -> OrderRequest:
    """Structure of an order body; raises the 400 that names every failure."""
    reader = Reader(body)
    request = OrderRequest(
        order_type=reader.one_of("order-type", ORDER_TYPES) or "",
        time_in_force=reader.one_of("time-in-force", TIMES_IN_FORCE) or "",
        legs=_legs(reader, legs_required),
        price=_unsigned(reader, "price"),
        price_effect=reader.one_of("price-effect", (*EFFECTS, "None"), required=False),
        stop_trigger=_unsigned(reader, "stop-trigger"),
        value=_unsigned(reader, "value"),
        value_effect=reader.one_of("value-effect", EFFECTS, required=False),
        gtc_date=reader.day("gtc-date"),
        rules=_rules(reader),
        strict=_strict(reader),
        external_identifier=reader.string("external-identifier"),
        source=reader.string("source"),
        automated_source=reader.flag("automated-source"),
        sent=frozenset(key for key, value in body.items() if value is not None),
    )
    _needs(reader, request)
    if reader.failures:
        raise invalid(*reader.failures)
    return request


def _unsigned(reader: Reader, key: str) -> Decimal | None:
    value = reader.decimal(key)
    if value is not None and value < 0:
        reader.fail(key, "must be greater than or equal to 0")
        return None
    return value


def _needs(reader: Reader, request: OrderRequest) -> None:
    """Keys that an order type or a time in force implies."""
    if request.order_type in ("Limit", "Stop Limit"):
        _require(reader, ("price", "price-effect"))
    if request.order_type in ("Stop", "Stop Limit"):
        _require(reader, ("stop-trigger",))
    if request.order_type == "Notional Market":
        _require(reader, ("value", "value-effect"))
    if request.time_in_force == "GTD":
        _require(reader, ("gtc-date",))


def _require(reader: Reader, keys: tuple[str, ...]) -> None:
    known = {domain for domain, _ in reader.failures}
    for key in keys:
        if reader.body.get(key) in (None, "") and key not in known:
            reader.fail(key, MISSING)


def _legs(reader: Reader, required: bool) -> list[LegRequest]:
    raw = reader.body.get("legs")
    if raw is None and not required:
        return []
    if not isinstance(raw, list) or not raw:
        reader.fail("legs", MISSING if not raw else WRONG)
        return []
    if len(raw) > 4:
        reader.fail("legs", "size cannot be greater than 4")
        return []
    notional = reader.body.get("order-type") == "Notional Market"
    return [leg for i, one in enumerate(raw) if (leg := _leg(reader, i, one, notional))]


def _leg(reader: Reader, index: int, raw: Any, notional: bool) -> LegRequest | None:
    if not isinstance(raw, dict):
        reader.fail(f"legs[{index}]", WRONG)
        return None
    inner = Reader(raw, f"legs[{index}].")
    kind = inner.one_of("instrument-type", INSTRUMENT_TYPES)
    symbol = inner.string("symbol", required=True, longest=64)
    action = inner.one_of("action", ACTIONS)
    quantity = inner.decimal("quantity")
    if quantity is None and not notional and not inner.failures:
        inner.fail("quantity", MISSING)
    if quantity is not None and quantity <= 0:
        inner.fail("quantity", "must be greater than 0")
    reader.failures += inner.failures
    if inner.failures or kind is None or symbol is None or action is None:
        return None
    return LegRequest(kind, symbol, action, quantity)


def _strict(reader: Reader) -> bool:
    raw = reader.body.get("advanced-instructions")
    if raw is None:
        return False
    if not isinstance(raw, dict):
        reader.fail("advanced-instructions", WRONG)
        return False
    inner = Reader(raw, "advanced-instructions.")
    strict = inner.flag("strict-position-effect-validation")
    reader.failures += inner.failures
    return strict


def _rules(reader: Reader) -> dict[str, Any] | None:
    raw = reader.body.get("rules")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        reader.fail("rules", WRONG)
        return None
    for key in ("route-after", "cancel-at"):
        value = raw.get(key)
        if value is None:
            continue
        try:
            parse_time(value)
        except (ValueError, AttributeError, TypeError):
            reader.fail(f"rules.{key}", "must be a date time")
    conditions = raw.get("conditions") or []
    if not isinstance(conditions, list):
        reader.fail("rules.conditions", WRONG)
        return None
    for index, condition in enumerate(conditions):
        _condition(reader, index, condition)
    return raw


def _condition(reader: Reader, index: int, raw: Any) -> None:
    if not isinstance(raw, dict):
        reader.fail(f"rules.conditions[{index}]", WRONG)
        return
    inner = Reader(raw, f"rules.conditions[{index}].")
    inner.one_of("action", ("route", "cancel"))
    inner.one_of("indicator", ("last", "nat"))
    inner.one_of("comparator", ("gte", "lte"))
    inner.string("symbol", required=True)
    if inner.decimal("threshold") is None and not inner.failures:
        inner.fail("threshold", MISSING)
    reader.failures += inner.failures
