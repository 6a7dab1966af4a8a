"""A person's corrections of trade chains, and what they write about them.

Chains are rebuilt from bookings each time, so none is stored. A chain is named by the key of its
first event, which is the broker's number of that booking; whatever is kept here refers to it so,
and is found again in the chain that holds the booking.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from brokerage.models import Account

KEY_LENGTH = 64


class EditKind(models.TextChoices):
    SPLIT = "split", "Split"
    MERGE = "merge", "Merge"
    MOVE = "move", "Move"


class _Kept(models.Model):
    """One person's: another login on the same account does not see it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    chain = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        abstract = True


class ChainEdit(_Kept):
    """One correction. Those that are not undone are applied in the order in which they were made.

    ``events``: keys of the bookings that a split or move takes out of ``chain``; ``others``: the
    chains that a merge joins to it, or the one that a move goes to.
    """

    kind = models.CharField(max_length=8, choices=EditKind)
    events = models.JSONField(default=list)
    others = models.JSONField(default=list)
    made_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["account", "user"], name="chain_edit_of")]


class ChainNote(_Kept):
    """A line of the journal."""

    text = models.TextField()
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["written_at", "pk"]
        indexes = [models.Index(fields=["account", "user"], name="chain_note_of")]


class ChainTag(_Kept):
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user", "chain", "name"], name="chain_tag_once"
            )
        ]
