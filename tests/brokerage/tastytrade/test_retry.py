from __future__ import annotations

from datetime import UTC, datetime

import pytest

from brokerage.tastytrade import errors
from brokerage.tastytrade.calls import Safety
from brokerage.tastytrade.retry import RetryPolicy, retry_after, wait_before_retry

POLICY = RetryPolicy()
NOW = datetime(2026, 3, 11, 18, 30, tzinfo=UTC)


def wait(
    failure: errors.TastytradeError, safety: Safety, attempt: int = 1, jitter: float = 1.0
) -> float | None:
    return wait_before_retry(failure, safety, attempt, POLICY, lambda: jitter)


FAILURES: list[errors.TastytradeError] = [
    errors.ConnectError(),
    errors.TimeoutError_(),
    errors.ConnectionLost(),
    errors.ServerError(status=500),
    errors.BadGateway(status=502),
    errors.ServiceUnavailable(status=503),
    errors.GatewayTimeout(status=504),
    errors.RateLimited(status=429),
]
FINAL: list[errors.TastytradeError] = [
    errors.BadRequest(status=400),
    errors.Unauthorized(status=401),
    errors.Forbidden(status=403),
    errors.NotFound(status=404),
    errors.VersionNotSupported(status=406),
    errors.Conflict(status=409),
    errors.Unprocessable(status=422),
    errors.NotAvailableHere(status=502),
    errors.MalformedAnswer(),
    errors.UnexpectedRedirect(status=302),
    errors.InvalidGrant(),
    errors.OAuthUnavailable(),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_reads_back_off_and_submits_never_repeat(failure: errors.TastytradeError) -> None:
    assert wait(failure, Safety.READ) == 1.0
    assert wait(failure, Safety.READ, attempt=2) == 2.0
    assert wait(failure, Safety.READ, attempt=3) is None
    for attempt in (1, 2, 3):
        assert wait(failure, Safety.SUBMIT, attempt) is None
        assert wait(failure, Safety.CREATE, attempt) is None
        assert wait(failure, Safety.CODE, attempt) is None


@pytest.mark.parametrize("failure", FINAL, ids=lambda failure: type(failure).__name__)
def test_a_final_answer_is_final(failure: errors.TastytradeError) -> None:
    for safety in Safety:
        if safety is not Safety.GRANT:
            assert wait(failure, safety) is None


def test_a_change_that_may_be_repeated_waits_only_where_nothing_was_done() -> None:
    assert wait(errors.RateLimited(), Safety.IDEMPOTENT) == 1.0
    assert wait(errors.ConnectError(), Safety.IDEMPOTENT) == 1.0
    assert wait(errors.TimeoutError_(), Safety.IDEMPOTENT) is None
    assert wait(errors.ServerError(), Safety.IDEMPOTENT) is None


def test_grants_retry_what_passes() -> None:
    for passing in (errors.InvalidOAuthRequest(), errors.OAuthUnavailable()):
        assert wait(passing, Safety.GRANT) == 1.0
    for lasting in (errors.InvalidGrant(), errors.InvalidClient(), errors.OAuthRefused()):
        assert wait(lasting, Safety.GRANT) is None


def test_jitter_stays_between_half_and_whole() -> None:
    failure = errors.ServerError()
    assert wait(failure, Safety.READ, attempt=2, jitter=0.0) == 1.0
    assert wait(failure, Safety.READ, attempt=2, jitter=1.0) == 2.0


def test_the_broker_s_wait_wins_unless_it_is_too_long() -> None:
    assert wait(errors.RateLimited(retry_after=7.0), Safety.READ) == 7.0
    assert wait(errors.RateLimited(retry_after=0.0), Safety.READ) == 0.0
    assert wait(errors.RateLimited(retry_after=61.0), Safety.READ) is None


def test_back_off_is_capped() -> None:
    policy = RetryPolicy(attempts=20)
    waited = wait_before_retry(errors.ServerError(), Safety.READ, 15, policy, lambda: 1.0)
    assert waited == 60.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Wed, 11 Mar 2026 18:30:20 GMT", 20.0),
        ("Wed, 11 Mar 2026 18:29:00 GMT", 0.0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_headers(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}, None, NOW) == seconds


def test_retry_after_in_the_body_and_the_header_before_it() -> None:
    body = {"error": {"retry_after": 60}}
    assert retry_after({}, body, NOW) == 60.0
    assert retry_after({"Retry-After": "5"}, body, NOW) == 5.0
    assert retry_after({"Retry-After": "soon"}, body, NOW) == 60.0
    assert retry_after({}, {"retry_after": "7"}, NOW) == 7.0
    assert retry_after({}, {"error": "text"}, NOW) is None
