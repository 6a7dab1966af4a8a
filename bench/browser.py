"""The positions page with 500 legs in a real browser while the simulator's market moves.

A whole demo runs. Its person's first account is given iron condors until it holds 500 option legs;
Chromium keeps the page open. The feed sends each symbol at most ten times a second, as the desk
asks of the broker; the page is patched at most four times a second. With `--frames 20` the quotes
of all legs are besides pushed through the desk's own market channel that often a second, all new.

    python -m bench.browser [--legs 500] [--minutes 3] [--frames 20]

Prints long tasks, frames a second, memory, how long a key takes to be seen, messages and their
size. Needs Chromium (`CHROMIUM`, /usr/bin/chromium unless set) and nothing else to run beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from bench.bench_order_latency import AGENT, demo

ROOTS = ("SPY", "QQQ", "IWM", "AAPL", "AMD")
WATCH = """() => {
  window.seen = { long: [], frames: 0, messages: 0, bytes: 0, patches: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.seen.long.push(entry.duration);
  }).observe({ type: "longtask" });
  const step = () => { window.seen.frames += 1; requestAnimationFrame(step); };
  requestAnimationFrame(step);
}"""
KEY = """() => new Promise((done) => {
  const at = performance.now();
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - at)));
})"""


def give_legs(facts: dict[str, Any], count: int) -> None:
    """Option legs of several underlyings and expirations, in fours."""
    simulator = facts["simulator"]
    account, held = simulator["accounts"][0], list[dict[str, Any]]()
    with httpx.Client(headers=AGENT | bearer(simulator), trust_env=False, timeout=60) as web:
        for root in ROOTS:
            answer = web.get(f"{simulator['api_url']}/option-chains/{root}/nested")
            answer.raise_for_status()
            held += condors(answer.json()["data"]["items"][0], count // len(ROOTS))
        url = f"{simulator['control_url']}/accounts/{account}/holdings"
        for at in range(0, len(held), 100):
            web.post(url, json={"holdings": held[at : at + 100]}).raise_for_status()


def bearer(simulator: dict[str, Any]) -> dict[str, str]:
    grant = {
        "grant_type": "refresh_token",
        "client_secret": simulator["client_secret"],
        "refresh_token": simulator["refresh_token"],
    }
    answer = httpx.post(f"{simulator['api_url']}/oauth/token", json=grant, headers=AGENT)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def condors(chain: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Holdings of one underlying: short inner, long outer strikes, round the middle of the list."""
    found: list[dict[str, Any]] = []
    for expiration in chain["expirations"][2:]:
        rows = expiration["strikes"]
        middle = len(rows) // 2
        for gap in range(1, 7):
            if middle - gap - 8 < 0 or middle + gap + 8 >= len(rows):
                continue
            places = (
                (-gap - 8, "put", 1),
                (-gap, "put", -1),
                (gap, "call", -1),
                (gap + 8, "call", 1),
            )
            for place, right, sign in places:
                if len(found) == count:
                    return found
                found.append({"symbol": rows[middle + place][right], "quantity": str(sign)})
    return found


class Pusher(threading.Thread):
    """All option quotes anew so many times a second, on the channel that the gateway writes."""

    def __init__(self, facts: dict[str, Any], rate: float) -> None:
        super().__init__(daemon=True)
        self.environment, self.rate = facts["environment"], rate
        self.sent, self.stopped = 0, threading.Event()

    def run(self) -> None:
        from brokerage import market
        from brokerage.models import Connection, Position
        from brokerage.valkey import client

        login = Connection.objects.order_by("created_at").first()
        feed = market.feed_key(login)
        names = list(
            Position.objects.filter(instrument_type="Equity Option", closed_at=None)
            .exclude(streamer_symbol="").values_list("streamer_symbol", flat=True)
        )  # fmt: skip
        server, due = client(), time.monotonic()
        while not self.stopped.is_set():
            server.publish(market.channel(feed), frame(names))
            self.sent += len(names)
            due += 1 / self.rate
            time.sleep(max(0.0, due - time.monotonic()))


