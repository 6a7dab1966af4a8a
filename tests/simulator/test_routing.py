"""The switch before the routes: what Starlette's own list would have found, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.routing import Match, Route, WebSocketRoute

from simulator.app import create_app
from simulator.routing import Switch
from tests.simulator.conftest import Desk


async def _answer(request: Any) -> None:
    raise NotImplementedError


ROUTES = [
    Route("/", _answer),
    Route("/a", _answer, methods=["GET"]),
    Route("/a", _answer, methods=["POST"]),
    Route("/a/{id}", _answer),
    Route("/a/live", _answer),
    Route("/a/{id}/rows", _answer),
    Route("/{word}/x/rows", _answer),
    Route("/b/{symbol:path}", _answer),
    Route("/b/{symbol:path}/nested", _answer),
    Route("/b/c/d", _answer),
    WebSocketRoute("/a", _answer),
]
PATHS = ["/", "/a", "/a/", "/a/live", "/a/1", "/a/1/rows", "/a/x/rows", "/q/x/rows", "/b", "/b/",
         "/b/BTC/USD", "/b//ES/nested", "/b/c/d", "/c", "//", "/a//rows", ""]  # fmt: skip


def found_by(routes: list[Any], method: str, path: str) -> Any:
    """The first route with a full match, or the first with a part of one."""
    kind = "websocket" if method == "WS" else "http"
    scope = {"type": kind, "path": path, "method": method, "root_path": ""}
    matches = [(route.matches(scope)[0], n) for n, route in enumerate(routes)]
    full = [n for match, n in matches if match is Match.FULL]
    part = [n for match, n in matches if match is Match.PARTIAL]
    return routes[(full or part)[0]] if full or part else None


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "WS"])
def test_a_path_leads_where_the_list_leads(method: str, path: str) -> None:
    switch = Switch(list(ROUTES), None)
    assert found_by(switch.few(path).routes, method, path) is found_by(ROUTES, method, path)


async def test_every_route_of_the_app_is_found(desk: Desk) -> None:
    switch = create_app(desk.world, ticking=False).app.router  # type: ignore[attr-defined]
    assert len(switch.routes) > 150
    longest = 0
    for route in switch.routes:
        path = re.sub(r"{[a-z_]+(:[a-z]+)?}", "1", route.path)
        few = switch.few(path).routes
        longest = max(longest, len(few))
        for method in getattr(route, "methods", None) or ["WS"]:
            assert found_by(few, method, path) is found_by(switch.routes, method, path) is not None
    assert longest < 20
