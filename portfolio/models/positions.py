"""What a person adds to positions: tags and notes, and the columns that they look at.

Tags and notes belong to a symbol in an account; those of a strategy belong to each of its legs.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from brokerage.models import Account


class _OfPosition(models.Model):
    """One person's: another login on the same account does not see it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    symbol = models.CharField(max_length=64)

    class Meta:
        abstract = True


class PositionTag(_OfPosition):
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user", "symbol", "name"], name="position_tag_once"
            )
        ]


class PositionNote(_OfPosition):
    text = models.TextField()
    written_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "user", "symbol"], name="position_note_once")
        ]


class ColumnSet(models.Model):
    """A person's own columns of the positions table, in their order."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=40)
    columns = models.JSONField(default=list)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="column_set_once_per_name")
        ]
