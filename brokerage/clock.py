"""The market clock of a connection: what time and which session it is at the broker.

Days to expiration, "today" and cadence follow this clock, so that a simulator on another day is
right. Ages of figures never do: they are measured by local receipt.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import redis
from django.utils import timezone

from brokerage import calendar, valkey
from brokerage.calendar import NEW_YORK, Session
from brokerage.models import Connection

PRE_MARKET, REGULAR, AFTER_HOURS, CLOSED = "Pre-market", "Regular", "After-hours", "Closed"

# The Date header counts whole seconds: smaller differences are noise.
_OFFSET_NOISE_SECONDS = 1.5
_SESSIONS_TTL_SECONDS = 3 * 86400

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionState:
    """Which part of the equity trading day it is.

    ``opens_at`` and ``closes_at`` bound the regular session of today, or of the next trading day
    when today's is over. ``changes_at`` is when the label changes next, to ``next_label``.
    ``source`` is "broker" or "calendar" (the broker's sessions were not at hand).
    """

    label: str
    opens_at: datetime
    closes_at: datetime
    changes_at: datetime
    next_label: str
    as_of: datetime
    source: str

    @property
    def is_regular(self) -> bool:
        return self.label == REGULAR

    @property
    def is_open(self) -> bool:
        """Some equity session is going on, extended hours included."""
        return self.label != CLOSED


def market_now(connection: Connection | None) -> datetime:
    """The broker's present time, UTC; ours without a connection."""
    offset = connection.clock_offset_seconds if connection is not None else 0.0
    return timezone.now() + timedelta(seconds=offset)


def today(connection: Connection | None) -> date:
    """The New York date at the broker."""
    return market_now(connection).astimezone(NEW_YORK).date()


def session(connection: Connection | None) -> SessionState:
    """The session by the broker's own boundaries where known, else by the calendar."""
    now = market_now(connection)
    known = _stored_sessions(connection.environment) if connection is not None else []
    if state := state_at(now, known, "broker"):
        return state
    day = now.astimezone(NEW_YORK).date()
    around = calendar.sessions_between(day - timedelta(days=7), day + timedelta(days=7))
    state = state_at(now, around, "calendar")
    assert state is not None, "a fortnight has sessions before and after"
    return state


def state_at(now: datetime, sessions: Iterable[Session], source: str) -> SessionState | None:
    """The state at ``now``; None when the sessions given end before it or start too late."""
    ordered = sorted(sessions, key=lambda item: item.open_at)
    ahead = [item for item in ordered if item.last_at > now]
    # Sessions that begin only days from now cannot say that the time before is closed.
    if not ahead or (ahead[0] is ordered[0] and ahead[0].first_at - now > timedelta(hours=12)):
        return None
    current = ahead[0]
    following = ahead[1].first_at if len(ahead) > 1 else None
    label, changes_at, next_label = _part(now, current)
    regular = current
    if now >= current.close_at and len(ahead) > 1:
        regular = ahead[1]
    if label == AFTER_HOURS and following is not None and following <= changes_at:
        next_label = PRE_MARKET
    return SessionState(
        label, regular.open_at, regular.close_at, changes_at, next_label, now, source
    )


def _part(now: datetime, current: Session) -> tuple[str, datetime, str]:
    if now < current.first_at:
        return CLOSED, current.first_at, PRE_MARKET if current.start_at else REGULAR
    if now < current.open_at:
        return PRE_MARKET, current.open_at, REGULAR
    if now < current.close_at:
        return REGULAR, current.close_at, AFTER_HOURS if current.close_at_ext else CLOSED
    return AFTER_HOURS, current.last_at, CLOSED


def learn_offset(connection: Connection, offset_seconds: float | None) -> None:
    """Remember how far the broker's clock is from ours, from an answer's Date header."""
    if offset_seconds is None:
        return
    if abs(offset_seconds - connection.clock_offset_seconds) < _OFFSET_NOISE_SECONDS:
        return
    connection.clock_offset_seconds = offset_seconds
    connection.clock_checked_at = timezone.now()
    Connection.objects.filter(pk=connection.pk).update(
        clock_offset_seconds=offset_seconds, clock_checked_at=connection.clock_checked_at
    )


def store_sessions(environment: str, sessions: Iterable[Session]) -> None:
    """Keep the broker's equity sessions for every process; called by the sync."""
    rows = [
        [item.isoformat() if item else None for item in _bounds(session)] for session in sessions
    ]
    valkey.client().set(_key(environment), json.dumps(rows), ex=_SESSIONS_TTL_SECONDS)


def _bounds(session: Session) -> tuple[datetime | None, ...]:
    return session.start_at, session.open_at, session.close_at, session.close_at_ext


def _stored_sessions(environment: str) -> list[Session]:
    try:
        text = valkey.client().get(_key(environment))
    except redis.RedisError:
        logger.warning("sessions could not be read; the calendar stands in")
        return []
    rows = json.loads(text) if text else []
    return [Session(*(datetime.fromisoformat(v) if v else None for v in row)) for row in rows]


def _key(environment: str) -> str:
    return f"sessions:{environment}"
