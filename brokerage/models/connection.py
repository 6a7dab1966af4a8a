"""A user's link to one broker login in one environment."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from brokerage.credentials.fields import EncryptedTextField
from brokerage.enums import ConnectionState, EnvironmentName


class Connection(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="connections"
    )
    environment = models.CharField(max_length=16, choices=EnvironmentName)
    label = models.CharField(max_length=80, blank=True)
    client_id = models.CharField(max_length=200, blank=True)
    client_secret = EncryptedTextField()
    refresh_token = EncryptedTextField()
    # A fingerprint of the refresh token, to see that a grant is connected already.
    grant_fingerprint = models.CharField(max_length=64, db_index=True)
    scopes = models.CharField(max_length=80, blank=True)
    access_token = EncryptedTextField(blank=True)
    access_token_expires_at = models.DateTimeField(null=True)
    last_refresh_at = models.DateTimeField(null=True)
    refresh_failures = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=16, choices=ConnectionState, default=ConnectionState.ACTIVE)
    # Plain words for the page: why it is degraded or must be reconnected.
    state_reason = models.TextField(blank=True)
    state_since = models.DateTimeField(auto_now_add=True)
    # Broker time minus our time, from the Date header: the market clock of this connection.
    clock_offset_seconds = models.FloatField(default=0.0)
    clock_checked_at = models.DateTimeField(null=True)
    quote_level = models.CharField(max_length=16, blank=True)
    quotes_delayed = models.BooleanField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_sync_at = models.DateTimeField(null=True)
    # Per SyncKind: ISO time of the last good read; decides what is due.
    synced_at = models.JSONField(default=dict)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "environment", "grant_fingerprint"],
                name="connection_once_per_user_and_grant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label or self.environment} ({self.environment})"
