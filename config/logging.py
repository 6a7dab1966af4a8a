"""Structured logs from which tokens, secrets and account numbers have been taken out."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# Values whose key says that they are secret, whatever they look like.
_SECRET_KEY = re.compile(
    r"token|secret|password|authorization|cookie|credential|api[-_]?key|otp", re.IGNORECASE
)
_PATTERNS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w\-.~+/=]+"), r"\1 [redacted]"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]+){1,2}"), "[redacted]"),
    (
        re.compile(
            r"(?i)([\"']?(?:access_token|refresh_token|client_secret|id_token|auth-token|token|"
            r"password|code)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
        ),
        r"\1[redacted]",
    ),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), "[redacted]"),
    # Account numbers: eight characters, digits with one or two letters, as in 5WT00001.
    (re.compile(r"\b(\d[A-Z]{2})\d{3}(\d{2})\b"), r"\1…\2"),
)


def redact(text: str) -> str:
    """The text without bearer tokens, JWTs, secrets in key-value form and account numbers."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _redact_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key.startswith("_"):
            continue
        if _SECRET_KEY.search(key):
            event[key] = "[redacted]"
        elif isinstance(value, str):
            event[key] = redact(value)
        elif not isinstance(value, bool | int | float | type(None)):
            event[key] = redact(str(value))
    return event


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Last line of defence: whatever was formatted, tracebacks included, is redacted once more."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str, *, json: bool) -> dict[str, Any]:
    """A dictConfig for Django and Celery; also sets structlog up for this process."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "desk": {
                "()": RedactingFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    _redact_event,
                    renderer,
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "desk"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # httpx logs whole URLs, account numbers included, at INFO.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "websockets": {"level": "WARNING"},
            "django.server": {"level": "WARNING"},
        },
    }
