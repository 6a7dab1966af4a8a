"""A REST answer of 1,000 positions to typed rows: this desk against the tastytrade package.

Both get the same bytes and end with the same symbols, quantities and prices, every field typed
(numbers as Decimal, times as datetime). Ours applies the sign of an effect when the amount is
looked at; "and read" looks at every field of every row once, for both. Best of several rounds, in
turns.

    python -m bench.bench_payloads [--rows 1000] [--rounds 40]
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tastytrade.account import CurrentPosition

from bench.bench_mirror import payload
from brokerage.tastytrade.calls import Many
from brokerage.tastytrade.payloads.positions import Position

LIMIT = 4.5
# What both sides call by the same name.
NAMES = [name for name in CurrentPosition.model_fields if name in Position.__struct_fields__]


def answer(rows: int) -> bytes:
    chance = random.Random(7)
    items = [payload(number, chance) for number in range(rows)]
    return json.dumps(
        {"data": {"items": items}, "context": "/accounts/5WT00001/positions"}
    ).encode()


def by_us(content: bytes) -> Any:
    """As its client does, which falls back to a slower way for odd answers only."""
    rows = Many(Position).of_bytes(content)
    assert rows is not None
    return rows


def by_package(content: bytes) -> Any:
    """As its client does: the JSON of the answer, then one model a row."""
    return [CurrentPosition(**row) for row in json.loads(content)["data"]["items"]]


def read_all(way: Callable[[], Any]) -> None:
    for row in way():
        for name in NAMES:
            getattr(row, name)


def race(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Best seconds of processor time of each, in turns."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.process_time()
            way()
            best[name] = min(best[name], time.process_time() - started)
    return best


def check(content: bytes) -> None:
    """Both must have read the same, or the rates mean nothing."""
    for ours, theirs in zip(by_us(content), by_package(content), strict=True):
        assert (ours.symbol, ours.quantity, ours.average_open_price, ours.updated_at) == (
            theirs.symbol,
            theirs.quantity,
            theirs.average_open_price,
            theirs.updated_at,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    content = answer(options.rows)
    check(content)
    ways: dict[str, Callable[[], Any]] = {
        "tastytrade package": lambda: by_package(content),
        "desk": lambda: by_us(content),
    }
    ways |= {f"{name}, and read": partial(read_all, way) for name, way in ways.items()}
    took = race(ways, options.rounds)
    for name, seconds in took.items():
        print(f"{name:30} {options.rows / seconds:12,.0f} rows/s")
    ratio = took["tastytrade package"] / took["desk"]
    read = took["tastytrade package, and read"] / took["desk, and read"]
    print(f"desk against package  x{ratio:.2f}  at least {LIMIT}")
    print(f"with every field read x{read:.2f}")
    return 0 if ratio >= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
