"""The table as a whole: rows, columns and cells; for pages once, for open pages as prices move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from portfolio.positions.cells import group_cells, leg_cells, totals_of
from portfolio.positions.columns import Columns
from portfolio.positions.rows import Row, Rows, rows_of
from portfolio.positions.scene import Scene
from portfolio.positions.shown import Shown
from portfolio.positions.wish import Wish


class Table:
    """``only``: positions that the page was rendered with, where prices decide which those are."""

    def __init__(
        self, scene: Scene, wish: Wish, columns: Columns, *, only: frozenset[int] | None = None
    ) -> None:
        self.scene, self.wish, self.columns = scene, wish, columns
        self.rows: Rows = rows_of(scene, wish, only=only)
        self._by_leg: dict[int, list[Row]] | None = None

    @property
    def count(self) -> int:
        """Open positions in the table."""
        return sum(1 for view in self.rows.views if not view.is_closed)

    @property
    def pks(self) -> list[int]:
        return [view.leg.pk for view in self.rows.views]

    @property
    def unknown(self) -> list[str]:
        """Symbols that no formula knows: shown as they are, in no total."""
        return [v.leg.symbol for v in self.rows.views if v.leg.holding.kind.value == "unknown"]

    def everything(self) -> Iterator[Row]:
        yield from self.rows.body
        if self.rows.total is not None:
            yield self.rows.total

    def cells_of(self, row: Row) -> tuple[list[Shown], str]:
        """The cells in order of the columns, and what is missing from the row's sums."""
        if row.kind == "leg":
            return leg_cells(row, self.columns.columns), ""
        totals = totals_of(row.views)
        return group_cells(row, self.columns.columns, totals), totals.words

    def row(self, key: str) -> Row | None:
        return next((row for row in self.everything() if row.key == key), None)

    def touching(self, pks: Collection[int]) -> Iterable[Row]:
        """Rows that hold any of these positions, in order."""
        if self._by_leg is None:
            self._by_leg = defaultdict(list)
            for row in self.everything():
                for pk in {view.leg.pk for view in row.views}:
                    self._by_leg[pk].append(row)
        found = {id(row): row for pk in pks for row in self._by_leg.get(pk, ())}
        return found.values()
