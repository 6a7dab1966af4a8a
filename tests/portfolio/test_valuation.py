"""Positions against the latest books: what pages show and what sockets patch is one thing."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brokerage import market
from brokerage.access import NotFound
from brokerage.models import Position
from portfolio import selectors
from portfolio.analytics.marks import Source
from portfolio.live.hub import hub
from portfolio.live.pages import ShellLive
from portfolio.live.valuation import Valuation
from portfolio.positions.live import PositionsLive
from portfolio.scope import Scope
from tests.portfolio import factories

pytestmark = pytest.mark.django_db


def valued(user: Any) -> Valuation:
    accounts = selectors.accounts_of(user)
    valuation = Valuation(selectors.load_desk(accounts, Scope("simulator")), hub.book)
    valuation.update(time.time())
    return valuation


def test_figures_of_a_small_book(user: Any, book: Any) -> None:
    valuation = valued(user)
    totals = valuation.totals(valuation.desk.legs)
    # 100·2.00 − 1·(0.80−1.10)·100 − 2·(0.80−1.20)·100
    assert totals.open.value == Decimal("310.00")
    # 100·0.50 − 1·(0.80−0.90)·100 − 2·(0.80−0.95)·100
    assert totals.day.value == Decimal("90.00")
    # 100 − 30 + 50
    assert totals.greeks.delta.value == pytest.approx(120)
    assert totals.words == ""
    assert not totals.stale_legs


def test_old_inputs_are_stale_and_counted(user: Any, book: Any) -> None:
    connection, _ = book
    Position.objects.update(received_at=timezone.now() - timedelta(seconds=30))
    factories.publish(connection, {"KO": market.Cells(quote=factories.quote(51.9, 52.1, age=16))})
    totals = (valuation := valued(user)).totals(valuation.desk.legs)
    assert totals.stale_legs == 1
    assert not totals.is_stale
    assert "1 stale" in totals.words


def test_without_a_quote_the_broker_s_fresh_mark_serves(user: Any, book: Any) -> None:
    connection, _ = book
    factories.publish(connection, {"KO": market.Cells(quote=factories.quote(51.9, 52.1, age=16))})
    marks = {value.leg.symbol: value.mark for value in valued(user).values.values()}
    assert marks["KO"].source is Source.BROKER
    assert not marks["KO"].is_stale


def test_a_missing_greek_is_named_and_not_zero(user: Any, book: Any) -> None:
    _, account = book
    factories.make_option(account, "SPY", 45, "P", "580", "2", open="1", close="1", mark="1")
    totals = (valuation := valued(user)).totals(valuation.desk.legs)
    assert totals.greeks.words == "3 of 4 legs"
    assert "Greeks 3 of 4 legs" in totals.words


def test_a_lost_stream_is_drawn_as_lost(user: Any, book: Any) -> None:
    connection, _ = book
    factories.publish(connection, {}, state="down")
    view = PositionsLive(user, {"scope": "simulator"})
    patches = {row[0]: row for row in view.patches(hub, None)}
    assert "offline" in patches["total-open"][2]


def test_a_position_closed_today_counts_in_the_day_alone(user: Any, book: Any) -> None:
    _, account = book
    from brokerage import clock

    factories.make_position(
        account, "TSLA", "0", open="240", closed_at=None,
        realized_day_gain="12.50", realized_day_gain_date=clock.today(None),
    )  # fmt: skip
    totals = (valuation := valued(user)).totals(valuation.desk.legs)
    assert totals.day.value == Decimal("102.50")
    assert totals.open.value == Decimal("310.00")
    assert totals.words == ""


def test_a_tick_patches_what_it_changes_and_nothing_else(user: Any, book: Any) -> None:
    connection, _ = book
    view = PositionsLive(user, {"scope": "simulator"})
    first = view.patches(hub, None)
    assert view.patches(hub, set()) == []
    factories.publish(connection, {"KO": market.Cells(quote=factories.quote(52.99, 53.01))})
    hub._snapshots.clear()
    changed = {row[0]: row[1] for row in view.patches(hub, {(market.feed_key(connection), "KO")})}
    assert changed["total-open"] == "+410.00"
    assert changed["top-day"] == "+190.00"
    assert len(changed) < len(first) / 2
    assert all(not name.endswith(("delta", "gamma")) for name in changed)


def test_a_page_asks_for_what_values_it(user: Any, book: Any) -> None:
    connection, _ = book
    wanted = ShellLive(user, {"scope": "simulator"}).feeds_and_symbols()
    pairs = wanted[market.feed_key(connection)]
    assert ("Quote", "KO") in pairs and ("Quote", "SPY") in pairs
    assert any(event == "Greeks" and symbol.startswith(".SPY") for event, symbol in pairs)
    assert ("Greeks", "KO") not in pairs


def test_a_foreign_scope_is_missing(stranger: Any, user: Any, book: Any) -> None:
    for scope in ("simulator", "simulator/5WT00001", "simulator/5WT09999"):
        with pytest.raises(NotFound):
            ShellLive(stranger, {"scope": scope})


def test_old_inputs_are_drawn_as_old_at_each_figure(user: Any, book: Any) -> None:
    connection, account = book
    Position.objects.update(received_at=timezone.now() - timedelta(seconds=300))
    put = account.positions.get(underlying_symbol="SPY")
    cell = market.Cells(
        quote=factories.quote(0.79, 0.81, age=16), greeks=factories.greeks(-0.25, age=121)
    )
    factories.publish(connection, {put.streamer_symbol: cell})
    css = {}
    for columns in ("trade", "risk"):
        view = PositionsLive(user, {"scope": "simulator", "view": f"columns={columns}"})
        css |= {row[0]: row[2] for row in view.patches(hub, None)}
    for part in ("mark", "open", "day", "delta", "gamma", "theta", "vega", "iv"):
        assert "stale" in css[f"leg-{put.pk}-{part}"], part
    assert "stale" not in css["total-open"] and "aged" in css["total-open"]
    stock = account.positions.get(symbol="KO")
    assert "stale" not in css[f"leg-{stock.pk}-mark"]


def test_what_nobody_quotes_is_missing(user: Any, book: Any) -> None:
    _, account = book
    ghost = factories.make_position(account, "GHOST", "5", open="1", close="1", mark=None)
    view = PositionsLive(user, {"scope": "simulator"})
    cells = {row[0]: row for row in view.patches(hub, None)}
    for part in ("mark", "open", "day"):
        assert cells[f"leg-{ghost.pk}-{part}"][1] == "—"
        assert "missing" in cells[f"leg-{ghost.pk}-{part}"][2]
    assert "P/L 3 of 4 legs" in cells["total-words"][1]
