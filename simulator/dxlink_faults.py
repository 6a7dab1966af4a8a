"""Faults on the market data stream: frames of one connection, changed on their way out.

A fault with a `kind` of an event type, or with a `symbol`, meets single events; one with the type
of a message (`KEEPALIVE`, `AUTH_STATE`, …) meets whole frames; one with neither meets any event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.dxlink_feed import Feed
from simulator.dxlink_fields import FIELDS
from simulator.fault_changes import CHANGES, changed
from simulator.faults import Fault, Meeting

if TYPE_CHECKING:
    from simulator.dxlink import Connection
    from simulator.world import World

Frame = dict[str, Any]
Row = tuple[str, list[str] | None, Any]
"""Event type, the field names of a compact row (None: a full object), and the values."""
GARBAGE = '{"type":"FEED_DATA","channel":1,"data":["Quote",['


class Faulty:
    """What faults have done to one connection."""

    def __init__(self, world: World, connection: Connection) -> None:
        self.world = world
        self.connection = connection
        self.closing: tuple[int, str] | None = None
        self._late: list[tuple[datetime, Frame]] = []
        self._overtaken: list[Frame] = []

    @property
    def concerned(self) -> bool:
        """Whether frames have to be looked at."""
        return "market-stream" in self.world.faults.on or bool(self._late)

    def pass_on(self, frames: list[Frame]) -> list[Any]:
        """The frames as the faults in force have them; late ones that are due come first."""
        now = self.world.clock.now()
        sent: list[Any] = [frame for due, frame in self._late if due <= now]
        self._late = [entry for entry in self._late if entry[0] > now]
        for frame in frames:
            if frame["type"] == "FEED_DATA":
                sent += self._events(frame)
            else:
                sent += self._message(frame)
        return sent

    def _take(self, kind: str, symbol: str | None = None) -> Fault | None:
        meeting = Meeting(
            on="market-stream",
            connection=self.connection.id,
            username=self.connection.session.username,
            kind=kind,
            symbol=symbol,
        )
        return self.world.faults.take(meeting)

    # -- messages ----------------------------------------------------------------------------

    def _message(self, frame: Frame) -> list[Any]:
        # faults for any event leave the protocol alone
        wanted = any(f.kind == frame["type"] for f in self.world.faults.entries)
        fault = self._take(frame["type"]) if wanted else None
        return [frame] if fault is None else self._played(fault, frame)

    def _played(self, fault: Fault, frame: Frame) -> list[Any]:
        if fault.action in CHANGES:
            return [changed(frame, fault)]
        if fault.action == "duplicate":
            return [frame, frame]
        if fault.action == "delay":
            self._later(fault, frame)
            return []
        return self._broken(fault, frame.get("channel", 0))

    def _later(self, fault: Fault, frame: Frame) -> None:
        due = self.world.clock.now() + timedelta(seconds=fault.seconds)
        self._late.append((due, frame))

    def _broken(self, fault: Fault, channel: int) -> list[Any]:
        """What ends or disturbs the connection in place of data."""
        match fault.action:
            case "close":
                self.closing = (fault.code, fault.reason)
            case "freeze":
                self.connection.frozen = True
            case "garbage":
                return [GARBAGE]
            case "error":
                kind = fault.value or "UNKNOWN"
                return [{"type": "ERROR", "channel": channel, "error": kind,
                         "message": fault.reason}]  # fmt: skip
            case "unauthorize":
                self.closing = (fault.code, fault.reason)
                return [{"type": "AUTH_STATE", "channel": 0, "state": "UNAUTHORIZED"}]
            case "close-channel":
                return list(self.connection.session.close_channel(channel))
            case "switch-format":
                found = self.connection.session.channels.get(channel)
                return [found.switch(fault.value)] if isinstance(found, Feed) else []
        return []

    # -- events ------------------------------------------------------------------------------

    def _events(self, frame: Frame) -> Iterator[Any]:
        feed = self.connection.session.channels.get(frame["channel"])
        for event_type, names, values in _rows(frame["data"], feed):
            symbol = _field(names, values, "eventSymbol")
            fault = self._take(event_type, symbol)
            yield from self._event(frame, fault, (event_type, names, values))

    def _event(self, frame: Frame, fault: Fault | None, row: Row) -> Iterator[Any]:
        single = _framed(frame, row)
        if fault is not None and fault.action == "reorder":
            self._overtaken.append(single)
            return
        if fault is None:
            yield single
        elif fault.action in CHANGES:
            yield _framed(frame, _changed(row, fault))
        else:
            yield from self._played(fault, single)
        yield from self._overtaken
        self._overtaken.clear()


def _rows(data: list[Any], feed: Any) -> Iterator[Row]:
    if data and isinstance(data[0], dict):
        for event in data:
            yield event["eventType"], None, event
        return
    for event_type, values in zip(data[::2], data[1::2], strict=True):
        names = feed.fields_of(event_type) if feed is not None else list(FIELDS[event_type])
        for start in range(0, len(values), len(names)):
            yield event_type, names, values[start : start + len(names)]


def _field(names: list[str] | None, values: Any, name: str) -> Any:
    if names is None:
        return values.get(name)
    return values[names.index(name)] if name in names else None


def _framed(frame: Frame, row: Row) -> Frame:
    event_type, names, values = row
    return {**frame, "data": [values] if names is None else [event_type, values]}


def _changed(row: Row, fault: Fault) -> Row:
    """Without its names a compact row that lacks a value, or has one more, is just malformed."""
    event_type, names, values = row
    if names is None:
        return event_type, None, changed(values, fault)
    fresh = changed(dict(zip(names, values, strict=True)), fault)
    return event_type, names, list(fresh.values())
