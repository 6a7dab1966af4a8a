"""What an account is worth and may still do, in the broker's figures. Signs are applied."""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount_field
from brokerage.models.account import Account
from brokerage.models.history import kept


class BalanceFields(models.Model):
    """Columns that pages sort, sum or show; everything else the broker sent is in `raw`."""

    currency = models.CharField(max_length=8, default="USD")
    cash_balance = amount_field()
    pending_cash = amount_field()
    net_liquidating_value = amount_field()
    margin_equity = amount_field()
    equity_buying_power = amount_field()
    derivative_buying_power = amount_field()
    day_trading_buying_power = amount_field()
    used_derivative_buying_power = amount_field()
    maintenance_requirement = amount_field()
    maintenance_excess = amount_field()
    reg_t_margin_requirement = amount_field()
    futures_margin_requirement = amount_field()
    cash_available_to_withdraw = amount_field()
    long_equity_value = amount_field()
    short_equity_value = amount_field()
    long_derivative_value = amount_field()
    short_derivative_value = amount_field()
    long_futures_derivative_value = amount_field()
    short_futures_derivative_value = amount_field()
    long_cryptocurrency_value = amount_field()
    intraday_equities_cash_amount = amount_field()
    intraday_futures_cash_amount = amount_field()
    maintenance_call_value = amount_field()
    reg_t_call_value = amount_field()
    day_trading_call_value = amount_field()
    day_equity_call_value = amount_field()
    raw = models.JSONField(default=dict)
    # Broker's time of the figure; newer wins.
    updated_at = models.DateTimeField(null=True)
    # Our time of receipt: the age people see.
    received_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


@kept(without=("raw", "received_at", "updated_at"))
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


class NetLiqPoint(models.Model):
    """One bar of an account's net liquidating value, as the broker recorded it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="net_liq_points")
    # Which history it belongs to: "1d" has bars of minutes, "1y" of days.
    span = models.CharField(max_length=8)
    at = models.DateTimeField()
    open = amount_field()
    high = amount_field()
    low = amount_field()
    close = amount_field()
    # With pending cash.
    total_open = amount_field()
    total_high = amount_field()
    total_low = amount_field()
    total_close = amount_field()

    class Meta:
        ordering = ["account", "at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "span", "at"], name="net_liq_once_per_account_and_time"
            )
        ]
