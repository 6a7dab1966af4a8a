"""From a request to its table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from portfolio.desk import RequestDesk, desk_of
from portfolio.positions import wish as wishes
from portfolio.positions.columns import SETS, Columns
from portfolio.positions.scene import Scene, read_known
from portfolio.positions.table import Table
from portfolio.positions.wish import DTE, GROUPINGS, SESSION_KEY, Wish
from portfolio.positions.words import read_words
from portfolio.trade_chains import histories


@dataclass(frozen=True, slots=True)
class Choice:
    """A link of the toolbar."""

    label: str
    query: str
    current: bool


def table_of(desk: RequestDesk, given: Mapping[str, str]) -> Table:
    """What an address asks for, with what the session remembers."""
    wish = wishes.read(given, desk.request.session.get(SESSION_KEY))
    own = wishes.own_sets(desk.user) if wish.columns.startswith(wishes.OWN) else []
    return Table(scene_of(desk, after_fees=wish.after_fees), wish, wishes.columns_of(wish, own))


def scene_of(desk: RequestDesk, *, after_fees: bool = False) -> Scene:
    """Everything that rows of this request are made of."""
    known = read_known(desk.facts, read_words(desk.user, desk.facts.accounts))
    accounts = [item.account for item in desk.facts.accounts]
    return Scene(
        desk.valuation,
        desk.ledgers,
        known,
        desk.now,
        after_fees=after_fees,
        histories=None if desk.as_of else lambda: histories.load(desk.user, accounts),
    )


class PositionPage:
    """What the template prints.

    Positions are read when it is made; figures are worked out when the first of them is printed.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.desk = desk_of(request)
        self.wish: Wish = wishes.read(request.GET, request.session.get(SESSION_KEY))
        self.own: list[Columns] = wishes.own_sets(self.desk.user)
        self.facts = self.desk.facts
        # The time travel of the address stays in every link.
        self.extra = {name: request.GET[name] for name in ("as_of",) if request.GET.get(name)}
        kept = wishes.kept_of(self.wish)
        if request.session.get(SESSION_KEY, wishes.kept_of(Wish())) != kept:
            request.session[SESSION_KEY] = kept

    @cached_property
    def table(self) -> Table:
        scene = scene_of(self.desk, after_fees=self.wish.after_fees)
        return Table(scene, self.wish, wishes.columns_of(self.wish, self.own))

    def _link(self, label: str, current: bool, **changes: Any) -> Choice:
        query = self.wish.but(**changes).query
        extra = "".join(f"&{name}={value}" for name, value in self.extra.items())
        return Choice(label, query + extra, current)

    @property
    def query(self) -> str:
        return self._link("", False).query

    @property
    def groupings(self) -> list[Choice]:
        return [self._link(word, self.wish.group == key, group=key) for key, word in GROUPINGS]

    @property
    def sets(self) -> list[Choice]:
        every = [*SETS.values(), *self.own]
        shown = self.table.columns.key
        return [self._link(item.name, item.key == shown, columns=item.key) for item in every]

    @property
    def chips(self) -> list[Choice]:
        """Filters; the one that is on takes itself away."""
        wish = self.wish
        found = [
            self._link(word, wish.dte == key, dte="" if wish.dte == key else key)
            for key, word in DTE
        ]
        for key, word in (("itm", "In the money"), ("otm", "Out of the money")):
            now = wish.money == key
            found.append(self._link(word, now, money="" if now else key))
        found.append(self._link("Losers", wish.losers, losers=not wish.losers))
        return [*found, *self._tag_chips(), *self._account_chips()]

    def _tag_chips(self) -> list[Choice]:
        wish, names = self.wish, self.table.scene.known.words.all_tags
        return [
            self._link(f"#{name}", wish.tag == name, tag="" if wish.tag == name else name)
            for name in names
        ]

    def _account_chips(self) -> list[Choice]:
        accounts = self.desk.facts.accounts
        if len(accounts) < 2:
            return []
        return [
            self._link(
                item.title,
                self.wish.account == str(item.pk),
                account="" if self.wish.account == str(item.pk) else str(item.pk),
            )
            for item in accounts
        ]

    @property
    def clear(self) -> str:
        none = {"dte": "", "money": "", "losers": False, "tag": "", "account": ""}
        return self._link("", False, **none).query

    @property
    def fees(self) -> Choice:
        now = self.wish.after_fees
        return self._link("After fees", now, after_fees=not now)

    @property
    def live_args(self) -> str:
        """What the socket needs to make the same table, as JSON."""
        return live_args(self.desk, self.table)


def live_args(desk: RequestDesk, table: Table) -> str:
    args: dict[str, Any] = {**desk.live_args, "view": table.wish.query}
    if table.wish.moves:
        args["only"] = table.pks
    return json.dumps(args)
