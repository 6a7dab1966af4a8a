"""Whether a failed call may be sent again, and after how long. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from brokerage.tastytrade import errors
from brokerage.tastytrade.calls import Safety


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` counts the first one. Seconds throughout.

    A wait longer than `longest` is not waited: the error goes up with its `retry_after`.
    """

    attempts: int = 3
    first: float = 1.0
    cap: float = 60.0
    longest: float = 60.0


# Calls that a 429 proves were not carried out, and that may therefore be sent again.
_AFTER_429 = frozenset({Safety.READ, Safety.CHECK, Safety.IDEMPOTENT, Safety.GRANT})
_AFTER_SILENCE = frozenset({Safety.READ, Safety.GRANT})
_AFTER_FAILURE = _AFTER_SILENCE | {Safety.CHECK}
_PASSING_OAUTH = (errors.InvalidOAuthRequest, errors.OAuthUnavailable)


def wait_before_retry(
    failure: errors.TastytradeError,
    safety: Safety,
    attempt: int,
    policy: RetryPolicy,
    jitter: Callable[[], float],
) -> float | None:
    """Seconds until attempt `attempt + 1`, or None for giving up.

    `jitter` draws from 0..1; the back-off is between half and the whole of its step.
    """
    if attempt >= policy.attempts or not _may_repeat(failure, safety):
        return None
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= policy.longest else None
    step = min(policy.cap, policy.first * 2.0 ** (attempt - 1))
    return step * (0.5 + jitter() / 2)


def _may_repeat(failure: errors.TastytradeError, safety: Safety) -> bool:
    if isinstance(failure, errors.OAuthError):
        # For any other call the sign-in has had its own attempts.
        return safety is Safety.GRANT and isinstance(failure, _PASSING_OAUTH)
    if isinstance(failure, errors.RateLimited):
        return safety in _AFTER_429
    if isinstance(failure, errors.ConnectError):
        return safety in _AFTER_429
    if isinstance(failure, errors.TransportError):
        return safety in _AFTER_SILENCE
    if isinstance(failure, errors.ServerError):
        return safety in _AFTER_FAILURE
    return False


def retry_after(headers: Mapping[str, str], body: Any, now: datetime) -> float | None:
    """Seconds asked for by a Retry-After header (a number or a date), else by the body."""
    header = headers.get("Retry-After") or headers.get("retry-after")
    found = _seconds(header, now) if header else None
    if found is not None:
        return found
    holder = body.get("error") if isinstance(body, Mapping) else None
    for place in (holder, body):
        if isinstance(place, Mapping) and place.get("retry_after") is not None:
            return _seconds(str(place["retry_after"]), now)
    return None


def _seconds(value: str, now: datetime) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    # Rejects infinities and NaN as well.
    return max(0.0, seconds) if seconds < 1e9 else None
