"""The positions table: groups, strategies, filters, columns, CSV, arithmetic, live."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection as database
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from brokerage import market
from brokerage.models import Instrument
from portfolio.desk import RequestDesk
from portfolio.figures import explain, show
from portfolio.live.hub import hub
from portfolio.models import ColumnSet, PositionNote, PositionTag
from portfolio.positions.columns import COLUMNS, SETS
from portfolio.positions.live import PositionsLive
from portfolio.positions.page import table_of
from portfolio.positions.wish import GROUPINGS
from tests.portfolio import factories

pytestmark = pytest.mark.django_db
ALL = "own"


def url(name: str) -> str:
    return reverse(f"portfolio:{name}")


@pytest.fixture
def spread(user: Any, book: Any) -> Any:
    """The small book, a put spread of two in QQQ, and 250 shares with two calls sold on them."""
    connection, account = book
    sold = factories.make_option(
        account, "QQQ", 20, "P", "500", "-2", open="3.00", close="2.50", mark="2"
    )
    bought = factories.make_option(
        account, "QQQ", 20, "P", "490", "2", open="1.00", close="0.9", mark="1"
    )
    factories.make_position(account, "XYZ", "250", open="10", close="11", mark="12")
    calls = factories.make_option(
        account, "XYZ", 5, "C", "15", "-2", open="0.50", close="0.4", mark="0.3"
    )
    quotes = {"QQQ": (519.9, 520.1), "XYZ": (11.9, 12.1), "SPY": (601.10, 601.12)}
    cells = {name: market.Cells(quote=factories.quote(*pair)) for name, pair in quotes.items()}
    for row, mid, delta in ((sold, 2.0, -0.3), (bought, 1.0, -0.2), (calls, 0.3, 0.1)):
        quote = factories.quote(mid - 0.05, mid + 0.05)
        cells[row.streamer_symbol] = market.Cells(quote=quote, greeks=factories.greeks(delta))
    factories.publish(connection, cells)
    return connection, account


def desk_for(user: Any) -> RequestDesk:
    request = RequestFactory().get("/positions/")
    request.user, request.session = user, {}
    return RequestDesk(request)


def cell(html: str, label: str, column: str) -> str:
    """The text of a column in the first row whose name begins so."""
    for row in html.split("<tr ")[1:]:
        name = re.sub(r"<[^>]+>", " ", row.split("<th ", 1)[1].split("</th>")[0])
        if " ".join(name.split(">", 1)[1].split()).startswith(label):
            found = re.search(rf'-{column}" class="[^"]*"[^>]*>([^<]*)<', row)
            assert found is not None, (label, column)
            return found[1].strip().replace("\u2007", "")
    raise AssertionError(f"no row {label}")


def table(web: Client, query: str = "") -> str:
    return web.get(f"{url('position-table')}?{query}").content.decode()


def test_a_strategy_stands_in_its_underlying_with_its_own_numbers(web: Client, spread: Any) -> None:
    html = table(web, "columns=trade")
    # 2 × ((3 − 1) − (2 − 1)) × 100, of a credit of 400
    assert cell(html, "QQQ 2 × Bull put spread", "open") == "+200.00"
    assert cell(html, "QQQ 2 × Bull put spread", "price") == "2.00 cr"
    assert cell(html, "QQQ 2 × Bull put spread", "ratio") == "+50.0%"
    assert cell(html, "QQQ 2 × Bull put spread", "max") == "50%"


def test_a_position_parted_among_strategies_counts_once(web: Client, spread: Any) -> None:
    html = table(web, "columns=trade")
    assert cell(html, "2 × Covered call", "open") == "+440.00"
    assert cell(html, "XYZ", "open") == "+540.00"
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    # 310 of the small book, 200 and 540
    assert cell(html, "Total", "open") == "+1,050.00"


def test_every_grouping_has_the_same_total(web: Client, spread: Any) -> None:
    totals = {name: cell(table(web, f"group={name}"), "Total", "day") for name, _ in GROUPINGS}
    assert len(set(totals.values())) == 1, totals


def test_filters_narrow_rows_and_total(web: Client, spread: Any) -> None:
    near = table(web, "dte=7")
    assert "Covered call" in near and "QQQ" not in near
    assert cell(near, "Total", "open") == "+540.00"
    assert "SPY" not in table(web, "losers=1")
    page = web.get(f"{url('position-list')}?losers=1").content.decode()
    assert "No position" in page and "Clear the filters" in page


def test_tags_and_notes_of_a_strategy_reach_its_legs(web: Client, spread: Any) -> None:
    _, account = spread
    pks = list(account.positions.filter(underlying_symbol="QQQ").values_list("pk", flat=True))
    query = "&".join(f"leg={pk}" for pk in pks)
    form = {"tags": "hedge, <b>", "note": "until earnings"}
    answer = web.post(f"{url('position-words')}?{query}", form)
    assert answer.status_code == 302
    assert PositionTag.objects.count() == 4 and PositionNote.objects.count() == 2
    html = table(web, "group=tag")
    assert cell(html, "hedge", "open") == cell(html, "&lt;b&gt;", "open") == "+200.00"
    assert "<b>" not in html and "until earnings" in html
    assert "QQQ" in table(web, "tag=hedge") and "KO" not in table(web, "tag=hedge")
    bad = web.post(f"{url('position-words')}?{query}", {"tags": "x" * 41, "note": ""})
    assert bad.status_code == 422 and b"at most 40" in bad.content


def test_foreign_positions_and_sets_are_missing(
    web: Client, strangers_web: Client, spread: Any, user: Any
) -> None:
    _, account = spread
    pk = account.positions.first().pk
    assert strangers_web.get(f"{url('position-words')}?leg={pk}").status_code == 404
    own = ColumnSet.objects.create(user=user, name="Mine", columns=["open"])
    assert web.get(f"{url('position-columns')}?set={own.pk}").status_code == 200
    assert strangers_web.get(f"{url('position-columns')}?set={own.pk}").status_code == 404


def test_own_columns_keep_their_order(web: Client, spread: Any, user: Any) -> None:
    form = {"name": "Mine", "place-vega": "1", "place-open": "3", "place-qty": "2"}
    answer = web.post(url("position-columns"), form)
    assert answer.status_code == 302
    row = ColumnSet.objects.get(user=user)
    assert row.columns == ["vega", "qty", "open"]
    heads = re.findall(r'scope="col"[^>]*>([^<]+)<', table(web, f"columns=own-{row.pk}"))
    assert heads == ["Position", "V Vega", "Qty", "P/L open"]
    for name, bad in (("Mine", {"place-qty": "1"}), ("", form), ("Other", {"place-qty": "x"})):
        again = web.post(url("position-columns"), {**bad, "name": name})
        assert again.status_code == 422, name


def test_the_choice_is_remembered(web: Client, spread: Any) -> None:
    web.get(f"{url('position-list')}?columns=tax&group=flat&fees=1")
    html = web.get(url("position-list")).content.decode()
    heads = re.findall(r'scope="col"[^>]*>([^<]+)<', html)
    assert "Realized" in heads and "β" not in "".join(heads)


def test_the_csv_has_the_rows_and_numbers_of_the_page(web: Client, spread: Any) -> None:
    query = "group=account&columns=risk"
    text = b"".join(web.get(f"{url('position-csv')}?{query}").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    html = table(web, query)
    assert len(rows) == html.count("<tr ") - 1
    assert rows[-1]["level"] == "total"
    shown = cell(html, "Total", "open").replace("+", "").replace(",", "")
    assert Decimal(rows[-1]["pl_open"]) == Decimal(shown)


def test_an_unknown_kind_is_shown_and_in_no_total(web: Client, spread: Any) -> None:
    _, account = spread
    factories.make_position(account, "ODD", "5", kind="Something New", open="1", mark="9")
    html = web.get(url("position-list")).content.decode()
    assert "ODD" in html and "in no total" in html
    assert cell(html, "Total", "open") == "+1,050.00"
    assert re.search(r'id="total-words"[^>]*>P/L 7 of 8 legs', html)


def test_missing_greeks_are_counted_not_zeroed(web: Client, spread: Any) -> None:
    _, account = spread
    factories.make_option(account, "QQQ", 20, "P", "400", "1", open="1", close="1", mark="1")
    html = table(web, "columns=risk&group=account")
    assert re.search(r'id="total-delta" class="[^"]*partial[^"]*"[^>]*title="7 of 8 legs"', html)


def test_queries_do_not_grow_and_ids_are_figures(web: Client, spread: Any) -> None:
    _, account = spread
    table(web)

    def queries() -> tuple[int, int]:
        """The first look after a change reads what has changed; the next one does not."""
        found = []
        for _ in range(2):
            with CaptureQueriesContext(database) as captured:
                table(web, "columns=risk")
            found.append(len(captured))
        return found[0], found[1]

    account.positions.update(mark_price="1.1")
    Instrument.objects.update(active=True)
    few = queries()
    for number in range(30):
        factories.make_option(account, "QQQ", 20, "C", f"{530 + number}", "1", open="1", mark="1")
    assert queries() == few


@pytest.mark.parametrize("group", [name for name, _ in GROUPINGS])
def test_every_figure_explains_itself(user: Any, spread: Any, group: str) -> None:
    ColumnSet.objects.create(user=user, name=ALL, columns=list(COLUMNS))
    key = f"own-{ColumnSet.objects.get().pk}"
    given = QueryDict(f"group={group}&columns={key}&fees=1")
    desk = desk_for(user)
    made = table_of(desk, given.dict())
    walked = 0
    for row in made.everything():
        for column, shown in zip(made.columns.columns, made.cells_of(row)[0], strict=True):
            if not shown.is_figure:
                assert not re.search(r"\d", shown.text) or column.key in ("age", "account")
                continue
            found = explain(desk, f"{row.key}-{column.key}", given)
            again = found.again()
            bare = shown.text.replace("\u2007", "")
            assert show(found.value, found.unit) == bare, (row.key, column.key)
            if again is None or found.value is None:
                assert again is found.value, (row.key, column.key, found)
            else:
                assert float(again) == pytest.approx(float(found.value), abs=1e-6), column.key
            walked += 1
    assert walked > 100


def test_a_tick_patches_the_rows_that_hold_it(user: Any, spread: Any) -> None:
    connection, account = spread
    view = PositionsLive(user, {"scope": "simulator", "view": "columns=trade"})
    first = {row[0]: row[1] for row in view.patches(hub, None)}
    assert first["total-open"] == "+1,050.00"
    call = account.positions.get(symbol__startswith="XYZ ")
    tick = {call.streamer_symbol: market.Cells(quote=factories.quote(0.35, 0.45))}
    factories.publish(connection, tick)
    hub._snapshots.clear()
    pair = (market.feed_key(connection), call.streamer_symbol)
    changed = {row[0]: row[1] for row in view.patches(hub, {pair})}
    assert changed["total-open"] == "+1,030.00"
    assert changed[f"leg-{call.pk}-open"] == "+20.00"
    assert not any(name.startswith(f"symbol-{b'QQQ'.hex()}") for name in changed)


def test_what_is_live_is_what_was_rendered(web: Client, user: Any, spread: Any) -> None:
    for query in ("columns=risk&group=underlying", "columns=income&group=account&fees=1"):
        html = web.get(f"{url('position-list')}?{query}").content.decode()
        args = re.search(r"data-live-args='([^']*)'", html)
        assert args is not None
        view = PositionsLive(user, json.loads(unescape(args[1])))
        live = {row[0]: row[1] for row in view.patches(hub, None) if row[1]}
        body = html.split('id="position-table"')[1]
        shown = dict(re.findall(r' id="([^"]+)" class="[^"]*"[^>]*>([^<]+)<', body))
        for name, text in shown.items():
            if not name.endswith(("-age", "-words")) and name in live:
                assert live[name] == unescape(text), name
        assert len(shown.keys() & live.keys()) > 40


def test_sets_name_known_columns() -> None:
    assert all(len(item.columns) == len(set(item.keys)) for item in SETS.values())
