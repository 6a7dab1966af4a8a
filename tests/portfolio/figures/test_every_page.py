"""Every figure of every page over the book of the running simulator: marked, opened, worked out.

A new address is walked, or it stands among those that show no figures, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from brokerage.models import Account, Connection, Order, Position
from portfolio import urls
from portfolio.context import NAVIGATION
from tests.portfolio.figures import walking
from tests.portfolio.ledger.conftest import Broker

pytestmark = pytest.mark.django_db(transaction=True)

# What a page consists of is walked with the page; the others answer with no page.
FRAGMENTS = {
    "account-cards", "connection-cards", "market-panel", "notice-table", "order-table",
    "position-table", "risk-moves", "risk-explained", "simulator-state", "strip", "sync-cards",
    "sync-run", "ticket-structure", "ticket-symbols", "trade-chain-table", "underlying-table",
    "figure", "news", "dashboard-overview", "dashboard-outlook",
    "dashboard-chains", "dashboard-bands", "dashboard-alerts",
}  # fmt: skip
FILES = {
    "activity-csv", "activity-json", "audit-csv", "position-csv", "simulator-download",
    "simulator-snapshot", "trade-chain-csv",
}  # fmt: skip
# They change something, and lead to a page.
ACTS = {
    "account-backfill", "audit-verify", "connection-check", "connection-code-callback",
    "connection-code-start", "connection-pause", "connection-reconcile", "connection-refresh",
    "connection-resume", "connection-sync", "dashboard-arrange", "guards-shield", "intent-claim",
    "kill-release", "notice-dismiss", "order-duplicate", "order-group-duplicate", "order-nudge",
    "order-ratio-send", "order-replace-send", "position-close", "scope",
    "simulator-act", "simulator-scenario",
    "staged-open", "staged-remove", "ticket-stage", "ticket-submit", "trade-chain-correct",
    "trade-chain-forget", "trade-chain-note", "trade-chain-tag", "trade-chain-undo",
    "trading-switch",
}  # fmt: skip
# Pages of words and forms: the lint holds on those that this book can reach.
WITHOUT = {"connection-new", "position-columns"}
# Walked by tests of their own, in which such an order stands at the broker.
ELSEWHERE = {"order-ratio", "order-group-cancel", "ticket-result"}
# Posted, not fetched: below.
POSTED = {"ticket-preview", "ticket-whatif"}


def addresses(desk: Client) -> Iterator[tuple[str, str]]:
    """(name, address) of all pages of the book."""
    for name, *_ in NAVIGATION:
        yield name.removeprefix("portfolio:"), reverse(name)
    for name in ("dashboard-overview", "dashboard-outlook", "dashboard-chains", "dashboard-bands",
                 "dashboard-alerts", "risk-moves", "risk-explained",
                 "audit-list", "kill-switch", "order-cancel-all", "connection-new",
                 "position-columns"):  # fmt: skip
        yield name, reverse(f"portfolio:{name}")
    for account in Account.objects.order_by("number")[:2]:
        for name in ("account-detail", "guards-account"):
            yield name, reverse(f"portfolio:{name}", args=[account.environment, account.number])
    yield "order-list", f"{reverse('portfolio:order-list')}?tab=history"
    yield "chain", f"{reverse('portfolio:chain')}?symbol=SPY&count=10"
    yield "underlying", reverse("portfolio:underlying", args=["SPY"])
    yield from _of_orders()
    yield from _of_positions()
    yield from _of_chains(desk)
    yield "connection-remove", _one("connection-remove", Connection.objects.get().pk)


def _one(name: str, *args: Any) -> str:
    return reverse(f"portfolio:{name}", args=args)


def _of_orders() -> Iterator[tuple[str, str]]:
    live = Order.objects.filter(status="Live").first()
    filled = Order.objects.filter(status="Filled").first()
    assert live is not None and filled is not None
    yield "order-detail", _one("order-detail", filled.pk)
    for name in ("order-detail", "order-replace", "order-cancel"):
        yield name, _one(name, live.pk)


def _of_positions() -> Iterator[tuple[str, str]]:
    option = Position.objects.filter(instrument_type="Equity Option", quantity__lt=0).first()
    assert option is not None
    for name in ("position-actions", "roll", "position-words"):
        yield name, f"{_one(name)}?leg={option.pk}"


def _of_chains(desk: Client) -> Iterator[tuple[str, str]]:
    """Two chains of the list, and what one would be if it had not been rolled."""
    html = desk.get(_one("trade-chain-list")).content.decode()
    found = dict.fromkeys(re.findall(r'href="(/chains/\d+/[^"/?]+/)"', html))
    assert len(found) >= 2
    for address in list(found)[:2]:
        yield "trade-chain-detail", address
    yield "trade-chain-not-rolled", f"{next(iter(found))}not-rolled/"


def names() -> set[str]:
    return {item.name for item in urls.urlpatterns if isinstance(item, URLPattern) and item.name}


def test_no_address_is_forgotten(desk: Client) -> None:
    walked = {name for name, _ in addresses(desk)}
    known = walked | FRAGMENTS | FILES | ACTS | WITHOUT | ELSEWHERE | POSTED
    assert names() - known == set()
    assert (FRAGMENTS | FILES | ACTS | WITHOUT | ELSEWHERE | POSTED) - names() == set()


def test_every_figure_of_every_page(
    rich: Broker, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    walking.stand_still(monkeypatch)
    problems, count = [], 0
    for name, address in addresses(desk):
        answer = desk.get(address)
        assert answer.status_code == 200, address
        html = answer.content.decode()
        shown = [item for item in walking.figures(html) if not item.is_frame]
        count += len(shown)
        problems += [f"{name}: {words}" for words in walking.all_wrong(rich.person, address, html)]
        problems += [f"{name}: unmarked {words}" for words in walking.unmarked(html)]
    assert not problems, "\n".join(problems)
    # 2,470 on the book of the demo as it stands now.
    assert count >= 2000, count
