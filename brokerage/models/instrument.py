"""Facts of the instruments that are held or traded; identity is the tastytrade symbol."""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount_field


class Instrument(models.Model):
    environment = models.CharField(max_length=16)
    instrument_type = models.CharField(max_length=32)
    symbol = models.CharField(max_length=64)
    streamer_symbol = models.CharField(max_length=64, blank=True)
    underlying_symbol = models.CharField(max_length=64, blank=True)
    root_symbol = models.CharField(max_length=32, blank=True)
    description = models.TextField(blank=True)
    option_type = models.CharField(max_length=1, blank=True)
    strike_price = amount_field()
    expiration_date = models.DateField(null=True)
    expires_at = models.DateTimeField(null=True)
    exercise_style = models.CharField(max_length=16, blank=True)
    settlement_type = models.CharField(max_length=16, blank=True)
    option_chain_type = models.CharField(max_length=32, blank=True)
    # Contract multiplier, from the broker: shares per contract, notional multiplier.
    multiplier = amount_field()
    # [{"value": "0.01", "threshold": "3.0"}, {"value": "0.05"}]
    tick_sizes = models.JSONField(default=list)
    option_tick_sizes = models.JSONField(default=list)
    is_etf = models.BooleanField(null=True)
    is_index = models.BooleanField(null=True)
    is_closing_only = models.BooleanField(null=True)
    active = models.BooleanField(null=True)
    raw = models.JSONField(default=dict)
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "instrument_type", "symbol"],
                name="instrument_once_per_environment",
            )
        ]
