"""What the simulator bears, as ratios of one run on one machine.

REST reads and filled orders against an empty route of the same server; market data against the
bare `websockets` library sending the same frames; 25,000 subscriptions on one connection; memory of
2,000 customers with 3 accounts of 40 positions each; the time until the demo scenario answers.
Server and client are two processes.

    python -m bench.bench_simulator [--seconds 3] [--only rest,orders,stream,many,ready]

Ends with status 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import sys

import uvloop

from bench.simulator_parts import delivery, rest, stream
from bench.simulator_parts.process import Simulator, memory_of


def report(name: str, value: float, unit: str, target: float, more: bool = True) -> bool:
    """Print a line; whether the target is met."""
    met = value >= target if more else value <= target
    sign = "≥" if more else "≤"
    print(f"{name:<44} {value:>11,.2f} {unit:<9} {sign} {target:,g}  {'ok' if met else 'MISSED'}")
    return met


def ready() -> list[bool]:
    """Time from the command to the announcement, demo scenario; the best of three."""
    times = []
    for _ in range(3):
        with Simulator("demo") as it:
            times.append(it.ready_after)
    return [report("ready with the demo scenario", min(times), "s", 3, more=False)]


async def reads(seconds: float) -> list[bool]:
    """The reads that clients poll, as they come: half-second rounds over accounts and routes."""
    with Simulator("demo") as it:
        empty, polled, fresh = await rest.reads(it, seconds)
    print(f"{'empty route':<44} {empty:>11,.0f} /s")
    print(f"{'reads that differ each time':<44} {fresh:>11,.0f} /s        {fresh / empty:.0%}")
    return [report("REST reads of the empty route", 100 * polled / empty, "%", 40)]


async def orders(seconds: float) -> list[bool]:
    """Market orders of one share over 200 accounts, counted when filled."""
    with Simulator("demo") as it:
        empty, filled = await rest.orders(it, seconds)
    return [report("filled orders of the empty route", 100 * filled / empty, "%", 15)]


async def streams(seconds: float) -> list[bool]:
    """DXLink to one client, and 25,000 subscriptions on one connection."""
    with Simulator("demo", "--speed", "10") as it:
        events, frames = await stream.delivery(it, seconds)
        held, first = await stream.many_subscriptions(it)
    ratio, ready_texts = await delivery.ratios(frames, seconds)
    print(f"{'DXLink delivery of ready texts':<44} {100 * ready_texts:>11,.2f} %")
    return [
        report("DXLink events to one client", events, "/s", 20_000),
        report("DXLink delivery of bare websockets", 100 * ratio, "%", 50),
        report("subscriptions on one connection", held, "", 25_000),
        report("… all with a first value after", first, "s", 30, more=False),
    ]


def many() -> list[bool]:
    """2,000 customers × 3 accounts × 40 positions."""
    with Simulator("empty") as it:
        rest.open_many(it, customers=2000, accounts=3, positions=40)
        used = memory_of(it.popen.pid)
    return [report("memory of 240,000 positions", used, "MiB", 1024, more=False)]


def main() -> int:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--only", default="ready,rest,orders,stream,many")
    options = parser.parse_args()
    parts = options.only.split(",")
    met: list[bool] = []
    if "ready" in parts:
        met += ready()
    for name, part in (("rest", reads), ("orders", orders), ("stream", streams)):
        if name in parts:
            met += uvloop.run(part(options.seconds))
    if "many" in parts:
        met += many()
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
