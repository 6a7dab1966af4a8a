"""Every error body of the contract becomes one typed error with its findings kept."""

from __future__ import annotations

import json

import httpx
import pytest

from brokerage.tastytrade import answers, errors
from brokerage.tastytrade.environments import PRODUCTION
from brokerage.tastytrade.errors import ErrorItem
from brokerage.tastytrade.resources import positions

from .sampling import Sample, rest_samples

CALL = positions.list_positions("5WT00001")
CLASSES = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    406: errors.VersionNotSupported,
    422: errors.Unprocessable,
    429: errors.RateLimited,
    502: errors.BadGateway,
}
SAMPLES = list(rest_samples("errors.json"))


def refusal(sample: Sample) -> errors.TastytradeError:
    failure = answers.problem(CALL, sample.response(), PRODUCTION)
    assert failure is not None
    return failure


def named(start: str) -> errors.TastytradeError:
    return refusal(next(sample for sample in SAMPLES if sample.name.startswith(start)))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_class_and_words(sample: Sample) -> None:
    failure = refusal(sample)
    assert isinstance(failure, CLASSES[sample.status])
    if isinstance(sample.body, dict):
        error = sample.body["error"]
        assert failure.code == str(error["code"])
        assert failure.message == error["message"]
        assert (
            len(failure.items)
            == max(len(error.get("errors", [])), 1 if "field" in error.get("details", {}) else 0)
            or "details" in error
        )
    else:
        assert failure.code == f"http_{sample.status}"
        assert "<" not in failure.message


def test_field_findings_are_kept_for_the_form() -> None:
    assert named("400 parameter").by_field() == {"time-of-day": ["is missing"]}
    assert named("422 two").by_field().keys() == {"current-password", "reset-password-token"}


def test_preflight_findings_keep_their_codes() -> None:
    failure = named("422 preflight")
    assert isinstance(failure, errors.PreflightFailed)
    assert failure.items == (
        ErrorItem(
            "GTC/GTD Market orders are not supported.", code="gtc_market_orders_not_supported"
        ),
    )


def test_the_older_shape_with_details() -> None:
    assert named("SEED 400 validation_error (details of one").items == (
        ErrorItem("must be greater than 0", field="quantity"),
    )
    assert named("SEED 400 validation_error (details per").by_field() == {
        "quantity": ["Must be a positive integer"],
        "symbol": ["Invalid symbol format"],
    }


def test_a_wait_named_in_the_body() -> None:
    assert named("SEED 429").retry_after == 60.0
    assert named("429 (plain").retry_after is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (409, errors.Conflict),
        (418, errors.OtherRefusal),
        (500, errors.ServerError),
        (503, errors.ServiceUnavailable),
        (504, errors.GatewayTimeout),
        (599, errors.ServerError),
    ],
)
def test_statuses_without_a_sample(status: int, kind: type[errors.TastytradeError]) -> None:
    failure = answers.problem(CALL, httpx.Response(status), PRODUCTION)
    assert type(failure) is kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[1]",
        b'"oops"',
        b"{}",
        b'{"error": null}',
        b'{"error": []}',
        b'{"error": {"errors": "x", "details": 3}}',
        b'{"error": {"errors": [null, 1, "text", {"code": {}}]}}',
        b'{"error": {"code": [], "message": {}}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("status", [400, 422, 500])
def test_no_body_breaks_the_reading(status: int, body: bytes) -> None:
    failure = answers.problem(CALL, httpx.Response(status, content=body), PRODUCTION)
    assert isinstance(failure, errors.Refusal)
    assert str(failure)
    json.dumps(failure.by_field())
