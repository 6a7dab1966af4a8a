"""What the broker announces about its API, and what one exchange was like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class ApiNotice:
    """A pinned version is on its way out (``deprecated``) or no longer served (``refused``).

    Dates are the broker's, where it named them; `noticed_on` is the UTC day we saw it.
    """

    kind: Literal["deprecated", "refused"]
    environment: str
    accept_version: str | None
    route: str
    noticed_on: date
    deprecated_on: date | None = None
    sunset_on: date | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One exchange, for the journal: names no account, no symbol, no credential."""

    environment: str
    method: str
    route: str
    attempt: int
    at: datetime
    milliseconds: float
    status: int | None = None
    # The class name of the error, "" for a success.
    error: str = ""


def notice(
    headers: Mapping[str, str],
    status: int,
    *,
    environment: str,
    accept_version: str | None,
    route: str,
    today: date,
) -> ApiNotice | None:
    """The notice that an answer carries, if any."""
    deprecation, sunset = headers.get("Deprecation"), headers.get("Sunset")
    if status != 406 and not sunset and (not deprecation or deprecation.lower() == "false"):
        return None
    return ApiNotice(
        kind="refused" if status == 406 else "deprecated",
        environment=environment,
        accept_version=accept_version,
        route=route,
        noticed_on=today,
        deprecated_on=_day(deprecation),
        sunset_on=_day(sunset),
        link=headers.get("Link", ""),
    )


def _day(written: str | None) -> date | None:
    """The UTC day of an HTTP date, an ISO date or an `@` epoch; None for a bare `true`."""
    if not written:
        return None
    try:
        if written.startswith("@"):
            return datetime.fromtimestamp(int(written[1:]), UTC).date()
        if written[:4].isdigit():
            return date.fromisoformat(written[:10])
        at = parsedate_to_datetime(written)
        return (at.astimezone(UTC) if at.tzinfo else at).date()
    except (ValueError, TypeError, OverflowError, OSError):
        return None
