"""What an account holds."""

from __future__ import annotations

from decimal import Decimal

from brokerage.tastytrade.payloads.base import (
    Count,
    Day,
    Flag,
    Moment,
    Number,
    Payload,
    RequiredText,
    Signed,
)


class Position(Payload, frozen=True):
    """`quantity` is unsigned as sent; `signed_quantity` has the direction. Prices are per unit,
    without the multiplier. `realized_*` count only while their date is today in New York, and
    are two measures of the same closings: never add them.
    """

    account_number: str = ""
    symbol: RequiredText = ""
    instrument_type: RequiredText = ""
    underlying_symbol: str = ""
    streamer_symbol: str = ""
    quantity: Number = None
    quantity_direction: str = ""
    average_open_price: Number = None
    close_price: Number = None
    average_daily_market_close_price: Number = None
    average_yearly_market_close_price: Number = None
    multiplier: Number = None
    # The effect of closing: a long position closes for a credit.
    cost_effect: str = ""
    mark: Number = None
    mark_price: Number = None
    is_suppressed: Flag = None
    is_frozen: Flag = None
    restricted_quantity: Number = None
    expires_at: Moment = None
    deliverable_type: str = ""
    fixing_price: Number = None
    face_value: Number = None
    par_size: Number = None
    order_id: Count = None
    update_type: str = ""
    realized_day_gain: Signed = None
    realized_day_gain_date: Day = None
    realized_today: Signed = None
    realized_today_date: Day = None
    created_at: Moment = None
    updated_at: Moment = None

    @property
    def signed_quantity(self) -> Decimal | None:
        """Long positive, short negative, zero when closed; None when not stated."""
        if self.quantity_direction == "Zero":
            return Decimal(0)
        if self.quantity is None:
            return None
        return -abs(self.quantity) if self.quantity_direction == "Short" else self.quantity
