"""Legs kept in the process, each for as long as the rows that it is made of are the same rows.

A page asks the database for the versions of its positions and their instruments, which is little,
and reads only what has changed since the process last made a leg of it. A version is PostgreSQL's
own: the transaction that wrote the row and where it lies, so nothing can be changed beside it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from django.db.models import CharField, QuerySet
from django.db.models.expressions import RawSQL

from brokerage import selectors
from brokerage.models import Instrument, Position
from portfolio.facts import AccountFacts, Leg, at_moment, leg_of

# Legs, and instruments, that are kept at a time: some 2 kB each.
KEPT = 8192
T = TypeVar("T")
Version = tuple[Any, ...]


class Shelf(Generic[T]):
    """By id, the least used going first; safe among threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept: OrderedDict[int, tuple[Version, T]] = OrderedDict()
        self._lock = threading.Lock()
        self._most = kept

    def pick(self, wanted: Mapping[int, Version]) -> dict[int, T]:
        """Those that are kept in this very version."""
        found = {}
        with self._lock:
            for pk, version in wanted.items():
                held = self._kept.get(pk)
                if held is not None and held[0] == version:
                    self._kept.move_to_end(pk)
                    found[pk] = held[1]
        return found

    def put(self, versions: Mapping[int, Version], made: Mapping[int, T]) -> None:
        with self._lock:
            for pk, one in made.items():
                self._kept[pk] = (versions[pk], one)
                self._kept.move_to_end(pk)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


legs = Shelf[Leg]()
instruments = Shelf[Instrument]()


def read_legs(
    rows: QuerySet[Position], accounts: Mapping[int, AccountFacts], environment: str
) -> tuple[list[Leg], dict[str, Instrument]]:
    """The legs of these positions, in the order of the rows, and the instruments by symbol.

    Two queries while nothing has changed, four at most.
    """
    version = _version(Position)
    listed = list(rows.values_list("pk", "account_id", "symbol", "underlying_symbol", version))
    symbols = {name for row in listed for name in (row[2], row[3]) if name}
    known, marks = _instruments(environment, symbols)
    versions = {
        pk: (own, marks.get(symbol), marks.get(contract), *_terms(accounts[account]))
        for pk, account, symbol, contract, own in listed
    }
    found = legs.pick(versions)
    old = [pk for pk in versions if pk not in found]
    if old:
        made = {
            row.pk: leg_of(row, accounts[row.account_id], known)
            for row in Position.objects.filter(pk__in=old)
        }
        legs.put(versions, made)
        found |= made
    # A row that went between the two reads is not there.
    ordered = [(found[pk], accounts[account]) for pk, account, *_ in listed if pk in found]
    return [at_moment(leg, account.now) for leg, account in ordered], known


def _terms(account: AccountFacts) -> Version:
    """What of the account makes another leg of the same rows."""
    return (account.feed, account.delayed, account.today, account.blank_closes)


def _instruments(
    environment: str, symbols: Iterable[str]
) -> tuple[dict[str, Instrument], dict[str, str]]:
    """By symbol the instruments and their versions."""
    rows = selectors.instrument_rows(environment, symbols)
    listed = list(rows.values_list("pk", "symbol", _version(Instrument)))
    versions = {pk: (own,) for pk, _, own in listed}
    found = instruments.pick(versions)
    old = [pk for pk in versions if pk not in found]
    if old:
        made = {row.pk: row for row in Instrument.objects.filter(pk__in=old)}
        instruments.put(versions, made)
        found |= made
    known = {symbol: found[pk] for pk, symbol, _ in listed if pk in found}
    return known, {symbol: own for _, symbol, own in listed}


def _version(model: Any) -> RawSQL:
    table = model._meta.db_table
    sql = f'"{table}".xmin::text || "{table}".ctid::text'
    return RawSQL(sql, (), output_field=CharField())
