"""Positions valued against the latest books. HTTP pages and sockets use this same code, so a
figure cannot differ between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from brokerage import market
from portfolio.analytics import marks, pnl
from portfolio.analytics.facts import ZERO, Figure, Holding, Kind, Note, Total, total
from portfolio.analytics.greeks import (
    GreekTotals,
    PositionGreeks,
    UnitGreeks,
    position_greeks,
    sum_greeks,
)
from portfolio.analytics.marks import Mark
from portfolio.facts import Desk, Leg
from portfolio.live.book import LatestBook

Books = Callable[[str], LatestBook]


@dataclass(frozen=True, slots=True)
class LegValue:
    """One leg, valued; ages in seconds since local receipt."""

    leg: Leg
    mark: Mark | None
    open: Figure
    day: Figure
    value: Decimal | None
    greeks: PositionGreeks
    volatility: float | None
    greeks_age: float | None
    offline: bool
    unit: UnitGreeks | None = None

    @property
    def greeks_stale(self) -> bool:
        return self.greeks_age is not None and self.greeks_age > settings.STALE_GREEKS_SECONDS

    @property
    def price_stale(self) -> bool:
        return self.mark is not None and self.mark.is_stale

    @property
    def mark_tick(self) -> Decimal | None:
        """The step by which the mark is written. A mid between two steps has one more place than
        the step says: then the value speaks for itself."""
        tick = self.leg.tick
        if not tick or self.mark is None or self.mark.price % tick:
            return None
        return tick


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over legs, with what makes them less than exact."""

    open: Total[Decimal]
    day: Total[Decimal]
    greeks: GreekTotals
    legs: int
    stale_legs: int
    greeks_stale: bool
    offline: bool
    delayed: bool
    assumed: bool

    @property
    def is_stale(self) -> bool:
        """Nothing in it is fresh; sums with some old legs say how many instead."""
        return bool(self.legs) and self.stale_legs == self.legs

    @property
    def words(self) -> str:
        """What is missing: "P/L 3 of 4 legs · Greeks 2 of 4 legs · 1 stale"."""
        parts = []
        if self.open.is_partial or self.day.is_partial:
            least = min(self.open, self.day, key=lambda item: item.present)
            parts.append(f"P/L {least.words}")
        if self.greeks.words:
            parts.append(f"Greeks {self.greeks.words}")
        if self.stale_legs:
            parts.append("stale" if self.is_stale else f"{self.stale_legs} stale")
        return " · ".join(parts)


def quote_of(quote: market.Quote | None, now: float) -> marks.Market | None:
    if quote is None:
        return None
    return marks.Market(_exact(quote.bid), _exact(quote.ask), quote.age(now))


def last_of(trade: market.Trade | None, now: float) -> marks.Priced | None:
    price = _exact(trade.price) if trade is not None else None
    return None if trade is None or price is None else marks.Priced(price, trade.age(now))


def _exact(value: float | None) -> Decimal | None:
    """The decimal that the float was written as: 0.1 is 0.1."""
    return None if value is None else Decimal(str(value))


def mark_of(leg: Leg, book: LatestBook, now: float) -> Mark | None:
    """The mark of a leg from its quote, its last trade or the broker's own mark."""
    market_ = quote_of(book.quote(leg.streamer_symbol), now)
    middle = marks.fresh_middle(market_, limit=settings.STALE_QUOTE_SECONDS)
    return middle or _older_mark(leg, book, market_, now)


def _older_mark(
    leg: Leg, book: LatestBook, market_: marks.Market | None, now: float
) -> Mark | None:
    broker = None
    if leg.broker_mark is not None and leg.broker_mark_at is not None:
        broker = marks.Priced(leg.broker_mark, max(0.0, now - leg.broker_mark_at))
    return marks.choose(
        market_,
        last_of(book.trade(leg.streamer_symbol), now),
        broker,
        limit=settings.STALE_QUOTE_SECONDS,
    )


def stream_mark(book: LatestBook, symbol: str, now: float) -> Mark | None:
    """The price of a symbol on the stream alone: mid, else last."""
    return marks.choose(
        quote_of(book.quote(symbol), now),
        last_of(book.trade(symbol), now),
        None,
        limit=settings.STALE_QUOTE_SECONDS,
    )


