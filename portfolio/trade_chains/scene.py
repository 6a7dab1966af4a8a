"""The chains of a request: read once, valued with the page's own valuation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from brokerage import selectors as mirror
from brokerage.access import NotFound
from brokerage.models import Account
from portfolio import selectors
from portfolio.desk import RequestDesk
from portfolio.facts import AccountFacts
from portfolio.live.valuation import Valuation
from portfolio.scope import Scope
from portfolio.trade_chains import histories
from portfolio.trade_chains.edits import find
from portfolio.trade_chains.histories import Histories, unslug
from portfolio.trade_chains.summary import Summary, opening_capital, summaries, summary
from portfolio.trade_chains.worth import Mismatch, Pricer


@dataclass
class Scene:
    """Everything is read on first use and kept."""

    user: Any
    accounts: Sequence[Account]
    valuation: Valuation
    now: float

    @cached_property
    def histories(self) -> Histories:
        return histories.load(self.user, self.accounts)

    @cached_property
    def pricer(self) -> Pricer:
        return Pricer(self.histories, self.valuation, self.now)

    @cached_property
    def capital(self) -> dict[tuple[int, int], Any]:
        return opening_capital(self.accounts)

    @property
    def facts(self) -> Sequence[AccountFacts]:
        return self.valuation.desk.accounts

    @cached_property
    def summaries(self) -> list[Summary]:
        return list(summaries(self.histories, self.pricer, self.facts, capital=self.capital))

    @cached_property
    def mismatches(self) -> list[Mismatch]:
        return self.pricer.mismatches()

    def one(self, account_pk: int, slug: str) -> Summary:
        """The chain of that name, or the one that holds its booking now; NotFound."""
        history = self.histories.of(account_pk)
        chain = find(history.history, unslug(slug)) if history is not None else None
        if history is None or chain is None:
            raise NotFound
        partial = {(one.account_pk, one.symbol) for one in self.mismatches}
        account = next((facts for facts in self.facts if facts.pk == account_pk), None)
        return summary(history, chain, self.pricer, account, partial, self.capital)


def scene_of(desk: RequestDesk) -> Scene:
    """The chains of the accounts in view."""
    kept = desk.__dict__.get("_chains")
    if kept is None:
        accounts = desk.scope.pick(desk.accounts) if desk.scope else []
        kept = Scene(desk.user, accounts, desk.valuation, desk.now)
        desk.__dict__["_chains"] = kept
    return kept


def scene_for(desk: RequestDesk, account_pk: int) -> Scene:
    """The chains of one account of the user, in view or not; NotFound for a foreign one."""
    rows = mirror.accounts_for(desk.user, include_closed=True)
    account = next((row for row in rows if row.pk == account_pk), None)
    if account is None:
        raise NotFound
    in_view = any(facts.pk == account_pk for facts in desk.facts.accounts)
    if in_view:
        return Scene(desk.user, [account], desk.valuation, desk.now)
    scope = Scope(account.environment, account.number)
    valuation = desk.valued(selectors.load_desk([account], scope))
    return Scene(desk.user, [account], valuation, desk.now)
