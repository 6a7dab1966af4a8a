"""The arithmetic of one leg's figures, from the value that the page shows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from portfolio import formats
from portfolio.analytics import pnl
from portfolio.analytics.arithmetic import Input, Unit, Worked, given, worked
from portfolio.analytics.facts import Figure
from portfolio.facts import Leg
from portfolio.live.valuation import LegValue

BROKER = "position, by the broker"
FEED = "quotes of the feed"


def marks_of(value: LegValue, *, greeks: bool = False) -> tuple[str, ...]:
    """Words on the truth of what rests on this leg's price, or on its Greeks."""
    words = []
    if value.leg.closed_today:
        return ()
    if value.greeks_stale if greeks else value.price_stale:
        words.append("stale")
    if value.offline:
        words.append("no quotes coming in")
    if value.leg.delayed:
        words.append("delayed")
    return tuple(words)


def leg_title(leg: Leg, word: str) -> str:
    return f"{word}: {formats.quantity(leg.holding.quantity)} {leg.label}"


def title_of(value: LegValue, word: str) -> str:
    return leg_title(value.leg, word)


def ref_of(value: LegValue, name: str) -> str:
    return f"leg-{value.leg.pk}-{name}"


def _quantity(value: LegValue) -> Input:
    return Input("q", "Quantity, signed", value.leg.holding.quantity, BROKER)


def _multiplier(value: LegValue) -> Input:
    return Input("M", "Multiplier", value.leg.holding.multiplier, BROKER)


def mark_input(value: LegValue, now: float) -> Input:
    mark = value.mark
    if mark is None:
        return Input("m", "Mark", None, "no quote and no mark from the broker")
    return Input("m", "Mark", mark.price, mark.source.value, now - mark.age, Unit.PRICE)


def _open_price(value: LegValue) -> Input:
    return Input("p", "Average open price", value.leg.holding.open_price, BROKER, None, Unit.PRICE)


def _notes(figure: Figure) -> str:
    return "; ".join(note.value for note in figure.notes)


def open_pnl(value: LegValue, now: float) -> Worked:
    """P/L Open = q · (m − p) · M."""
    inputs = (_quantity(value), mark_input(value, now), _open_price(value), _multiplier(value))
    return worked(
        title_of(value, "P/L open"), "q*(m-p)*M", inputs, value.open.value, Unit.SIGNED,
        note=_notes(value.open), ref=ref_of(value, "open"), marks=marks_of(value),
    )  # fmt: skip


def day_pnl(value: LegValue, now: float) -> Worked:
    """P/L Day = q · (m − c) · M + what was realized today."""
    holding = value.leg.holding
    ref, title = ref_of(value, "day"), title_of(value, "P/L day")
    if value.leg.closed_today:
        return given(title, value.day.value, Unit.SIGNED, "realized today, by the broker", ref=ref)
    assumed = holding.day_base is None
    base = holding.open_price if assumed else holding.day_base
    words = "Average open price" if assumed else "Previous close, or fill of today"
    inputs = (
        _quantity(value),
        mark_input(value, now),
        Input("c", words, base, BROKER, None, Unit.PRICE),
        _multiplier(value),
        Input("r", "Realized today", holding.realized_day, BROKER, None, Unit.MONEY),
    )
    return worked(
        title, "q*(m-c)*M+r", inputs, value.day.value, Unit.SIGNED,
        note=_notes(value.day), ref=ref, marks=marks_of(value),
    )  # fmt: skip


def market_value(value: LegValue, now: float) -> Worked:
    """q · m · M."""
    inputs = (_quantity(value), mark_input(value, now), _multiplier(value))
    return worked(
        title_of(value, "Value"), "q*m*M", inputs, value.value, Unit.MONEY,
        ref=ref_of(value, "value"), marks=marks_of(value),
    )  # fmt: skip


def cost(value: LegValue, now: float) -> Worked:
    """Cost = −q · p · M: positive for what a short position received."""
    inputs = (_quantity(value), _open_price(value), _multiplier(value))
    amount = pnl.cost(value.leg.holding)
    return worked(
        title_of(value, "Cost"), "-q*p*M", inputs, amount, Unit.MONEY, ref=ref_of(value, "cost")
    )


_UNITS = {
    "delta": "for 1.00 of the underlying",
    "gamma": "change of delta for 1.00",
    "theta": "a calendar day",
    "vega": "a volatility point",
}


def greek(value: LegValue, name: str, now: float) -> Worked:
    """q · M · the Greek of one unit; shares and futures have a delta of one and nothing else."""
    amount = getattr(value.greeks, name)
    inputs = (_quantity(value), _multiplier(value), _unit_greek(value, name, now))
    return worked(
        title_of(value, name.capitalize()), "q*M*g", inputs, amount, Unit.GREEK,
        note=f"Money {_UNITS[name]}", ref=ref_of(value, name), marks=marks_of(value, greeks=True),
    )  # fmt: skip


def _unit_greek(value: LegValue, name: str, now: float) -> Input:
    if not value.leg.is_option:
        fixed = 1.0 if name == "delta" else 0.0
        known = None if value.greeks.delta is None else fixed
        return Input("g", f"{name.capitalize()} of one unit", known, "by definition")
    unit = value.unit
    at = None if value.greeks_age is None else now - value.greeks_age
    amount = getattr(unit, name) if unit else None
    return Input("g", f"{name.capitalize()} of one unit", amount, "Greeks of the feed", at)


def mark(value: LegValue, now: float) -> Worked:
    item = mark_input(value, now)
    exact = item.value if isinstance(item.value, Decimal) else None
    return given(
        title_of(value, "Mark"), exact, Unit.PRICE, item.source, item.at,
        ref=ref_of(value, "mark"), marks=marks_of(value), tick=value.mark_tick,
    )  # fmt: skip


def volatility(value: LegValue, now: float) -> Worked:
    at = None if value.greeks_age is None else now - value.greeks_age
    return given(
        title_of(value, "Implied volatility"), value.volatility, Unit.VOLATILITY,
        "Greeks of the feed", at, ref=ref_of(value, "iv"), marks=marks_of(value, greeks=True),
    )  # fmt: skip


LEG_FIGURES: dict[str, Callable[[LegValue, float], Worked]] = {
    "open": open_pnl,
    "day": day_pnl,
    "value": market_value,
    "cost": cost,
    "mark": mark,
    "iv": volatility,
    **{
        name: (lambda value, now, name=name: greek(value, name, now))  # type: ignore[misc]
        for name in _UNITS
    },
}
