"""`?as_of=`: the instant that a page is asked to show, as people write it: by the broker's clock.

A simulator may stand on another day; there `?as_of=2026-03-11` is its 11 March. The history is kept
by this desk's clock, so the caller takes the present difference of the two off again. Where the
simulator's clock was set anew in between, instants of before that are off by what it was set.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.http import HttpRequest

from portfolio.formats import NEW_YORK

PARAMETER = "as_of"
# Pages that can show the past; others show the present whatever the address says.
PAGES = frozenset(
    {"position-list", "position-table", "position-csv", "account-detail", "activity-list", "figure"}
)


class BadInstant(ValueError):
    """The address names no past instant; the text says how to write one."""


def requested(request: HttpRequest, now: datetime) -> datetime | None:
    """The past instant of the broker's clock that the address asks for, None for the present.

    ``now``: the broker's. BadInstant.
    """
    match = request.resolver_match
    text = request.GET.get(PARAMETER, "").strip()
    if not text or match is None or match.url_name not in PAGES:
        return None
    return parse(text, now)


def parse(text: str, now: datetime) -> datetime:
    """A day ("2026-03-11", its end in New York) or a time ("2026-03-11T14:30", New York's unless
    it names its offset); aware. BadInstant for anything else, and for what is still to come.
    """
    try:
        begin = _instant(text)
        # Near the ends of the calendar a day has no next one, and a zone no offset.
        end = begin + timedelta(days=1, microseconds=-1) if _is_day(text) else begin
        is_past = begin <= now
    except (ValueError, OverflowError):
        raise BadInstant("Write a day as 2026-03-11 or a time as 2026-03-11T14:30.") from None
    if not is_past:
        raise BadInstant("That is still to come.")
    return min(end, now)


def _is_day(text: str) -> bool:
    return len(text) == 10


def _instant(text: str) -> datetime:
    if _is_day(text):
        return datetime.combine(date.fromisoformat(text), time(), NEW_YORK)
    # A plus sign that was not escaped in the address arrives as a blank.
    at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return at if at.tzinfo else at.replace(tzinfo=NEW_YORK)
