"""Business rules of an order: each refusal is a (code, message) for the preflight list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from simulator.orders.case import Case, Finding
from simulator.orders.position_checks import crossing, near_expiry, position_effect
from simulator.orders.request import LegRequest
from simulator.orders.sessions import EXTENDED, OVERNIGHT
from simulator.terms import Terms

PRICED = ("Limit", "Stop Limit")
STOPS = ("Stop", "Stop Limit")
MARKETS = ("Market", "Notional Market")
MAX_LEGS = {"Equity": 1, "Future": 1, "Cryptocurrency": 1, "Equity Option": 4, "Future Option": 4}
LIMIT_KEY = {
    "Equity": "equity", "Equity Option": "equity-option", "Future": "future",
    "Future Option": "future-option",
}  # fmt: skip
NEXT_SESSION = "Your order will begin working during next valid session."
POSITION_LIMITS: dict[str, int] = {
    "equity-order-size": 50_000,
    "equity-option-order-size": 10_000,
    "future-order-size": 2_500,
    "future-option-order-size": 2_500,
    "underlying-opening-order-limit": 500,
    "equity-position-size": 500_000,
    "equity-option-position-size": 20_000,
    "future-position-size": 5_000,
    "future-option-position-size": 5_000,
}


def findings(case: Case) -> list[Finding]:
    """All refusals, in the broker's order; later rules need the instruments to be known."""
    found = [*account_flags(case), *instruments(case)]
    if any(terms is None for terms in case.terms):
        return found
    for rule in RULES:
        found += list(rule(case))
    return found


def account_flags(case: Case) -> Iterator[Finding]:
    """Restrictions of the account."""
    status = case.account.status
    if status["is-closed"] or status["is-frozen"]:
        yield "account_restricted", "Account is not permitted to trade."
    elif case.opens and (status["is-closing-only"] or status.get("is-risk-reducing-only")):
        yield "closing_only", "Account is restricted to closing orders only."


def instruments(case: Case) -> Iterator[Finding]:
    """Every symbol known, of the kind it is said to be, and tradable."""
    for leg, terms in zip(case.request.legs, case.terms, strict=True):
        wrong = terms is None or terms.instrument_type != leg.instrument_type
        if wrong or not terms.tradable or _expired(case, terms):  # type: ignore[union-attr]
            yield "instrument_validation_failed", f"Trading of {leg.symbol} is not supported"
        elif terms is not None and terms.closing_only and leg.action.endswith("Open"):
            yield "closing_only", f"{leg.symbol} is restricted to closing orders only."


def _expired(case: Case, terms: Terms | None) -> bool:
    if terms is None or terms.expires_at is None:
        return False
    return terms.expires_at <= case.world.clock.now()


def permissions(case: Case) -> Iterator[Finding]:
    """Asset classes that the account may trade."""
    status, kinds = case.account.status, {leg.instrument_type for leg in case.request.legs}
    if kinds & {"Future", "Future Option"}:
        if not status["is-futures-enabled"]:
            yield "futures_not_enabled", "Account is not approved for trading futures."
        elif status["is-futures-closing-only"] and case.opens:
            yield "closing_only", "Account is restricted to closing futures orders only."
    if "Cryptocurrency" in kinds:
        if not status["is-cryptocurrency-enabled"]:
            yield "cryptocurrency_not_enabled", "Account is not approved for cryptocurrency."
        elif not case.world.settings.crypto_orders:
            yield (
                "instrument_validation_failed",
                f"Trading of {case.request.legs[0].symbol} is not supported",
            )


def leg_rules(case: Case) -> Iterator[Finding]:
    """Number, sides and kinship of the legs."""
    legs = case.request.legs
    kinds = {leg.instrument_type for leg in legs}
    if len(kinds) > 1 or len({t.group for t in case.terms if t}) > 1:
        yield "invalid_legs", "All legs must share one underlying and one instrument type."
    elif len(legs) > MAX_LEGS.get(legs[0].instrument_type, 1):
        yield "too_many_legs", f"Orders of type {legs[0].instrument_type} have at most one leg."
    if len({leg.symbol for leg in legs}) < len(legs):
        yield (
            "illegal_buy_and_sell_on_same_symbol",
            "Cannot buy and sell against the same symbol.",
        )
    if len(legs) > 1 and case.request.order_type != "Limit":
        yield "invalid_order_type", f"{case.request.order_type} orders must have one leg."
    if any(leg.action in ("Buy", "Sell") for leg in legs) and kinds != {"Future"}:
        yield "invalid_action", "Buy and Sell are actions of outright futures."


