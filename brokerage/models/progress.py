"""Long work on one account: its history read back to the opening, and its book compared."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from brokerage.enums import BackfillKind, SyncState
from brokerage.models.account import Account
from brokerage.models.connection import Connection


class Backfill(models.Model):
    """Reading everything back to the opening of an account; goes on where it was cut off.

    Pages are asked for oldest first within a fixed end, so that a page number means the same rows
    whenever it is asked for again.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="backfills")
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, related_name="backfills"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    kind = models.CharField(max_length=16, choices=BackfillKind)
    state = models.CharField(max_length=16, choices=SyncState, default=SyncState.RUNNING)
    # First and last day that are read, by the broker's New York calendar.
    start_date = models.DateField()
    end_date = models.DateField()
    # The page that is asked for next; everything before it is stored.
    next_page = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # By the broker's paging block; None until the first page.
    rows_total = models.PositiveIntegerField(null=True)
    # Rows and seconds of the present life, for the rate.
    rows_this_life = models.PositiveIntegerField(default=0)
    life_started_at = models.DateTimeField(null=True)
    # What was checked at the end: {"count": {"ours", "theirs"}, "cash": {"ours", "theirs"}}
    checks = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=models.Q(finished_at=None),
                name="one_unfinished_backfill_per_account_and_kind",
            )
        ]


class Reconciliation(models.Model):
    """One comparison of an account's book with the broker's, line by line."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="reconciliations")
    at = models.DateTimeField(auto_now_add=True)
    lines = models.PositiveIntegerField()
    matching = models.PositiveIntegerField()
    # Lines per part: {"positions": [matching, lines], …}
    parts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["account", "-at"])]


class Difference(models.Model):
    """One line in which the book differed from the broker's, until it was gone."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="differences")
    # position, balance, order, fill, transaction
    part = models.CharField(max_length=16)
    # What the line is of: a symbol, an id, a currency.
    line = models.CharField(max_length=120)
    # [{"field", "ours", "theirs"}]; empty field: the whole line is missing on one side.
    fields = models.JSONField(default=list)
    explanation = models.TextField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["gone_at", "first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "part", "line"],
                condition=models.Q(gone_at=None),
                name="one_open_difference_per_line",
            )
        ]
