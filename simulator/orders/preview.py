"""The wrapper of a placement or a dry run: effect, fees, warnings; and the margin refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.buying_power import Effect, effect, ticket_fees, tickets_of
from simulator.fees import Fees
from simulator.http import ApiError, signed, text
from simulator.http import effect as effect_word
from simulator.model import Order
from simulator.orders.build import build
from simulator.orders.case import Case, Finding
from simulator.orders.checks import findings, messages
from simulator.orders.position_checks import option_level
from simulator.orders.wire import order_wire

OPPOSITE = {"Buy to Open": "Sell to Close", "Sell to Open": "Buy to Close"}
MARGIN_FAILURE = {
    "code": "margin_check_failed",
    "message": "Account does not have sufficient buying power available for this order.",
}


def preflight(case: Case, order: Order) -> Effect:
    """The margin check; raises the 422 that carries the effect as well."""
    measured = effect(case.world, case.account, tickets_of(case.world, order), case.without)
    affordable(measured, case.opens)
    return measured


def affordable(measured: Effect, opens: bool) -> None:
    """Raise the margin refusal where an opening order takes more than there is."""
    if measured.new < 0 and measured.change < 0 and opens:
        raise refusal([MARGIN_FAILURE], {"buying-power-effect": effect_wire(measured)})


def check(case: Case) -> None:
    """The business rules before the margin check."""
    found = objections(case)
    if found:
        raise refusal(messages(found) + _too_dear(case))


def _too_dear(case: Case) -> list[dict[str, Any]]:
    """The margin failure beside others, where the order can be valued all the same."""
    if any(terms is None for terms in case.terms):
        return []
    tickets = tickets_of(case.world, build(case))
    measured = effect(case.world, case.account, tickets, case.without)
    short = measured.new < 0 and measured.change < 0 and case.opens
    return [MARGIN_FAILURE] if short else []


def objections(case: Case) -> list[Finding]:
    """What the business rules say against an order; its option level only when the rest holds."""
    return findings(case) or list(option_level(case))


def refusal(errors: list[dict[str, Any]], data: dict[str, Any] | None = None) -> ApiError:
    message = "One or more preflight checks failed"
    return ApiError(422, "preflight_check_failure", message, errors, data)


def wrapper(case: Case, order: Order, measured: Effect, dry_run: bool) -> dict[str, Any]:
    """`data` of the answer."""
    data = {
        **calculation(measured),
        "order": order_wire(order, dry_run),
        "warnings": messages(case.warnings),
    }
    if dry_run and all(leg.opens and "Option" in leg.instrument_type for leg in order.legs):
        data["closing-fee-calculation"] = fees_wire(_closing_fees(case, order))
    return data


def _closing_fees(case: Case, order: Order) -> Fees:
    """What it would cost to close an option position at the price that opens it."""
    turned = [
        replace(t, quantity=-t.quantity, action=OPPOSITE[t.action])
        for t in tickets_of(case.world, order)
    ]
    return ticket_fees(case.world, turned)


def calculation(measured: Effect) -> dict[str, Any]:
    """Effect and fees, as every wrapper carries them."""
    return {
        "buying-power-effect": effect_wire(measured),
        "fee-calculation": fees_wire(measured.fees),
    }


def effect_wire(measured: Effect) -> dict[str, Any]:
    """The buying-power effect: magnitudes with effects."""
    return {
        **signed("change-in-margin-requirement", -measured.change_in_margin),
        **signed("change-in-buying-power", measured.change),
        **signed("current-buying-power", measured.current),
        **signed("new-buying-power", measured.new),
        **signed("isolated-order-margin-requirement", -measured.isolated_margin),
        "is-spread": measured.is_spread,
        "impact": text(abs(measured.change)),
        "effect": effect_word(measured.change),
    }


def fees_wire(fees: Fees) -> dict[str, Any]:
    """The fee calculation with its breakdowns."""
    regulatory = ("exchange", "nfa", "orf", "sec", "taf")
    return {
        **signed("regulatory-fees", -fees.regulatory),
        "regulatory-fees-breakdown": [_part(name, getattr(fees, name)) for name in regulatory],
        **signed("clearing-fees", -fees.clearing),
        "clearing-fees-breakdown": [_part("clearing", fees.clearing)],
        **signed("commission", -fees.commission),
        "commission-breakdown": [_part("brokerage", fees.commission)],
        **signed("proprietary-index-option-fees", -fees.proprietary),
        "proprietary-fees-breakdown": [_part("proprietary", fees.proprietary)],
        **signed("total-fees", -fees.total),
        "rebates": "0.0",
        "rebates-effect": "None",
        "rebates-breakdown": [{"name": "rebate", "value": "0.0", "effect": "None"}],
        "per-quantity": False,
    }


def _part(name: str, cost: Any) -> dict[str, str]:
    return {"name": name, "value": text(cost), "effect": effect_word(-cost)}
