"""The states of an order in virtual time.

    closed market: Received ─(session opens)→ Routed
    Routed ─210 ms→ In Flight ─300 ms→ Live ─100 ms→ first look at the market
    Cancel Requested ─150 ms→ Cancelled, unless a fill comes first
    Replace Requested ─100 ms→ Cancelled (edited) and the new order is routed
    end of the session date → Expired

A price off its increment is taken at first and rejected on the way to the exchange.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from simulator.fills import scripts
from simulator.http import parse_time
from simulator.market.calendar import new_york_date
from simulator.model import Order
from simulator.orders import conditions
from simulator.orders.sessions import end_of, next_open
from simulator.terms import Terms, terms_of

if TYPE_CHECKING:
    from simulator.world import World

MS = timedelta(milliseconds=1)
TO_FLIGHT, TO_LIVE, TO_MATCH = 210 * MS, 300 * MS, 100 * MS
TO_CANCEL, TO_REPLACE = 150 * MS, 100 * MS
NOTHING_TO_CLOSE = "There is no position to close"
OFF_TICK = "Price does not conform to the minimum price increment"


def assign(world: World, order: Order, script: str | None) -> None:
    """Give an order its script and the name of the model that executes it."""
    order.script = script
    order.fill_model = world.settings.fill_model
    if script is not None and scripts.decides(order):
        order.fill_model = "scripted"
    if order.status in ("Live", "Cancel Requested", "Replace Requested"):
        _enter_script(world, order)


def start(world: World, order: Order) -> None:
    """First state of a new order, and what follows."""
    if order.contingent_status is not None:
        order.status = "Contingent"
    elif next_open(_first_terms(world, order), order.time_in_force, order.received_at) > (
        order.received_at
    ):
        order.status = "Received"
    else:
        order.status = "Routed"
    schedule(world, order)


def schedule(world: World, order: Order) -> None:
    """Enter what is due for an order in its present state; also used after a restart."""
    now = world.clock.now()
    if order.terminal:
        return
    if not order.waits:
        _enter_end(world, order, now)
    if order.status == "Received":
        opens = next_open(_first_terms(world, order), order.time_in_force, now)
        world.agenda.at(opens, "route", order.id)
    elif order.status == "Contingent":
        _wait(world, order, now)
    elif order.status == "Routed":
        world.agenda.at(now + TO_FLIGHT, "fly", order.id)
    elif order.status == "In Flight":
        world.agenda.at(now + TO_LIVE, "live", order.id)
    elif order.status == "Live":
        world.agenda.at(now + TO_MATCH, "match", order.id)
        _enter_script(world, order)
    elif order.status == "Cancel Requested":
        world.agenda.at(now + TO_CANCEL, "cancelled", order.id)
    elif order.status == "Replace Requested":
        world.agenda.at(now + TO_REPLACE, "replaced", order.id)


def _enter_end(world: World, order: Order, now: datetime) -> None:
    if order.expires_on is not None:
        end = end_of(_first_terms(world, order), order.time_in_force, order.expires_on)
        world.agenda.at(max(end, now), "expire", order.id)


def _wait(world: World, order: Order, now: datetime) -> None:
    """A rule's clock; its conditions are looked at with every move of the market."""
    rules = order.rules or {}
    for name in ("route-after", "cancel-at"):
        if rules.get(name):
            world.agenda.at(max(parse_time(rules[name]), now), name, order.id)


def handle(world: World, name: str, order: Order) -> None:
    """One due event. Events for a state that the order left are void."""
    if order.terminal:
        return
    STEPS[name](world, order)


def _route(world: World, order: Order) -> None:
    if order.status not in ("Received", "Contingent"):
        return
    opens = next_open(_first_terms(world, order), order.time_in_force, world.clock.now())
    if order.status == "Contingent":
        _enter_end(world, order, world.clock.now())
    order.contingent_status = None
    if opens > world.clock.now():
        order.status = "Received"
        world.agenda.at(opens, "route", order.id)
    else:
        order.status = "Routed"
        world.agenda.at(world.clock.now() + TO_FLIGHT, "fly", order.id)
    world.publish_order(order)


def _fly(world: World, order: Order) -> None:
    if order.status != "Routed":
        return
    reason = _objection(world, order)
    if reason is not None:
        reject(world, order, reason)
        return
    _reverse_empty_closes(world, order)
    now = world.clock.now()
    order.status, order.in_flight_at = "In Flight", now
    order.global_number = world.ids.daily("global", new_york_date(now))
    digits = int.from_bytes(world.ids.digest("exchange", order.id, size=5), "big")
    order.exchange_number = str(100_000_000_000 + digits % 900_000_000_000)
    order.client_order_id = _client_order_id(order)
    world.agenda.at(now + TO_LIVE, "live", order.id)
    world.publish_order(order)


def _client_order_id(order: Order) -> str:
    """Low byte of the order id, then global number and order id in eight hex digits each."""
    return f"{order.id & 0xFF:02x}{order.global_number or 0:08x}{order.id & 0xFFFFFFFF:08x}"


