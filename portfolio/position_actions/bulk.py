"""Closing many positions: one ticket for each underlying where an order can hold it, else several.

Nothing is sent here. Each ticket is previewed and confirmed by itself; the list of them is the
page to come back to, and knows what working orders close by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from brokerage import access, selectors
from brokerage.models import Account, Position
from portfolio import formats
from portfolio.facts import product_root
from portfolio.position_actions.closing import (
    MAX_LEGS,
    Held,
    Holdings,
    NoAction,
    close,
    holdings_of,
)

# Rows of the table, and positions, that one list is made for.
MOST_ROWS, MOST_POSITIONS = 500, 500
Group = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One order: its legs as words, and the ticket that it opens; else why there is none."""

    account: Account
    underlying: str
    legs: tuple[str, ...]
    url: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """Orders in order of account and underlying; ``gone``: chosen positions not held any more."""

    entries: tuple[Entry, ...]
    gone: int = 0

    @property
    def ready(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.url]


def queue(user: Any, rows: Sequence[str]) -> Queue:
    """``rows`` are the queries of chosen rows: `leg=12&leg=13`, or `group=5-535059`.

    What is not this person's is passed over like what is gone; NoAction for too much or nothing.
    """
    asked = [_asked(text) for text in dict.fromkeys(rows)][: MOST_ROWS + 1]
    if len(asked) > MOST_ROWS:
        raise NoAction(f"At most {MOST_ROWS} rows at a time.")
    wanted = {pk for pks, _ in asked for pk in pks}
    groups = {group for _, group in asked if group is not None}
    if not wanted and not groups:
        raise NoAction("Choose positions first: x in a row, or the box beside its name.")
    held = _held(user, wanted, groups)
    if len(held) > MOST_POSITIONS:
        raise NoAction(f"At most {MOST_POSITIONS} positions at a time.")
    entries = _entries(held, [pks for pks, _ in asked if pks])
    return Queue(tuple(entries), gone=len(wanted - set(held)))


def _asked(text: str) -> tuple[tuple[int, ...], Group | None]:
    """Positions by id, or an account and underlying."""
    given = parse_qs(text[:4096])
    legs = tuple(int(pk) for pk in given.get("leg", ()) if pk.isdecimal() and len(pk) < 19)
    if legs:
        return legs, None
    pk, _, name = given.get("group", [""])[0].partition("-")
    try:
        return (), (int(pk), bytes.fromhex(name).decode())
    except ValueError:
        return (), None


def _held(user: Any, wanted: set[int], groups: set[Group]) -> dict[int, Position]:
    """Open positions of this person among them, by id."""
    rows = selectors.positions_for(access.visible_accounts(user)).exclude(quantity=0)
    return {
        row.pk: row for row in rows if row.pk in wanted or (row.account_id, _root(row)) in groups
    }


def _root(row: Position) -> str:
    return product_root(row.underlying_symbol or row.symbol)


def _entries(held: dict[int, Position], rows: Iterable[tuple[int, ...]]) -> list[Entry]:
    by_account: dict[Account, list[Position]] = defaultdict(list)
    for row in held.values():
        by_account[row.account].append(row)
    chosen, found = list(rows), list[Entry]()
    for account in sorted(by_account, key=str):
        by_root: dict[str, list[Held]] = defaultdict(list)
        for item in holdings_of(account, by_account[account]).held:
            by_root[product_root(item.underlying)].append(item)
        for underlying in sorted(by_root):
            for part in parts(by_root[underlying], chosen):
                found.append(_entry(Holdings(account, part), underlying))
    return found


def parts(held: Sequence[Held], rows: Iterable[tuple[int, ...]]) -> list[tuple[Held, ...]]:
    """At most four legs each: all of them where they fit, else the chosen rows by themselves (a
    strategy stays together), and what is left as it comes."""
    if len(held) <= MAX_LEGS:
        return [tuple(held)]
    left = {item.pk: item for item in held}
    found = []
    for row in rows:
        if 1 < len(row) <= MAX_LEGS and all(pk in left for pk in row):
            found.append(tuple(left.pop(pk) for pk in row))
    rest = sorted(left.values(), key=_order)
    return found + [tuple(rest[at : at + MAX_LEGS]) for at in range(0, len(rest), MAX_LEGS)]


def _order(item: Held) -> tuple[object, ...]:
    """Short legs first: what they are covered by is not sold before them."""
    return (item.quantity > 0, item.is_option, item.symbol)


def _entry(holdings: Holdings, underlying: str) -> Entry:
    legs = tuple(f"{formats.quantity(item.quantity)} {item.label}" for item in holdings.held)
    try:
        return Entry(holdings.account, underlying, legs, close(holdings))
    except NoAction as problem:
        return Entry(holdings.account, underlying, legs, problem=str(problem))
