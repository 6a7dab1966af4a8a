"""Columns of the trade chains that hold a position: what they made in all, rolls included."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brokerage import market
from brokerage.models import Position
from portfolio.figures import show
from portfolio.live.hub import hub
from portfolio.models import ColumnSet
from portfolio.positions.arithmetic import explain
from portfolio.positions.live import PositionsLive
from portfolio.positions.page import table_of
from tests.portfolio import factories
from tests.portfolio.figures.walking import unmarked, wrong
from tests.portfolio.positions.test_table import desk_for, url

pytestmark = pytest.mark.django_db


def trade(account: Any, row: Any, action: str, price: str, order: int, days_ago: int) -> None:
    """One contract; fees of 1.00."""
    sign = 1 if action.startswith("Sell") else -1
    value = sign * Decimal(price) * 100
    at = timezone.now() - timedelta(days=days_ago)
    factories.make_transaction(
        account, transaction_sub_type=action, action=action, symbol=row.symbol,
        underlying_symbol="QQQ", instrument_type="Equity Option", quantity=1, price=price,
        value=value, net_value=value - 1, commission="-1.00", clearing_fees=None,
        regulatory_fees=None, order_id=order, executed_at=at, transaction_date=at.date(),
    )  # fmt: skip


@pytest.fixture
def rolled(user: Any, book: Any) -> Any:
    """A short put, sold for 3.00, bought back at 4.00 and sold a month out for 5.00; mark 4.50."""
    connection, account = book
    near = factories.make_option(account, "QQQ", 5, "P", "500", "0", open="3", mark="4")
    far = factories.make_option(account, "QQQ", 35, "P", "500", "-1", open="5", close="5", mark="4")
    Position.objects.filter(pk=near.pk).delete()
    trade(account, near, "Sell to Open", "3.00", 7001, 20)
    trade(account, near, "Buy to Close", "4.00", 7002, 10)
    trade(account, far, "Sell to Open", "5.00", 7002, 10)
    cells = {far.streamer_symbol: market.Cells(quote=factories.quote(4.4, 4.6))}
    factories.publish(connection, cells)
    ColumnSet.objects.create(user=user, name="Chains", columns=["qty", "open", "chain", "credit"])
    return connection, account, far, f"columns=own-{ColumnSet.objects.get().pk}"


def cells_of(user: Any, query: str, label: str) -> dict[str, Any]:
    table = table_of(desk_for(user), QueryDict(query).dict())
    row = next(row for row in table.everything() if row.label.startswith(label))
    return dict(zip(table.columns.keys, table.cells_of(row)[0], strict=True))


def test_a_roll_stays_in_the_account(user: Any, rolled: Any) -> None:
    cells = cells_of(user, rolled[3], "QQQ")
    assert cells["open"].text == "+50.00"
    # 300 − 400 + 500 came in; buying back costs 450.
    assert cells["credit"].text == "+400.00"
    assert cells["chain"].text == "−50.00" and "loss" in cells["chain"].css.split()
    assert cells_of(user, f"{rolled[3]}&fees=1", "QQQ")["chain"].text == "−53.00"


def test_sums_count_a_chain_once_and_say_what_they_lack(user: Any, rolled: Any) -> None:
    total = cells_of(user, rolled[3], "Total")
    assert total["chain"].text == "−50.00" and "partial" in total["chain"].css.split()
    assert re.fullmatch(r"1 of \d legs", total["chain"].tip)
    bare = cells_of(user, f"{rolled[3]}&group=flat", "SPY")
    assert bare["chain"].text == "—" and "no trade chain" in bare["chain"].tip


def test_their_arithmetic_leads_to_the_chain(web: Client, user: Any, rolled: Any) -> None:
    given = QueryDict(rolled[3])
    for ref, text in ((f"leg-{rolled[2].pk}-chain", "−50.00"), ("total-credit", "+400.00")):
        found = explain(desk_for(user), ref, given)
        assert found is not None and show(found.again(), found.unit) == text
        assert found.terms[0].ref.startswith(f"chain-{rolled[1].pk}-")
    html = web.get(f"{url('position-list')}?{rolled[3]}").content.decode()
    assert list(wrong(web, html)) == [] and list(unmarked(html)) == []


def test_they_move_with_the_mark(user: Any, rolled: Any) -> None:
    connection, _, far, query = rolled
    view = PositionsLive(user, {"scope": "simulator", "view": query})
    first = {row[0]: row[1] for row in view.patches(hub, None)}
    assert first[f"leg-{far.pk}-chain"] == "−50.00"
    tick = {far.streamer_symbol: market.Cells(quote=factories.quote(3.9, 4.1))}
    factories.publish(connection, tick)
    hub._snapshots.clear()
    with CaptureQueriesContext(database) as captured:
        pair = (market.feed_key(connection), far.streamer_symbol)
        changed = {row[0]: row[1] for row in view.patches(hub, {pair})}
    assert changed[f"leg-{far.pk}-chain"] == "0.00" and not captured.captured_queries


def test_the_past_does_not_know_todays_chains(user: Any, rolled: Any) -> None:
    desk = desk_for(user)
    desk.__dict__["as_of"] = timezone.now()
    from portfolio.positions.page import scene_of

    assert scene_of(desk).chained is None


def test_queries_do_not_grow(web: Client, rolled: Any) -> None:
    _, account, _, query = rolled
    path = f"{url('position-list')}?{query}"

    def queries() -> int:
        web.get(path)
        with CaptureQueriesContext(database) as captured:
            web.get(path)
        return len(captured)

    few = queries()
    for number in range(12):
        row = factories.make_option(account, "QQQ", 40, "P", f"{480 + number}", "-1", open="2")
        trade(account, row, "Sell to Open", "2.00", 7100 + number, 3)
    assert queries() == few
