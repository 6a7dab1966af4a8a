"""Orders, their legs and executions, and groups of orders."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

ZERO = Decimal(0)
SUBMISSION = frozenset({"Received", "Routed", "In Flight", "Contingent"})
WORKING = frozenset({"Live", "Cancel Requested", "Replace Requested"})
TERMINAL = frozenset({"Filled", "Cancelled", "Expired", "Rejected", "Removed", "Partially Removed"})
OCO_TAGS = ("OCO::order", "OTOCO::oco-1-order")


class Fill(Struct, kw_only=True):
    """One execution of one leg."""

    fill_id: str
    quantity: Decimal
    price: Decimal
    at: datetime
    venue: str
    exec_id: str
    group_id: str


class Leg(Struct, kw_only=True):
    """One leg of an order. A notional order has no quantity until it is executed."""

    instrument_type: str
    symbol: str
    action: str
    quantity: Decimal | None
    remaining: Decimal
    fills: list[Fill] = field(default_factory=list)

    @property
    def buys(self) -> bool:
        """True for the three buying actions."""
        return self.action.startswith("Buy")

    @property
    def opens(self) -> bool:
        """True for `… to Open`; a bare Buy or Sell is neither opening nor closing."""
        return self.action.endswith("Open")

    @property
    def closes(self) -> bool:
        """True for `… to Close`."""
        return self.action.endswith("Close")

    @property
    def sign(self) -> int:
        """+1 when the position grows by a fill, −1 when it shrinks."""
        return 1 if self.buys else -1


class Order(Struct, kw_only=True):
    """An order as stored; `orders/wire.py` draws it."""

    id: int
    account: str
    status: str
    order_type: str
    time_in_force: str
    size: Decimal
    underlying: str
    underlying_type: str
    legs: list[Leg]
    received_at: datetime
    updated_at: datetime
    price: Decimal | None = None
    price_effect: str | None = None
    stop_trigger: Decimal | None = None
    value: Decimal | None = None
    value_effect: str | None = None
    gtc_date: date | None = None
    external_identifier: str | None = None
    source: str | None = None
    automated_source: bool = False
    strict: bool = False
    rules: dict[str, Any] | None = None
    contingent_status: str | None = None
    complex_id: int | None = None
    complex_tag: str | None = None
    preflight_id: int | None = None
    replaces: int | None = None
    replacing: int | None = None
    edited: bool = False
    reject_reason: str | None = None
    request_id: str = ""
    in_flight_at: datetime | None = None
    live_at: datetime | None = None
    cancelled_at: datetime | None = None
    terminal_at: datetime | None = None
    cancelled_size: Decimal | None = None
    exchange_number: str | None = None
    global_number: int | None = None
    client_order_id: str | None = None
    venue: str | None = None
    triggered: bool = False
    """A stop whose trigger price was seen."""
    script: str | None = None
    """The scripted behaviour asked for by the external identifier or the control route."""
    fill_model: str = "touch"
    username: str | None = None
    user_id: str | None = None
    expires_on: date | None = None
    """The session date at whose close the order ends; None works on."""
    cancel_username: str | None = None
    cancel_user_id: str | None = None
    """Who asked for the cancellation."""
    frames: int = 0
    """How often it was published: keeps `updated-at` strictly growing."""
    unbooked: list[str] = field(default_factory=list)
    """Ids of executions that the ledger does not show yet (a scripted lag)."""

    @property
    def waits(self) -> bool:
        """Another order holds it back: its predecessor, or its group."""
        return self.status == "Contingent" and self.contingent_status == "Pending Order"

    @property
    def oco_side(self) -> bool:
        """One of the two exits of an OCO or a bracket."""
        return self.complex_tag in OCO_TAGS

    @property
    def terminal(self) -> bool:
        """No further state follows (later executions of other legs aside)."""
        return self.status in TERMINAL

    @property
    def filled(self) -> bool:
        """Every leg is executed completely."""
        return all(leg.remaining == 0 for leg in self.legs)

    @property
    def lots_left(self) -> Decimal:
        """Unexecuted lots: the largest unexecuted part over the legs."""
        if not self.size:
            return ZERO
        return max(
            leg.remaining / (leg.quantity / self.size) if leg.quantity else ZERO
            for leg in self.legs
        )


class ComplexOrder(Struct, kw_only=True):
    """A group of orders; `orders/groups.py` moves it. It has no status of its own."""

    id: int
    account: str
    type: str
    orders: list[int]
    """Ids of the present members, in the order of the request."""
    received_at: datetime
    trigger: int | None = None
    related: list[int] = field(default_factory=list)
    """Ids of members that were replaced."""
    terminal_at: datetime | None = None
    source: str | None = None
    ratio_comparator: str | None = None
    ratio_threshold: Decimal | None = None
    ratio_notional: bool = False

    @property
    def members(self) -> list[int]:
        """Ids of all present members, the trigger first."""
        return self.orders if self.trigger is None else [self.trigger, *self.orders]
