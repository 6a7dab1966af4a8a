"""What a scripted REST status looks like: the services' JSON or the proxy's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.faults import Fault

HTML = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
TITLES = {
    401: "401 Authorization Required",
    403: "403 Forbidden",
    404: "404 Not Found",
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
