"""Faults on request: status codes, delays and lost answers per route, kept in order of entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.world import World

HTML = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
TITLES = {
    401: "401 Authorization Required",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}
CODES: dict[int, tuple[str | int, str]] = {
    400: ("validation_error", "Request validation failed"),
    401: ("unauthorized", "Unauthorized"),
    403: ("not_permitted", "User not permitted access"),
    404: ("record_not_found", "Couldn't find Record"),
    406: (406, "The requested version is not supported."),
    409: ("conflict", "The resource was changed by another request"),
    422: ("validation_error", "Request validation failed"),
    429: ("rate_limit_exceeded", "Too many requests"),
    500: ("internal_server_error", "Internal Server Error"),
    502: ("bad_gateway", "Bad Gateway"),
    503: ("service_unavailable", "Service Unavailable"),
    504: ("timeout_error", "Upstream timeout"),
}


@dataclass
class Fault:
    """One scripted fault.

    `path` is a regular expression on the decoded path, `count` how many requests it meets (0 means
    all). `action`: `status` (answer with it), `drop` (handle, then close without an answer),
    `hang` (handle, and answer after `seconds` of wall time).
    """

    id: int
    path: str
    method: str | None = None
    action: str = "status"
    status: int = 500
    count: int = 1
    seconds: float = 0.0
    html: bool = False
    retry_after: int | None = None
    body: Any = None
    hits: int = 0

    def meets(self, method: str, path: str) -> bool:
        """Whether a request is one of those it is for."""
        if self.count and self.hits >= self.count:
            return False
        wrong_method = self.method is not None and self.method.upper() != method
        return not wrong_method and re.search(self.path, path) is not None


class Faults:
    """The faults in force."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.entries: list[Fault] = []

    def add(self, spec: dict[str, Any]) -> Fault:
        """Enter a fault; raises TypeError or re.error for a wrong description."""
        known = {k.replace("-", "_"): v for k, v in spec.items()}
        re.compile(known["path"])
        fault = Fault(id=len(self.entries) + 1, **known)
        self.entries.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all."""
        self.entries.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that meets a request, counted."""
        for fault in self.entries:
            if fault.meets(method, path):
                fault.hits += 1
                return fault
        return None


def answer_of(fault: Fault) -> tuple[int, str, Any, dict[str, str]]:
    """Status, content type, body and headers of a `status` fault."""
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    if fault.html:
        title = TITLES.get(fault.status, str(fault.status))
        return fault.status, "text/html", HTML.format(title), headers
    if fault.body is not None:
        return fault.status, "application/json", fault.body, headers
    code, message = CODES.get(fault.status, ("error", "Error"))
    error: dict[str, Any] = {"code": code, "message": message}
    if fault.status == 429 and fault.retry_after is not None:
        error["retry_after"] = fault.retry_after
    return fault.status, "application/json", {"error": error}, headers
