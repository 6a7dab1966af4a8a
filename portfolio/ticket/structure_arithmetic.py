"""The rows of the structure block, each figure with its formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from portfolio.analytics.arithmetic import Input, Number, Unit, Worked, given, worked
from portfolio.analytics.half_profit import PATHS
from portfolio.figures import show
from portfolio.figures.marked import Marked, Piece
from portfolio.live.book import LatestBook
from portfolio.ticket.half import TIP
from portfolio.ticket.payoff import PayoffLeg, name_of
from portfolio.ticket.structure import StructureInput, StructureLeg, StructureValues

UNLIMITED = "without limit"
_ORDER, _FEED, _GREEKS = "the order", "quotes of the feed", "Greeks of the feed"
_LINE = "the line at expiration"


@dataclass(frozen=True, slots=True)
class StructureRow:
    """Figures by their reference's last part; `words` where there is none by nature."""

    name: str
    figures: tuple[tuple[str, Worked], ...] = ()
    tip: str = ""
    words: str = ""

    @property
    def text(self) -> Marked:
        pieces: list[Piece] = [("", "")]
        for place, (key, figure) in enumerate(self.figures):
            pieces.append((" and " if place else "", ""))
            pieces.append((show(figure.value, figure.unit), f"structure-{key}"))
        return Marked(*pieces, (self.words, ""))


@dataclass(frozen=True, slots=True)
class Structure:
    """`words` say why something is not among the rows."""

    name: str
    rows: tuple[StructureRow, ...] = ()
    words: str = ""


def structure_of(known: StructureInput, book: LatestBook) -> Structure | None:
    """The block for these legs; None where there is nothing to say (closing orders, no option)."""
    values = StructureValues(known, book)
    if not values.options or any(leg.order.closes for leg in known.legs):
        return None
    return Structure(name_of(values.lines), tuple(_rows(values)), _words(values))


def figure_of(known: StructureInput, book: LatestBook, key: str) -> Worked | None:
    """One figure of the block by its key."""
    found = structure_of(known, book)
    rows = found.rows if found else ()
    return next((figure for row in rows for name, figure in row.figures if name == key), None)


def _words(values: StructureValues) -> str:
    if len({line.expiration for line in values.lines if line.right}) > 1:
        return "Legs expire on different days: profit and loss depend on what is left then."
    return "" if values.given.net is not None else "Set a price to see what can be made and lost."


def _rows(values: StructureValues) -> Iterator[StructureRow]:
    if values.payoff is not None:
        tip = "At expiration, before fees"
        yield _extreme(values, "profit", "Max profit", values.payoff.max_profit, tip)
        yield _extreme(values, "loss", "Max loss", values.payoff.max_loss, tip)
        yield _break_evens(values, values.payoff.break_evens)
        yield _chance(values)
        yield _half(values)
    tip = "Received positive, paid negative"
    yield StructureRow("Extrinsic", (("extrinsic", _extrinsic(values)),), tip)
    yield StructureRow("Delta", (("delta", _delta(values)),))
    yield StructureRow("Theta per day", (("theta", _theta(values)),))


# --- The line at expiration ---------------------------------------------------------------------


def _line(values: StructureValues) -> tuple[list[Input], str]:
    """P/L at expiration with the underlying at S: n + Σ r·u·max(0, ±(S − K))."""
    inputs = [Input("n", "Received, or paid (−)", values.given.net, _ORDER, None, Unit.SIGNED)]
    parts = ["n"]
    for place, leg in enumerate(values.given.legs):
        inputs += _leg_inputs(place, leg)
        parts.append(f"r{place}*u{place}*{_worth(place, leg.payoff)}")
    return inputs, "+".join(parts)


def _leg_inputs(place: int, leg: StructureLeg) -> list[Input]:
    line = leg.payoff
    inputs = [
        Input(f"r{place}", f"Quantity, signed: {leg.label}", line.ratio, _ORDER),
        Input(f"u{place}", "Units of one lot", line.units, "the instrument"),
    ]
    if line.right:
        inputs.append(Input(f"K{place}", "Strike", line.strike, "the instrument"))
    return inputs


def _worth(place: int, line: PayoffLeg) -> str:
    return {"C": f"max(0,S-K{place})", "P": f"max(0,K{place}-S)"}.get(line.right, "S")


def _at(values: StructureValues, price: Decimal) -> Decimal:
    net = values.given.net or Decimal(0)
    return sum((line.value(price) for line in values.lines), net)


def _extreme(
    values: StructureValues, key: str, name: str, value: Decimal | None, tip: str
) -> StructureRow:
    """Reached at a strike, or at a price of nought."""
    if value is None:
        return StructureRow(name, tip=tip, words=UNLIMITED)
    corners = [Decimal(0), *sorted({line.strike for line in values.lines if line.right})]
    place = next(price for price in corners if _at(values, price) == value)
    inputs, expression = _line(values)
    spot = Input("S", "Price of the underlying where it is reached", place, _LINE)
    figure = worked(name, expression, [*inputs, spot], value, Unit.SIGNED, note=tip)
    return StructureRow(name, ((key, figure),), tip)


