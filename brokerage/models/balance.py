"""What an account is worth and may still do, in the broker's figures. Signs are applied."""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount
from brokerage.models.account import Account


class BalanceFields(models.Model):
    """Columns that pages sort, sum or show; everything else the broker sent is in `raw`."""

    currency = models.CharField(max_length=8, default="USD")
    cash_balance = amount()
    pending_cash = amount()
    net_liquidating_value = amount()
    margin_equity = amount()
    equity_buying_power = amount()
    derivative_buying_power = amount()
    day_trading_buying_power = amount()
    used_derivative_buying_power = amount()
    maintenance_requirement = amount()
    maintenance_excess = amount()
    reg_t_margin_requirement = amount()
    futures_margin_requirement = amount()
    cash_available_to_withdraw = amount()
    long_equity_value = amount()
    short_equity_value = amount()
    long_derivative_value = amount()
    short_derivative_value = amount()
    long_futures_derivative_value = amount()
    short_futures_derivative_value = amount()
    long_cryptocurrency_value = amount()
    intraday_equities_cash_amount = amount()
    intraday_futures_cash_amount = amount()
    maintenance_call_value = amount()
    reg_t_call_value = amount()
    day_trading_call_value = amount()
    day_equity_call_value = amount()
    raw = models.JSONField(default=dict)
    # Broker's time of the figure; newer wins.
    updated_at = models.DateTimeField(null=True)
    # Our time of receipt: the age people see.
    received_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Balance(BalanceFields):
    """The latest balance of an account in one currency."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="balances")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "currency"], name="balance_once_per_account_and_currency"
            )
        ]


class BalanceSnapshot(BalanceFields):
    """The balance at the begin (BOD) or end (EOD) of a day."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="snapshots")
    snapshot_date = models.DateField()
    time_of_day = models.CharField(max_length=8)

    class Meta:
        ordering = ["account", "snapshot_date"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "currency", "snapshot_date", "time_of_day"],
                name="snapshot_once_per_day_and_time",
            )
        ]
