"""Calendars and diagonals of the positions page: best, worst, break-evens, chances by the model."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from brokerage import market
from brokerage.models import Position
from portfolio.analytics.pricing import european
from portfolio.figures import show
from portfolio.models import ColumnSet
from portfolio.positions import modelled
from portfolio.positions.arithmetic import explain
from portfolio.positions.modelled import ModelLeg
from portfolio.positions.page import table_of
from tests.portfolio import factories
from tests.portfolio.positions.test_table import desk_for

pytestmark = pytest.mark.django_db
COLUMNS = ["qty", "open", "max", "best", "worst", "pop", "below", "above", "distance"]
YEAR = 365 * 86_400


def leg(right: str, quantity: int, strike: float, days: float, gain: str = "0") -> ModelLeg:
    return ModelLeg(right, 100.0 * quantity, strike, days / 365, 0.3, Decimal(gain))


def value(spot: float, strike: float, days: float) -> float:
    return float(european.prices(spot, strike, days / 365, 0.3, 0, 0, True))


def test_a_calendar_peaks_at_its_strike_and_loses_its_debit() -> None:
    line = modelled._line((leg("C", -1, 100, 30), leg("C", 1, 100, 60)), 100.0)
    debit = 100 * (value(100, 100, 60) - value(100, 100, 30))
    assert float(line.best) == pytest.approx(100 * value(100, 100, 30) - debit, abs=1e-6)
    assert next(spot for spot, pnl in line.points if pnl == line.best) == 100
    assert float(line.worst) == pytest.approx(-debit, abs=1e-3)
    low, high = (float(level) for level in line.break_evens)
    assert 85 < low < 100 < high < 118
    for level in (low, high):
        then = 100 * (value(level, 100, 30) - max(0.0, level - 100))
        assert then - debit == pytest.approx(0, abs=2)


def test_what_has_been_made_so_far_counts() -> None:
    legs = (leg("C", -1, 100, 30, "40"), leg("C", 1, 100, 60, "-15"))
    plain = modelled._line((leg("C", -1, 100, 30), leg("C", 1, 100, 60)), 100.0)
    assert float(modelled._line(legs, 100.0).best - plain.best) == pytest.approx(25)


def test_a_side_that_nothing_covers_has_no_limit() -> None:
    line = modelled._line((leg("C", -2, 100, 30), leg("C", 1, 100, 60)), 100.0)
    assert line.worst == -modelled.INFINITE and line.slope == -100
    assert line.break_evens and line.best.is_finite()


@pytest.fixture
def calendar(user: Any, book: Any) -> Any:
    connection, account = book
    cells = {"QQQ": market.Cells(quote=factories.quote(499.9, 500.1))}
    for days, quantity, price, vol in ((20, "-2", "9", 0.21), (50, "2", "14", 0.22)):
        row = factories.make_option(
            account, "QQQ", days, "C", "500", quantity, open=price, close=price, mark=price
        )
        expires = timezone.now() + timedelta(days=days, hours=3)
        Position.objects.filter(pk=row.pk).update(expires_at=expires)
        mid = float(price) + 0.5
        cells[row.streamer_symbol] = market.Cells(
            quote=factories.quote(mid - 0.1, mid + 0.1),
            greeks=market.Greeks(
                received_at=timezone.now().timestamp(), delta=0.5, gamma=0.01, theta=-0.1,
                vega=0.3, volatility=vol,
            ),
        )  # fmt: skip
    factories.publish(connection, cells)
    ColumnSet.objects.create(user=user, name="All", columns=COLUMNS)
    return connection, account, f"columns=own-{ColumnSet.objects.get().pk}"


def shown(user: Any, query: str) -> dict[str, Any]:
    table = table_of(desk_for(user), QueryDict(query).dict())
    row = next(row for row in table.everything() if row.label == "QQQ")
    return dict(zip(table.columns.keys, table.cells_of(row)[0], strict=True))


def test_the_page_shows_them_as_the_models(user: Any, calendar: Any) -> None:
    cells = shown(user, calendar[2])
    for key in ("max", "best", "worst", "pop", "below", "above", "distance"):
        assert cells[key].is_figure and cells[key].text != "—", key
        assert "model" in cells[key].css.split() and cells[key].tip == modelled.SOURCE
    assert cells["best"].text.startswith("+") and cells["worst"].text.startswith("−")
    below, above = (float(cells[key].text.replace(",", "")) for key in ("below", "above"))
    assert 440 < below < 500 < above < 570
    assert 0.3 < float(cells["pop"].text.rstrip("%")) / 100 < 0.8


def test_their_arithmetic_gives_them_again(user: Any, calendar: Any) -> None:
    given = QueryDict(calendar[2])
    table = table_of(desk_for(user), given.dict())
    row = next(row for row in table.everything() if row.label == "QQQ")
    cells = dict(zip(table.columns.keys, table.cells_of(row)[0], strict=True))
    for key in COLUMNS[2:]:
        found = explain(desk_for(user), f"{row.key}-{key}", given)
        assert found is not None and modelled.MARK in found.marks
        again = found.again()
        assert again is not None and show(again, found.unit) == cells[key].text, key


def test_without_a_volatility_they_are_missing_and_say_why(user: Any, calendar: Any) -> None:
    connection, account, query = calendar
    row = account.positions.get(symbol__startswith="QQQ", quantity=2)
    bare = market.Greeks(received_at=timezone.now().timestamp(), delta=0.5)
    factories.publish(connection, {row.streamer_symbol: market.Cells(greeks=bare)})
    cells = shown(user, query)
    assert cells["best"].text == "—" and "a volatility" in cells["best"].tip
