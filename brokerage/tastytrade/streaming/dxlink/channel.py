"""One feed channel: what the server announced for it, and decoding by that."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from brokerage.tastytrade.streaming.dxlink.decode import (
    MalformedData,
    RowDecoder,
    decode_objects,
)
from brokerage.tastytrade.streaming.dxlink.events import EVENT_TYPES, Event


class ChannelStep(Enum):
    REQUESTED = "requested"
    OPENED = "opened"
    READY = "ready"


class FeedChannel:
    """State of one channel. Field lists come from FEED_CONFIG alone, the last one per type wins."""

    def __init__(self, number: int, contract: str) -> None:
        self.number, self.contract = number, contract
        self.step = ChannelStep.REQUESTED
        self.reopened = 0
        self._decoders: dict[str, RowDecoder] = {}

    def configure(self, message: dict[str, Any]) -> None:
        """Take over the field lists of a FEED_CONFIG; it may lack them or name some types only."""
        announced = message.get("eventFields")
        if not isinstance(announced, dict):
            return
        for name, fields in announced.items():
            kind = EVENT_TYPES.get(name)
            if kind is None:
                continue
            if not isinstance(fields, list) or not all(isinstance(each, str) for each in fields):
                raise MalformedData(f"{name}: a field list that is none")
            self._decoders[name] = RowDecoder(kind, fields)

    def decode(self, data: Sequence[Any]) -> tuple[list[Event], set[str]]:
        """Events of a FEED_DATA and the names of types that are not decoded.

        The format is told by the first element, not by memory: servers have switched without a
        word. All pairs of a COMPACT frame are walked.
        """
        if not data:
            return [], set()
        if not isinstance(data[0], str):
            return decode_objects(data)
        if len(data) % 2:
            raise MalformedData("COMPACT data with a type but no values")
        if len(data) == 2 and data[0] in self._decoders:
            return self._decode_pair(data[0], data[1]), set()
        events: list[Event] = []
        unknown: set[str] = set()
        for name, values in zip(data[::2], data[1::2], strict=True):
            if name in EVENT_TYPES:
                events.extend(self._decode_pair(name, values))
            else:
                unknown.add(str(name))
        return events, unknown

    def _decode_pair(self, name: str, values: Any) -> list[Event]:
        decoder = self._decoders.get(name)
        if decoder is None:
            raise MalformedData(f"{name}: data before its field list")
        if not isinstance(values, list):
            raise MalformedData(f"{name}: values that are no list")
        return decoder.decode(values)
