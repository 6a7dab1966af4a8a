"""Everything that moved cash or positions, one row per leg and fill, as the broker booked it."""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount_field, quantity_field
from brokerage.models.account import Account
from brokerage.models.history import kept


@kept(without=("raw", "received_at"), batches=True)
class Transaction(models.Model):
    # The unique constraint's index serves it.
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="transactions", db_index=False
    )
    broker_id = models.BigIntegerField()
    transaction_type = models.CharField(max_length=40)
    transaction_sub_type = models.CharField(max_length=64, blank=True)
    description = models.TextField(blank=True)
    action = models.CharField(max_length=32, blank=True)
    symbol = models.CharField(max_length=64, blank=True)
    instrument_type = models.CharField(max_length=32, blank=True)
    underlying_symbol = models.CharField(max_length=64, blank=True)
    quantity = quantity_field()
    price = amount_field()
    # Signed by their effects: credit positive, debit negative.
    value = amount_field()
    net_value = amount_field()
    commission = amount_field()
    clearing_fees = amount_field()
    regulatory_fees = amount_field()
    proprietary_index_option_fees = amount_field()
    other_charge = amount_field()
    is_estimated_fee = models.BooleanField(null=True)
    currency = models.CharField(max_length=8, default="USD")
    order_id = models.BigIntegerField(null=True)
    leg_count = models.IntegerField(null=True)
    destination_venue = models.CharField(max_length=80, blank=True)
    reverses_id = models.BigIntegerField(null=True)
    executed_at = models.DateTimeField(null=True)
    transaction_date = models.DateField(null=True)
    # The broker's books began anew without it; it stays as history.
    gone_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)
    received_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-executed_at", "-broker_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "broker_id"], name="transaction_once_per_account_and_id"
            )
        ]
        indexes = [models.Index(fields=["account", "-executed_at"])]
