"""From a raw HTTP answer to a decoded body or to one typed error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from brokerage.tastytrade import errors, retry, wire
from brokerage.tastytrade.calls import Call, Safety
from brokerage.tastytrade.environments import Environment
from brokerage.tastytrade.errors import ErrorItem, MalformedAnswer, OAuthError, TastytradeError
from brokerage.tastytrade.payloads.orders import BuyingPowerEffect
from brokerage.tastytrade.secret import Secret

_BY_STATUS: dict[int, type[errors.Refusal]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    406: errors.VersionNotSupported,
    409: errors.Conflict,
    422: errors.Unprocessable,
    429: errors.RateLimited,
    502: errors.BadGateway,
    503: errors.ServiceUnavailable,
    504: errors.GatewayTimeout,
}

_OAUTH_CODES: dict[str, type[OAuthError]] = {
    "invalid_grant": errors.InvalidGrant,
    "invalid_client": errors.InvalidClient,
    "invalid_credentials": errors.InvalidClient,
    "unauthorized_client": errors.OAuthRefused,
    "unsupported_grant_type": errors.OAuthRefused,
    "invalid_scope": errors.OAuthRefused,
    "access_denied": errors.OAuthRefused,
    "invalid_request": errors.InvalidOAuthRequest,
    "server_error": errors.OAuthUnavailable,
    "temporarily_unavailable": errors.OAuthUnavailable,
}


def decoded(response: httpx.Response) -> Any:
    """The JSON body, None when there is none; raises MalformedAnswer."""
    if not response.content.strip():
        return None
    try:
        return wire.decode(response.content)
    except (msgspec.DecodeError, RecursionError, ValueError):
        pass
    raise MalformedAnswer("the body is not JSON", status=response.status_code)


def body_of_refusal(response: httpx.Response) -> Any:
    """The decoded body of an error answer; None for HTML and plain text."""
    try:
        return decoded(response)
    except MalformedAnswer:
        return None


def problem(
    call: Call[Any], response: httpx.Response, environment: Environment
) -> TastytradeError | None:
    """The error that an answer stands for; None for a success."""
    if response.is_success:
        return None
    if response.is_redirect or response.status_code < 400:
        return errors.UnexpectedRedirect(
            "a redirect was not followed", status=response.status_code, route=call.route
        )
    body = body_of_refusal(response)
    code, message = _code_and_message(response.status_code, body)
    kind = _kind(call, response.status_code, code, environment)
    found = kind(
        _scrubbed(message, call),
        status=response.status_code,
        code=code,
        items=_items(body),
        retry_after=retry.retry_after(response.headers, body, broker_time(response)),
        route=call.route,
        # An answer to a sign-in is never kept.
        raw=None if issubclass(kind, OAuthError) else body,
    )
    if isinstance(found, errors.PreflightFailed):
        found.buying_power_effect = _buying_power_effect(body)
    return found


def _scrubbed(message: str, call: Call[Any]) -> str:
    """The message without the secrets of the request, should an answer ever repeat them."""
    for value in (call.body or {}).values():
        if isinstance(value, Secret) and value:
            message = message.replace(value, "•••")
    return message


def broker_time(response: httpx.Response) -> datetime:
    """The Date header; our own clock where there is none."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return datetime.now(UTC)


def _kind(
    call: Call[Any], status: int, code: str, environment: Environment
) -> type[TastytradeError]:
    if call.safety in (Safety.GRANT, Safety.CODE):
        return _oauth_kind(status, code)
    if status >= 500 and not environment.serves(call.route):
        return errors.NotAvailableHere
    if status == 422 and code == "preflight_check_failure":
        return errors.PreflightFailed
    fallback = errors.ServerError if status >= 500 else errors.OtherRefusal
    return _BY_STATUS.get(status, fallback)


def _oauth_kind(status: int, code: str) -> type[OAuthError]:
    if status >= 500 or status == 429:
        return errors.OAuthUnavailable
    # An unknown refusal is no proof of a dead grant.
    return _OAUTH_CODES.get(code, errors.InvalidOAuthRequest)


def _code_and_message(status: int, body: Any) -> tuple[str, str]:
    if isinstance(body, Mapping):
        error = body.get("error")
        if isinstance(error, Mapping):
            return _text(error.get("code")) or f"http_{status}", _text(error.get("message"))
        code = _text(body.get("error_code")) or _text(error)
        if code:
            return code, _text(body.get("error_description")) or code
    return f"http_{status}", _reason(status)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, (Mapping, list)) else str(value)


def _items(body: Any) -> tuple[ErrorItem, ...]:
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return ()
    found = [_item(row) for row in _rows(error.get("errors"))]
    details = error.get("details")
    if isinstance(details, Mapping):
        found += _from_details(details)
    else:
        found += [_item(row) for row in _rows(details)]
    return tuple(found)


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, Mapping) else []


def _item(row: Any) -> ErrorItem:
    if not isinstance(row, Mapping):
        return ErrorItem(_text(row))
    code = _text(row.get("code"))
    text = _text(row.get("reason")) or _text(row.get("message")) or _text(row.get("constraint"))
    preflight = row.get("preflight-id")
    return ErrorItem(
        text or code,
        field=_text(row.get("domain")) or _text(row.get("field")) or None,
        code=code or None,
        preflight_id=preflight if isinstance(preflight, int) else None,
    )


def _from_details(details: Mapping[str, Any]) -> list[ErrorItem]:
    """Either one finding spelled out, or a map of fields to texts."""
    if "field" in details:
        return [_item(details)]
    return [
        ErrorItem(_text(text), field=str(name))
        for name, value in details.items()
        for text in (value if isinstance(value, list) else [value])
    ]


def _buying_power_effect(body: Any) -> BuyingPowerEffect | None:
    data = wire.data(body) if isinstance(body, Mapping) else None
    effect = data.get("buying-power-effect") if isinstance(data, Mapping) else None
    return BuyingPowerEffect.read(effect) if isinstance(effect, Mapping) else None


def transport_error(failure: httpx.HTTPError, route: str) -> TastytradeError:
    """What a failed exchange proves. Says nothing of the request: it carries credentials."""
    name = type(failure).__name__
    if isinstance(failure, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return errors.ConnectError(f"no connection ({name})", route=route)
    if isinstance(failure, (httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
        return errors.ConnectError(f"the request could not be sent ({name})", route=route)
    if isinstance(failure, httpx.TimeoutException):
        return errors.TimeoutError_(f"no answer in time ({name})", route=route)
    if isinstance(failure, httpx.DecodingError):
        return MalformedAnswer(f"the body cannot be decoded ({name})", route=route)
    return errors.ConnectionLost(f"the connection broke ({name})", route=route)