def _break_evens(values: StructureValues, levels: tuple[Decimal, ...]) -> StructureRow:
    name = "Break-even" if len(levels) < 2 else "Break-evens"
    figures = tuple((f"even{n}", _break_even(values, level)) for n, level in enumerate(levels))
    return StructureRow(name, figures, words="" if levels else "none")


def _break_even(values: StructureValues, level: Decimal) -> Worked:
    """Where the straight piece of the line through a and b crosses zero."""
    strikes = sorted({line.strike for line in values.lines if line.right})
    low = max([strike for strike in strikes if strike < level], default=Decimal(0))
    high = min([strike for strike in strikes if strike >= level], default=low + 1)
    inputs = (
        Input("a", "A price on the piece of the line", low, _LINE),
        Input("A", "P/L there", _at(values, low), _LINE, None, Unit.SIGNED),
        Input("b", "Another price on it", high, _LINE),
        Input("B", "P/L there", _at(values, high), _LINE, None, Unit.SIGNED),
    )
    return worked("Break-even", "a-A*(b-a)/(B-A)", inputs, level, Unit.LEVEL)


# --- Chances ------------------------------------------------------------------------------------


def _chance(values: StructureValues) -> StructureRow:
    tip = "Lognormal without drift, at the mean implied volatility of the legs"
    name, found = "Probability of profit", values.payoff
    assert found is not None
    inputs = [
        Input("s", "Price of the underlying", values.given.spot, _FEED, None, Unit.PRICE),
        Input("v", "Mean implied volatility of the legs", values.volatility, _GREEKS),
        Input("T", "Years to expiration", values.years, "the market's day"),
    ]
    parts = []
    for place, (low, high) in enumerate(found.gains):
        ends = (("l", low), ("h", high))
        bounds = [(f"{letter}{place}", edge) for letter, edge in ends if 0 < edge < inf]
        inputs += [Input(key, "Earns from here, or to here", edge, _LINE) for key, edge in bounds]
        upper = "1" if high == inf else _below(f"h{place}")
        parts.append(f"({upper}-{_below(f'l{place}')})" if low > 0 else upper)
    # Where nothing is earned at any price the chance is nought.
    expression = "+".join(parts) if parts else "0*s*v*T"
    figure = worked(name, expression, inputs, values.chance, Unit.PERCENT, note=tip)
    return StructureRow(name, (("chance", figure),), tip)


def _below(edge: str) -> str:
    return f"N(ln({edge}/s)/(v*sqrt(T))+v*sqrt(T)/2)"


def _half(values: StructureValues) -> StructureRow:
    assert values.payoff is not None
    tip = TIP if values.payoff.max_profit is not None else "A profit without limit has no half"
    hits = None if values.half is None else round(values.half * PATHS)
    inputs = (
        Input("k", "Paths that reach half of the max profit", hits, "simulated", None, Unit.COUNT),
        Input("n", "Paths in all", PATHS, "simulated", None, Unit.COUNT),
    )
    figure = worked("P50", "k/n", inputs, values.half, Unit.PERCENT, note=tip)
    return StructureRow("P50", (("half", figure),), tip)


# --- Values of now ------------------------------------------------------------------------------


def _extrinsic(values: StructureValues) -> Worked:
    spot = None if not values.given.spot else Decimal(str(values.given.spot))
    inputs = [Input("S", "Price of the underlying", spot, _FEED, None, Unit.PRICE)]
    parts = []
    for place, leg in enumerate(values.given.legs):
        if not leg.payoff.right:
            continue
        mark = values.mark(leg)
        exact = None if mark is None else Decimal(str(mark))
        inputs += _leg_inputs(place, leg)
        inputs.append(Input(f"m{place}", "Mark", exact, _FEED, None, Unit.PRICE))
        parts.append(f"r{place}*u{place}*(m{place}-{_worth(place, leg.payoff)})")
    expression = f"-({'+'.join(parts)})"
    return worked("Extrinsic", expression, inputs, values.extrinsic, Unit.SIGNED)


def _delta(values: StructureValues) -> Worked:
    """Σ r·u·Δ; a share has a delta of one."""
    return _greek(values, "delta", "Delta", values.delta)


def _theta(values: StructureValues) -> Worked:
    return _greek(values, "theta", "Theta per day", values.total("theta"))


def _greek(values: StructureValues, name: str, title: str, value: Number | None) -> Worked:
    inputs, parts = [], []
    for place, leg in enumerate(values.given.legs):
        line = leg.payoff
        if not line.right and name != "delta":
            continue
        unit = values.greek(leg, name) if line.right else 1.0
        source = _GREEKS if line.right else "by definition"
        inputs += _leg_inputs(place, leg)[:2]
        inputs.append(Input(f"g{place}", f"{name.capitalize()} of one unit", unit, source))
        parts.append(f"r{place}*u{place}*g{place}")
    if not parts:
        return given(title, value, Unit.GREEK, "no options")
    return worked(title, "+".join(parts), inputs, value, Unit.GREEK)
