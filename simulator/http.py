"""Envelopes, errors and query readers shared by every REST family of the simulator.

A handler is `async def handler(request) -> Response` and takes the world from
`request.app.state.world`. Path parameters arrive decoded (``SPY   261218C00600000``,
``BTC/USD``, ``/ESZ6``): use Starlette's ``{symbol:path}`` converter for symbols.
Wire text for decimals: at least one fraction digit, no exponent.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from simulator.world import World

ErrorItem = dict[str, Any]
PARAMETERS = "simulator.parameters"


class ApiError(Exception):
    """Raised anywhere below a handler; the app turns it into the contract's error body."""

    def __init__(
        self,
        status: int,
        code: str | int,
        message: str,
        errors: Sequence[ErrorItem] | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = list(errors) if errors else None
        self.data = data

    def response(self) -> Response:
        """The JSON answer for this error."""
        return error(self.status, self.code, self.message, self.errors, self.data)


def invalid(*failures: tuple[str, str]) -> ApiError:
    """A 400 for parameters: pairs of (domain, reason)."""
    items = [{"domain": domain, "reason": reason} for domain, reason in failures]
    return ApiError(400, "validation_error", "Request validation failed", items)


def not_found(what: str = "Record") -> ApiError:
    """A 404 for an unknown record."""
    return ApiError(404, "record_not_found", f"Couldn't find {what}")


def not_permitted() -> ApiError:
    """A 403 for somebody else's account or a withdrawn route."""
    return ApiError(403, "not_permitted", "User not permitted access")


# -- answers ---------------------------------------------------------------------------------


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return text(value)
    if isinstance(value, datetime):
        return stamp(value)
    raise TypeError(f"{type(value).__name__} has no wire form")


def dumps(payload: Any) -> bytes:
    """JSON bytes; a Decimal becomes its wire text and a datetime an ISO stamp."""
    return orjson.dumps(payload, default=_default, option=orjson.OPT_PASSTHROUGH_DATETIME)


def json_response(
    payload: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A JSON answer without an envelope."""
    return Response(dumps(payload), status, headers, media_type="application/json")


def ok(
    data: Any,
    context: str | None = None,
    status: int = 200,
    pagination: dict[str, Any] | None = None,
) -> Response:
    """`{"data": …, "context": …}`; without a context for the services that send none."""
    body: dict[str, Any] = {"data": data}
    if context is not None:
        body["context"] = context
    if pagination is not None:
        body["pagination"] = pagination
    return json_response(body, status)


def items(
    rows: Iterable[Any],
    context: str | None = None,
    status: int = 200,
    pagination: dict[str, Any] | None = None,
) -> Response:
    """A list answer: `{"data": {"items": […]}, …}`."""
    return ok({"items": list(rows)}, context, status, pagination)


def error(
    status: int,
    code: str | int,
    message: str,
    errors: Sequence[ErrorItem] | None = None,
    data: dict[str, Any] | None = None,
) -> Response:
    """The contract's error body; `data` is only used by a refusal of the margin check."""
    detail: dict[str, Any] = {"code": code, "message": message}
    if errors:
        detail["errors"] = list(errors)
    body: dict[str, Any] = {} if data is None else {"data": data}
    body["error"] = detail
    return json_response(body, status)


def context_of(request: Request) -> str:
    """The request path as sent (still encoded), which is the envelope's `context`."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.decode("latin-1").split("?", 1)[0]
    if path == "/v1" or path.startswith("/v1/"):
        path = path[3:] or "/"
    return path


# -- paging ----------------------------------------------------------------------------------


def page(
    request: Request, rows: Sequence[Any], default: int = 250, maximum: int | None = None
) -> tuple[list[Any], dict[str, Any]]:
    """One page of `rows` and its nine-key pagination block."""
    per_page = query_int(request, "per-page", default, minimum=1, maximum=maximum)
    offset = query_int(request, "page-offset", 0, minimum=0)
    start = per_page * offset
    chosen = list(rows[start : start + per_page])
    block = {
        "per-page": per_page,
        "page-offset": offset,
        "item-offset": start,
        "total-items": len(rows),
        "total-pages": math.ceil(len(rows) / per_page),
        "current-item-count": len(chosen),
        "previous-link": None,
        "next-link": None,
        "paging-link-template": None,
    }
    return chosen, block


# -- queries ---------------------------------------------------------------------------------


def query(request: Request, name: str) -> str | None:
    """The last value of a parameter, spelled with or without brackets; empty is None."""
    values = _parameters(request).get(name)
    return (values[-1].strip() or None) if values else None


def _parameters(request: Request) -> dict[str, list[str]]:
    """All values by name, with brackets or without, in their order; read once per request."""
    found: dict[str, list[str]] | None = request.scope.get(PARAMETERS)
    if found is None:
        found = request.scope[PARAMETERS] = {}
        for key, value in request.query_params.multi_items():
            found.setdefault(key.removesuffix("[]"), []).append(value)
    return found


def query_list(request: Request, name: str) -> list[str]:
    """All values: `k[]=a&k[]=b`, `k=a&k=b` and `k=a,b` alike; duplicates dropped, order kept."""
    found: dict[str, None] = {}
    for value in _parameters(request).get(name, ()):
        for part in value.split(","):
            if part.strip():
                found[part.strip()] = None
    return list(found)


def query_bool(request: Request, name: str, default: bool = False) -> bool:
    """`true`/`True`/`1` and `false`/`False`/`0`; anything else is a 400."""
    value = query(request, name)
    if value is None:
        return default
    if value.lower() in ("true", "1"):
        return True
    if value.lower() in ("false", "0"):
        return False
    raise invalid((name, "must be boolean"))


def query_int(
    request: Request,
    name: str,
    default: int,
    minimum: int | None = None,
    maximum: int | None = None,
) -> int:
    """A bounded integer; a 400 names the parameter."""
    value = query(request, name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        raise invalid((name, "must be an integer")) from None
    if minimum is not None and number < minimum:
        raise invalid((name, f"must be greater than or equal to {minimum}"))
    if number > (maximum if maximum is not None else 1_000_000):
        raise invalid((name, f"must be less than or equal to {maximum or 1_000_000}"))
    return number


def query_date(request: Request, name: str) -> date | None:
    """A `YYYY-MM-DD` date (a longer ISO text is cut to its date)."""
    value = query(request, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise invalid((name, "must be a date")) from None


def query_time(request: Request, name: str) -> datetime | None:
    """A date-time: ISO with `Z` or offset, with a blank for the T, or a date; UTC if naive."""
    value = query(request, name)
    if value is None:
        return None
    try:
        return parse_time(value)
    except ValueError:
        raise invalid((name, "must be a date time")) from None


def parse_time(value: str) -> datetime:
    """Aware UTC time from the forms that clients send; ValueError otherwise."""
    cleaned = value.strip().split("[", 1)[0]
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError:
        # an unencoded plus sign in a query arrives as a blank: "2026-05-04T13:30:00 00:00"
        head, _, tail = cleaned.rpartition(" ")
        moment = datetime.fromisoformat(f"{head}+{tail}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


async def body_json(request: Request) -> dict[str, Any]:
    """The JSON object of the body, numbers with a point as text-exact Decimals."""
    raw = await request.body()
    try:
        payload = loads(raw)
    except (ValueError, RecursionError):
        raise invalid(("body", "is not valid JSON")) from None
    if not isinstance(payload, dict):
        raise invalid(("body", "must be an object"))
    return payload


SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(raw: bytes) -> Any:
    """JSON with exact decimals; ValueError for NaN, infinities and halves of surrogate pairs."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    text = raw.decode("utf-8")
    found = json.loads(text, parse_float=Decimal, parse_constant=refuse)
    if SURROGATE.search(text):
        # what cannot be written again must not be taken in
        json.dumps(found, ensure_ascii=False, default=str).encode("utf-8")
    return found


# -- wire text -------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 15)
def text(value: Decimal | int | float) -> str:
    """Decimal wire text: `212.4`, `0.0`, `-0.5`; never an exponent. Equal numbers, equal texts."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        return "NaN"
    plain = format(number, "f")
    if "." not in plain:
        return f"{plain}.0" if number else "0.0"
    plain = plain.rstrip("0")
    plain = f"{plain}0" if plain.endswith(".") else plain
    return "0.0" if plain in ("-0.0", "0.0") else plain


def effect(value: Decimal) -> str:
    """`Credit` above zero, `Debit` below, `None` at zero."""
    return "Credit" if value > 0 else "Debit" if value < 0 else "None"


def signed(name: str, value: Decimal, effect_name: str | None = None) -> dict[str, str]:
    """The pair `{name: magnitude, name-effect: …}` of a signed amount."""
    return {name: text(abs(value)), effect_name or f"{name}-effect": effect(value)}


def stamp(moment: datetime) -> str:
    """`2026-03-11T18:30:00.000+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def millis(moment: datetime) -> int:
    """Epoch milliseconds."""
    return round(moment.timestamp() * 1000)


def world_of(request: Request) -> World:
    """The world that the app serves."""
    world: World = request.app.state.world
    return world
