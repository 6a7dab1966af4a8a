"""DXLink frames to typed events: this desk's decoder against the public tastytrade package.

Both sides get text frames and parse the JSON themselves, as they do on a socket. "same rows"
gives both the identical frames with every field the package asks for; "narrow rows" is what the
desk asks for, decoded and conflated into the latest book, frames of cells included.

    python -m bench.bench_dxlink_decode [--seconds 2]
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable

from tastytrade.dxfeed import Greeks as PeerGreeks
from tastytrade.dxfeed import Quote as PeerQuote
from tastytrade.dxfeed.event import Event as PeerEvent

from brokerage.gateway.conflation import Conflator
from brokerage.tastytrade.streaming.dxlink.channel import FeedChannel
from brokerage.tastytrade.streaming.dxlink.events import ACCEPT_FIELDS
from brokerage.tastytrade.streaming.dxlink.protocol import DXLinkProtocol
from brokerage.tastytrade.streaming.subscriptions import Subscriptions

FRAMES, EVENTS_PER_FRAME, SYMBOLS = 50, 100, 2000
PEERS: dict[str, type[PeerEvent]] = {"Quote": PeerQuote, "Greeks": PeerGreeks}
_TEXTS = {"eventSymbol", "bidExchangeCode", "askExchangeCode"}


def wire_names(kind: str) -> list[str]:
    """The fields as the package asks for them, by their wire names."""
    fields = PEERS[kind].model_fields
    return [field.alias or name for name, field in fields.items()]


def value(name: str, chance: random.Random) -> object:
    if name == "eventSymbol":
        return f".SPY261218C{chance.randrange(SYMBOLS)}"
    if name in _TEXTS:
        return "Q"
    if name.endswith(("Time", "time", "Flags", "index", "sequence", "Part")):
        return chance.randrange(10**12)
    return round(chance.uniform(0.01, 700), 2)


def frames(kind: str, names: list[str]) -> list[str]:
    """Text frames of one type with these fields, always the same."""
    chance = random.Random(7)
    texts = []
    for _ in range(FRAMES):
        row = [value(name, chance) for _ in range(EVENTS_PER_FRAME) for name in names]
        texts.append(json.dumps({"type": "FEED_DATA", "channel": 1, "data": [kind, row]}))
    return texts


def protocol(kind: str, names: list[str]) -> DXLinkProtocol:
    made = DXLinkProtocol("", Subscriptions(), 0.0)
    channel = FeedChannel(1, "TICKER")
    channel.configure({"eventFields": {kind: names}})
    made._channels[1] = channel
    return made


def rate(work: Callable[[], None], seconds: float) -> float:
    """Events a second of processor time, best of three; other work on the machine counts less."""
    best = 0.0
    for _ in range(3):
        rounds, started = 0, time.process_time()
        while time.process_time() - started < seconds / 3:
            work()
            rounds += 1
        elapsed = time.process_time() - started
        best = max(best, rounds * FRAMES * EVENTS_PER_FRAME / elapsed)
    return best


def measure(kind: str, seconds: float) -> dict[str, float]:
    names, narrow = wire_names(kind), list(ACCEPT_FIELDS[kind])
    full_frames, narrow_frames = frames(kind, names), frames(kind, narrow)
    ours, ours_narrow = protocol(kind, names), protocol(kind, narrow)
    peer, conflator = PEERS[kind], Conflator()

    def by_peer() -> None:
        for text in full_frames:
            peer.from_stream(json.loads(text)["data"][1])

    def by_us() -> None:
        for text in full_frames:
            ours.receive(text, 0.0)

    def into_book() -> None:
        for text in narrow_frames:
            conflator.apply(ours_narrow.receive(text, 0.0), 0.0)  # type: ignore[arg-type]
        conflator.take(limit=10**6)

    check(peer, ours, full_frames[0])
    return {
        "package": rate(by_peer, seconds),
        "desk, same rows": rate(by_us, seconds),
        "desk, narrow rows into the book": rate(into_book, seconds),
    }


def check(peer: type[PeerEvent], ours: DXLinkProtocol, text: str) -> None:
    """Both sides must have read the same events, or the rates mean nothing."""
    theirs = peer.from_stream(json.loads(text)["data"][1])
    mine = ours.receive(text, 0.0)
    assert [each.event_symbol for each in theirs] == [each.symbol for each in mine]  # type: ignore[union-attr]
    assert len(mine) == EVENTS_PER_FRAME


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    seconds = parser.parse_args().seconds
    for kind in PEERS:
        rates = measure(kind, seconds)
        base = rates["package"]
        for name, events in rates.items():
            print(f"{kind:7} {name:32} {events:12,.0f} events/s  x{events / base:.1f}")


if __name__ == "__main__":
    main()
