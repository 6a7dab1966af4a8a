"""Chains that need a look, and why: time, gain, loss, or a short strike that is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from portfolio.analytics.scenarios import STRESSES, stress
from portfolio.desk import RequestDesk
from portfolio.ledger.spots import spot_of
from portfolio.live.cells import Cell, by_part
from portfolio.live.valuation import LegValue
from portfolio.risk.page import RiskPage
from portfolio.risk.tables import Row
from portfolio.trade_chains.cells import chain_cells
from portfolio.trade_chains.listing import chain_url
from portfolio.trade_chains.scene import scene_of
from portfolio.trade_chains.summary import Status, Summary

DAYS_LEFT = 21
ENOUGH = Decimal("0.5")
TOO_MUCH = 2


@dataclass(frozen=True, slots=True)
class Attention:
    """One open chain with its reasons; `total` and `of_max` are the chain page's own figures."""

    url: str
    name: str
    account: str
    reasons: tuple[str, ...]
    total: Cell
    of_max: Cell


def needing(desk: RequestDesk) -> list[Attention]:
    """Of the chains in view, those with the most reasons first."""
    rows = [
        _row(one, found)
        for one in scene_of(desk).summaries
        if one.status is Status.OPEN and (found := tuple(_reasons(one, desk)))
    ]
    return sorted(rows, key=lambda row: (-len(row.reasons), row.name))


def _row(one: Summary, reasons: tuple[str, ...]) -> Attention:
    cells = by_part(chain_cells(one))
    return Attention(
        url=chain_url(one.one.account.pk, one.chain.key),
        name=f"{one.chain.underlying} {one.now or one.at_open}",
        account=f"…{one.one.account.number[-4:]}",
        reasons=reasons,
        total=cells["total"],
        of_max=cells["max"],
    )


def _reasons(one: Summary, desk: RequestDesk) -> Iterator[str]:
    days = [
        leg.leg.days for leg in one.worth.legs if leg.leg.is_option and leg.leg.days is not None
    ]
    if days and min(days) <= DAYS_LEFT:
        yield f"{min(days)} days left"
    if one.of_max is not None and one.of_max >= ENOUGH:
        yield "half of max profit"
    total, credit = one.worth.pnl.total.value, one.worth.pnl.credit
    if total is not None and credit > 0 and total <= -TOO_MUCH * credit:
        yield "lost twice its credit"
    if any(_is_tested(leg, desk) for leg in one.worth.legs):
        yield "tested"


def _is_tested(value: LegValue, desk: RequestDesk) -> bool:
    """A short option whose strike the price has reached."""
    leg = value.leg
    if not leg.is_option or leg.strike is None or leg.holding.quantity >= 0:
        return False
    spot = spot_of(value, desk.valuation, desk.now)
    if spot is None:
        return False
    strike = float(leg.strike)
    return spot >= strike if leg.right == "C" else spot <= strike


def worst_of(page: RiskPage) -> list[Row]:
    """The stresses of the risk page, the largest loss first."""
    found = stress(page.book.arrays(by_beta=page.by_beta), STRESSES)
    pairs = [
        (amount, row)
        for (_, amount), row in zip(found, page.stresses, strict=True)
        if amount is not None
    ]
    return [row for _, row in sorted(pairs, key=lambda pair: pair[0])]
