"""The live figures of the chain pages: valued again when a leg of a chain on the page moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from brokerage.access import NotFound
from portfolio.live.cells import Cell
from portfolio.live.pages import ShellLive
from portfolio.live.patches import register
from portfolio.live.valuation import Valuation
from portfolio.trade_chains import histories
from portfolio.trade_chains.cells import chain_cells
from portfolio.trade_chains.detail import KEY_FIGURES, key_cell, take_apart
from portfolio.trade_chains.explained import GREEKS
from portfolio.trade_chains.rows import cell, open_row
from portfolio.trade_chains.scene import Scene
from portfolio.trade_chains.summary import Summary

LIMIT = 200


@register("trade-chains")
class TradeChainsLive(ShellLive):
    """args: ``{"scope", "chains": ["<account>-<chain>", …], "parts": true}`` as rendered into the
    page; ``parts`` for the page of one chain. Chains are read once: what is booked or filled later
    is a new page, or its table fetched again."""

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        names = args.get("chains")
        self.names = {str(name) for name in names[:LIMIT]} if isinstance(names, list) else set()
        self.parts = args.get("parts") is True
        accounts = [facts.account for facts in self.desk.accounts]
        self.histories = histories.load(user, accounts) if self.names else None
        self.scene: Scene | None = None

    def cells(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Cell]:
        yield from super().cells(valuation, touched, now)
        if self.histories is None:
            return
        for one in self._shown(valuation, touched, now):
            yield from self._parts(one, now) if self.parts else chain_cells(one)

    def _shown(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Summary]:
        """The page's chains of accounts in which something moved."""
        scene = self._scene(valuation, now)
        for name in sorted(self.names):
            number, _, slug = name.partition("-")
            if number.isdecimal() and int(number) in touched:
                with suppress(NotFound):
                    yield scene.one(int(number), slug)

    def _scene(self, valuation: Valuation, now: float) -> Scene:
        """Anew for each time of valuing, with the histories and the capital of the first."""
        assert self.histories is not None
        accounts = [facts.account for facts in self.desk.accounts]
        scene = Scene(self.user, accounts, valuation, now)
        scene.histories = self.histories
        if self.scene is not None:
            scene.capital = self.scene.capital
        self.scene = scene
        return scene

    def _parts(self, one: Summary, now: float) -> Iterator[Cell]:
        parts = take_apart(one, now)
        yield from (key_cell(one, parts, name) for name, _ in KEY_FIGURES)
        yield from (cell(parts.figures[name]()) for name in GREEKS)
        for place, leg in enumerate(parts.legs, 1):
            if leg.is_open:
                yield cell(parts.figures[f"leg{place}-pl"](), "num w-pl")
        for value in one.worth.legs:
            yield from open_row(value, parts.figures).cells
