"""The chains of some accounts as one person has arranged them, with notes and tags, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from brokerage.models import Account
from portfolio.analytics.chains.build import rebuild
from portfolio.analytics.chains.events import Chain, History
from portfolio.analytics.chains.transactions import Booked, events
from portfolio.models import ChainEdit, ChainNote, ChainTag
from portfolio.trade_chains import bookings
from portfolio.trade_chains.edits import Edit, apply_all, find

EMPTY = History((), ())


def slug(key: str) -> str:
    """A chain's key as addresses and DOM ids have it."""
    return key.replace("/", "_").replace("-", "f")


def unslug(text: str) -> str:
    return text.replace("_", "/").replace("f", "-")


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """One account. ``rebuilt`` is what the bookings say, ``history`` what its owner made of it;
    ``gone`` the chains of books that the broker has begun anew since.

    ``problems``: why a correction does not hold any more, by its number. ``booked``: rows by the
    key of their events; ``unbooked``: keys of rows that are fills without a booking.
    """

    account: Account
    rebuilt: History
    history: History
    gone: History = EMPTY
    edits: tuple[ChainEdit, ...] = ()
    problems: dict[int | None, str] = field(default_factory=dict)
    notes: dict[str, list[ChainNote]] = field(default_factory=dict)
    tags: dict[str, list[ChainTag]] = field(default_factory=dict)
    booked: dict[str, Booked] = field(default_factory=dict)
    unbooked: frozenset[str] = frozenset()

    def row(self, key: str) -> Booked | None:
        """The booking behind an event."""
        return self.booked.get(key.partition("/")[0])

    def waits(self, chain: Chain) -> bool:
        """Whether part of the chain is filled but not booked: its fees are not known yet."""
        return any(entry.event.key in self.unbooked for entry in chain.entries)


@dataclass(frozen=True, slots=True)
class Histories:
    """``uncounted``: fills that wait for their booking before an amount can be told."""

    accounts: tuple[AccountHistory, ...]
    multipliers: dict[tuple[int, str], Any]
    uncounted: int = 0

    def of(self, account_pk: int) -> AccountHistory | None:
        return next((one for one in self.accounts if one.account.pk == account_pk), None)

    def chains(self) -> Iterator[tuple[AccountHistory, Chain]]:
        for one in self.accounts:
            for chain in one.history.chains:
                yield one, chain


def load(user: Any, accounts: Sequence[Account]) -> Histories:
    """In seven queries, however many accounts and bookings."""
    read = bookings.load(accounts)
    pks = [account.pk for account in accounts]
    kept = {
        model: _by_account(model.objects.filter(user_id=user.pk, account__in=pks))
        for model in (ChainEdit, ChainNote, ChainTag)
    }
    rows, gone = _by_name(read.rows), _by_name(read.gone)
    found = []
    for account in accounts:
        name = bookings.account_key(account.pk)
        edits = tuple(kept[ChainEdit][account.pk])
        rebuilt = _rebuilt(rows[name])
        live = [Edit.of(row) for row in edits if row.undone_at is None]
        history, problems = apply_all(rebuilt, live)
        history = _in_order(history)
        found.append(
            AccountHistory(
                account, rebuilt, history,
                gone=_in_order(_rebuilt(gone[name])),
                edits=edits,
                problems=problems,
                notes=_by_chain(history, kept[ChainNote][account.pk]),
                tags=_by_chain(history, kept[ChainTag][account.pk]),
                booked={str(row.key): row for row in (*gone[name], *rows[name])},
                unbooked=frozenset(key for owner, key in read.unbooked if owner == name),
            )
        )  # fmt: skip
    return Histories(tuple(found), dict(read.multipliers), read.uncounted)


def _rebuilt(rows: Sequence[Booked]) -> History:
    return rebuild(events(rows)) if rows else EMPTY


def _in_order(history: History) -> History:
    """By their first event."""
    chains = sorted(history.chains, key=lambda chain: (chain.entries[0].event.at, chain.key))
    return History(tuple(chains), history.unchained)


def _by_name(rows: Iterable[Booked]) -> dict[str, list[Booked]]:
    found: dict[str, list[Booked]] = defaultdict(list)
    for row in rows:
        found[row.account].append(row)
    return found


def _by_account(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row)
    return found


def _by_chain(history: History, rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        chain = find(history, row.chain)
        if chain is not None:
            found[chain.key].append(row)
    return dict(found)
