"""Customers and accounts as the broker names them, and who may see which through which login."""

from __future__ import annotations

from django.db import models

from brokerage.enums import EnvironmentName
from brokerage.models.connection import Connection
from brokerage.models.history import kept


class Customer(models.Model):
    """The broker's record behind a connection: the minimum, never the whole payload."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="customer")
    external_id = models.CharField(max_length=80, blank=True)
    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    has_delayed_quotes = models.BooleanField(null=True)
    updated_at = models.DateTimeField(auto_now=True)


@kept(without=("raw", "received_at", "synced_at"))
class Account(models.Model):
    """One account of one environment; two connections that reach it share the row."""

    environment = models.CharField(max_length=16, choices=EnvironmentName)
    number = models.CharField(max_length=32)
    nickname = models.CharField(max_length=120, blank=True)
    type_name = models.CharField(max_length=80, blank=True)
    margin_or_cash = models.CharField(max_length=16, blank=True)
    is_closed = models.BooleanField(null=True)
    is_futures_approved = models.BooleanField(null=True)
    day_trader_status = models.BooleanField(null=True)
    suitable_options_level = models.CharField(max_length=80, blank=True)
    opened_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)
    received_at = models.DateTimeField(null=True)
    # Per SyncKind: ISO time of the last complete read of this account, whether rows changed or not.
    synced_at = models.JSONField(default=dict)
    connections = models.ManyToManyField(Connection, through="AccountAccess")

    class Meta:
        ordering = ["environment", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "number"], name="account_once_per_environment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.nickname or self.type_name} …{self.number[-4:]}"


class AccountAccess(models.Model):
    """The authority one connection has over one account: owner, trade-only or read-only."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="accesses")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="accesses")
    authority_level = models.CharField(max_length=32, blank=True)
    # First listing that did not show the account; a second one withdraws the access.
    missing_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "account"], name="access_once_per_connection_and_account"
            )
        ]


@kept(without=("raw", "received_at", "updated_at"))
class TradingStatus(models.Model):
    """What the broker lets this account do; flags absent in the answer stay null."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="trading_status")
    options_level = models.CharField(max_length=80, blank=True)
    equities_margin_calculation_type = models.CharField(max_length=40, blank=True)
    is_closed = models.BooleanField(null=True)
    is_frozen = models.BooleanField(null=True)
    is_closing_only = models.BooleanField(null=True)
    is_risk_reducing_only = models.BooleanField(null=True)
    is_in_margin_call = models.BooleanField(null=True)
    is_futures_enabled = models.BooleanField(null=True)
    is_futures_closing_only = models.BooleanField(null=True)
    is_cryptocurrency_enabled = models.BooleanField(null=True)
    is_cryptocurrency_closing_only = models.BooleanField(null=True)
    is_pattern_day_trader = models.BooleanField(null=True)
    day_trade_count = models.IntegerField(null=True)
    # Broker's time of the status; newer wins.
    updated_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)
    received_at = models.DateTimeField(null=True)
