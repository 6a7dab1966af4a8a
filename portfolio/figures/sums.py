"""Sums over legs: every total of a page is its legs' figures added up."""

from __future__ import annotations

from collections.abc import Iterable

from portfolio.analytics.arithmetic import Number, Unit, Worked, added, given
from portfolio.figures.legs import LEG_FIGURES
from portfolio.live.valuation import LegValue, Totals, add_up

_TITLES = {
    "open": "P/L open", "day": "P/L day", "delta": "Delta", "gamma": "Gamma", "theta": "Theta",
    "vega": "Vega",
}  # fmt: skip


def sum_of(values: Iterable[LegValue], name: str, whose: str, now: float) -> Worked | None:
    """The sum of one figure over legs; closed legs count in the day alone. None for a figure that
    is never summed."""
    rows = [row for row in values if name == "day" or not row.leg.closed_today]
    if name not in _TITLES:
        return None
    sums = add_up(rows)
    title, unit = f"{_TITLES[name]}: {whose}", _unit(name)
    if not rows:
        return given(title, total_of(sums, name), unit, "nothing is held")
    return added(
        title,
        [LEG_FIGURES[name](row, now) for row in rows],
        total_of(sums, name),
        unit,
        note="Deltas of different underlyings are different things." if name == "delta" else "",
        marks=(sums.words,) if sums.words else (),
    )


def _unit(name: str) -> Unit:
    return Unit.SIGNED if name in ("open", "day") else Unit.GREEK


def total_of(totals: Totals, name: str) -> Number | None:
    """The total's value: Decimal for money, float for Greeks, None when no leg has it."""
    holder = totals if name in ("open", "day") else totals.greeks
    value: Number | None = getattr(holder, name).value
    return value
