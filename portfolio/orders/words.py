"""Orders and intents in words: the broker's own where it has them, plain ones where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from brokerage.enums import (
    CANCEL_KINDS,
    PLACING_KINDS,
    SUBMISSION_STATUSES,
    TERMINAL_STATUSES,
    WORKING_STATUSES,
    IntentKind,
    IntentState,
)
from brokerage.models import Order, OrderIntent
from portfolio import formats
from portfolio.figures.marked import Marked, Piece

_BAD = {"Rejected"}
_GOOD = {"Filled"}
# What people of other desks call it; the broker's word stays the first.
_HINTS = {
    "Received": "accepted, waits to be routed",
    "Routed": "on its way",
    "In Flight": "on its way to the exchange",
    "Contingent": "waits for another order or a condition",
    "Live": "Working at the exchange",
    "Cancel Requested": "Working, cancellation asked for",
    "Replace Requested": "Working, replacement asked for",
    "Filled": "executed",
    "Cancelled": "cancelled",
    "Expired": "its time in force has ended",
    "Rejected": "refused by the broker or the exchange",
    "Removed": "taken out by the broker",
    "Partially Removed": "taken out in part by the broker",
}
INTENT_WORDS = {
    IntentState.SENDING: ("Sending", "ours", "on its way; the answer is awaited"),
    IntentState.ACCEPTED: ("Accepted", "submission", "the broker took it"),
    IntentState.REJECTED: ("Rejected", "bad", "refused by the broker"),
    IntentState.DENIED: ("Not sent", "bad", "held back by a check or a guard of this desk"),
    IntentState.UNKNOWN: (
        "Unknown – checking",
        "ours",
        "sent, no clear answer came: it is looked for and never sent again",
    ),
    IntentState.NOT_FOUND: ("Not at the broker", "bad", "looked for thoroughly and not there"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A status chip: the words, the colour group, the explanation."""

    text: str
    tone: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of an order is executed; in lots of the order where legs agree, else by the leg."""

    filled: Decimal | None
    total: Decimal | None
    legs_pending: bool = False

    @property
    def is_partial(self) -> bool:
        return bool(self.filled) and self.total is not None and self.filled != self.total

    @property
    def text(self) -> str:
        if self.total is None:
            return formats.UNKNOWN
        filled = formats.quantity(self.filled, sign=False)
        return f"{filled}/{formats.quantity(self.total, sign=False)}"


def progress_of(order: Order) -> Progress:
    """Executed size: the leg that is furthest behind counts, as a lot needs all its legs."""
    size = order.size
    shares = []
    for leg in order.legs.all():
        if not leg.quantity or leg.remaining_quantity is None:
            return Progress(None, size)
        shares.append((leg.quantity - leg.remaining_quantity) / leg.quantity)
    if not shares or size is None:
        return Progress(None, size)
    return Progress(_whole(min(shares) * size), size, legs_pending=min(shares) != max(shares))


def progress_words(order: Order) -> Marked:
    """`3/10`: executed and size."""
    progress = progress_of(order)
    if progress.total is None:
        return Marked((formats.UNKNOWN, f"order-{order.pk}-size"))
    filled, total = progress.text.split("/")
    return Marked(
        (filled, f"order-{order.pk}-filled"), ("/", ""), (total, f"order-{order.pk}-size")
    )


def _whole(value: Decimal) -> Decimal:
    """A third of three lots is one lot, not 0.999…"""
    nearest = value.quantize(Decimal("0.00000001"))
    return nearest.normalize()


@dataclass(frozen=True, slots=True)
class Arriving:
    """A leg that the broker calls executed further than the executions that are here."""

    leg: str
    here: Decimal
    executed: Decimal

    @property
    def text(self) -> str:
        here = formats.quantity(self.here, sign=False)
        return f"{self.leg}: {here} of {formats.quantity(self.executed, sign=False)} here"


def arriving(order: Order) -> list[Arriving]:
    """Legs whose executions do not add up yet to what the broker says is executed.

    A filled order is executed in all of each leg, whatever its legs say of themselves: the broker
    calls an order filled with its first leg.
    """
    found = []
    for leg in order.legs.all():
        executed = _executed(order, leg)
        here = sum((fill.quantity or Decimal(0) for fill in leg.fills.all()), Decimal(0))
        if executed is not None and here < executed:
            label = formats.symbol_label(leg.symbol, leg.instrument_type)
            found.append(Arriving(label, here, executed))
    return found


def _executed(order: Order, leg: Any) -> Decimal | None:
    if leg.quantity is None or order.status == "Filled":
        return leg.quantity
    return None if leg.remaining_quantity is None else leg.quantity - leg.remaining_quantity


def status_chip(order: Order) -> Chip:
    """The broker's word; parts filled as `Live 3/10`; a filled order whose legs are not all in."""
    progress = progress_of(order)
    text, tip = order.status or "Unknown status", _HINTS.get(order.status, "")
    if order.status not in TERMINAL_STATUSES and progress.is_partial:
        text, tip = f"{order.status} {progress.text}", "Partial: " + (tip or "partly executed")
    if missing := arriving(order):
        text = f"{text}, fills arriving"
        tip = "; ".join(leg.text for leg in missing)
    if order.status == "Contingent" and order.contingent_status:
        tip = order.contingent_status
    if order.gone_at is not None and order.status not in TERMINAL_STATUSES:
        tip = "the broker's books began anew and no longer know it; this was its last word"
        return Chip(f"{order.status}, gone at the broker", "terminal", tip)
    if order.status not in _HINTS:
        tip = "a status this desk does not know; shown as the broker says it"
    return Chip(text, _tone(order), tip)


