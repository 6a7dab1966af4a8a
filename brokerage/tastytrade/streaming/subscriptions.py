"""What a market stream should deliver, and the frames that say so.

The set outlives connections: after each reconnect it is replayed with ``reset``. Frames stay below
eight kilobytes and five hundred entries, because larger ones are answered with close code 1009.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from brokerage.tastytrade.streaming.dxlink.candles import normalise

MAX_FRAME_BYTES = 8000
MAX_FRAME_ENTRIES = 500
# The last-value types share a channel; the tape must not be conflated; bars and order books need
# their snapshots.
CONTRACTS = {"TimeAndSale": "STREAM", "OptionSale": "STREAM"}
HISTORY_TYPES = frozenset({"Candle", "Series", "Order", "SpreadOrder", "AnalyticOrder"})
CHANNELS = {"TICKER": 1, "STREAM": 3, "HISTORY": 5}


class Subscription(NamedTuple):
    """One entry; ``source`` names an order book, ``from_time`` (epoch ms) the start of bars."""

    type: str
    symbol: str
    source: str | None = None
    from_time: int | None = None

    @property
    def contract(self) -> str:
        return "HISTORY" if self.type in HISTORY_TYPES else CONTRACTS.get(self.type, "TICKER")

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Identity on the wire: a new start time replaces, it does not add."""
        return (self.type, self.symbol, self.source)

    def normalised(self) -> Subscription:
        """With the spelling the service itself uses, so that a later removal finds it."""
        return self._replace(symbol=normalise(self.symbol)) if self.type == "Candle" else self

    def entry(self) -> bytes:
        """The JSON object of this entry."""
        body: dict[str, str | int] = {"type": self.type, "symbol": self.symbol}
        if self.source is not None:
            body["source"] = self.source
        if self.from_time is not None:
            body["fromTime"] = self.from_time
        return msgspec.json.encode(body)


class Subscriptions:
    """The wanted entries in the order in which they were asked for."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[str, str, str | None], Subscription] = {}

    def __len__(self) -> int:
        return len(self._wanted)

    def __contains__(self, subscription: Subscription) -> bool:
        return self._wanted.get(subscription.normalised().key) == subscription.normalised()

    def add(self, subscriptions: Iterable[Subscription]) -> list[Subscription]:
        """Those that are new or have another start time: what must be sent."""
        fresh = []
        for subscription in (each.normalised() for each in subscriptions):
            if self._wanted.get(subscription.key) != subscription:
                self._wanted[subscription.key] = subscription
                fresh.append(subscription)
        return fresh

    def remove(self, subscriptions: Iterable[Subscription]) -> list[Subscription]:
        """Those that were there: what must be sent."""
        found = (self._wanted.pop(each.normalised().key, None) for each in subscriptions)
        return [each for each in found if each is not None]

    def of(self, contract: str) -> list[Subscription]:
        return [each for each in self._wanted.values() if each.contract == contract]

    def all(self) -> list[Subscription]:
        return list(self._wanted.values())


def subscription_frames(
    channel: int,
    *,
    add: Iterable[Subscription] = (),
    remove: Iterable[Subscription] = (),
    reset: bool = False,
    max_bytes: int = MAX_FRAME_BYTES,
) -> Iterator[str]:
    """FEED_SUBSCRIPTION frames, removals first; ``reset`` rides on the first one."""
    first = reset
    for key, entries in (("remove", remove), ("add", add)):
        for chunk in _chunks((each.entry() for each in entries), max_bytes - 100):
            yield _frame(channel, key, chunk, first)
            first = False
    if first:
        yield _frame(channel, None, [], True)


def _frame(channel: int, key: str | None, entries: list[bytes], reset: bool) -> str:
    parts = [f'"type":"FEED_SUBSCRIPTION","channel":{channel}']
    if reset:
        parts.append('"reset":true')
    if key is not None:
        parts.append(f'"{key}":[{b",".join(entries).decode()}]')
    return "{" + ",".join(parts) + "}"


def _chunks(entries: Iterable[bytes], max_bytes: int) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for entry in entries:
        if chunk and (size + len(entry) + 1 > max_bytes or len(chunk) >= MAX_FRAME_ENTRIES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += len(entry) + 1
    if chunk:
        yield chunk
