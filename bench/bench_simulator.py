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
from statistics import median

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


def share(these: list[float], those: list[float]) -> float:
    """The median of the rounds' ratios, in percent."""
    return 100 * median(a / b for a, b in zip(these, those, strict=True))


async def reads(seconds: float) -> list[bool]:
    """The reads that clients poll: the same ones again and again, and each with a new address."""
    with Simulator("demo") as it:
        empty, polled, fresh = await rest.reads(it, seconds)
    print(f"{'empty route':<44} {median(empty):>11,.0f} /s")
    return [
        report("REST reads, polled, of the empty route", share(polled, empty), "%", 40),
        report("REST reads, each address new", share(fresh, empty), "%", 40),
    ]


async def orders(seconds: float) -> list[bool]:
    """Market orders of one share, counted when filled: over 200 accounts, and all in one."""
    met = []
    for name, accounts in (("200 accounts", 200), ("one account", 1)):
        with Simulator("demo") as it:
            empty, filled = await rest.orders(it, 2 * seconds, accounts)
        print(f"{f'filled orders, {name}':<44} {median(filled):>11,.0f} /s")
        met.append(report(f"filled orders, {name}", share(filled, empty), "%", 15))
    return met


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
