"""Orders as the broker states them: answers only; what we send is in order_requests."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from brokerage.tastytrade import enums, wire
from brokerage.tastytrade.payloads.base import (
    REQUIRED,
    STRICT,
    Count,
    Day,
    Effect,
    Flag,
    Keys,
    Moment,
    Number,
    Payload,
    Read,
    RequiredText,
    Signed,
)


class Fill(Payload, frozen=True):
    """One execution of one leg; the price is per unit and never negative."""

    fill_id: str = ""
    quantity: Number = None
    fill_price: Number = None
    filled_at: Moment = None
    destination_venue: str = ""
    ext_exec_id: str = ""
    ext_group_fill_id: str = ""


class Leg(Payload, frozen=True):
    symbol: RequiredText = ""
    instrument_type: str = ""
    action: str = ""
    quantity: Number = None
    remaining_quantity: Number = None
    fills: Annotated[tuple[Fill, ...], STRICT] = ()

    @property
    def filled_quantity(self) -> Decimal | None:
        """Executed so far, from what remains: the list of fills may lag behind."""
        if self.quantity is None or self.remaining_quantity is None:
            return None
        return self.quantity - self.remaining_quantity


class PriceComponent(Payload, frozen=True):
    symbol: str = ""
    instrument_type: str = ""
    quantity: Number = None
    quantity_direction: str = ""


class OrderCondition(Payload, frozen=True):
    id: Count = None
    action: str = ""
    symbol: str = ""
    instrument_type: str = ""
    indicator: str = ""
    comparator: str = ""
    threshold: Number = None
    is_threshold_based_on_notional: Flag = None
    triggered_at: Moment = None
    triggered_value: Number = None
    price_components: tuple[PriceComponent, ...] = ()


class OrderRule(Payload, frozen=True):
    route_after: Moment = None
    routed_at: Moment = None
    cancel_at: Moment = None
    cancelled_at: Moment = None
    conditions: Annotated[tuple[OrderCondition, ...], Keys("order-conditions", "conditions")] = ()


class Order(Payload, frozen=True):
    """`price`, `value` are magnitudes with their effect beside them. `status` is verbatim.

    `id` is None on a dry run. `updated_at_ms` is the version of the order: the greatest wins.
    """

    id: Count = None
    account_number: str = ""
    status: str = ""
    contingent_status: str = ""
    confirmation_status: str = ""
    order_type: str = ""
    time_in_force: str = ""
    gtc_date: Day = None
    size: Number = None
    price: Number = None
    price_effect: str = ""
    stop_trigger: Number = None
    value: Number = None
    value_effect: str = ""
    underlying_symbol: str = ""
    underlying_instrument_type: str = ""
    cancellable: Flag = None
    editable: Flag = None
    edited: Flag = None
    received_at: Moment = None
    in_flight_at: Moment = None
    live_at: Moment = None
    cancelled_at: Moment = None
    terminal_at: Moment = None
    updated_at_ms: Annotated[int | None, Keys("updated-at"), Read(wire.epoch_ms)] = None
    replaces_order_id: Count = None
    replacing_order_id: Count = None
    complex_order_id: Count = None
    complex_order_tag: str = ""
    preflight_id: Count = None
    cancelled_size: Annotated[Decimal | None, Keys("cancelled-size", "canceled-size")] = None
    cancel_user_id: str = ""
    cancel_username: str = ""
    user_id: Count = None
    username: str = ""
    reject_reason: str = ""
    external_identifier: str = ""
    source: str = ""
    global_request_id: str = ""
    ext_exchange_order_number: str = ""
    ext_global_order_number: Count = None
    ext_client_order_id: str = ""
    destination_venue: str = ""
    leg_count: Count = None
    legs: Annotated[tuple[Leg, ...], STRICT] = ()
    order_rule: Annotated[OrderRule | None, Keys("order-rule", "rules")] = None

    @property
    def is_terminal(self) -> bool:
        """An unknown status is not terminal."""
        return enums.is_terminal(self.status)

    @property
    def is_partially_filled(self) -> bool:
        """Not finished, something executed and something left: derived, never a status."""
        remaining = [leg.remaining_quantity for leg in self.legs]
        return (
            not self.is_terminal
            and any(leg.filled_quantity for leg in self.legs)
            and any(remaining)
        )

    @property
    def signed_price(self) -> Decimal | None:
        """The limit price from the account's side: paying is negative."""
        return None if self.price is None else wire.signed(self.price, self.price_effect)


