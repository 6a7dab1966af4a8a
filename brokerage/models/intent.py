"""Our side of an order: what was shown, what was meant, what is known of its outcome."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from brokerage.enums import IntentKind, IntentState
from brokerage.models.account import Account
from brokerage.models.connection import Connection
from brokerage.models.order import Order


class OrderPreview(models.Model):
    """A dry run that was shown to a person; binds what was shown by a hash, used once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    environment = models.CharField(max_length=16)
    kind = models.CharField(max_length=16, choices=IntentKind, default=IntentKind.SUBMIT)
    # What a replacement is about: an order, or a group by the broker's number.
    target = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="+")
    complex_id = models.BigIntegerField(null=True)
    # The body as it would be sent, without external identifiers.
    body = models.JSONField()
    # The quotes that the guards judged by: {"Equity:AAPL": [bid, ask, ISO time]}.
    quotes = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class OrderIntent(models.Model):
    """Committed before anything is sent; at most one order at the broker for each."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="order_intents"
    )
    # Removing a login must not remove the record of what was sent through it.
    connection = models.ForeignKey(Connection, on_delete=models.SET_NULL, null=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="intents")
    kind = models.CharField(max_length=16, choices=IntentKind, default=IntentKind.SUBMIT)
    # The order that a cancel or replace is about; a submit finds its own in `order`.
    target = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="commands")
    # Sent as external-identifier; unique per account.
    client_order_id = models.CharField(max_length=80)
    preview = models.OneToOneField(OrderPreview, on_delete=models.SET_NULL, null=True)
    body = models.JSONField()
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=IntentState, default=IntentState.SENDING)
    # The broker's or our words on why it was refused or is unknown.
    reason = models.TextField(blank=True)
    error = models.JSONField(default=dict)
    order = models.OneToOneField(Order, on_delete=models.SET_NULL, null=True, related_name="intent")
    # The group that a complex order became, or that a command is about; the broker's number.
    complex_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    # Evidence of reconciliation: times of complete reads that did not find it.
    reads_without_trace = models.JSONField(default=list)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "client_order_id"], name="intent_once_per_account_and_client_id"
            )
        ]
        indexes = [models.Index(fields=["state", "created_at"])]
