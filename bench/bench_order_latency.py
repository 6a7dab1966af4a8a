"""What the desk adds to the broker's own time, with 100 ms of broker latency.

A whole demo runs; every answer to a placement takes 100 ms longer. Interleaved in one run: a bare
client that posts an order on a fresh connection, and a person's click on Send. Ratios of medians:

* request → answer: the desk's one request against the bare client's, at most 1.2;
* click → page: from the click to the complete result as a browser gets it, which takes it in the
  place of the confirmation, against the bare client's, at most 1.5. The same without scripts, where
  the answer leads to a page of its own, is shown beside it.

    python -m bench.bench_order_latency [--orders 25]

Ends with status 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psycopg

LATENCY = 0.1
AGENT = {"User-Agent": "order-latency/1"}
STOCK = "JPM"
REQUEST_TARGET, PAGE_TARGET = 1.2, 1.5


@contextmanager
def demo() -> Iterator[dict[str, Any]]:
    """A demo in a folder of its own, and its facts."""
    with tempfile.TemporaryDirectory(prefix="order-latency-") as folder:
        env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        env |= {"DATA_DIR": folder, "PORT": env.get("PORT", "8600")}
        env |= {"SIMULATOR_PORT": env.get("SIMULATOR_PORT", "8601")}
        command = [sys.executable, "-m", "embedded", "demo"]
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        try:
            yield _facts(Path(folder) / "desk.json", process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _facts(file: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    ends = time.monotonic() + 180
    while time.monotonic() < ends and process.poll() is None:
        if file.exists():
            return dict(json.loads(file.read_text()))
        time.sleep(0.2)
    raise SystemExit("the demo did not start")


class Bare:
    """A client that does nothing but post an order."""

    def __init__(self, simulator: dict[str, Any], account: str) -> None:
        self.url = simulator["api_url"]
        self.account = account
        self.trust = httpx.create_ssl_context()
        grant = {
            "grant_type": "refresh_token",
            "client_secret": simulator["client_secret"],
            "refresh_token": simulator["refresh_token"],
        }
        answer = httpx.post(f"{self.url}/oauth/token", json=grant, headers=AGENT)
        self.headers = AGENT | {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def place(self, price: str) -> float:
        """Milliseconds of one placement on a connection of its own."""
        leg = {"instrument-type": "Equity", "symbol": STOCK, "action": "Buy to Open", "quantity": 1}
        body = {"order-type": "Limit", "time-in-force": "Day", "price": price}
        body |= {"price-effect": "Debit", "legs": [leg]}
        with httpx.Client(verify=self.trust, headers=self.headers, trust_env=False) as client:
            started = time.perf_counter()
            answer = client.post(f"{self.url}/accounts/{self.account}/orders", json=body)
            elapsed = time.perf_counter() - started
        answer.raise_for_status()
        return elapsed * 1000


class Person:
    """Somebody at a browser: signed in, filling the ticket, looking at the confirmation."""

    def __init__(self, facts: dict[str, Any], account: str) -> None:
        self.account = account
        self.http = httpx.Client(
            base_url=facts["address"], follow_redirects=True, trust_env=False, timeout=30
        )
        form = {"login": facts["username"], "password": facts["password"]}
        page = self._post("/sign-in/login/", form, self.http.get("/sign-in/login/").text)
        if 'name="password"' in page:
            raise SystemExit("the demo's person could not sign in")

    def _post(
        self,
        path: str,
        values: dict[str, str],
        page: str = "",
        headers: dict[str, str] | None = None,
    ) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        given = {"csrfmiddlewaretoken": token[1] if token else self.http.cookies["csrftoken"]}
        headers = {"Referer": str(self.http.base_url)} | (headers or {})
        answer = self.http.post(path, data=given | values, headers=headers)
        answer.raise_for_status()
        return answer.text

    def preview(self, price: str) -> tuple[dict[str, str], str]:
        """The confirmation's hidden fields, and its page."""
        values = {
            "ticket": str(uuid.uuid4()),
            "account": f"simulator:{self.account}",
            "instrument_type": "Equity",
            "symbol": STOCK,
            "legs": "1",
            "order_type": "Limit",
            "time_in_force": "Day",
            "price": price,
            "price_effect": "Debit",
            "leg-0-action": "Buy to Open",
            "leg-0-quantity": "1",
        }
        page = self._post("/trade/preview/", values, self.http.get("/trade/").text)
        names = ("preview", "content_hash", "client_order_id")
        found = {name: re.search(rf'name="{name}" value="([^"]+)"', page) for name in names}
        if not all(found.values()):
            raise SystemExit("the preview was refused")
        return {name: unescape(hit[1]) for name, hit in found.items() if hit}, page

    def send(self, confirmation: dict[str, str], page: str, *, script: bool) -> float:
        """Milliseconds from the click to the complete result."""
        headers = {"HX-Request": "true", "HX-Target": "ticket-page"} if script else {}
        started = time.perf_counter()
        result = self._post("/trade/submit/", confirmation, page, headers)
        elapsed = time.perf_counter() - started
        if "ticket-result" not in result or "ccepted" not in result:
            raise SystemExit("the order was not accepted")
        return elapsed * 1000