def _objection(world: World, order: Order) -> str | None:
    """Why the exchange will not take the order."""
    if order.script and order.script.startswith("reject"):
        return order.script.partition(":")[2] or "Rejected by exchange"
    if order.oco_side and not _something_to_close(world, order):
        return NOTHING_TO_CLOSE
    if len(order.legs) > 1:
        return None
    terms = _first_terms(world, order)
    for price in (order.price, order.stop_trigger):
        if price is not None and not terms.on_tick(price):
            return OFF_TICK
    return None


def _something_to_close(world: World, order: Order) -> bool:
    held = world.accounts[order.account].positions
    return all(
        leg.symbol in held and held[leg.symbol].quantity * leg.sign < 0 for leg in order.legs
    )


def _reverse_empty_closes(world: World, order: Order) -> None:
    """A closing leg without a position is routed as the opening action."""
    account = world.accounts[order.account]
    for leg in order.legs:
        held = account.positions.get(leg.symbol)
        if leg.closes and (held is None or held.quantity * leg.sign >= 0):
            leg.action = leg.action.replace("Close", "Open")


def _live(world: World, order: Order) -> None:
    if order.status != "In Flight":
        return
    order.status, order.live_at = "Live", world.clock.now()
    world.agenda.at(order.live_at + TO_MATCH, "match", order.id)
    _enter_script(world, order)
    if order.time_in_force == "IOC":
        world.agenda.at(order.live_at + 2 * TO_MATCH, "immediate-end", order.id)
    world.publish_order(order)


def _enter_script(world: World, order: Order) -> None:
    """A script with a time looks at that time."""
    at = scripts.due(order)
    if at is not None:
        world.agenda.at(max(at, world.clock.now() + TO_MATCH), "match", order.id)


def _match(world: World, order: Order) -> None:
    world.match(order)


def request_cancel(world: World, order: Order, username: str | None = None) -> None:
    """A cancel, a customer's when named: at once where no exchange is involved, else asked for."""
    if username is not None:
        order.cancel_username = username
        order.cancel_user_id = str(world.users[username].user_id)
    if order.status in ("Received", "Contingent"):
        cancelled(world, order)
        return
    order.status = "Cancel Requested"
    world.agenda.at(world.clock.now() + TO_CANCEL, "cancelled", order.id)
    world.publish_order(order)


def cancelled(world: World, order: Order) -> None:
    """The end by cancellation; what was executed stands."""
    order.cancelled_at = world.clock.now()
    if any(leg.fills for leg in order.legs):
        order.cancelled_size = order.lots_left
    finish(world, order, "Cancelled")


def _cancelled(world: World, order: Order) -> None:
    if order.status == "Cancel Requested":
        cancelled(world, order)


def _replaced(world: World, order: Order) -> None:
    if order.status != "Replace Requested":
        return
    successor = world.orders[order.replacing] if order.replacing else None
    waited_for = order.contingent_status
    order.edited = True
    cancelled(world, order)
    if successor is None or successor.terminal:
        return
    if waited_for is None:
        _route(world, successor)
        return
    # what the original waited for its successor waits for
    successor.contingent_status = waited_for
    schedule(world, successor)
    world.publish_order(successor)


def drop_successor(world: World, order: Order) -> None:
    """The original was filled first: its replacement is never routed."""
    successor = world.orders.get(order.replacing) if order.replacing else None
    if successor is not None and successor.status == "Contingent":
        cancelled(world, successor)


def reject(world: World, order: Order, reason: str) -> None:
    """The exchange refuses."""
    order.reject_reason = reason
    finish(world, order, "Rejected")


def _expire(world: World, order: Order) -> None:
    finish(world, order, "Expired")
    drop_successor(world, order)


def _immediate_end(world: World, order: Order) -> None:
    world.match(order)
    if not order.terminal:
        cancelled(world, order)


def finish(world: World, order: Order, status: str) -> None:
    """A terminal state without an execution."""
    order.status = status
    order.contingent_status = None
    order.terminal_at = world.clock.now()
    world.publish_order(order)
    world.publish_balance(world.accounts[order.account])
    world.settled(order)


def _route_after(world: World, order: Order) -> None:
    if order.contingent_status == "Pending Condition" and conditions.ready(world, order):
        conditions.mark_routed(world, order)
        _route(world, order)


def _cancel_at(world: World, order: Order) -> None:
    if order.status not in ("Cancel Requested", "Replace Requested"):
        request_cancel(world, order)


def _first_terms(world: World, order: Order) -> Terms:
    terms = terms_of(world, order.legs[0].symbol)
    if terms is None:
        raise LookupError(order.legs[0].symbol)
    return terms


STEPS = {
    "route": _route,
    "fly": _fly,
    "live": _live,
    "match": _match,
    "cancelled": _cancelled,
    "replaced": _replaced,
    "expire": _expire,
    "immediate-end": _immediate_end,
    "route-after": _route_after,
    "cancel-at": _cancel_at,
}
