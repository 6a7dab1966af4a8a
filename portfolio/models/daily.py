"""What each position was at the close of a day: the base of the next day's and year's P/L.

The broker's history does not tell these figures afterwards, so they are kept when they are there.
"""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount_field, quantity_field
from brokerage.models import Account


class DailyMark(models.Model):
    """One position at the end of one trading day. Prices are per unit, Greeks per unit of the
    underlying as the feed or our model gave them; what was not known is null."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    symbol = models.CharField(max_length=64)
    instrument_type = models.CharField(max_length=32, blank=True)
    underlying = models.CharField(max_length=64, blank=True)
    # Signed.
    quantity = quantity_field(null=False)
    multiplier = amount_field()
    mark = amount_field()
    # Where the mark is from, in a word; empty without one.
    source = models.CharField(max_length=16, blank=True)
    spot = models.FloatField(null=True)
    volatility = models.FloatField(null=True)
    delta = models.FloatField(null=True)
    gamma = models.FloatField(null=True)
    theta = models.FloatField(null=True)
    vega = models.FloatField(null=True)
    # "feed" or "model"; empty where there are no Greeks.
    greeks_source = models.CharField(max_length=8, blank=True)
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["account", "day", "symbol"]
        constraints = [
            models.UniqueConstraint(fields=["account", "day", "symbol"], name="daily_mark_once")
        ]
