"""Things people should know that are nobody's error; one row per connection and key."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils import timezone

from brokerage import events
from brokerage.access import get_notice
from brokerage.models import Connection, Notice


def post(
    connection: Connection | None,
    key: str,
    text: str,
    *,
    level: str = "info",
    details: dict[str, Any] | None = None,
) -> Notice:
    """Post or repeat a notice; a repeated one counts up and keeps a dismissal of the same text.

    ``level``: info, warning or danger. Pages are told only when the notice is new or its words
    changed, so that a broker repeating itself does not make pages blink.
    """
    facts = details or {}
    notice, created = Notice.objects.get_or_create(
        connection=connection,
        key=key[:160],
        defaults={"text": text, "level": level, "details": facts},
    )
    if created:
        _tell(connection)
        return notice
    changed = notice.text != text or notice.level != level
    Notice.objects.filter(pk=notice.pk).update(
        text=text,
        level=level,
        details=facts,
        count=F("count") + 1,
        last_seen_at=timezone.now(),
        dismissed_at=None if changed else F("dismissed_at"),
    )
    if changed:
        _tell(connection)
    notice.refresh_from_db()
    return notice


def clear(connection: Connection | None, key: str) -> None:
    """Take a notice away because what it said no longer holds."""
    deleted, _ = Notice.objects.filter(connection=connection, key=key[:160]).delete()
    if deleted:
        _tell(connection)


def dismiss(user: Any, pk: int | str) -> None:
    """A person has read it. NotFound for a foreign one."""
    notice = get_notice(user, pk)
    Notice.objects.filter(pk=notice.pk).update(dismissed_at=timezone.now())
    _tell(notice.connection)


def _tell(connection: Connection | None) -> None:
    if connection is not None:
        events.publish(events.NOTICE_UPDATED, connection=connection)
