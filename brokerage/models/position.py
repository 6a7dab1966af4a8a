"""What an account holds, as the broker last stated it."""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount_field, quantity_field
from brokerage.models.account import Account
from brokerage.models.history import kept


@kept(without=("raw", "received_at", "missing_since"), batches=True)
class Position(models.Model):
    # The unique constraint's index serves it.
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="positions", db_index=False
    )
    instrument_type = models.CharField(max_length=32)
    symbol = models.CharField(max_length=64)
    underlying_symbol = models.CharField(max_length=64, blank=True)
    streamer_symbol = models.CharField(max_length=64, blank=True)
    # Signed: long positive, short negative, zero when closed.
    quantity = quantity_field(null=False)
    quantity_direction = models.CharField(max_length=8)
    average_open_price = amount_field()
    close_price = amount_field()
    average_daily_market_close_price = amount_field()
    average_yearly_market_close_price = amount_field()
    # From the broker, never a constant: 100 option, 1 share, 50 /ES point.
    multiplier = amount_field()
    mark_price = amount_field()
    # Signed by their effect; valid only while their date is today's in New York.
    realized_day_gain = amount_field()
    realized_day_gain_date = models.DateField(null=True)
    realized_today = amount_field()
    realized_today_date = models.DateField(null=True)
    is_suppressed = models.BooleanField(null=True)
    is_frozen = models.BooleanField(null=True)
    restricted_quantity = quantity_field()
    expires_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    # First complete read that did not list it; a second one closes it, a listing clears this.
    missing_since = models.DateTimeField(null=True)
    # Set when the broker no longer lists it; the last state is kept.
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["account", "underlying_symbol", "symbol"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "instrument_type", "symbol"],
                name="position_once_per_account_and_instrument",
            )
        ]
        indexes = [models.Index(fields=["account", "closed_at"])]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.symbol}"
