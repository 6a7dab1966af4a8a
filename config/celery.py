"""The Celery application; the schedule lives in code and settings."""

from __future__ import annotations

import logging.config
import os

from celery import Celery
from celery.signals import setup_logging

from config import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

broker.install()
app = Celery("strikedesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["brokerage", "portfolio"])


@setup_logging.connect
def redacting_logs(**_: object) -> None:
    """Celery would set up logs of its own, without our redaction."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@app.on_after_finalize.connect
def schedule(sender: Celery, **_: object) -> None:
    """Beat only asks "what is due?"; each connection's cadence is decided by the mirror itself."""
    from django.conf import settings

    sender.conf.beat_schedule = {
        "sync-due": {
            "task": "brokerage.tasks.sync_due",
            "schedule": settings.SYNC_TICK_SECONDS,
            "options": {"expires": settings.SYNC_TICK_SECONDS},
        },
        "sync-backfills": {
            "task": "brokerage.tasks.sync_backfills",
            "schedule": settings.SYNC_BACKFILL_TICK_SECONDS,
            "options": {"expires": settings.SYNC_BACKFILL_TICK_SECONDS},
        },
        "reconcile-books": {
            "task": "brokerage.tasks.reconcile_books",
            "schedule": settings.RECONCILE_BOOKS_SECONDS,
            "options": {"expires": settings.RECONCILE_BOOKS_SECONDS},
        },
        "seal-audit": {
            "task": "brokerage.tasks.seal_audit",
            "schedule": settings.AUDIT_SEAL_SECONDS,
            "options": {"expires": settings.AUDIT_SEAL_SECONDS},
        },
        "daily-marks": {
            "task": "portfolio.tasks.keep_daily_marks",
            "schedule": settings.DAILY_MARKS_SECONDS,
            "options": {"expires": settings.DAILY_MARKS_SECONDS},
        },
        "reconcile-unknown": {
            "task": "brokerage.tasks.reconcile_unknown",
            "schedule": settings.RECONCILE_TICK_SECONDS,
            "options": {"expires": settings.RECONCILE_TICK_SECONDS},
        },
    }
