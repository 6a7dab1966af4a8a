"""Business rules of a complex order: its own, then those of every member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.model import Account, Order
from simulator.orders.build import build
from simulator.orders.case import Case, Finding, sign_of
from simulator.orders.complex_request import ComplexRequest
from simulator.orders.preview import objections, refusal
from simulator.orders.request import OrderRequest

if TYPE_CHECKING:
    from simulator.world import World

TAGS = {"OTO": "OTO::order", "OCO": "OCO::order", "OTOCO": "OTOCO::oco-1-order",
        "PAIRS": "PAIRS::order"}  # fmt: skip
BAD_PAIR: Finding = (
    "invalid_oco_order_type_combo",
    "OCO Orders must have one Limit order and one Stop or Stop Limit order.",
)
NOT_CLOSING: Finding = ("oco_orders_must_close", "The orders of an OCO must close a position.")


@dataclass(slots=True)
class Plan:
    """A checked complex order: cases and orders, the trigger first where there is one."""

    request: ComplexRequest
    cases: list[Case]
    orders: list[Order]

    @property
    def trigger(self) -> Order | None:
        """The order that has to be executed first."""
        return self.orders[0] if self.request.trigger is not None else None

    @property
    def members(self) -> list[Order]:
        """The others."""
        return self.orders[1:] if self.request.trigger is not None else self.orders


def plan(world: World, account: Account, request: ComplexRequest) -> Plan:
    """Check everything but the margin; raises the 422 that lists what failed, member by member."""
    errors: list[dict[str, Any]] = [
        {"code": code, "message": text} for code, text in _own(world, request)
    ]
    cases: list[Case] = []
    orders: list[Order] = []
    bodies = [*([] if request.trigger is None else [request.trigger]), *request.orders]
    for index, body in enumerate(bodies):
        first = orders[0] if request.trigger is not None and orders else None
        case = _case(world, account, request, body, first)
        found = _found(case, request, waits=index > 0 or request.trigger is None)
        errors += [{"code": code, "message": text, "preflight-id": index} for code, text in found]
        cases.append(case)
        if any(terms is None for terms in case.terms):
            break
        orders.append(_member(case, request, index))
    if errors:
        raise refusal(errors)
    return Plan(request, cases, orders)


def _case(
    world: World,
    account: Account,
    request: ComplexRequest,
    body: OrderRequest,
    trigger: Order | None,
) -> Case:
    if request.type in ("OCO", "OTOCO") and (trigger is not None or request.type == "OCO"):
        # an exit without a position would be an entry
        body.strict = True
    return Case(world, account, body, trigger=trigger)


def _found(case: Case, request: ComplexRequest, waits: bool) -> list[Finding]:
    found = objections(case)
    if request.type in ("OCO", "OTOCO") and waits and not found and not closes(case):
        found.append(NOT_CLOSING)
    return found


def closes(case: Case) -> bool:
    """Every leg closes, by its action or, for a bare Buy or Sell, by the position."""
    return all(
        leg.action.endswith("Close")
        or (leg.action in ("Buy", "Sell") and case.held(leg) * sign_of(leg) < 0)
        for leg in case.request.legs
    )


def _own(world: World, request: ComplexRequest) -> Iterator[Finding]:
    if request.type in ("OCO", "OTOCO") and not pair(*(o.order_type for o in request.orders)):
        yield BAD_PAIR
    trigger = request.trigger
    if trigger is not None and trigger.order_type == "Market" and not _market_triggers(world):
        yield BAD_PAIR


def _market_triggers(world: World) -> bool:
    return world.settings.market_triggers


def pair(one: str, other: str) -> bool:
    """Whether two order types make an OCO."""
    kinds = {one, other}
    return "Limit" in kinds and len(kinds & {"Stop", "Stop Limit"}) == 1


def _member(case: Case, request: ComplexRequest, index: int) -> Order:
    order = build(case)
    leads = index == 0 and request.trigger is not None
    order.complex_tag = f"{request.type}::trigger-order" if leads else TAGS[request.type]
    order.preflight_id = index
    order.status, order.contingent_status = "Contingent", "Pending Order"
    if request.type == "PAIRS":
        order.contingent_status = "Pending Condition"
    return order


def warnings(found: Plan) -> list[dict[str, Any]]:
    """The members' warnings, each with the number of its member."""
    return [
        {"code": code, "message": text, "preflight-id": index}
        for index, case in enumerate(found.cases)
        for code, text in case.warnings
    ]