def _tone(order: Order) -> str:
    if order.status in _BAD:
        return "bad"
    if order.status in _GOOD:
        return "good"
    if order.status in TERMINAL_STATUSES:
        return "terminal"
    if order.status in WORKING_STATUSES:
        return "working"
    return "submission" if order.status in SUBMISSION_STATUSES else "ours"


def derived_label(order: Order) -> str:
    """What other desks call it: Working, Partial, or nothing beyond the broker's word."""
    if order.status in TERMINAL_STATUSES:
        return ""
    if progress_of(order).is_partial:
        return "Partial"
    return "Working" if order.status in WORKING_STATUSES else ""


def limit_words(order: Order) -> Marked:
    """`229.40 db`, `stop 171.25`, `$25.00`, `market`."""
    amounts = Amounts(order.stop_trigger, order.price, order.price_effect, order.value)
    return amounts_words(amounts, f"order-{order.pk}", "market")


class Amounts(NamedTuple):
    """What an order names: trigger, price with its effect, amount of money."""

    trigger: Decimal | None
    price: Decimal | None
    effect: str
    value: Decimal | None


def amounts_words(amounts: Amounts, lead: str, nothing: str) -> Marked:
    """In words, each number with its reference: `<lead>-trigger`, `-limit`, `-value`; without a
    lead none has one."""
    found = []
    if amounts.trigger is not None:
        found.append(("stop ", formats.price(amounts.trigger), "trigger"))
    if amounts.price is not None:
        found.append(("", formats.structure_price(amounts.price, amounts.effect), "limit"))
    if amounts.value is not None:
        found.append(("$", formats.money(amounts.value), "value"))
    pieces: list[Piece] = []
    for place, (word, text, name) in enumerate(found):
        pieces += [(f"{', ' if place else ''}{word}", ""), (text, lead and f"{lead}-{name}")]
    return Marked(*pieces) if pieces else Marked((nothing, ""))


def leg_words(legs: Any) -> list[str]:
    """Each leg as traders write it: `+10 AAPL`, `−1 SPY 17 Jan 26 590 P`."""
    return [
        formats.leg_label(_signed(leg.action, leg.quantity), leg.symbol, leg.instrument_type)
        for leg in legs
    ]


def _signed(action: str, quantity: Decimal | None) -> Decimal | None:
    if quantity is None:
        return None
    return -quantity if action.startswith("Sell") else quantity


def source_words(order: Order, *, ours: bool) -> str:
    """Where it was made."""
    if ours:
        return "this desk"
    return order.source.partition(";")[0] or "elsewhere"


def age_words(since: datetime | None, now: datetime) -> str:
    return formats.age((now - since).total_seconds() if since else None)


def body_legs(body: dict[str, Any]) -> list[str]:
    """The legs of a request body, as traders write them; of a group those of all its orders."""
    words = []
    if "orders" in body:
        trigger = [body["trigger-order"]] if body.get("trigger-order") else []
        return [word for order in [*trigger, *body["orders"]] for word in body_legs(order)]
    for leg in body.get("legs") or []:
        quantity = leg.get("quantity")
        amount = None if quantity is None else Decimal(str(quantity))
        if amount is None:
            words.append(formats.symbol_label(leg["symbol"], leg["instrument-type"]))
            continue
        signed = _signed(leg["action"], amount)
        words.append(formats.leg_label(signed, leg["symbol"], leg["instrument-type"]))
    return words


