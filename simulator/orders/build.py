"""From a checked request to an order record."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from math import gcd
from typing import TYPE_CHECKING, Any

from simulator.model import ZERO, Leg, Order
from simulator.orders.request import LegRequest
from simulator.orders.sessions import expires_on

if TYPE_CHECKING:
    from simulator.orders.case import Case

CRYPTO_STEP = Decimal("0.00000001")
SHARE_STEP = Decimal("0.00001")
TOP_TYPE = {
    "Equity": "Equity", "Equity Option": "Equity", "Future": "Future", "Future Option": "Future",
    "Cryptocurrency": "Cryptocurrency",
}  # fmt: skip


def lots(quantities: list[Decimal]) -> Decimal:
    """Greatest common divisor of the leg quantities; the quantity itself for one leg."""
    if len(quantities) == 1:
        return quantities[0]
    return Decimal(gcd(*(int(q) for q in quantities)))


def build(case: Case) -> Order:
    """The order as it would be stored, without an id (0) and without a state of its own."""
    request, now = case.request, case.world.clock.now()
    legs = [_leg(case, leg) for leg in request.legs]
    first = case.first
    return Order(
        id=0,
        account=case.account.number,
        status="Received",
        order_type=request.order_type,
        time_in_force=request.time_in_force,
        size=lots([leg.quantity or leg.remaining for leg in legs]),
        underlying=first.underlying if first.instrument_type != "Future" else first.symbol,
        underlying_type=TOP_TYPE[first.instrument_type],
        legs=legs,
        received_at=now,
        updated_at=now,
        price=request.price,
        price_effect=request.price_effect if request.price is not None else None,
        stop_trigger=request.stop_trigger,
        value=request.value,
        value_effect=request.value_effect,
        gtc_date=request.gtc_date if request.time_in_force == "GTD" else None,
        external_identifier=request.external_identifier,
        source=request.source,
        automated_source=request.automated_source,
        strict=request.strict,
        rules=rules_wire(case, request.rules),
        expires_on=expires_on(first, request.time_in_force, request.gtc_date, now),
    )


def _leg(case: Case, leg: LegRequest) -> Leg:
    quantity = leg.quantity if leg.quantity is not None else _notional_quantity(case, leg)
    return Leg(
        instrument_type=leg.instrument_type,
        symbol=leg.symbol,
        action=leg.action,
        quantity=quantity,
        remaining=quantity,
    )


def _notional_quantity(case: Case, leg: LegRequest) -> Decimal:
    """Units that the value buys at the far side, rounded down to what can be traded."""
    quote = case.world.market.quote(leg.symbol)
    side = None if quote is None else quote.ask if leg.action.startswith("Buy") else quote.bid
    price = Decimal(side) if side else ZERO
    if not price or case.request.value is None:
        return ZERO
    step = CRYPTO_STEP if leg.instrument_type == "Cryptocurrency" else SHARE_STEP
    return (case.request.value / price).quantize(step, ROUND_FLOOR)


def rules_wire(case: Case, rules: dict[str, Any] | None) -> dict[str, Any] | None:
    """`rules` of a request as the `order-rule` of an answer."""
    if not rules:
        return None
    kept = {key: rules[key] for key in ("route-after", "cancel-at") if rules.get(key)}
    conditions = [
        {
            "id": case.world.ids.next("condition") + 30_000,
            "is-threshold-based-on-notional": False,
            "price-components": [],
            **condition,
            "threshold": str(condition["threshold"]),
        }
        for condition in rules.get("conditions") or []
    ]
    return {**kept, "order-conditions": conditions}
