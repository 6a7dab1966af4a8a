"""Profit and loss by lots: a golden matrix to the cent, the laws, and what is missing.

The matrix was made from cash and value alone (what is held now, plus the cash of the trades, less
what was held at the start), without any notion of a lot.
"""

from __future__ import annotations

import csv
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.analytics import lots, performance
from portfolio.analytics.facts import Note
from portfolio.analytics.lots import Execution
from portfolio.analytics.performance import Span

D = Decimal
BEFORE, TODAY, NEW_YEAR = date(2025, 12, 10), date(2026, 3, 2), date(2026, 1, 1)
MATRIX = list(csv.DictReader(Path(__file__).with_name("golden_pnl.csv").open()))


def execution(day: date, quantity: object, price: object, **more: object) -> Execution:
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=15)
    facts: dict = {"at": at, "day": day, **more}
    return Execution(quantity=D(str(quantity)), price=D(str(price)), **facts)


def trades(row: dict[str, str]) -> list[Execution]:
    size = D(row["size"]) * (1 if row["side"] == "long" else -1)
    fees = abs(size) * D(row["fee"])
    made = []
    if row["case"] != "opened today":
        made.append(execution(BEFORE, size, row["opened"], fees=fees))
    if row["case"] in ("opened today", "mixed"):
        made.append(execution(TODAY, size, row["fill"], fees=fees))
    if row["case"] == "closed today":
        made.append(execution(TODAY, -size, row["exit"], fees=fees))
    return made


def figures(row: dict[str, str]) -> performance.Pnl:
    return performance.position_pnl(
        lots.match(trades(row)),
        D(row["mark"]) if row["case"] != "closed today" else None,
        D(row["multiplier"]),
        day=Span(TODAY, D(row["close"])),
        year=Span(NEW_YEAR, D(row["year_end"])),
    )


def test_the_matrix_is_whole() -> None:
    kinds = {"stock", "equity option", "index option", "future", "future option", "crypto"}
    cases = {"opened today", "carried", "mixed", "closed today"}
    keys = {(row["kind"], row["side"], row["size"], row["case"]) for row in MATRIX}
    assert keys == {
        (kind, side, size, case)
        for kind in kinds
        for side in ("long", "short")
        for size in ("1", "7")
        for case in cases
    }


@pytest.mark.parametrize(
    "row", MATRIX, ids=lambda row: "-".join(row[k] for k in ("kind", "side", "size", "case"))
)
def test_golden_matrix(row: dict[str, str]) -> None:
    found = figures(row)
    for name in ("open", "day", "realized", "total", "year"):
        assert getattr(found, name).value == D(row[name]), name
        assert getattr(found, name).notes == ()
    assert found.after_fees(found.day, found.fees_day).value == D(row["day_net"])
    assert found.after_fees(found.total, found.fees).value == D(row["total_net"])
    assert found.after_fees(found.year, found.fees_year).value == D(row["year_net"])
    assert found.unrealized == found.open


def test_two_carried_and_one_sold_today() -> None:
    ledger = lots.match([execution(BEFORE, -2, "1.10"), execution(TODAY, -1, "0.90")])
    found = performance.span_pnl(ledger, D("0.80"), D(100), Span(TODAY, D("0.95")))
    assert found.value == D("40.00")
    assert ledger.open_price == (2 * D("1.10") + D("0.90")) / 3


def test_chain_of_three_sales_by_lots() -> None:
    # Sell 2.00, buy back 3.10, sell 4.00, mark 2.50: realized −110, open +150.
    days = [BEFORE, date(2026, 1, 20), date(2026, 1, 20)]
    rolled = [
        execution(day, q, p) for day, q, p in zip(days, (-1, 1), ("2.00", "3.10"), strict=False)
    ]
    first = lots.match(rolled)
    second = lots.match([execution(days[2], -1, "4.00")])
    year = Span(NEW_YEAR, None)
    day = Span(TODAY, None)
    old = performance.position_pnl(first, None, D(100), day=day, year=year)
    new = performance.position_pnl(second, D("2.50"), D(100), day=day, year=year)
    assert (old.realized.value, new.open.value) == (D(-110), D(150))
    assert performance.plus(old.total, new.total).value == D("40.00")


def test_without_the_year_end_mark_the_open_price_stands_in_and_says_so() -> None:
    ledger = lots.match([execution(BEFORE, 3, "10")])
    found = performance.span_pnl(ledger, D(12), D(1), Span(NEW_YEAR, None))
    assert found.value == D(6)
    assert found.notes == (Note.NO_CLOSE,)


def test_what_is_missing_is_named_and_never_zero() -> None:
    ledger = lots.match([execution(BEFORE, 3, "10"), execution(TODAY, -1, "11")])
    spans = {"day": Span(TODAY, D(10)), "year": Span(NEW_YEAR, D(9))}
    no_mark = performance.position_pnl(ledger, None, D(1), **spans)
    assert (no_mark.open.value, no_mark.day.value, no_mark.total.value) == (None, None, None)
    assert no_mark.realized.value == D(1)
    assert Note.NO_MARK in no_mark.total.notes
    no_size = performance.position_pnl(ledger, D(12), None, **spans)
    assert no_size.realized.value is None
    assert Note.NO_MULTIPLIER in no_size.year.notes
    assert no_size.after_fees(no_size.year, D(1)).value is None