def is_offline(book: LatestBook, now: float) -> bool:
    """Whether nothing can come in: the last figures stand, however young they are."""
    return book.health(now).market.state in ("down", "off")


def value_leg(leg: Leg, book: LatestBook, now: float, *, offline: bool | None = None) -> LegValue:
    """``offline``: of the book, where the caller knows it already."""
    mark = mark_of(leg, book, now)
    price = mark.price if mark else None
    is_unknown = leg.holding.kind is Kind.UNKNOWN
    cell = book.greeks(leg.streamer_symbol) if leg.is_option else None
    unit = (
        UnitGreeks(cell.delta, cell.gamma, cell.theta, cell.vega, cell.volatility) if cell else None
    )
    return LegValue(
        leg=leg,
        mark=mark,
        open=Figure(ZERO) if leg.closed_today else _known(leg, pnl.open_pnl, price),
        day=_known(leg, pnl.day_pnl, price),
        value=None if is_unknown else pnl.market_value(leg.holding, price),
        greeks=position_greeks(leg.holding, unit),
        volatility=cell.volatility if cell else None,
        greeks_age=cell.age(now) if cell else None,
        offline=is_offline(book, now) if offline is None else offline,
        unit=unit,
    )


def _known(
    leg: Leg, figure: Callable[[Holding, Decimal | None], Figure], price: Decimal | None
) -> Figure:
    """No formula holds for what we do not know: it is shown, and is in no sum."""
    if leg.holding.kind is Kind.UNKNOWN:
        return Figure(None, (Note.UNKNOWN_KIND,))
    return figure(leg.holding, price)


def add_up(values: Iterable[LegValue]) -> Totals:
    """Sums over legs; what is closed already counts in the day alone."""
    rows = list(values)
    held = [row for row in rows if not row.leg.closed_today]
    return Totals(
        open=total([row.open.value for row in held], ZERO),
        day=total([row.day.value for row in rows], ZERO),
        greeks=sum_greeks([row.greeks for row in held]),
        legs=len(held),
        stale_legs=sum(1 for row in held if row.price_stale),
        greeks_stale=any(row.greeks_stale for row in held),
        offline=any(row.offline for row in held),
        delayed=any(row.leg.delayed for row in held),
        assumed=any(row.day.notes and row.day.value is not None for row in rows),
    )


class Valuation:
    """All legs of a desk, valued; legs whose figures changed are valued anew."""

    def __init__(self, desk: Desk, books: Books) -> None:
        self.desk = desk
        self._books = books
        self._by_symbol: dict[tuple[str, str], list[Leg]] = {}
        for leg in desk.legs:
            self._by_symbol.setdefault((leg.feed, leg.streamer_symbol), []).append(leg)
        self.values: dict[int, LegValue] = {}

    def update(self, now: float, dirty: Collection[tuple[str, str]] | None = None) -> set[int]:
        """Value the legs of the changed (feed, symbol) pairs, or all; returns their account ids."""
        if dirty is None:
            legs: Iterable[Leg] = self.desk.legs
        else:
            legs = [leg for pair in dirty for leg in self._by_symbol.get(pair, ())]
        touched: set[int] = set()
        books: dict[str, tuple[LatestBook, bool]] = {}
        for leg in legs:
            if leg.feed not in books:
                book = self._books(leg.feed)
                books[leg.feed] = (book, is_offline(book, now))
            book, offline = books[leg.feed]
            self.values[leg.pk] = value_leg(leg, book, now, offline=offline)
            touched.add(leg.account_pk)
        return touched

    def of(self, legs: Iterable[Leg]) -> list[LegValue]:
        return [self.values[leg.pk] for leg in legs]

    def totals(self, legs: Iterable[Leg]) -> Totals:
        return add_up(self.of(legs))

    def spot(self, feed: str, streamer_symbol: str, now: float) -> Mark | None:
        """The price of an underlying: mid, else last; None where nothing came."""
        return stream_mark(self._books(feed), streamer_symbol, now)

    def book(self, feed: str) -> LatestBook:
        return self._books(feed)

    def read_from(self, books: Books) -> None:
        """From now on these books; values are the old ones until the next update."""
        self._books = books
