"""What people do at the desk, as functions over a page; and the simulator's steering."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.e2e.live_desk import LiveDesk

SENT = re.compile(r"/trade/[0-9a-f-]{36}/")


def figure(text: str) -> Decimal:
    """The number in a cell: "▲ +1,240.50" → 1240.50."""
    return Decimal(re.sub(r"[^\d.\-]", "", text.replace("−", "-")))


def control(desk: LiveDesk, path: str, /, **body: object) -> dict[str, Any]:
    """Steer the simulator."""
    url = f"{desk.facts['simulator']['control_url']}/{path}"
    answer = httpx.post(url, json=body, headers={"User-Agent": "desk-tests/1"}, timeout=10)
    answer.raise_for_status()
    return dict(answer.json())


def ledger(desk: LiveDesk) -> dict[str, Any]:
    """Everything the simulator accepted."""
    url = f"{desk.facts['simulator']['control_url']}/ledger"
    return dict(httpx.get(url, headers={"User-Agent": "desk-tests/1"}, timeout=10).json())


def wait_for_simulator(desk: LiveDesk, seconds: float = 15.0) -> None:
    """Return once a restarted simulator answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            ledger(desk)
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the simulator does not answer"
            time.sleep(0.1)


def mark(desk: LiveDesk, symbol: str) -> Decimal:
    return Decimal(str(control(desk, "prices", symbol=symbol, factor=1)["mark"]))


def share_of_mark(desk: LiveDesk, symbol: str, share: str) -> Decimal:
    """A limit price on the tick at this share of the present mark."""
    return (mark(desk, symbol) * Decimal(share)).quantize(Decimal("0.01"))


def open_ticket(page: Page, desk: LiveDesk, symbol: str, quantity: object) -> None:
    page.goto(f"{desk.address}/trade/")
    page.get_by_label("Symbol", exact=True).fill(symbol)
    page.get_by_label("Symbol", exact=True).press("Tab")
    # The quote shows that the ticket knows the symbol.
    expect(page.locator("#ticket dl.quotes").first).to_contain_text(re.compile(r"\d"))
    page.get_by_label("Quantity").fill(str(quantity))


def preview(page: Page, limit: object | None = None) -> None:
    if limit is not None:
        page.get_by_label("Limit price", exact=True).fill(str(limit))
    # A changed field may still be redrawing the ticket, the button included.
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.get_by_role("button", name="Preview").last.click()


def send(page: Page) -> Locator:
    """Confirm; the chip with the order's status on the result page."""
    page.get_by_role("button", name=re.compile("^Send: ")).click()
    page.wait_for_url(SENT)
    return page.locator("#result-status .chip")


def position_row(page: Page, symbol: str) -> Locator:
    # The row's header also holds its box, the end of the account's number and the link to its
    # actions.
    label = re.escape(symbol)
    name = re.compile(rf"^(Select {label} )?{label}( …\w+)?( ⋯.*)?$")
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))
