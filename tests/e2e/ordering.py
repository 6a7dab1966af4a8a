"""What people do at the order desk, as functions over a page: picking legs, confirming, sending."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

from tests.e2e import trading
from tests.e2e.live_desk import LiveDesk

WAIT = 30_000


def working(desk: LiveDesk) -> int:
    """How many orders the broker's ledger holds."""
    return len(trading.ledger(desk)["orders"])


# --- the chain ------------------------------------


def open_chain(page: Page, desk: LiveDesk, symbol: str) -> None:
    """The chain at an expiration of some weeks, quotes there."""
    page.goto(f"{desk.address}/chain/?symbol={symbol}&count=30")
    expect(page.locator("#chain-table")).to_be_visible(timeout=WAIT)
    days = page.locator(".chain-day")
    wanted = next(
        index
        for index, words in enumerate(days.all_inner_texts())
        if (left := re.search(r"(\d+)d", words)) and int(left[1]) >= 20
    )
    days.nth(wanted).click()
    expect(days.nth(wanted)).to_have_attribute("aria-current", "true", timeout=WAIT)
    expect(price(page, "sell", "P", 1)).to_have_text(re.compile(r"\d"), timeout=WAIT)


def price(page: Page, side: str, right: str, steps: int) -> Locator:
    """The bid (sell) or ask (buy) of a put below or a call above the money, `steps` strikes out."""
    buttons = page.locator(f"#chain-table button[data-pick={side}]")
    contracts = buttons.evaluate_all("all => all.map(b => b.dataset.contract)")
    mine = [name for name in contracts if name[12] == right]
    strikes = sorted(mine, key=lambda name: name[13:])
    spot = trading.figure(page.locator("#chain-spot").inner_text())
    if right == "P":
        outside = [name for name in strikes if int(name[13:]) < spot * 1000][::-1]
    else:
        outside = [name for name in strikes if int(name[13:]) > spot * 1000]
    return page.locator(
        f'#chain-table button[data-pick={side}][data-contract="{outside[steps - 1]}"]'
    )


CONDOR = (("sell", "P", 3), ("buy", "P", 5), ("sell", "C", 3), ("buy", "C", 5))


def picked(page: Page) -> Locator:
    return page.locator("#chain-basket .pick-line")


# --- the ticket ------------------------------------


def settled(page: Page) -> None:
    """A changed field may still be redrawing the ticket, its buttons included."""
    expect(page.locator(".htmx-request")).to_have_count(0, timeout=WAIT)


def at_natural(page: Page) -> None:
    """The limit at which it fills at once."""
    settled(page)
    page.locator("#ticket").get_by_role("button", name=re.compile("^Nat")).click()
    settled(page)
    expect(page.locator("#ticket input[name=price]")).to_have_value(re.compile(r"\d"))


def preview(page: Page) -> Locator:
    """Press Preview; the button that sends."""
    settled(page)
    page.locator("#ticket-preview").click()
    button = page.locator("#ticket-send")
    expect(button).to_be_visible(timeout=WAIT)
    return button


def status(page: Page) -> Locator:
    """The chip of the order that was sent."""
    return page.locator("#result-status .chip")


def toasts(page: Page) -> Locator:
    return page.locator("#toasts .toast")


# --- positions ------------------------------------


def act(page: Page, desk: LiveDesk, underlying: str, *, only: str = "") -> None:
    """The page of actions for the positions of an underlying, some of them chosen."""
    page.goto(f"{desk.address}/positions/")
    row = page.locator("#position-table tr", has_text=re.compile(rf"^{underlying} \d")).first
    page.goto(desk.address + (row.locator("a.act").get_attribute("href") or ""))
    for leg in page.locator("label.act-leg").all():
        leg.locator("input").set_checked(bool(re.search(only, leg.inner_text())))


def held(
    page: Page, desk: LiveDesk, underlying: str, count: int, *, without: Sequence[str] = ()
) -> list[str]:
    """Open positions in options of an underlying, as their rows begin, once there are `count`
    and none of `without` is among them.

    The broker tells positions apart from the order that made them, and later: the page that says
    Filled does not say when its positions are there.
    """
    page.goto(f"{desk.address}/positions/")
    rows = page.locator(
        "#position-table tr:not(.closed)", has_text=re.compile(rf"^{underlying} \d")
    )
    ends = time.monotonic() + WAIT / 1000
    while True:
        names = [text.split("\n")[0] for text in rows.all_inner_texts()]
        if len(names) == count and not set(names) & set(without):
            return names
        assert time.monotonic() < ends, f"{count} positions without {without}, but: {names}"
        page.wait_for_timeout(200)
