"""Margin by the broker's own report: one row per underlying group, and the account's totals."""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount_field
from brokerage.models.account import Account
from brokerage.models.history import kept


@kept(without=("raw", "received_at"))
class MarginRequirement(models.Model):
    """``code`` names the group (an underlying); the account's totals stand under an empty one."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="margin")
    code = models.CharField(max_length=64, blank=True)
    description = models.CharField(max_length=120, blank=True)
    underlying_symbol = models.CharField(max_length=64, blank=True)
    underlying_type = models.CharField(max_length=32, blank=True)
    margin_calculation_type = models.CharField(max_length=40, blank=True)
    # Signed by their effects: a debit is negative.
    margin_requirement = amount_field()
    initial_requirement = amount_field()
    maintenance_requirement = amount_field()
    buying_power = amount_field()
    # The report no longer lists the group: its last figures are kept, and are no longer true.
    gone_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)

    class Meta:
        ordering = ["account", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "code"], name="margin_once_per_account_and_group"
            )
        ]