def body_price(body: Mapping[str, Any], lead: str = "") -> Marked:
    """`229.40 db`, `stop 171.25`, `at the market`, `$25.00`; ``lead`` as of `amounts_words`."""
    if "orders" in body:
        return Marked((str(body.get("type") or "group"), ""))
    return amounts_words(body_amounts(body), lead, "at the market")


def body_amounts(body: Mapping[str, Any]) -> Amounts:
    trigger, price, value = (
        formats.decimal(body[key]) if body.get(key) else None
        for key in ("stop-trigger", "price", "value")
    )
    return Amounts(trigger, price, str(body.get("price-effect") or ""), value)


def send_words(body: dict[str, Any], number: str) -> str:
    """What the one button does: `Send: buy 10 AAPL for 229.40 db to …0001`."""
    legs = body["legs"]
    if len(legs) == 1:
        leg = legs[0]
        verb = "buy" if leg["action"].startswith("Buy") else "sell"
        amount = f"{formats.quantity(leg['quantity'], sign=False)} " if "quantity" in leg else ""
        what = f"{verb} {amount}{formats.symbol_label(leg['symbol'], leg['instrument-type'])}"
    else:
        what = " ".join(body_legs(body))
    price = body_price(body)
    joined = what if price == "at the market" else f"{what} for"
    return f"Send: {joined} {price} to …{number[-4:]}"


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """An intent for its page: chip, what to know, what differs, how often it was looked for."""

    id: str
    kind: str
    what: str
    chip: Chip
    legs: list[str]
    price: str
    order_type: str
    time_in_force: str
    account: str
    environment: str
    identifier: str
    reason: str
    is_open: bool
    is_unknown: bool
    may_send_again: bool
    differences: list[dict[str, str]]
    look_alikes: list[int]
    reads: int
    created_at: datetime
    sent_at: datetime | None


_COMMANDS = {
    IntentKind.SUBMIT: "Order",
    IntentKind.COMPLEX: "Group of orders",
    IntentKind.REPLACE: "Change of order",
    IntentKind.EDIT_COMPLEX: "Change of group",
    IntentKind.CANCEL: "Cancellation of order",
    IntentKind.CANCEL_COMPLEX: "Cancellation of group",
}


def command_words(intent: OrderIntent) -> str:
    """What was sent: `Order`, `Change of order 4711`."""
    number = intent.target.broker_id if intent.target else intent.complex_id
    named = number if intent.kind not in PLACING_KINDS else None
    return f"{_COMMANDS[IntentKind(intent.kind)]} {named or ''}".strip()


def _target_legs(intent: OrderIntent) -> list[str]:
    return leg_words(intent.target.legs.all()) if intent.target else []


def _intent_price(intent: OrderIntent) -> str:
    if intent.kind in CANCEL_KINDS:
        return ""
    return body_price(intent.body, f"intent-{intent.pk}-0")


def intent_facts(intent: OrderIntent) -> IntentFacts:
    text, tone, tip = INTENT_WORDS[IntentState(intent.state)]
    body = intent.body if intent.kind in PLACING_KINDS else {}
    # Times beside the broker's are told by the broker's clock.
    offset = timedelta(seconds=intent.connection.clock_offset_seconds if intent.connection else 0)
    return IntentFacts(
        id=str(intent.pk),
        kind=intent.kind,
        what=command_words(intent),
        chip=Chip(text, tone, tip),
        legs=body_legs(body) if body else _target_legs(intent),
        price=_intent_price(intent),
        order_type=body.get("order-type", ""),
        time_in_force=body.get("time-in-force", ""),
        account=str(intent.account),
        environment=intent.account.environment,
        identifier=intent.client_order_id,
        reason=intent.reason,
        is_open=intent.state in (IntentState.SENDING, IntentState.UNKNOWN),
        is_unknown=intent.state == IntentState.UNKNOWN,
        may_send_again=intent.kind in PLACING_KINDS
        and intent.state in (IntentState.NOT_FOUND, IntentState.DENIED, IntentState.REJECTED),
        differences=intent.error.get("echo", []),
        look_alikes=intent.error.get("look_alikes", []),
        reads=len(intent.reads_without_trace),
        created_at=intent.created_at + offset,
        sent_at=intent.sent_at + offset if intent.sent_at else None,
    )
