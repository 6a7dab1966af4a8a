"""The page of one underlying, ready to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict

from brokerage.models import Order
from portfolio import formats
from portfolio.dashboard.overview import Event, Overview
from portfolio.desk import RequestDesk
from portfolio.facts import Leg
from portfolio.live.cells import Cell, by_part, leg_cells, underlying_row_cells
from portfolio.risk.loading import page_for
from portfolio.risk.page import RiskPage
from portfolio.trade_chains.cells import chain_cells
from portfolio.trade_chains.listing import chain_url
from portfolio.trade_chains.scene import scene_of
from portfolio.underlyings.lots import LotRow, lot_rows

SHOWN = ("mark", "open", "day", "delta", "theta", "iv")


@dataclass(frozen=True, slots=True)
class Position:
    pk: int
    label: str
    account: str
    dte: str
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class ChainRow:
    url: str
    name: str
    account: str
    status: str
    cells: dict[str, Cell]


class UnderlyingPage:
    """Everything is worked out when the template asks for it."""

    def __init__(self, desk: RequestDesk, symbol: str) -> None:
        self.desk, self.symbol = desk, symbol
        self.groups = desk.facts.by_underlying().get(symbol, [])

    @property
    def legs(self) -> list[Leg]:
        return [leg for group in self.groups for leg in group.legs]

    @cached_property
    def strip(self) -> dict[str, Cell]:
        return underlying_row_cells(list(self.groups), self.desk.valuation, self.desk.now)

    @cached_property
    def positions(self) -> list[Position]:
        names = {item.pk: item.short_number for item in self.desk.facts.accounts}
        return [
            Position(
                leg.pk,
                formats.leg_label(leg.holding.quantity, leg.symbol),
                names[leg.account_pk],
                "" if leg.days is None else formats.dte(leg.days, leg.seconds_left),
                by_part(leg_cells(value)),
            )
            for value in self.desk.valuation.of(self.legs)
            if not (leg := value.leg).closed_today
        ]

    @cached_property
    def chains(self) -> list[ChainRow]:
        if self.desk.as_of:
            return []
        return [
            ChainRow(
                chain_url(one.one.account.pk, one.chain.key),
                one.now or one.at_open,
                f"…{one.one.account.number[-4:]}",
                one.status.value,
                by_part(chain_cells(one)),
            )
            for one in scene_of(self.desk).summaries
            if one.chain.underlying == self.symbol
        ]

    @cached_property
    def orders(self) -> list[tuple[Order, str]]:
        """Working ones, with their legs in words."""
        found = Overview(self.desk).orders or []
        return [
            (order, " / ".join(formats.symbol_label(leg.symbol) for leg in order.legs.all()))
            for order in found
            if order.underlying_symbol == self.symbol
        ]

    @cached_property
    def events(self) -> list[Event]:
        return [one for one in Overview(self.desk).events if one.symbol == self.symbol]

    @cached_property
    def lots(self) -> list[LotRow]:
        return lot_rows(self.desk, self.legs)

    # --- The curve: that of the risk page for this symbol ------------------

    @cached_property
    def risk_query(self) -> str:
        query = QueryDict(mutable=True)
        query["of"] = self.symbol
        return query.urlencode()

    @cached_property
    def risk(self) -> RiskPage | None:
        """None for the past, whose quotes are not kept."""
        return None if self.desk.as_of else page_for(self.desk, QueryDict(self.risk_query))
