"""Conditional and timed orders: when an order is routed, and when it is taken back. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from brokerage.execution.amounts import amount_text, decimal_of, quantity_value

ROUTE, CANCEL = "route", "cancel"
LAST, NATURAL = "last", "nat"
AT_LEAST, AT_MOST = "gte", "lte"
LONG, SHORT = "Long", "Short"


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """One weighted part of the compared price."""

    symbol: str
    instrument_type: str
    quantity: Decimal = Decimal(1)
    quantity_direction: str = LONG


@dataclass(frozen=True, slots=True)
class Condition:
    """`action` (route or cancel) once `indicator` of `symbol` is gte or lte `threshold`.

    Without `components` the compared price is that of one unit of the symbol.
    """

    action: str
    symbol: str
    instrument_type: str
    indicator: str
    comparator: str
    threshold: Decimal
    components: tuple[PriceComponent, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderRules:
    """Instants are aware; conditions may be empty for a timed order."""

    route_after: datetime | None = None
    cancel_at: datetime | None = None
    conditions: tuple[Condition, ...] = ()

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.route_after is not None:
            found["route-after"] = _instant_text(self.route_after)
        if self.cancel_at is not None:
            found["cancel-at"] = _instant_text(self.cancel_at)
        if self.conditions:
            found["conditions"] = [_condition_body(condition) for condition in self.conditions]
        return found


def from_body(body: Mapping[str, Any] | None) -> OrderRules | None:
    """The rules that made this part of a stored body."""
    if not body:
        return None
    return OrderRules(
        route_after=_instant(body.get("route-after")),
        cancel_at=_instant(body.get("cancel-at")),
        conditions=tuple(_condition(item) for item in body.get("conditions") or ()),
    )


def _condition_body(condition: Condition) -> dict[str, Any]:
    whole = PriceComponent(condition.symbol, condition.instrument_type)
    return {
        "action": condition.action,
        "symbol": condition.symbol,
        "instrument-type": condition.instrument_type,
        "indicator": condition.indicator,
        "comparator": condition.comparator,
        "threshold": amount_text(condition.threshold),
        "price-components": [
            {
                "symbol": part.symbol,
                "instrument-type": part.instrument_type,
                "quantity": quantity_value(part.quantity),
                "quantity-direction": part.quantity_direction,
            }
            for part in condition.components or (whole,)
        ],
    }


def _condition(item: Mapping[str, Any]) -> Condition:
    return Condition(
        action=item["action"],
        symbol=item["symbol"],
        instrument_type=item["instrument-type"],
        indicator=item["indicator"],
        comparator=item["comparator"],
        threshold=Decimal(str(item["threshold"])),
        components=tuple(
            PriceComponent(
                part["symbol"],
                part["instrument-type"],
                decimal_of(part.get("quantity")) or Decimal(1),
                part.get("quantity-direction", LONG),
            )
            for part in item.get("price-components") or ()
        ),
    )


def _instant_text(at: datetime) -> str:
    """Milliseconds and an offset in figures, as the broker writes instants."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
