"""The encryption key of the stored secrets: rotation, and saying at start when it is lost."""

from __future__ import annotations

import logging
import threading

from django.db import connection, transaction

from brokerage.credentials.fields import SealedSecret
from brokerage.models import Connection

SECRET_FIELDS = ("client_secret", "refresh_token", "access_token")

logger = logging.getLogger(__name__)


def reencrypt() -> tuple[int, int]:
    """Encrypt every stored secret with the first of FIELD_ENCRYPTION_KEYS.

    Returns how many connections were rewritten and how many hold a secret that no key opens;
    those are left as they are.
    """
    rewritten = sealed = 0
    for pk in Connection.objects.values_list("pk", flat=True):
        with transaction.atomic():
            row = Connection.objects.select_for_update().get(pk=pk)
            if is_sealed(row):
                sealed += 1
                continue
            row.save(update_fields=SECRET_FIELDS)
            rewritten += 1
    return rewritten, sealed


def is_sealed(connection: Connection) -> bool:
    return any(isinstance(getattr(connection, name), SealedSecret) for name in SECRET_FIELDS)


def report_at_start() -> int:
    """Log loudly when stored secrets cannot be opened; how many connections that concerns.

    Called when a worker starts; web and gateway use `report_soon`.
    """
    sealed = sum(is_sealed(row) for row in Connection.objects.all())
    if sealed:
        logger.error(
            "%s connection(s) hold secrets that none of FIELD_ENCRYPTION_KEYS opens: put the old "
            "key back beside the new one, or connect them again",
            sealed,
        )
    return sealed


def report_soon() -> threading.Thread:
    """The same from a thread of its own: a start must wait neither for it nor for the database."""
    thread = threading.Thread(target=_report_quietly, name="key-report", daemon=True)
    thread.start()
    return thread


def _report_quietly() -> None:
    try:
        report_at_start()
    except Exception:
        # A start without a database says so elsewhere; this look must never be what ends it.
        logger.warning("stored secrets could not be looked at", exc_info=True)
    finally:
        connection.close()