def test_a_future_adds_only_its_unsettled_variation() -> None:
    ledger = lots.match([execution(BEFORE, -2, "6010.25"), execution(TODAY, -1, "6031.00")])
    settlement = Span(TODAY, D("6029.75"))
    found = performance.future_value(ledger, D("6034.75"), D(50), settlement)
    assert found.value == D("-2") * D(5) * 50 + D("-1") * D("3.75") * 50
    moved = performance.settlement_variation(D(-2), D(50), D("6022.50"), D("6029.75"))
    assert moved == D("-725")


def test_a_future_settles_to_the_same_total() -> None:
    # Variation day by day, then what is unsettled, is the whole gain since the fill.
    prices = [D("6010.25"), D("6015"), D("6002.5"), D("6029.75")]
    paid = sum(performance.settlement_variation(D(3), D(50), a, b) for a, b in pairwise(prices))
    ledger = lots.match([execution(BEFORE, 3, prices[0])])
    last = performance.future_value(ledger, D("6034.75"), D(50), Span(TODAY, prices[-1]))
    whole = performance.span_pnl(ledger, D("6034.75"), D(50), Span(BEFORE, None))
    assert paid + last.value == whole.value


def test_assignment_and_exercise_prices() -> None:
    assert performance.assigned_stock_basis(D(95), D("2.00"), is_call=False) == D("93.00")
    called = performance.assigned_stock_basis(D(100), D("1.50"), is_call=True)
    assert (called, called - D("93.00")) == (D("101.50"), D("8.50"))
    assert performance.exercised_stock_basis(D(50), D(2), is_call=True) == D(52)
    assert performance.exercised_stock_basis(D(50), D(2), is_call=False) == D(48)


def test_share_of_max_profit() -> None:
    assert performance.share_of_max(D("0.90") * 100, D("1.50") * 100) == D("0.6")
    assert performance.share_of_max(D(5), D("Infinity")) is None
    assert performance.share_of_max(None, D(5)) is None


def test_a_trade_through_zero_closes_and_opens() -> None:
    ledger = lots.match(
        [execution(BEFORE, 2, 10, fees=D("1")), execution(TODAY, -5, 12, fees=D(5))]
    )
    assert [(lot.quantity, lot.price, lot.fees) for lot in ledger.lots] == [(D(-3), D(12), D(3))]
    gains = performance.closing_gains(ledger, D(1))
    assert [(row.gross, row.net) for row in gains] == [(D(4), D(1))]


def test_a_split_keeps_the_money() -> None:
    ledger = lots.match([execution(BEFORE, 100, "60")])
    (lot,) = lots.split_lots(ledger.lots, D(3), D(2))
    assert (lot.quantity, lot.price) == (D(150), D(40))


histories = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.decimals("-20", "20", places=3).filter(bool),
        st.decimals("0.01", "400", places=2),
        st.decimals("0", "3", places=2),
    ),
    min_size=1,
    max_size=14,
)


def made(rows: list, sign: int = 1) -> list[Execution]:
    days = [BEFORE, date(2025, 12, 31), NEW_YEAR, date(2026, 2, 27), TODAY]
    return [
        execution(days[d], sign * q, p, fees=f, key=str(i)) for i, (d, q, p, f) in enumerate(rows)
    ]


def values(executions: list[Execution], mark: Decimal) -> list[Decimal]:
    found = performance.position_pnl(
        lots.match(executions),
        mark,
        D(100),
        day=Span(TODAY, D("55.5")),
        year=Span(NEW_YEAR, D("44.4")),
    )
    return [getattr(found, n).value for n in ("open", "day", "realized", "total", "year")]


@given(histories, st.decimals("0.01", "400", places=2))
def test_laws_of_lots(rows: list, mark: Decimal) -> None:
    executions = made(rows)
    opened, day, realized, total, year = values(executions, mark)
    held = sum(e.quantity for e in executions)
    cash = sum(-e.quantity * e.price for e in executions) * 100
    # Total is cash plus value; a span is cash plus value less the value at its start.
    assert total == cash + held * mark * 100 == opened + realized
    for first, base, found in ((TODAY, D("55.5"), day), (NEW_YEAR, D("44.4"), year)):
        spent = sum(-e.quantity * e.price for e in executions if e.day >= first) * 100
        start = sum((e.quantity for e in executions if e.day < first), D(0)) * base * 100
        assert found == spent + held * mark * 100 - start


@given(histories, st.randoms())
def test_order_of_arrival_does_not_matter(rows: list, chance: random.Random) -> None:
    executions = made(rows)
    again = executions[:]
    chance.shuffle(again)
    assert lots.match(executions) == lots.match(again)


@given(histories)
def test_the_other_side_makes_the_opposite(rows: list) -> None:
    # One execution a moment: rows of equal time may not change places when signs are turned.
    seen: set[int] = set()
    rows = [row for row in rows if not (row[0] in seen or seen.add(row[0]))]
    there, back = values(made(rows), D(70)), values(made(rows, -1), D(70))
    assert there == [-value for value in back]


@given(histories)
def test_fees_are_kept_to_the_last_digit(rows: list) -> None:
    executions = made(rows)
    ledger = lots.match(executions)
    kept = sum((lot.fees for lot in ledger.lots), D(0))
    kept += sum((c.opening_fees + c.closing_fees for c in ledger.closings), D(0))
    assert round(kept, 15) == sum(e.fees for e in executions)
