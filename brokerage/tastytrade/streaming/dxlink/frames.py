"""The frames a client sends. Each is one JSON object with a type and a channel number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

_encode = msgspec.json.Encoder().encode


def _frame(kind: str, channel: int, **body: object) -> str:
    return _encode({"type": kind, "channel": channel, **body}).decode()


def setup(version: str, keepalive_timeout: float, accept_keepalive_timeout: float) -> str:
    """``keepalive_timeout``: after how much of our silence we may be called dead (seconds)."""
    return _frame(
        "SETUP",
        0,
        version=version,
        keepaliveTimeout=keepalive_timeout,
        acceptKeepaliveTimeout=accept_keepalive_timeout,
    )


def auth(token: str) -> str:
    # The token may be a Secret, a kind of str that the encoder does not take as one.
    return _frame("AUTH", 0, token=str(token))


def keepalive() -> str:
    return _frame("KEEPALIVE", 0)


def error(kind: str, message: str) -> str:
    return _frame("ERROR", 0, error=kind, message=message)


def channel_request(channel: int, contract: str) -> str:
    return _frame("CHANNEL_REQUEST", channel, service="FEED", parameters={"contract": contract})


def feed_setup(
    channel: int, aggregation_period: float, event_fields: Mapping[str, Sequence[str]]
) -> str:
    """``aggregation_period`` in seconds; the wished fields by event type."""
    return _frame(
        "FEED_SETUP",
        channel,
        acceptAggregationPeriod=aggregation_period,
        acceptDataFormat="COMPACT",
        acceptEventFields=dict(event_fields),
    )
