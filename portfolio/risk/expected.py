"""The expected move until an expiration by its four definitions, and volatility by expiration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from brokerage import reads
from brokerage.models import Connection
from portfolio import formats
from portfolio.analytics import expected_move
from portfolio.analytics.expected_move import Definition
from portfolio.charts.frame import Chart, Line, Table, Value, number
from portfolio.option_chain import facts as chains
from portfolio.option_chain.facts import ChainExpiration
from portfolio.risk.inputs import Metric, Term

OPTION = {chains.KINDS[0]: "Equity Option", chains.KINDS[1]: "Future Option"}


@dataclass(frozen=True, slots=True)
class Move:
    """One definition: its name, the move up or down, the same of the price."""

    name: str
    move: Decimal | float | None
    spot: float

    @property
    def text(self) -> str:
        return formats.UNKNOWN if self.move is None else f"±{formats.fixed(self.move, 2)}"

    @property
    def part(self) -> str:
        return formats.percent(None if self.move is None else float(self.move) / self.spot, 1)

    @property
    def css(self) -> str:
        return "num missing" if self.move is None else "num"


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
    sigma = expected_move.one_sigma(spot, volatility, days) if volatility else None
    straddle, first, second = quotes
    near = straddle is not None and first is not None
    all_three = near and second is not None
    found = {
        Definition.ONE_SIGMA: sigma,
        Definition.WEIGHTED: expected_move.weighted(*quotes) if all_three else None,
        Definition.STRADDLE: None if straddle is None else expected_move.by_straddle(straddle),
        Definition.AVERAGE: expected_move.average(straddle, first) if near else None,
    }
    rows = tuple(Move(name.value, move, spot) for name, move in found.items())
    return Moves(day, days, rows, words)


Quotes = tuple[Decimal | None, Decimal | None, Decimal | None]


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
        Line(formats.short_date(term.day, year=True), (Value(formats.volatility(term.volatility)),))
        for term in coming
    )
    data = {"lines": [{"name": f"{symbol} IV", "role": "today", "points": points}]}
    label = f"Implied volatility of {symbol} by expiration"
    table = Table(("Expiration", "IV"), lines)
    return Chart("term-structure", "risk-term", label, data, table, is_low=True)