def own_request_times(facts: dict[str, Any], count: int) -> list[float]:
    """What the desk wrote down about its own latest placements, in milliseconds."""
    query = (
        "SELECT milliseconds FROM brokerage_auditentry WHERE kind = 'order' AND action = 'submit'"
        " AND outcome = 'accepted' AND milliseconds IS NOT NULL ORDER BY id DESC LIMIT %s"
    )
    with psycopg.connect(facts["environment"]["DATABASE_URL"]) as database:
        return [row[0] for row in database.execute(query, [count])]


def slow_down(simulator: dict[str, Any]) -> None:
    fault = {"action": "slow", "seconds": LATENCY, "method": "POST", "path": "/orders$", "count": 0}
    url = f"{simulator['control_url']}/faults"
    httpx.post(url, json=fault, headers=AGENT).raise_for_status()


def report(name: str, value: float, base: float, target: float) -> bool:
    """Print a line; whether the target is met."""
    ratio = value / base
    met = ratio <= target
    print(f"{name:<18} {value:>8.1f} ms  {ratio:>5.2f}×  ≤ {target}×  {'ok' if met else 'MISSED'}")
    return met


def measure(facts: dict[str, Any], count: int) -> dict[str, list[float]]:
    """Milliseconds of each kind of placement, interleaved."""
    account = facts["simulator"]["accounts"][0]
    bare, person = Bare(facts["simulator"], account), Person(facts, account)
    # The first clicks warm what later ones find warm.
    for script in (True, False):
        person.send(*person.preview("20.00"), script=script)
    slow_down(facts["simulator"])
    times: dict[str, list[float]] = {"bare": [], "click": [], "plain": []}
    for number in range(count):
        price = f"{20 + number / 100:.2f}"
        first, second = person.preview(price), person.preview(price)
        times["bare"].append(bare.place(price))
        times["click"].append(person.send(*first, script=True))
        times["plain"].append(person.send(*second, script=False))
    times["request"] = own_request_times(facts, 2 * count)
    return times


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=25)
    count = parser.parse_args().orders
    with demo() as facts:
        times = measure(facts, count)
    base = median(times["bare"])
    print(f"{'bare client':<18} {base:>8.1f} ms  ({count} orders each)")
    met = [
        report("request → answer", median(times["request"]), base, REQUEST_TARGET),
        report("click → page", median(times["click"]), base, PAGE_TARGET),
    ]
    plain = median(times["plain"])
    print(f"{'  without scripts':<18} {plain:>8.1f} ms  {plain / base:>5.2f}×")
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
