"""What a chain page shows live: strikes, expirations and streamer symbols, as plain facts.

They travel to the socket as JSON, so that it needs no chain of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from brokerage.execution import ticks

OPTION_EVENTS = ("Quote", "Greeks", "Trade", "Summary")
SPOT_EVENTS = ("Quote", "Trade", "TradeETH", "Summary", "Profile")
MAX_ROWS, MAX_DAYS = 160, 80
SYMBOL = 64


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A strike as shown, with the streamer symbols of its call and put (empty: none)."""

    strike: Decimal
    call: str
    put: str

    @property
    def name(self) -> str:
        """The prefix of the ids of this row's cells."""
        return f"x{self.strike.normalize():f}"

    def sides(self) -> tuple[tuple[str, str], tuple[str, str]]:
        return ("c", self.call), ("p", self.put)


@dataclass(frozen=True, slots=True)
class ShownDay:
    """One expiration of the strip: days, the broker's volatility, what its move is quoted from.

    `quoted` holds call and put at the money, then of the first and the second strangle around.
    """

    days: int
    volatility: float | None
    quoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything live on the page; `spot` is the last known price of the underlying."""

    underlying: str = ""
    tick: Decimal | None = None
    spot: Decimal | None = None
    rows: tuple[ShownRow, ...] = ()
    days: tuple[ShownDay, ...] = ()
    chosen: int = -1
    increments: tuple[ticks.Tick, ...] = ()

    def wanted(self) -> set[tuple[str, str]]:
        """(event type, streamer symbol) pairs."""
        pairs = {(event, self.underlying) for event in SPOT_EVENTS}
        for row in self.rows:
            pairs |= {(event, symbol) for _, symbol in row.sides() for event in OPTION_EVENTS}
        pairs |= {("Quote", symbol) for day in self.days for symbol in day.quoted}
        return {pair for pair in pairs if pair[1]}

    def as_args(self) -> dict[str, Any]:
        return {
            "u": self.underlying,
            "t": _text(self.tick),
            "spot": _text(self.spot),
            "rows": [[_text(row.strike), row.call, row.put] for row in self.rows],
            "days": [[day.days, day.volatility, *day.quoted] for day in self.days],
            "at": self.chosen,
            "inc": [[_text(tick.value), _text(tick.threshold)] for tick in self.increments],
        }


def shown_from_args(args: Any) -> Shown:
    """What a page told its socket; anything malformed shows nothing."""
    try:
        return Shown(
            underlying=str(args.get("u") or "")[:SYMBOL],
            tick=_number(args.get("t")),
            spot=_number(args.get("spot")),
            rows=tuple(_row(row) for row in args.get("rows", [])[:MAX_ROWS]),
            days=tuple(_day(day) for day in args.get("days", [])[:MAX_DAYS]),
            chosen=int(args.get("at", -1)),
            increments=tuple(
                ticks.Tick(Decimal(value), _number(limit)) for value, limit in args.get("inc", [])
            ),
        )
    except (ArithmeticError, AttributeError, IndexError, TypeError, ValueError):
        return Shown()


def _row(row: Any) -> ShownRow:
    strike = Decimal(str(row[0]))
    if not strike.is_finite():
        raise ValueError("a strike is a number")
    return ShownRow(strike, str(row[1])[:SYMBOL], str(row[2])[:SYMBOL])


def _day(row: Any) -> ShownDay:
    volatility = None if row[1] is None else float(row[1])
    return ShownDay(int(row[0]), volatility, tuple(str(item)[:SYMBOL] for item in row[2:8]))


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return number if number is None or number.is_finite() else None


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
