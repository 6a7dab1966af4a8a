"""What the desk did: sync runs, calls and commands (audit), notices to people."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from brokerage.enums import SyncState
from brokerage.models.account import Account
from brokerage.models.connection import Connection


class SyncRun(models.Model):
    """One run over a connection, with progress people can watch."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sync_runs")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    kinds = models.JSONField(default=list)
    state = models.CharField(max_length=16, choices=SyncState, default=SyncState.RUNNING)
    steps_total = models.PositiveIntegerField(default=0)
    steps_done = models.PositiveIntegerField(default=0)
    current = models.CharField(max_length=120, blank=True)
    # Per step: {"kind", "account", "rows", "changed", "state", "message", "milliseconds"}
    report = models.JSONField(default=list)
    message = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]


class AuditSeal(models.Model):
    """One link of the audit's hash chain: a batch of entries, and the link before it."""

    position = models.BigIntegerField(unique=True)
    # "calls" may be pruned after a while, "facts" never.
    stream = models.CharField(max_length=8)
    entries = models.PositiveIntegerField()
    # SHA-256 over the hashes of the entries, in the order of their ids.
    entries_hash = models.CharField(max_length=64)
    last_entry_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    # SHA-256 over position, stream, entries, entries_hash, last_entry_at and previous_hash.
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]


# The words of an entry. References to rows may become empty when those are deleted; the names
# beside them stay.
AUDIT_WORDS = (
    "at",
    "who",
    "through",
    "about",
    "kind",
    "action",
    "outcome",
    "milliseconds",
    "details",
)


class AuditEntry(models.Model):
    """Who did what, when, with what outcome. Rows are written, never changed; no secrets."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, related_name="audit"
    )
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True)
    # The same three in words that outlive the rows: user name, login, account (last digits).
    who = models.CharField(max_length=150, blank=True)
    through = models.CharField(max_length=120, blank=True)
    about = models.CharField(max_length=60, blank=True)
    # "call", "connection", "order", "preview", "cancel", "sync", "sign-in"
    kind = models.CharField(max_length=24)
    # Route template or verb, never a path with an account number in it.
    action = models.CharField(max_length=160)
    outcome = models.CharField(max_length=40)
    milliseconds = models.FloatField(null=True)
    details = models.JSONField(default=dict)
    # The link of the hash chain that holds it; set a few seconds after the entry was written.
    seal = models.ForeignKey(AuditSeal, on_delete=models.PROTECT, null=True, related_name="sealed")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["kind", "-at"]),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(seal=None)),
        ]
        triggers = [pgtrigger.ReadOnly(name="words_stay", fields=list(AUDIT_WORDS))]


class Notice(models.Model):
    """Something people should know that is not their error; one row per key while it lasts."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, null=True, related_name="notices"
    )
    key = models.CharField(max_length=160)
    level = models.CharField(max_length=8, default="info")  # info, warning, danger
    text = models.TextField()
    # What the text was made from, where later findings add to it.
    details = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now=True)
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "key"],
                name="notice_once_per_connection_and_key",
                nulls_distinct=False,
            )
        ]
