"""Orders in the broker's words: statuses verbatim, legs, executions."""

from __future__ import annotations

from django.db import models

from brokerage.fields import amount_field, quantity_field
from brokerage.models.account import Account
from brokerage.models.history import kept


@kept(without=("raw", "mirrored_at"), batches=True)
class Order(models.Model):
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="orders")
    # The broker's order id; 64 bits.
    broker_id = models.BigIntegerField()
    status = models.CharField(max_length=32)
    contingent_status = models.CharField(max_length=32, blank=True)
    order_type = models.CharField(max_length=32, blank=True)
    time_in_force = models.CharField(max_length=32, blank=True)
    gtc_date = models.DateField(null=True)
    size = quantity_field()
    # Magnitude, with the broker's effect beside it: the pair is one fact.
    price = amount_field()
    price_effect = models.CharField(max_length=8, blank=True)
    stop_trigger = amount_field()
    value = amount_field()
    value_effect = models.CharField(max_length=8, blank=True)
    underlying_symbol = models.CharField(max_length=64, blank=True)
    underlying_instrument_type = models.CharField(max_length=32, blank=True)
    cancellable = models.BooleanField(null=True)
    editable = models.BooleanField(null=True)
    edited = models.BooleanField(null=True)
    reject_reason = models.TextField(blank=True)
    external_identifier = models.CharField(max_length=80, blank=True, db_index=True)
    source = models.CharField(max_length=120, blank=True)
    complex_order_id = models.BigIntegerField(null=True)
    complex_order_tag = models.CharField(max_length=64, blank=True)
    replaces_order_id = models.BigIntegerField(null=True)
    replacing_order_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField(null=True)
    in_flight_at = models.DateTimeField(null=True)
    live_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    terminal_at = models.DateTimeField(null=True)
    # The broker's version of the order, epoch milliseconds; the greatest wins.
    updated_at_ms = models.BigIntegerField(default=0)
    # Sum over the legs of quantity minus remaining; between two versions of one millisecond the
    # further executed one is the later.
    executed_quantity = quantity_field()
    # The broker's books began anew without it: it is neither working nor ended in their words.
    gone_at = models.DateTimeField(null=True)
    # Our time of receipt.
    mirrored_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)

    class Meta:
        ordering = ["-broker_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "broker_id"], name="order_once_per_account_and_id"
            )
        ]
        indexes = [models.Index(fields=["account", "status"])]

    def __str__(self) -> str:
        return f"{self.broker_id} {self.status}"


@kept(without=("raw", "mirrored_at"), batches=True)
class ComplexOrder(models.Model):
    """A group of orders (OTO, OCO, OTOCO, PAIRS). It has no status of its own: its members do."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="complex_orders")
    broker_id = models.BigIntegerField()
    type = models.CharField(max_length=16, blank=True)
    terminal_at = models.DateTimeField(null=True)
    ratio_price_threshold = amount_field()
    ratio_price_comparator = models.CharField(max_length=8, blank=True)
    ratio_price_is_threshold_based_on_notional = models.BooleanField(null=True)
    trigger_order_id = models.BigIntegerField(null=True)
    # The broker's ids of the members that are placed, in the broker's order.
    order_ids = models.JSONField(default=list)
    # Members that a later one replaced: {"id", "replaces", "replaced_by", "status"}.
    related = models.JSONField(default=list)
    # The broker gives a group no version: the greatest of its members', epoch milliseconds, and
    # their sum, which tells two states apart in which the same member is the latest.
    updated_at_ms = models.BigIntegerField(default=0)
    updated_at_sum = models.BigIntegerField(default=0)
    mirrored_at = models.DateTimeField(null=True)
    raw = models.JSONField(default=dict)

    class Meta:
        ordering = ["-broker_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "broker_id"], name="complex_order_once_per_account_and_id"
            )
        ]


@kept(batches=True)
class OrderLeg(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="legs")
    position = models.PositiveSmallIntegerField()
    instrument_type = models.CharField(max_length=32)
    symbol = models.CharField(max_length=64)
    action = models.CharField(max_length=32)
    # Absent for a notional order until it fills.
    quantity = quantity_field()
    remaining_quantity = quantity_field()

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="leg_once_per_place")
        ]


class Fill(models.Model):
    leg = models.ForeignKey(OrderLeg, on_delete=models.CASCADE, related_name="fills")
    fill_id = models.CharField(max_length=120)
    quantity = quantity_field()
    price = amount_field()
    filled_at = models.DateTimeField(null=True)
    destination_venue = models.CharField(max_length=80, blank=True)
    ext_exec_id = models.CharField(max_length=80, blank=True)
    ext_group_fill_id = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["leg", "filled_at", "fill_id"]
        constraints = [models.UniqueConstraint(fields=["leg", "fill_id"], name="fill_once_per_leg")]
