"""Tickets that a person has put aside: what was typed, nothing of it sent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from brokerage.models import Account


class StagedTicket(models.Model):
    """One person's. It keeps no preview: what is opened again is checked and dry-run anew."""

    # The ticket's own identifier: staged twice it is one row, sent twice it is one order.
    ticket = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    # The form's fields as they were typed: {name: text}.
    values = models.JSONField()
    # The body that they make, without identifiers; empty while something is missing or wrong.
    body = models.JSONField(default=dict)
    staged_at = models.DateTimeField()

    class Meta:
        ordering = ["-staged_at"]
        indexes = [models.Index(fields=["user", "-staged_at"])]
