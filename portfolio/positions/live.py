"""The positions page while prices move: only rows that hold what changed are made anew."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from portfolio.ledger.ledgers import load_ledgers
from portfolio.live.hub import hub as process_hub
from portfolio.live.pages import ShellLive
from portfolio.live.patches import Patch, Wanted, register
from portfolio.live.valuation import Valuation
from portfolio.positions import wish as wishes
from portfolio.positions.rows import Row
from portfolio.positions.scene import Scene, read_known
from portfolio.positions.shown import Shown
from portfolio.positions.table import Table
from portfolio.positions.words import read_words
from portfolio.trade_chains import histories

if TYPE_CHECKING:
    from portfolio.live.hub import Hub

Pair = tuple[str, str]


@register("positions")
class PositionsLive(ShellLive):
    """The top bar and the table of positions.

    args: those of the shell, ``view`` (the wish as an address has it) and, where prices decide
    which rows there are, ``only`` (ids of the positions on the page).
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        wish = wishes.read(QueryDict(str(args.get("view") or "")).dict())
        columns = wishes.columns_of(wish, wishes.own_sets(user))
        known = read_known(self.desk, read_words(user, self.desk.accounts))
        self._valuation = Valuation(self.desk, process_hub.book)
        self._valuation.update(time.time())
        accounts = [item.account for item in self.desk.accounts]
        scene = Scene(
            self._valuation, load_ledgers(self.desk.accounts), known, time.time(),
            after_fees=wish.after_fees, histories=lambda: histories.load(user, accounts),
        )  # fmt: skip
        if any(column.chains is not None for column in columns.columns):
            # Read here: patches are made without the database.
            _ = scene.chained
        self.table = Table(scene, wish, columns, only=_only(args.get("only")))
        self._legs = _by_symbol(scene)
        self._dirty: Collection[Pair] | None = None
        self._fresh = True
        self._names = [*columns.keys, "words"]
        self._written: dict[str, Sequence[Shown]] = {}

    def feeds_and_symbols(self) -> Wanted:
        """With the benchmark's price, and the closes of underlyings where changes are shown."""
        wanted = {feed: set(pairs) for feed, pairs in super().feeds_and_symbols().items()}
        keys = self.table.columns.keys
        for feed, pairs in wanted.items():
            if "beta" in keys:
                benchmark = self.table.scene.known.benchmark
                pairs |= {("Quote", benchmark), ("Trade", benchmark)}
            if "change" in keys:
                pairs |= {
                    ("Summary", group.streamer_symbol)
                    for group in self.table.scene.groups.values()
                    if group.feed == feed and group.streamer_symbol
                }
        return wanted

    def patches(self, hub: Hub, dirty: Collection[Pair] | None) -> list[Patch]:
        """The first call writes everything: the page was rendered a moment before."""
        if self._fresh:
            self._fresh, dirty = False, None
            assert self._valuation is not None
            self._valuation.read_from(hub.book)
        self._dirty = dirty
        return super().patches(hub, dirty)

    def further(self, now: float) -> Iterator[Patch]:
        """Cells of rows that hold what changed, as far as they read otherwise than before."""
        if self._dirty is None:
            self.table.scene.tick(now)
            rows = self.table.everything()
        else:
            pks = {pk for pair in self._dirty for pk in self._legs.get(pair, ())}
            self.table.scene.tick(now, pks)
            rows = iter(self.table.touching(pks))
        for row in rows:
            yield from self._row_patches(row)

    def _row_patches(self, row: Row) -> Iterator[Patch]:
        cells, words = self.table.cells_of(row)
        if row.kind != "leg":
            cells.append(Shown(words, "small secondary words"))
        before = self._written.get(row.key, ())
        self._written[row.key] = cells
        for place, (cell, last) in enumerate(zip_longest(cells, before)):
            # Cells that read the same are mostly the same object.
            if cell is not last and (last is None or cell[:2] != last[:2]):
                yield [f"{row.key}-{self._names[place]}", cell.text, cell.css]


def _only(given: Any) -> frozenset[int] | None:
    if not isinstance(given, list):
        return None
    return frozenset(item for item in given if isinstance(item, int))


def _by_symbol(scene: Scene) -> dict[Pair, set[int]]:
    """Positions by the pairs of feed and symbol that their row depends on."""
    found: dict[Pair, set[int]] = {}
    for leg in scene.legs.values():
        for symbol in {leg.streamer_symbol, scene.spot_symbol(leg)} - {""}:
            found.setdefault((leg.feed, symbol), set()).add(leg.pk)
    return found
