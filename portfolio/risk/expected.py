"""The expected move until an expiration by its four definitions, and volatility by expiration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from brokerage import reads
from brokerage.models import Connection
from portfolio import formats
from portfolio.analytics import expected_move
from portfolio.analytics.arithmetic import Input, Unit, Worked, worked
from portfolio.analytics.expected_move import Definition
from portfolio.charts.frame import Chart, Line, Table, Value, number
from portfolio.option_chain import facts as chains
from portfolio.option_chain.facts import ChainExpiration
from portfolio.risk.inputs import Metric, Term

OPTION = {chains.KINDS[0]: "Equity Option", chains.KINDS[1]: "Future Option"}


Number = Decimal | float
Quotes = tuple[Decimal | None, Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Move:
    """One definition: its name, formula and inputs, the move up or down, the same of the price."""

    name: str
    formula: str
    inputs: tuple[Input, ...]
    move: Number | None
    spot: float

    @property
    def text(self) -> str:
        return formats.money(self.move)

    @property
    def share(self) -> float | None:
        return None if self.move is None else float(self.move) / self.spot

    @property
    def part(self) -> str:
        return formats.percent(self.share, 1)


def worked_move(found: Moves, number: int, is_share: bool) -> Worked:
    """The arithmetic of one definition, or of its part of the price."""
    one = found.rows[number]
    note = f"Until {formats.short_date(found.day, year=True)}"
    if not is_share:
        return worked(
            f"Expected move: {one.name}", one.formula, one.inputs, one.move, Unit.MONEY, note=note
        )
    inputs = [
        Input("e", "Expected move", one.move, one.name),
        Input("S", "Price now", one.spot, "quotes of the feed"),
    ]
    return worked("Expected move of the price", "e/S", inputs, one.share, Unit.PERCENT_FINE)


@dataclass(frozen=True, slots=True)
class Moves:
    """All four for one expiration; `words` say why some are missing, and where quotes came from."""

    day: date
    days: int
    rows: tuple[Move, ...]
    words: str


def volatility_at(metric: Metric | None, day: date | None) -> float | None:
    """Of the expiration, else of the next one listed after it, else of the underlying's index."""
    if metric is None:
        return None
    later = [term for term in metric.terms if day is not None and term.day >= day]
    return later[0].volatility if later else metric.volatility


def moves(
    connection: Connection | None, symbol: str, spot: float, metric: Metric | None, until: date
) -> Moves:
    """The four definitions at the expiration nearest to `until`."""
    quotes, day, days, words = _straddles(connection, symbol, spot, until)
    volatility = volatility_at(metric, day)
    return Moves(day, days, _rows(spot, volatility, days, quotes), words)


def _rows(spot: float, volatility: float | None, days: int, quotes: Quotes) -> tuple[Move, ...]:
    """The four definitions, each from what it needs."""
    straddle, first, second = quotes
    sigma = expected_move.one_sigma(spot, volatility, days) if volatility else None
    inputs = (
        Input("S", "Price now", spot, "quotes of the feed"),
        Input("v", "Implied volatility of the expiration", volatility, "metrics of the broker"),
        Input("d", "Days", days, "the broker's clock"),
    )
    a, b, c = (
        Input(name, words, value, "mids over REST", None, Unit.PRICE)
        for name, words, value in (
            ("a", "ATM straddle", straddle),
            ("b", "First strangle", first),
            ("c", "Second strangle", second),
        )
    )
    whole = (
        expected_move.weighted(straddle, first, second)
        if straddle is not None and first is not None and second is not None
        else None
    )
    by_straddle = None if straddle is None else expected_move.by_straddle(straddle)
    average = (
        expected_move.average(straddle, first)
        if straddle is not None and first is not None
        else None
    )
    found: list[tuple[Definition, str, tuple[Input, ...], Number | None]] = [
        (Definition.ONE_SIGMA, "S*v*sqrt(d/365)", inputs, sigma),
        (Definition.WEIGHTED, "0.6*a+0.3*b+0.1*c", (a, b, c), whole),
        (Definition.STRADDLE, "0.85*a", (a,), by_straddle),
        (Definition.AVERAGE, "(a+b)/2", (a, b), average),
    ]
    return tuple(Move(name.value, text, given, move, spot) for name, text, given, move in found)


def _straddles(
    connection: Connection | None, symbol: str, spot: float, until: date
) -> tuple[Quotes, date, int, str]:
    """Mids of the straddle at the money and of the two strangles around it."""
    nothing: Quotes = (None, None, None)
    if connection is None:
        return nothing, until, 0, "No login serves quotes."
    try:
        chain = chains.load(connection, chains.kind_of(symbol), symbol)
    except chains.NoChain as problem:
        return nothing, until, 0, f"{problem}"
    nearest = min(chain.expirations, key=lambda item: (abs((item.day - until).days), item.root))
    wanted = _around(nearest, Decimal(str(spot)))
    if not wanted:
        return nothing, nearest.day, nearest.days, "Too few strikes around the price."
    try:
        found = reads.market_data(connection, {OPTION[chain.kind]: wanted}).value
    except reads.ReadError as problem:
        return nothing, nearest.day, nearest.days, f"Quotes could not be read: {problem}"
    mids = [found[name].mid if name in found else None for name in wanted]
    pairs = [_sum(mids[at], mids[at + 1]) for at in (0, 2, 4)]
    return (pairs[0], pairs[1], pairs[2]), nearest.day, nearest.days, ""


def _around(item: ChainExpiration, spot: Decimal) -> list[str]:
    """Call and put at the money, then of the first and the second strangle."""
    middle, rows = item.nearest(spot), item.rows
    if middle < 2 or middle + 2 >= len(rows):
        return []
    pairs = [(rows[middle + step].call, rows[middle - step].put) for step in (0, 1, 2)]
    found = [contract.symbol for pair in pairs for contract in pair if contract is not None]
    return found if len(found) == 6 else []


def _sum(call: Decimal | None, put: Decimal | None) -> Decimal | None:
    return None if call is None or put is None else call + put


def term_chart(symbol: str, terms: tuple[Term, ...], today: date) -> Chart | None:
    """Implied volatility by expiration; None with fewer than two."""
    coming = [term for term in terms if term.day >= today]
    if len(coming) < 2:
        return None
    points = [
        [(term.day - today).days, number(term.volatility, 4), formats.short_date(term.day)]
        for term in coming
    ]
    lines = tuple(
        Line(formats.short_date(term.day, year=True), (_volatility(term),)) for term in coming
    )
    data = {"lines": [{"name": f"{symbol} IV", "role": "today", "points": points}]}
    label = f"Implied volatility of {symbol} by expiration"
    table = Table(("Expiration", "IV"), lines)
    return Chart("term-structure", "risk-term", label, data, table, is_low=True)


def _volatility(term: Term) -> Value:
    return Value(formats.volatility(term.volatility), "num", f"risk-term-{term.day}")