def keys(case: Case) -> Iterator[Finding]:
    """Values that an order type must not carry."""
    request = case.request
    if request.order_type not in PRICED and request.price is not None:
        yield (
            "order_must_omit_price",
            "This order can not be submitted with an associated price.",
        )
    if request.order_type not in STOPS and request.stop_trigger is not None:
        yield (
            "order_must_omit_stop_trigger",
            "This order can not be submitted with an associated stop trigger.",
        )
    if request.order_type != "Notional Market" and request.value is not None:
        yield (
            "order_must_omit_value",
            "This order can not be submitted with an associated value.",
        )
    if request.order_type == "Notional Market" and request.legs[0].quantity is not None:
        yield (
            "order_must_omit_quantity",
            "Notional orders can not be submitted with a quantity.",
        )


def times_in_force(case: Case) -> Iterator[Finding]:
    """Which order types may have which time in force."""
    kind, tif = case.request.order_type, case.request.time_in_force
    today = case.world.today()
    if case.request.gtc_date is not None and tif == "GTD" and case.request.gtc_date < today:
        yield "tif_invalid_gtc_date", "The good till date has passed."
    if tif in (*EXTENDED, *OVERNIGHT):
        yield from _extended(case, kind)
    elif kind == "Market" and tif in ("GTC", "GTD"):
        yield "gtc_market_orders_not_supported", "GTC/GTD Market orders are not supported."
    elif kind in STOPS and tif == "IOC":
        yield "tif_stop_orders_not_supported", "IOC Stop orders are not supported."
    elif kind == "Stop" and tif in ("GTC", "GTD") and case.opens:
        yield (
            "gtc_opening_stop_orders_not_supported",
            "Opening GTC/GTD Stop orders are not supported.",
        )


def _extended(case: Case, kind: str) -> Iterator[Finding]:
    if kind in ("Market", "Notional Market", "Marketable Limit"):
        yield (
            "tif_market_orders_not_supported",
            "Market orders are not supported in extended hours.",
        )
    elif kind in STOPS:
        yield "tif_stop_orders_not_supported", "Stop orders are not supported in extended hours."
    elif case.first.instrument_type != "Equity":
        yield "tif_equities_only", "Only equities trade in extended hours."
    elif not case.open_now and case.request.time_in_force in ("Ext", "Ext Overnight"):
        yield "tif_no_after_hours_orders", "Orders for extended hours are not accepted now."


def session_rules(case: Case) -> Iterator[Finding]:
    """What may be sent while the market is closed."""
    if case.open_now:
        return
    if case.first.instrument_type in ("Future", "Future Option"):
        yield (
            "tif.futures_session_not_active",
            "The Futures trading session is not currently active.",
        )
    elif case.request.order_type in MARKETS and case.opens:
        yield (
            "tif_no_after_hours_opening_market_orders",
            "Opening market orders not allowed when market closed.",
        )
    elif case.request.time_in_force not in ("Ext", "Ext Overnight"):
        case.warnings.append(("tif.next_valid_session", NEXT_SESSION))


def price_side(case: Case) -> Iterator[Finding]:
    """A single leg pays to buy and receives to sell."""
    request = case.request
    effect = request.price_effect or request.value_effect
    if effect not in ("Credit", "Debit"):
        return
    buys = {leg.action.startswith("Buy") for leg in request.legs}
    if buys == {True} and effect == "Credit":
        yield "cant_buy_for_credit", "You cannot buy for a credit."
    if buys == {False} and effect == "Debit":
        yield "cant_sell_for_debit", "You cannot sell for a debit."
    if request.price == 0 and len(request.legs) == 1:
        yield "invalid_price", "The price must be greater than zero."


def quantities(case: Case) -> Iterator[Finding]:
    """Whole contracts; fractional shares by market order; ceilings."""
    for leg, terms in zip(case.request.legs, case.terms, strict=True):
        if leg.quantity is None or terms is None:
            continue
        if leg.quantity != leg.quantity.to_integral_value():
            yield from _fraction(case, leg, terms)
        ceiling = POSITION_LIMITS.get(f"{LIMIT_KEY.get(leg.instrument_type)}-order-size")
        if ceiling is not None and leg.quantity > ceiling:
            yield "order_size_limit", f"Order quantity exceeds the limit of {ceiling}."
    value = case.request.value
    if value is not None and value < 5 and case.first.instrument_type == "Equity":
        yield "notional_value_too_small", "Notional orders must be for at least 5 dollars."


def _fraction(case: Case, leg: LegRequest, terms: Terms) -> Iterator[Finding]:
    if terms.instrument_type == "Cryptocurrency":
        return
    if terms.instrument_type != "Equity" or not terms.fractional:
        yield "invalid_quantity", f"{leg.symbol} trades in whole quantities only."
    elif case.request.order_type not in MARKETS:
        yield "fractional_market_orders_only", "Fractional orders must be market orders."


RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    permissions,
    leg_rules,
    keys,
    times_in_force,
    session_rules,
    price_side,
    quantities,
    position_effect,
    crossing,
    near_expiry,
)


def messages(found: list[Finding]) -> list[dict[str, Any]]:
    """Findings in wire form."""
    return [{"code": code, "message": text} for code, text in found]
