"""Rules that look at what the account holds and at its other orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from simulator.buying_power import rules_of, state, tickets_of
from simulator.model import ZERO, Leg, Order
from simulator.orders.build import build
from simulator.orders.case import Case, Finding
from simulator.orders.request import LegRequest

STOPS = ("Stop", "Stop Limit")
LAST_HALF_HOUR = timedelta(minutes=30)
CLOSING_WITHOUT_POSITION = (
    "You cannot route a closing order without an existing position to close."
    " This order will be updated to a {} to open order when routed."
)


def position_effect(case: Case) -> Iterator[Finding]:
    """Opening against and closing beyond what is held."""
    for leg in case.request.legs:
        held, quantity = case.held(leg), leg.quantity or ZERO
        buying = leg.action.startswith("Buy")
        if leg.action == "Sell to Open" and held > 0:
            yield (
                "cannot_sell_to_open_against_long",
                "You cannot sell to open against a long position.",
            )
        if leg.action == "Buy to Open" and held < 0:
            yield (
                "cannot_buy_to_open_against_short",
                "You cannot buy to open against a short position.",
            )
        if leg.action.endswith("Close"):
            available = -held if buying else held
            yield from _close(case, leg, quantity, available)


def _close(case: Case, leg: LegRequest, quantity: Decimal, available: Decimal) -> Iterator[Finding]:
    verb = "buy" if leg.action.startswith("Buy") else "sell"
    if available <= 0:
        if case.request.strict:
            yield (
                "closing_with_no_position",
                "You cannot route a closing order without an existing position to close.",
            )
        else:
            case.warnings.append(
                ("closing_with_no_position", CLOSING_WITHOUT_POSITION.format(verb))
            )
        return
    taken = closing_elsewhere(case, leg)
    if quantity + taken > available:
        yield (
            "cannot_close_against_more_than_existing_position",
            f"You already have a closing order for {leg.symbol}"
            " which must be canceled before this order can be routed."
            if taken
            else f"You cannot close more {leg.symbol} than the existing position.",
        )


def closing_elsewhere(case: Case, leg: LegRequest) -> Decimal:
    """Quantity of the symbol that other working orders close already.

    The two sides of an OCO close it once.
    """
    total = ZERO
    sides: dict[int, Decimal] = {}
    for order, count in case.others():
        taken = sum(
            (o.remaining for o in order.legs if o.symbol == leg.symbol and _same(o, leg)), ZERO
        )
        if order.oco_side and order.complex_id is not None:
            sides[order.complex_id] = max(taken, sides.get(order.complex_id, ZERO))
        else:
            total += taken * count
    return total + sum(sides.values(), ZERO)


def _same(other: Leg, leg: LegRequest) -> bool:
    return other.closes and other.action == leg.action


def crossing(case: Case) -> Iterator[Finding]:
    """An order that could trade against another one of the same account."""
    if len(case.request.legs) != 1:
        return
    leg = case.request.legs[0]
    for order, _ in case.others():
        if len(order.legs) != 1 or order.legs[0].symbol != leg.symbol:
            continue
        if order.legs[0].buys != leg.action.startswith("Buy") and _crosses(case, order):
            yield (
                "illegal_buy_and_sell_on_same_symbol",
                "Cannot buy and sell against the same symbol.",
            )
            return


def _crosses(case: Case, order: Order) -> bool:
    mine, other = case.request, order
    if mine.order_type in STOPS or other.order_type in STOPS:
        return False
    if mine.price is None or other.price is None:
        return True
    if mine.legs[0].action.startswith("Buy"):
        return mine.price >= other.price
    return mine.price <= other.price


def near_expiry(case: Case) -> Iterator[Finding]:
    """Short openings in the last half hour of expiration day."""
    now = case.world.clock.now()
    for leg, terms in zip(case.request.legs, case.terms, strict=True):
        if leg.action != "Sell to Open" or terms is None or terms.expires_at is None:
            continue
        if timedelta(0) <= terms.expires_at - now <= LAST_HALF_HOUR and terms.is_option:
            yield (
                "too_close_to_expiration",
                "Sell to open orders cannot be sent 30 minutes prior to close on expiration day.",
            )


def option_level(case: Case) -> Iterator[Finding]:
    """Strategies that the account's options level does not allow."""
    level = case.account.status["options-level"]
    leverage = rules_of(case.account).leverage
    if leverage and level == "No Restrictions":
        return
    tickets = tickets_of(case.world, build(case))
    if case.trigger is not None:
        tickets += tickets_of(case.world, case.trigger)
    groups = state(case.world, case.account, tickets, case.without).groups
    names = {s.name for s in groups.get(case.first.group, []) if s.working}
    if "SHORT_UNDERLYING" in names and not leverage:
        yield "short_sale_not_permitted", "Account is not approved for short sales."
    if level == "No Restrictions":
        return
    if names & {"NAKED_OPTION", "SHORT_STRANGLE", "SHORT_STRADDLE"}:
        yield (
            "invalid_option_level",
            "Account is not approved for selling uncovered options.",
        )
    spreads = {"SHORT_VERTICAL", "LONG_VERTICAL", "IRON_CONDOR", "IRON_BUTTERFLY", "CALENDAR",
               "SHORT_BUTTERFLY", "LONG_BUTTERFLY"}  # fmt: skip
    if level == "Covered And Cash Secured" and names & spreads:
        yield "invalid_option_level", "Account is not approved for option spreads."
