"""Which accounts a person looks at: all of one environment, or one. Kept in the session.

Written as `simulator` or `simulator/5WT00001`. Real and simulated money are never added up, so
"all" always means all of one environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from brokerage.access import NotFound
from brokerage.enums import EnvironmentName
from brokerage.models import Account

SESSION_KEY = "scope"
_ORDER = [EnvironmentName.PRODUCTION, EnvironmentName.SANDBOX, EnvironmentName.SIMULATOR]


@dataclass(frozen=True, slots=True)
class Scope:
    """One environment, and one account of it or all."""

    environment: str
    number: str = ""

    def __str__(self) -> str:
        return f"{self.environment}/{self.number}" if self.number else self.environment

    def pick(self, accounts: Iterable[Account]) -> list[Account]:
        """The accounts of the scope among those given."""
        return [
            account
            for account in accounts
            if account.environment == self.environment
            and (not self.number or account.number == self.number)
        ]


def parse(text: str) -> Scope:
    environment, _, number = text.partition("/")
    return Scope(environment, number)


def environments(accounts: Sequence[Account]) -> list[str]:
    """Environments among the accounts, real ones first."""
    present = {account.environment for account in accounts}
    return [name.value for name in _ORDER if name.value in present]


def resolve(text: str, accounts: Sequence[Account]) -> Scope:
    """The scope that was asked for; NotFound when it holds none of the accounts."""
    scope = parse(text)
    if not scope.pick(accounts):
        raise NotFound
    return scope


def chosen(request: HttpRequest, accounts: Sequence[Account]) -> Scope | None:
    """The session's choice, else the preferred account, else the first environment.

    A choice that no longer exists (an account was closed, a login removed) is passed over.
    """
    preferences = getattr(request.user, "preferences", None)
    wishes = [
        request.session.get(SESSION_KEY, ""),
        preferences.default_account if preferences else "",
        *environments(accounts),
    ]
    scopes = (parse(wish) for wish in wishes if wish)
    return next((scope for scope in scopes if scope.pick(accounts)), None)
