"""Every exchange with the broker is written down; the broker's clock and notices are learned."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection as database
from django.db.models import F

from brokerage import audit, clock, events, notices
from brokerage.models import Connection
from brokerage.tastytrade.notices import ApiNotice, CallRecord
from brokerage.tastytrade.resources import oauth

logger = logging.getLogger(__name__)


class Journal:
    """Observer and notice handler for a client of one connection; synchronous."""

    def __init__(self, connection: Connection, user: Any) -> None:
        self.connection = connection
        self.user = user
        # The client's view of the broker's clock, in seconds; set once the client is made.
        self.clock_offset: Callable[[], float | None] = lambda: None

    def on_call(self, record: CallRecord) -> None:
        audit.record(
            "call",
            f"{record.method} {record.route}",
            record.error or str(record.status),
            user=self.user,
            connection=self.connection,
            milliseconds=record.milliseconds,
            details={"status": record.status, "attempt": record.attempt},
        )
        if record.route == oauth.ROUTE and record.error:
            Connection.objects.filter(pk=self.connection.pk).update(
                refresh_failures=F("refresh_failures") + 1
            )
            events.publish(events.CONNECTION_UPDATED, connection=self.connection)
        clock.learn_offset(self.connection, self.clock_offset())

    def on_notice(self, notice: ApiNotice) -> None:
        key = f"api-version:{notice.kind}:{notice.accept_version}"
        level = "danger" if notice.kind == "refused" else "warning"
        notices.post(self.connection, key, notice_text(notice), level=level)


def notice_text(notice: ApiNotice) -> str:
    """Plain words with the broker's dates and the day we were told."""
    version = notice.accept_version or "asked for by default"
    if notice.kind == "refused":
        text = f"The broker no longer serves API version {version}"
    else:
        text = f"The broker will stop serving API version {version}"
    if notice.sunset_on:
        text += f" (last day {notice.sunset_on.isoformat()})"
    return f"{text}. Seen on {notice.noticed_on.isoformat()}; an update of this desk is needed."


# One thread is enough for rare facts and keeps them in order.
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")


class AsyncJournal:
    """The same journal for a client on an event loop, which must not wait for the database."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def on_call(self, record: CallRecord) -> None:
        _writer.submit(_written, self._journal.on_call, record)

    def on_notice(self, notice: ApiNotice) -> None:
        _writer.submit(_written, self._journal.on_notice, notice)


def _written(write: Callable[[Any], None], fact: Any) -> None:
    try:
        write(fact)
    except Exception:
        logger.exception("the journal could not be written")
    finally:
        database.close()