def frame(names: list[str]) -> bytes:
    import msgspec

    from brokerage import market

    now = time.time()
    cells = {}
    for name in names:
        bid = round(random.uniform(0.5, 9), 2)
        cells[name] = market.Cells(quote=market.Quote(received_at=now, bid=bid, ask=bid + 0.1))
    return msgspec.json.encode(market.Frame(sent_at=now, cells=cells))


def watch(facts: dict[str, Any], legs: int, minutes: float) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    counts = {"messages": 0, "bytes": 0, "patches": 0}

    def heard(payload: str | bytes) -> None:
        counts["messages"] += 1
        counts["bytes"] += len(payload)
        counts["patches"] += len(json.loads(payload).get("p", ()))

    with sync_playwright() as tool:
        browser = tool.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("websocket", lambda socket: socket.on("framereceived", heard))
        sign_in(page, facts)
        page.goto(f"{facts['address']}/positions/")
        wait_for_legs(page, legs)
        page.evaluate(WATCH)
        heap, keys, started = [memory(page)], list[float](), time.monotonic()
        counts.update(messages=0, bytes=0, patches=0)
        while (gone := time.monotonic() - started) < minutes * 60:
            page.wait_for_timeout(5000)
            keys.append(page.evaluate(KEY))
            if gone > len(heap) * 30:
                heap.append(memory(page))
        seconds = time.monotonic() - started
        heap.append(memory(page))
        seen = page.evaluate("window.seen")
        rows = page.locator("#position-table .leg").count()
        browser.close()
    return {"rows": rows, "seconds": seconds, "heap": heap, "keys": sorted(keys), **seen, **counts}


def wait_for_legs(page: Any, legs: int) -> None:
    """Until the desk has read them all and the page shows them."""
    ends = time.monotonic() + 180
    while page.locator("#position-table .leg").count() < legs:
        if time.monotonic() > ends:
            raise SystemExit("the legs did not come")
        page.wait_for_timeout(1000)


def sign_in(page: Any, facts: dict[str, Any]) -> None:
    page.goto(f"{facts['address']}/sign-in/login/")
    page.fill("input[name=login]", facts["username"])
    page.fill("input[name=password]", facts["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def memory(page: Any) -> float:
    """Megabytes of the page's heap after a collection."""
    return float(page.evaluate("() => { gc(); return performance.memory.usedJSHeapSize / 1e6; }"))


def told(found: dict[str, Any]) -> None:
    seconds, long = found["seconds"], found["long"]
    each = {name: found[name] / seconds for name in ("messages", "patches", "bytes", "frames")}
    print(f"{found['rows']} legs, {seconds:.0f} s")
    print(f"  messages {each['messages']:.1f}/s, patches {each['patches']:,.0f}/s,", end=" ")
    print(f"{each['bytes'] / 1000:.0f} kB/s; frames {each['frames']:.0f}/s")
    print(f"  long tasks {len(long) / seconds:.2f}/s, {sum(long) / seconds / 10:.1f} %", end=" ")
    print(f"of the time, longest {max(long, default=0):.0f} ms")
    keys = found["keys"]
    print(f"  a key is seen after {keys[len(keys) // 2]:.0f} ms, at worst {keys[-1]:.0f} ms")
    print("  heap " + " → ".join(f"{megabytes:.1f}" for megabytes in found["heap"]) + " MB")


def measure(facts: dict[str, Any], args: argparse.Namespace) -> None:
    give_legs(facts, args.legs)
    pusher = None
    if args.frames:
        os.environ.update(facts["environment"], DJANGO_SETTINGS_MODULE="config.settings")
        import django

        django.setup()
        pusher = Pusher(facts, args.frames)
        pusher.start()
    try:
        told(watch(facts, args.legs, args.minutes))
    finally:
        if pusher is not None:
            pusher.stopped.set()
            pusher.join(5)
            print(f"  pushed {pusher.sent:,} quotes besides the simulator's")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--legs", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--frames", type=float, default=0)
    parser.add_argument("--desk", type=Path, help="desk.json of a demo that runs already")
    args = parser.parse_args()
    if args.desk is not None:
        measure(json.loads(args.desk.read_text()), args)
        return 0
    with demo() as facts:
        measure(facts, args)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
