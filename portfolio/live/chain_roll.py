"""The live view of a roll: the net price of each expiration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from portfolio.live.cells import Cell
from portfolio.live.login import LoginLive
from portfolio.live.patches import register
from portfolio.position_actions import roll_cells

if TYPE_CHECKING:
    from portfolio.live.book import LatestBook


@register("roll")
class RollLive(LoginLive):
    """The top bar and the list of rolls.

    args: those of the shell and ``{"connection": uuid, "nets": [[{"s", "r", "t"}, …], …]}``, legs
    as the ticket names them. A foreign connection is NotFound.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        self.nets = roll_cells.from_args(args.get("nets"))

    def pairs(self) -> set[tuple[str, str]]:
        return roll_cells.wanted(self.nets)

    def figures(self, book: LatestBook, now: float) -> Iterator[Cell]:
        yield from roll_cells.cells(book, self.nets, now)
