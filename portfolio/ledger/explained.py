"""P&L explained from the marks kept at the close of each day, per position and day.

A row goes from one kept close to the next, the last one from the last close to now: what the Greeks
at its start say of the moves, what the trades of those days made, fees, income, and the residual.
Each row adds up to what the position really made, to the cent, and sums of rows do too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from portfolio.analytics import attribution
from portfolio.analytics.attribution import Day, Explained, Moves
from portfolio.analytics.books import Book
from portfolio.analytics.facts import ZERO, Kind, Note
from portfolio.analytics.greeks import PositionGreeks
from portfolio.analytics.lots import Execution
from portfolio.facts import KINDS, AccountFacts
from portfolio.ledger import rows
from portfolio.ledger.ledgers import Ledgers
from portfolio.ledger.spots import spot_of
from portfolio.live.valuation import Valuation
from portfolio.models import DailyMark

# Kept closes are looked for so far before the first day asked for: weekends, holidays, pauses.
BEFORE = timedelta(days=10)
Marks = dict[str, DailyMark]


@dataclass(frozen=True, slots=True)
class Close:
    """What an account held at one instant of a trading day, by symbol."""

    day: date
    at: datetime
    marks: Marks


@dataclass(frozen=True, slots=True)
class LegDay:
    """One position over one row: from the close of ``since`` to the close of ``day``, or to now."""

    account_pk: int
    symbol: str
    underlying: str
    since: date
    day: date
    chain: str
    facts: Day
    explained: Explained


@dataclass(frozen=True, slots=True)
class Gap:
    """A position that cannot be explained over a row, and why."""

    account_pk: int
    symbol: str
    day: date
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Rows oldest first. ``gaps`` are positions whose money is in no row."""

    rows: tuple[LegDay, ...]
    gaps: tuple[Gap, ...]

    def by(self, key: Callable[[LegDay], object]) -> dict[object, Explained]:
        """Sums in groups: by position, chain, underlying, account or day."""
        groups: dict[object, list[Explained]] = defaultdict(list)
        for row in self.rows:
            groups[key(row)].append(row.explained)
        return {name: attribution.add(parts) for name, parts in groups.items()}

    @property
    def total(self) -> Explained:
        return attribution.add(row.explained for row in self.rows)


def explain(
    valuation: Valuation,
    ledgers: Ledgers,
    first: date,
    now: float,
    *,
    chains: Mapping[tuple[int, str], str] | None = None,
) -> Explanation:
    """Rows of the accounts in view that end on ``first`` or later; one query.

    ``chains``: by account id and symbol the trade chain that the position belongs to.
    """
    accounts = valuation.desk.accounts
    kept = _kept(accounts, first)
    found: list[LegDay] = []
    gaps: list[Gap] = []
    for account in accounts:
        closes = [*kept[account.pk], _live(account, valuation, ledgers, now)]
        if len(closes) > 1 and closes[-2].day == closes[-1].day:
            # Today's marks are only what the day will have closed at; now is later.
            closes.pop(-2)
        for start, end in pairwise(closes):
            if end.day >= first:
                step = _Step(account, start, end, ledgers)
                found += step.rows(chains or {})
                gaps += step.gaps
    return Explanation(tuple(found), tuple(gaps))


def _kept(accounts: Sequence[AccountFacts], first: date) -> dict[int, list[Close]]:
    """Closes by account, oldest first."""
    marks = DailyMark.objects.filter(
        account__in=[account.pk for account in accounts], day__gte=first - BEFORE
    ).order_by("day")
    closes: dict[int, dict[date, Marks]] = defaultdict(dict)
    for mark in marks:
        closes[mark.account_id].setdefault(mark.day, {})[mark.symbol] = mark
    return {
        account.pk: [
            Close(day, max(mark.marked_at for mark in marks.values()), marks)
            for day, marks in closes[account.pk].items()
        ]
        for account in accounts
    }


