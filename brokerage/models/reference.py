"""What belongs to no account: volatility figures of underlyings, watchlists, quote alerts."""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount_field
from brokerage.models.connection import Connection


class MarketMetric(models.Model):
    """The broker's figures of an underlying. Ranks, percentiles and the index are fractions."""

    environment = models.CharField(max_length=16)
    symbol = models.CharField(max_length=64)
    implied_volatility_index = amount_field()
    implied_volatility_index_5_day_change = amount_field()
    implied_volatility_index_rank = amount_field()
    implied_volatility_percentile = amount_field()
    liquidity_rating = models.IntegerField(null=True)
    beta = amount_field()
    dividend_ex_date = models.DateField(null=True)
    dividend_rate_per_share = amount_field()
    earnings_date = models.DateField(null=True)
    updated_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "symbol"], name="metric_once_per_environment"
            )
        ]


class Watchlist(models.Model):
    """A list of symbols: a login's own, or the broker's public one (no connection)."""

    environment = models.CharField(max_length=16)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, null=True, related_name="watchlists"
    )
    name = models.CharField(max_length=200)
    group_name = models.CharField(max_length=120, blank=True)
    order_index = models.BigIntegerField(null=True)
    # [{"symbol", "instrument_type"}], in the broker's order.
    entries = models.JSONField(default=list)
    received_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)

    class Meta:
        ordering = ["order_index", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "connection", "name"],
                name="watchlist_once_per_owner_and_name",
                nulls_distinct=False,
            )
        ]


class QuoteAlert(models.Model):
    """An alert that the broker raises when a quote passes a threshold."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="quote_alerts"
    )
    external_id = models.CharField(max_length=80)
    symbol = models.CharField(max_length=64)
    instrument_type = models.CharField(max_length=32, blank=True)
    field = models.CharField(max_length=16, blank=True)
    operator = models.CharField(max_length=8, blank=True)
    threshold = amount_field()
    created_at = models.DateTimeField(null=True)
    triggered_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # The broker no longer lists it; the last state is kept.
    gone_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)

    class Meta:
        ordering = ["-created_at", "external_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="alert_once_per_connection_and_id"
            )
        ]
