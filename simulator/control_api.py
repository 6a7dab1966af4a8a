"""How steering routes are made: a table of endpoints, from which routes and document follow.

A handler takes the world, the request and the converted body and returns what is answered: an
object, or a finished Response. Keys may be written with hyphens or underscores.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import invalid, json_response, not_found, world_of

Handler = Callable[..., Awaitable[Any]]


class Endpoint(msgspec.Struct, frozen=True):
    """One method of one path."""

    method: str
    path: str
    summary: str
    handler: Handler
    body: Any = None
    """A Struct type, `dict` for free keys, None for no body."""
    answers: str = "application/json"
    shown: Any = None
    """What the document says of a body with free keys."""


class Table:
    """The endpoints of one module."""

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []

    def add(
        self,
        method: str,
        path: str,
        body: Any = None,
        answers: str = "application/json",
        shown: Any = None,
    ) -> Callable[[Handler], Handler]:
        """Register a handler; its docstring is the summary."""

        def register(handler: Handler) -> Handler:
            summary = " ".join((handler.__doc__ or "").split())
            self.endpoints.append(Endpoint(method, path, summary, handler, body, answers, shown))
            return handler

        return register


def routes_of(endpoints: list[Endpoint]) -> list[Route]:
    """Starlette's routes, one a path."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [
        Route(path, _dispatcher(methods), methods=list(methods)) for path, methods in paths.items()
    ]


def _dispatcher(methods: dict[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def dispatch(request: Request) -> Response:
        endpoint = methods.get(request.method)
        if endpoint is None:  # HEAD comes with every GET
            endpoint = methods["GET"]
        body = await read(request, endpoint.body)
        answer = await endpoint.handler(world_of(request), request, body)
        return answer if isinstance(answer, Response) else json_response(answer)

    return dispatch


async def read(request: Request, wanted: Any) -> Any:
    """The body as the type that is wanted; a 400 for anything else."""
    if wanted is None:
        return None
    raw = await request.body()
    try:
        payload = json.loads(raw.decode(), parse_constant=_refuse) if raw.strip() else {}
    except (ValueError, RecursionError):
        raise invalid(("body", "is not valid JSON")) from None
    if not isinstance(payload, dict):
        raise invalid(("body", "must be an object"))
    if wanted is dict:
        return payload
    named = {key.replace("_", "-"): value for key, value in payload.items()}
    try:
        return msgspec.convert(named, wanted, strict=False)
    except (msgspec.ValidationError, ArithmeticError) as failure:
        raise invalid(("body", str(failure))) from None


def _refuse(word: str) -> Any:
    raise ValueError(word)


def path_number(request: Request, name: str = "id") -> int:
    """An integer of the path; 404 when it is none."""
    try:
        return int(request.path_params[name])
    except ValueError:
        raise not_found() from None
