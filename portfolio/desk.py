"""The desk of a request: facts read once, valued once, so that header, table and cards agree."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from brokerage import market, watching
from brokerage.models import Account
from portfolio import as_of, selectors
from portfolio.facts import Desk
from portfolio.ledger.ledgers import Ledgers, load_ledgers
from portfolio.live.book import LatestBook
from portfolio.live.hub import hub
from portfolio.live.valuation import Valuation
from portfolio.scope import Scope, chosen


class PastBook(LatestBook):
    """No quotes, and none awaited: the marks of the past are the broker's, in the positions."""

    def health(self, now: float | None = None) -> market.FeedHealth:
        return market.FeedHealth(market=market.StreamHealth(state="up"))


@dataclass
class RequestDesk:
    """Everything is read on first use and kept for the request."""

    request: HttpRequest

    def __post_init__(self) -> None:
        self.as_of_problem = ""
        self.now = self.as_of.timestamp() if self.as_of else time.time()

    @cached_property
    def broker_instant(self) -> datetime | None:
        """The past instant that the page shows, by the broker's clock; None for the present."""
        if not self.request.GET.get(as_of.PARAMETER):
            return None
        try:
            return as_of.requested(self.request, timezone.now() + self.clock_offset)
        except as_of.BadInstant as problem:
            self.as_of_problem = str(problem)
            return None

    @cached_property
    def as_of(self) -> datetime | None:
        """The same instant by our clock, which the history is kept by."""
        at = self.broker_instant
        return at - self.clock_offset if at else None

    @cached_property
    def clock_offset(self) -> timedelta:
        """The broker's clock against ours, of the account in the address, else of those in view."""
        match = self.request.resolver_match
        named = match.kwargs if match and "environment" in match.kwargs else {}
        scope = Scope(named["environment"], named.get("number", "")) if named else self.scope
        picked = scope.pick(self.accounts) if scope else []
        return selectors.clock_offset(selectors.connection_of(picked[0]) if picked else None)

    @property
    def user(self) -> Any:
        return self.request.user

    @cached_property
    def accounts(self) -> list[Account]:
        return selectors.accounts_of(self.user)

    @cached_property
    def scope(self) -> Scope | None:
        return chosen(self.request, self.accounts)

    @cached_property
    def facts(self) -> Desk:
        if self.scope and not self.as_of:
            watching.looked_at(self.scope.pick(self.accounts))
        return selectors.load_desk(self.accounts, self.scope, at=self.as_of)

    @cached_property
    def valuation(self) -> Valuation:
        return self.valued(self.facts)

    @cached_property
    def ledgers(self) -> Ledgers:
        """Lots and P/L by date of the accounts in view."""
        return load_ledgers(self.facts.accounts, at=self.as_of)

    def valued(self, facts: Desk) -> Valuation:
        """Facts at the latest books; those of the past at the marks that were mirrored then."""
        valuation = Valuation(facts, PastBook if self.as_of else self._book)
        valuation.update(self.now)
        return valuation

    @cached_property
    def _books(self) -> dict[str, LatestBook]:
        return {}

    def _book(self, feed: str) -> LatestBook:
        """A feed's book, frozen for this request at its first use."""
        if feed not in self._books:
            self._books[feed] = hub.book(feed).frozen()
        return self._books[feed]

    def book(self, feed: str) -> LatestBook:
        """The quotes of a feed as this request sees them."""
        return self._book(feed)

    @property
    def live_args(self) -> dict[str, str]:
        """What a page tells the socket, so that it values the same accounts."""
        return {"scope": str(self.scope) if self.scope else ""}


def desk_of(request: HttpRequest) -> RequestDesk:
    """The one desk of this request."""
    desk = getattr(request, "_desk", None)
    if desk is None:
        desk = RequestDesk(request)
        request._desk = desk  # type: ignore[attr-defined]
    return desk
