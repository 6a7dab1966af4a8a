"""Candle symbols: ``AAPL{=5m,tho=true}``.

The service answers under its own spelling: a period of one loses its number, keys are sorted and
defaults vanish. Symbols are therefore brought to that spelling before they are sent or compared.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CANDLE = re.compile(r"^(?P<base>[^{]+)\{(?P<attributes>[^}]*)\}$")
_PERIOD = re.compile(r"^(?P<number>\d+(?:\.\d+)?)?(?P<unit>mo|pm|pr|[tsmhdwoyvp])?$")
_DEFAULTS = {"": "t", "a": "m", "price": "last", "tho": "false"}


class CandleSymbol(NamedTuple):
    """What is charted, its period as the service spells it, and the other keys, sorted."""

    base: str
    period: str
    attributes: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        parts = [f"={self.period}"] if self.period != _DEFAULTS[""] else []
        parts += [f"{key}={value}" for key, value in self.attributes]
        return f"{self.base}{{{','.join(parts)}}}" if parts else self.base


def parse_candle_symbol(symbol: str) -> CandleSymbol:
    """The parts of a candle symbol, normalised; ValueError when it is none."""
    match = _CANDLE.match(symbol)
    if match is None:
        if not symbol or set("{}") & set(symbol):
            raise ValueError(f"not a candle symbol: {symbol!r}")
        return CandleSymbol(symbol, _DEFAULTS[""])
    values = dict(_attribute(text) for text in match["attributes"].split(",") if text)
    period = _period(values.pop("", _DEFAULTS[""]))
    others = sorted((key, value) for key, value in values.items() if _DEFAULTS.get(key) != value)
    return CandleSymbol(match["base"], period, tuple(others))


def normalise(symbol: str) -> str:
    """The service's own spelling of a candle symbol; what cannot be parsed stays as it is."""
    try:
        return str(parse_candle_symbol(symbol))
    except ValueError:
        return symbol


def _attribute(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"not a candle attribute: {text!r}")
    return key, value


def _period(text: str) -> str:
    match = _PERIOD.match(text)
    if match is None or not text:
        raise ValueError(f"not a candle period: {text!r}")
    number, unit = match["number"], match["unit"] or "t"
    if number is None or float(number) == 1:
        return unit
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number}{unit}"