class KnownOrder(Order, frozen=True):
    """An order that the broker has taken: it has an id, or cannot be followed."""

    id: Annotated[int | None, REQUIRED] = None


class RelatedOrder(Payload, frozen=True):
    """A member of a complex order that another has replaced."""

    id: Count = None
    complex_order_id: Count = None
    complex_order_tag: str = ""
    replaces_order_id: Count = None
    replacing_order_id: Count = None
    status: str = ""


class ComplexOrder(Payload, frozen=True):
    """OTO, OCO, OTOCO or PAIRS. It has no status of its own."""

    id: Count = None
    account_number: str = ""
    type: str = ""
    terminal_at: Moment = None
    ratio_price_threshold: Number = None
    ratio_price_comparator: str = ""
    ratio_price_is_threshold_based_on_notional: Flag = None
    trigger_order: Order | None = None
    orders: Annotated[tuple[Order, ...], STRICT] = ()
    related_orders: tuple[RelatedOrder, ...] = ()


class KnownComplexOrder(ComplexOrder, frozen=True):
    id: Annotated[int | None, REQUIRED] = None


class Message(Payload, frozen=True):
    """A warning, an error or a note: show `message`, look `code` up for help texts."""

    code: str = ""
    message: str = ""
    preflight_id: Count = None
    url: str = ""


class BuyingPowerEffect(Payload, frozen=True):
    """What an order would do to buying power; signed, a debit is negative."""

    change_in_margin_requirement: Signed = None
    change_in_buying_power: Signed = None
    current_buying_power: Signed = None
    new_buying_power: Signed = None
    isolated_order_margin_requirement: Signed = None
    is_spread: Flag = None
    impact: Annotated[Decimal | None, Effect("effect")] = None
    effect: str = ""


class FeePart(Payload, frozen=True):
    name: str = ""
    value: Annotated[Decimal | None, Effect("effect")] = None


class FeeCalculation(Payload, frozen=True):
    """Signed: a fee is negative, a rebate positive. Up to six decimals."""

    regulatory_fees: Signed = None
    regulatory_fees_breakdown: tuple[FeePart, ...] = ()
    clearing_fees: Signed = None
    clearing_fees_breakdown: tuple[FeePart, ...] = ()
    commission: Signed = None
    commission_breakdown: tuple[FeePart, ...] = ()
    proprietary_index_option_fees: Signed = None
    proprietary_fees_breakdown: tuple[FeePart, ...] = ()
    total_fees: Signed = None
    rebates: Signed = None
    rebates_breakdown: tuple[FeePart, ...] = ()
    per_quantity: Flag = None


class OrderResponse(Payload, frozen=True):
    """The answer to placing and to every dry run. `errors` may come with a success status."""

    order: Order | None = None
    complex_order: ComplexOrder | None = None
    buying_power_effect: BuyingPowerEffect | None = None
    fee_calculation: FeeCalculation | None = None
    closing_fee_calculation: FeeCalculation | None = None
    warnings: tuple[Message, ...] = ()
    errors: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()


class PlacedOrder(OrderResponse, frozen=True):
    """The answer to a placement: without an order it cannot be believed."""

    order: Annotated[KnownOrder | None, REQUIRED, STRICT] = None


class PlacedComplexOrder(OrderResponse, frozen=True):
    complex_order: Annotated[KnownComplexOrder | None, REQUIRED, STRICT] = None
