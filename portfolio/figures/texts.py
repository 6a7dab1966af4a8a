"""How a figure of each unit is written: pages and the drawer share this, so they cannot differ."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from portfolio import formats
from portfolio.analytics.arithmetic import Number, Unit

_TEXTS: dict[Unit, Callable[[formats.Number], str]] = {
    Unit.MONEY: formats.money,
    Unit.SIGNED: formats.signed_money,
    Unit.SHORT: formats.signed_short,
    Unit.PRICE: formats.price,
    Unit.GREEK: formats.greek,
    Unit.PERCENT: formats.percent,
    Unit.PERCENT_FINE: lambda value: formats.percent(value, 1),
    Unit.PERCENT_FINER: lambda value: formats.percent(value, 2),
    Unit.PERCENT_SIGNED: formats.signed_percent,
    Unit.VOLATILITY: formats.volatility,
    Unit.QUANTITY: formats.quantity,
    Unit.DAYS: lambda value: formats.quantity(value, sign=False),
    Unit.DTE: lambda value: _days_left(value),
    Unit.WHOLE_DAYS: lambda value: formats.dte(None if value is None else int(value)),
    Unit.NET: formats.structure_net,
    Unit.NET_AVERAGE: formats.structure_average,
    Unit.UNITS: lambda value: formats.quantity(value, sign=False),
    Unit.COUNT_SHORT: formats.count_short,
    Unit.DELTA: formats.fixed,
    Unit.MOVE: formats.either_way,
    Unit.SPAN: formats.either_way,
    Unit.LEVEL: formats.fixed,
    Unit.VOLUME: lambda value: formats.fixed(value, 0),
    Unit.PRICE_GAP: formats.price_gap,
    Unit.EXACT: formats.signed_exact,
    Unit.MILLISECONDS: formats.milliseconds,
    Unit.RANK: lambda value: formats.fixed(_hundredfold(value), 0),
    Unit.COUNT: lambda value: formats.quantity(value, sign=False),
    Unit.NUMBER: lambda value: formats.quantity(value, sign=False),
}


def _days_left(value: formats.Number) -> str:
    """`45d`; below one day hours and minutes, `6h 20m`."""
    days = formats.decimal(value)
    if days is None:
        return formats.UNKNOWN
    if days < 1:
        return formats.dte(0, float(days * 86_400))
    return formats.dte(int(days))


def _hundredfold(value: formats.Number) -> Decimal | None:
    number = formats.decimal(value)
    return None if number is None else number * 100


def show(value: Number | None, unit: Unit, tick: Decimal | None = None) -> str:
    """The text of a value; an em dash for what is missing. A price may follow its tick."""
    if unit is Unit.PRICE and tick is not None:
        return formats.price(value, tick)
    return _TEXTS[unit](value)
