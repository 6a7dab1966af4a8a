"""Celery tasks of the pages' own figures: reads of the mirror, writes of our own tables."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from portfolio.ledger.daily import keep_marks


@shared_task(ignore_result=True)
def keep_daily_marks() -> None:
    """Beat: write what positions are worth, for the P/L of later days."""
    keep_marks(timezone.now())
