"""A broker in a few lines: answers tokens itself and everything else by the test's function."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx

from brokerage.tastytrade import (
    AsyncTastytradeClient,
    Credentials,
    Environment,
    MemoryTokenStore,
    TastytradeClient,
    simulator,
)

CANARY_SECRET = "canary-client-secret"
CANARY_REFRESH = "canary-refresh-token"
CANARY_ACCESS = "canary-access-token"
CREDENTIALS = Credentials(CANARY_SECRET, CANARY_REFRESH)
LOCAL = simulator("http://127.0.0.1:9")
AGENT = "desk-tests/1.0"

Handler = Callable[[httpx.Request], httpx.Response]


class Broker:
    """Counts token requests and keeps every other request; both clients can be put on it."""

    def __init__(self, handler: Handler | None = None, *, expires_in: Any = 900) -> None:
        self.handler = handler or (lambda request: rows())
        self.expires_in = expires_in
        self.requests: list[httpx.Request] = []
        self.bearers: list[str] = []
        self.token_requests: list[dict[str, Any]] = []
        self.token_handler: Handler | None = None
        self.rotated: str | None = None
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return self._token(request)
        with self._lock:
            self.requests.append(request)
            # A replayed request is the same object with another header.
            self.bearers.append(request.headers.get("Authorization", ""))
        return self.handler(request)

    def _token(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.token_requests.append(json.loads(request.content))
            number = len(self.token_requests)
        if self.token_handler is not None:
            return self.token_handler(request)
        body = {"access_token": f"{CANARY_ACCESS}-{number}", "token_type": "Bearer"}
        if self.expires_in is not None:
            body["expires_in"] = self.expires_in
        if self.rotated is not None:
            body["refresh_token"] = self.rotated
        return httpx.Response(200, json=body)

    async def _awaited(self, seconds: float) -> None:
        self.waits.append(seconds)

    def client(
        self, environment: Environment = LOCAL, store: Any = None, **options: Any
    ) -> TastytradeClient:
        return TastytradeClient(
            environment,
            options.pop("credentials", CREDENTIALS),
            store if store is not None else MemoryTokenStore(),
            user_agent=AGENT,
            transport=httpx.MockTransport(self),
            sleep=self.waits.append,
            **options,
        )

    def async_client(
        self, environment: Environment = LOCAL, store: Any = None, **options: Any
    ) -> AsyncTastytradeClient:
        return AsyncTastytradeClient(
            environment,
            options.pop("credentials", CREDENTIALS),
            store if store is not None else MemoryTokenStore(),
            user_agent=AGENT,
            transport=httpx.MockTransport(self),
            sleep=self._awaited,
            **options,
        )


def rows(*items: Any, pagination: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
    body: dict[str, Any] = {"data": {"items": list(items)}}
    if pagination is not None:
        body["pagination"] = pagination
    return httpx.Response(200, json=body, **options)


def failure(status: int, code: str = "", message: str = "no", **options: Any) -> httpx.Response:
    return httpx.Response(
        status, json={"error": {"code": code or f"c{status}", "message": message}}, **options
    )


def oauth_failure(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"error_code": code, "error_description": "words"})


def in_turn(*answers: httpx.Response | Exception) -> Handler:
    """Each answer once, in order."""
    left = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler
