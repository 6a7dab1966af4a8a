"""What the audit tells of the tokens of a login: refreshed ahead, one at a time, never refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.chaos.day import Day

REFRESH = "POST /oauth/token"


class Tokens:
    """Counts from when it is made."""

    def __init__(self, connection: Any) -> None:
        from brokerage.models import AuditEntry

        last = AuditEntry.objects.order_by("-pk").first()
        self._entries = AuditEntry.objects.filter(pk__gt=last.pk if last else 0)
        self._counted = 0

    def refreshes(self) -> int:
        """Those since the last time it was asked."""
        found = self._answered().count()
        self._counted, new = found, found - self._counted
        return new

    def judge(self, day: Day, speed: float) -> None:
        """Add what is wrong to the day's differences."""
        times = self._asked()
        spans = [
            (later - earlier).total_seconds() * speed / 60 for earlier, later in pairwise(times)
        ]
        day.shortest_refresh_minutes = round(min(spans), 2) if spans else None
        day.failed_refreshes = self._entries.filter(action=REFRESH).count() - len(times)
        day.refused_tokens = self._entries.filter(kind="call", details__status=401).count()
        day.reconnects_asked = self._entries.filter(kind="connection", action="state").count()
        day.differences += self._problems(day)

    def _asked(self) -> list[datetime]:
        """When each was asked for: an answer that took long says nothing of the next one."""
        rows = self._answered().values_list("at", "milliseconds")
        return sorted(at - timedelta(milliseconds=took or 0) for at, took in rows)

    def _answered(self) -> Any:
        """Refreshes that brought a token; one that timed out is asked for again at once."""
        return self._entries.filter(action=REFRESH, details__status=200)

    def _problems(self, day: Day) -> list[str]:
        problems = []
        for phase in day.phases:
            # A spent token is renewed by the next call, and at night calls are rare.
            least = int(phase.virtual_hours * 60 / day.token_minutes / 1.5)
            if phase.refreshes < least:
                problems.append(f"{phase.name}: {phase.refreshes} refreshes, {least} are needed")
            if phase.not_active or phase.stream_not_up:
                problems.append(f"{phase.name}: the login or its stream was out of order")
        # A third of a life apart: two asked for the same.
        shortest = day.shortest_refresh_minutes
        if shortest is not None and shortest < day.token_minutes / 3:
            problems.append(f"two refreshes within {shortest} minutes")
        if day.refused_tokens:
            problems.append(f"{day.refused_tokens} calls were refused for their token")
        if day.reconnects_asked:
            problems.append(f"the login changed its state {day.reconnects_asked} times")
        return problems
