"""Which strikes and expirations a chain page shows, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.safestring import SafeString

from portfolio import formats
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell
from portfolio.option_chain.deltas import Volatilities, deltas_of
from portfolio.option_chain.facts import CALL, PUT, Chain, ChainExpiration, Contract, StrikeRow
from portfolio.option_chain.html import TableRow, chain_table_html
from portfolio.option_chain.marks import Marks
from portfolio.option_chain.shown import MAX_DAYS, Shown, ShownDay, ShownRow
from portfolio.option_chain.wish import ChainWish

RIGHTS = {"c": CALL, "p": PUT}


@dataclass(frozen=True, slots=True)
class DayRow:
    """One expiration of the strip."""

    key: str
    date: str
    dte: str
    marks: tuple[str, ...]
    iv: str
    move: Cell
    held: int
    current: bool


def shown_of(
    shown: Shown,
    chain: Chain,
    chosen: ChainExpiration,
    wish: ChainWish,
    volatility: Volatilities,
    spot: Decimal | None,
    book: LatestBook,
    now: float,
) -> Shown:
    """The page's live part: strikes around the money, and the strip."""
    rows = _around(chosen, wish.count, spot)
    if wish.min_delta:
        deltas = deltas_of(book, volatility, spot, now)
        rows = _by_delta(chosen, rows, wish.min_delta / 100, deltas)
    days = _days(chain, chosen)
    return replace(
        shown,
        rows=tuple(_shown_row(row) for row in rows),
        days=tuple(_shown_day(item, volatility, spot) for item in days),
        chosen=days.index(chosen),
        increments=chosen.increments,
    )


def _days(chain: Chain, chosen: ChainExpiration) -> list[ChainExpiration]:
    days = list(chain.expirations[:MAX_DAYS])
    return days if chosen in days else [*days[:-1], chosen]


def _around(item: ChainExpiration, count: int, spot: Decimal | None) -> tuple[StrikeRow, ...]:
    """So many strikes around the spot price; around the middle while none is known."""
    middle = item.nearest(spot) if spot is not None else len(item.rows) // 2
    first = max(0, min(middle - count // 2, len(item.rows) - count))
    return item.rows[first : first + count]


def _by_delta(
    item: ChainExpiration, rows: tuple[StrikeRow, ...], least: float, deltas: object
) -> tuple[StrikeRow, ...]:
    """Strikes of which neither side is further out than this delta; unknown ones stay."""
    assert callable(deltas)

    def fits(row: StrikeRow) -> bool:
        found = [abs(value) for right in (CALL, PUT) if (value := deltas(item, right, row))]
        return not found or min(found) >= least

    return tuple(row for row in rows if fits(row)) or rows


def _shown_row(row: StrikeRow) -> ShownRow:
    return ShownRow(row.strike, _streamer(row.call), _streamer(row.put))


def _streamer(contract: Contract | None) -> str:
    return contract.streamer if contract else ""


def _shown_day(item: ChainExpiration, volatility: Volatilities, spot: Decimal | None) -> ShownDay:
    return ShownDay(item.days, volatility.get(item.key), _quoted(item, spot))


def _quoted(item: ChainExpiration, spot: Decimal | None) -> tuple[str, ...]:
    """Call and put at the money, then of the first and second strangle around it."""
    if spot is None:
        return ()
    middle = item.nearest(spot)
    if middle < 2 or middle + 2 >= len(item.rows):
        return ()
    rows = item.rows
    pairs = [(rows[middle + step].call, rows[middle - step].put) for step in (0, 1, 2)]
    return tuple(_streamer(contract) for pair in pairs for contract in pair)


def day_rows(
    chain: Chain,
    chosen: ChainExpiration,
    volatility: Volatilities,
    cells: Mapping[str, Cell],
    marks: Marks,
) -> list[DayRow]:
    """The strip; `held` counts the contracts held or working in each expiration."""
    held: dict[str, int] = {}
    for symbol in marks.chips:
        place = chain.place(symbol)
        if place is not None:
            held[place.expiration.key] = held.get(place.expiration.key, 0) + 1
    year = chain.expirations[0].day.year
    return [
        DayRow(
            key=item.key,
            date=formats.short_date(item.day, year=item.day.year != year),
            dte=f"{item.days}d",
            marks=item.marks,
            iv=formats.volatility(volatility.get(item.key)),
            move=cells[f"em-{at}"],
            held=held.get(item.key, 0),
            current=item is chosen,
        )
        for at, item in enumerate(_days(chain, chosen))
    ]


def table_html(
    item: ChainExpiration,
    shown: Shown,
    cells: Mapping[str, Cell],
    marks: Marks,
    picked: Mapping[str, int],
) -> SafeString:
    """The table of the shown strikes."""
    rows = [_table_row(item.by_strike[row.strike], row, marks, picked) for row in shown.rows]
    title = f"Options of {formats.short_date(item.day, year=True)}, strikes ascending"
    return chain_table_html(rows, cells, title)


def _table_row(
    row: StrikeRow, shown: ShownRow, marks: Marks, picked: Mapping[str, int]
) -> TableRow:
    contracts = {side: row.contract(right) for side, right in RIGHTS.items()}
    symbols = {side: contract.symbol if contract else "" for side, contract in contracts.items()}
    return TableRow(
        shown,
        contracts,
        {side: marks.chips.get(symbol, []) for side, symbol in symbols.items()},
        {side: picked.get(symbol, 0) for side, symbol in symbols.items()},
    )