def _live(account: AccountFacts, valuation: Valuation, ledgers: Ledgers, now: float) -> Close:
    """What positions are at this moment, in the form of a close; where bookings are newer than a
    position, what they say."""
    marks = {}
    for leg in valuation.desk.legs_of(account.pk):
        value = valuation.values[leg.pk]
        ledger, notes = ledgers.ledger(leg)
        is_behind = Note.POSITION_BEHIND in notes
        marks[leg.symbol] = DailyMark(
            account_id=account.pk,
            day=account.today,
            symbol=leg.symbol,
            instrument_type=leg.instrument_type,
            underlying=leg.underlying,
            quantity=ledger.quantity if is_behind else leg.holding.quantity,
            multiplier=leg.holding.multiplier,
            mark=value.mark.price if value.mark else None,
            spot=spot_of(value, valuation, now),
            volatility=value.volatility,
            marked_at=account.now.astimezone(UTC),
        )
    held = {symbol: mark for symbol, mark in marks.items() if mark.quantity}
    return Close(account.today, account.now.astimezone(UTC), held)


class _Step:
    """One account from one close to the next."""

    def __init__(self, account: AccountFacts, start: Close, end: Close, ledgers: Ledgers) -> None:
        self.pk, self.since, self.day = account.pk, start.day, end.day
        self.from_, self.until = start.at, end.at
        self.start, self.end, self.ledgers = start.marks, end.marks, ledgers
        self.books = ledgers.accounts.get(account.pk, rows.NOTHING).books
        self.gaps: list[Gap] = []
        self.spots = self._spots()

    def rows(self, chains: Mapping[tuple[int, str], str]) -> list[LegDay]:
        """Every position that was held at the start, is at the end, or was traded between."""
        start = self._renamed()
        traded = {symbol for symbol, book in self.books.items() if self._trades(book)}
        late = {symbol for pk, symbol in self.ledgers.fills if pk == self.pk and self._late(symbol)}
        found = []
        for symbol in sorted({*start, *self.end, *traded, *late}):
            row = self._row(symbol, start.get(symbol), chains.get((self.pk, symbol), ""))
            if row is not None:
                found.append(row)
        return found

    def _row(self, symbol: str, start: DailyMark | None, chain: str) -> LegDay | None:
        book, end = self.books.get(symbol) or Book(), self.end.get(symbol)
        trades = [*self._trades(book), *self._late(symbol)]
        known = end or start
        points = known.multiplier if known else self.ledgers.points(self.pk, symbol)
        last = self._end_price(start, end, trades)
        moved = (start.quantity if start else ZERO) + sum((t.quantity for t in trades), ZERO)
        reason = self._problem(start, end, moved, points, last)
        if reason:
            self.gaps.append(Gap(self.pk, symbol, self.day, reason))
            return None
        assert points is not None and last is not None
        facts = self._facts(symbol, start, end, trades, points, last, book)
        underlying = known.underlying if known else book.underlying
        facts = replace(facts, underlying=underlying, chain=chain, account=str(self.pk))
        explained = attribution.explain(facts)
        return LegDay(self.pk, symbol, underlying, self.since, self.day, chain, facts, explained)

    def _facts(
        self,
        symbol: str,
        start: DailyMark | None,
        end: DailyMark | None,
        trades: Sequence[Execution],
        points: Decimal,
        last: Decimal,
        book: Book,
    ) -> Day:
        made = sum((t.quantity * (last - t.price) * points for t in trades), ZERO)
        held = ZERO
        if start is not None and start.quantity:
            assert start.mark is not None
            held = start.quantity * (last - start.mark) * points
        fees = sum((t.fees for t in trades), ZERO)
        income = sum((row.amount for row in book.income if self._within(row.at)), ZERO)
        return Day(
            pnl=held + made - fees + income,
            greeks=_greeks(start, points),
            moves=self._moves(start, end),
            trades=made,
            fees=fees,
            income=income,
        )

    def _within(self, at: datetime) -> bool:
        return self.from_ < at <= self.until

    def _trades(self, book: Book) -> list[Execution]:
        return [trade for trade in book.trades if self._within(trade.at)]

    def _late(self, symbol: str) -> list[Execution]:
        late = self.ledgers.fills.get((self.pk, symbol), ())
        return [fill for fill in late if self._within(fill.at)]

    def _end_price(
        self, start: DailyMark | None, end: DailyMark | None, trades: Sequence[Execution]
    ) -> Decimal | None:
        """The mark at the end; where nothing is held then, any price does: the last trade's."""
        if end is not None:
            return end.mark
        return trades[-1].price if trades else (start.mark if start else None)

    def _problem(
        self,
        start: DailyMark | None,
        end: DailyMark | None,
        moved: Decimal,
        points: Decimal | None,
        last: Decimal | None,
    ) -> str:
        if points is None:
            return "no multiplier"
        if last is None or (start is not None and start.quantity and start.mark is None):
            return "no mark at the start or at the end"
        if moved != (end.quantity if end else ZERO):
            return "its bookings do not lead from what was held to what is"
        return ""

    def _moves(self, start: DailyMark | None, end: DailyMark | None) -> Moves:
        if start is None or not start.quantity:
            return Moves(0.0, 0.0, 0.0)
        spot = end.spot if end else self.spots.get(start.underlying)
        moved = None if start.spot is None or spot is None else spot - start.spot
        days = (self.until - self.from_).total_seconds() / 86_400
        return Moves(moved, days, self._volatility(start, end))

    @staticmethod
    def _volatility(start: DailyMark, end: DailyMark | None) -> float | None:
        if KINDS.get(start.instrument_type) is not Kind.OPTION:
            return 0.0
        if start.volatility is None or end is None or end.volatility is None:
            return None
        return (end.volatility - start.volatility) * 100.0

    def _spots(self) -> dict[str, float]:
        """Prices of underlyings at the end, for positions that are gone by then."""
        return {m.underlying: m.spot for m in self.end.values() if m.spot is not None}

    def _renamed(self) -> Marks:
        """The start by today's names and units, where a split or new symbol lies between.

        A price from before a split says nothing of the move: without a spot at the start its money
        stays in the residual.
        """
        found = dict(self.start)
        for symbol, book in self.books.items():
            for change in book.renamed:
                old = found.get(change.symbol)
                if old is None or not self.since < change.day <= self.day:
                    continue
                found.pop(change.symbol)
                found[symbol] = _restated(old, symbol, change.divisor)
        return found


def _restated(mark: DailyMark, symbol: str, divisor: Decimal) -> DailyMark:
    return DailyMark(
        account_id=mark.account_id,
        day=mark.day,
        symbol=symbol,
        instrument_type=mark.instrument_type,
        underlying=mark.underlying,
        quantity=mark.quantity * divisor,
        multiplier=mark.multiplier,
        mark=None if mark.mark is None else mark.mark / divisor,
        marked_at=mark.marked_at,
    )


def _greeks(start: DailyMark | None, points: Decimal) -> PositionGreeks:
    """Of what was carried: money a point of the underlying, a day, a point of volatility."""
    if start is None or not start.quantity:
        return PositionGreeks(0.0, 0.0, 0.0, 0.0)
    scale = float(start.quantity * points)
    if KINDS.get(start.instrument_type) is not Kind.OPTION:
        return PositionGreeks(scale, 0.0, 0.0, 0.0)
    values = (start.delta, start.gamma, start.theta, start.vega)
    return PositionGreeks(*(None if value is None else scale * value for value in values))


def days_of(rows_: Iterable[LegDay]) -> list[date]:
    """The days that rows end on, ascending."""
    return sorted({row.day for row in rows_})
