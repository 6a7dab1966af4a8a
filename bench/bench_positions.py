"""The positions page with 500 legs.

* The table's HTML by row functions against the same rows, columns and cells through a plain Django
  template: at least 20 times faster; the output is compared first.
* First byte of the page against that of an empty signed-in page: at most 3 times.
* Queries with 500 legs against 20: the same number.
* The patch of an open page after a frame in which every leg ticked, and after one tick.

    python -m bench.bench_positions [--legs 500] [--rounds 9]

Medians of interleaved rounds. Ends with status 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.database import database

TABLE_TARGET, BYTE_TARGET = 20.0, 3.0

PLAIN = """<table role="table" class="table-desk table-fixed table-cards" id="position-table">\
{% for row, cells, words in rows %}<tr role="row" class="{{ row.css }}" tabindex="-1">\
<th role="rowheader" scope="{% if row.kind == 'leg' or row.kind == 'total' %}row{% else %}rowgroup\
{% endif %}">{% if row.kind == 'total' %}Total{% elif row.kind == 'underlying' %}\
<span class="symbol">{{ row.label }}</span>{% else %}{{ row.label }}{% endif %}\
{% if row.aside %} <span class="secondary">{{ row.aside }}</span>{% endif %}\
{% for text, tip in row.badges %} <span class="badge" title="{{ tip }}">{{ text }}</span>\
{% endfor %}{% if row.kind != 'leg' %}<span id="{{ row.key }}-words" \
class="small secondary words">{{ words }}</span>{% endif %}{% if row.act %}<a class="act" \
href="{% url 'portfolio:position-actions' %}?{{ row.act }}" \
data-words="{% url 'portfolio:position-words' %}?{{ row.act }}" title="Close, roll and more">⋯\
<span class="visually-hidden"> Actions of {{ row.label }}</span></a>{% endif %}</th>\
{% for column, cell in cells %}<td role="cell" id="{{ row.key }}-{{ column.key }}" \
class="{{ cell.css }}" data-label="{{ column.label }}"{% if cell.tip %} title="{{ cell.tip }}"\
{% endif %}{% if cell.is_figure %} data-figure{% endif %}>{{ cell.text }}</td>{% endfor %}</tr>\
{% endfor %}</table>"""


def measured(work: Callable[[], Any]) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def book(count: int) -> tuple[Any, Any]:
    """A person with so many option legs in iron condors, all quoted; the connection."""
    from django.contrib.auth import get_user_model

    from brokerage import market
    from tests.portfolio import factories

    user = get_user_model().objects.create_user(f"bench{count}")
    connection = factories.make_connection(user)
    account = factories.make_account(connection, f"5WT{count:05d}")
    factories.make_balance(account)
    cells = {}
    for number in range(count):
        root, place = f"S{number // 20:03d}", number % 20
        right, side = (("P", 1), ("P", -1), ("C", -1), ("C", 1))[place % 4]
        strike = 90 + 10 * (place % 4) + place // 4
        row = factories.make_option(
            account, root, 30, right, str(strike), str(side), open="1.20", close="1.1", mark="1"
        )
        cells[row.streamer_symbol] = market.Cells(
            quote=factories.quote(0.95, 1.05), greeks=factories.greeks(0.2)
        )
        cells[root] = market.Cells(quote=factories.quote(104.9, 105.1))
    factories.publish(connection, cells)
    return user, connection


def table_ratio(user: Any, rounds: int) -> float:
    """The template's time over the row functions', on the same ready cells."""
    from unittest.mock import patch

    from django.template import engines

    from portfolio.positions import html

    made = _table(user)
    ready = {id(row): made.cells_of(row) for row in made.everything()}
    columns = made.columns.columns
    template = engines["django"].from_string(PLAIN)
    context = {
        "rows": [
            (row, list(zip(columns, ready[id(row)][0], strict=True)), ready[id(row)][1])
            for row in made.everything()
        ]
    }  # fmt: skip
    with patch.object(type(made), "cells_of", lambda self, row: ready[id(row)]):
        _same(html.table_html(made), template.render(context))
        ours, plain = [], []
        for _ in range(rounds):
            ours.append(measured(lambda: html.table_html(made)))
            plain.append(measured(lambda: template.render(context)))
    print(f"  table of {len(ready)} rows: {median(ours):.1f} ms, template {median(plain):.1f} ms")
    return median(plain) / median(ours)


def _table(user: Any) -> Any:
    from django.test import RequestFactory

    from portfolio.desk import RequestDesk
    from portfolio.positions.page import table_of

    request: Any = RequestFactory().get("/positions/")
    request.user, request.session = user, {}
    return table_of(RequestDesk(request), {})


def _same(one: str, other: str) -> None:
    """Both print the same rows and cells."""
    rows = [re.findall(r"<tr role=\"row\" class=.*?</tr>", text, re.S) for text in (one, other)]
    if rows[0] != rows[1]:
        raise SystemExit("the template does not print what the row functions do")


def first_byte(full: Any, rounds: int) -> tuple[float, int]:
    """The page's time over an empty signed-in page's; how many queries it makes."""
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    empty = get_user_model().objects.create_user("empty")
    webs = []
    for person in (full, empty):
        web = Client(SERVER_NAME="localhost")
        web.force_login(person)
        web.get("/positions/")
        webs.append(web)
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(measured(lambda: webs[0].get("/positions/")))
        bare.append(measured(lambda: webs[1].get("/positions/")))
    with CaptureQueriesContext(connection) as captured:
        webs[0].get("/positions/")
    print(f"  first byte {median(ours):.0f} ms, of an empty page {median(bare):.0f} ms")
    return median(ours) / median(bare), len(captured)


def patches(user: Any, login: Any, rounds: int) -> None:
    """Time of the patches of one open page per frame."""
    from brokerage import market
    from portfolio.live.hub import hub
    from portfolio.positions.live import PositionsLive

    view = PositionsLive(user, {"scope": "simulator"})
    feed = market.feed_key(login)
    rows = view.patches(hub, None)
    every = {(feed, leg.streamer_symbol) for leg in view.desk.legs}
    one = {next(iter(every))}
    full = median(measured(lambda: view.patches(hub, every)) for _ in range(rounds))
    single = median(measured(lambda: view.patches(hub, one)) for _ in range(rounds))
    print(f"  live: {len(rows)} cells; every leg ticked {full:.1f} ms, one {single:.1f} ms a frame")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--legs", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    with database():
        user, login = book(args.legs)
        few, _ = book(20)
        ratio = table_ratio(user, args.rounds)
        bytes_ratio, queries = first_byte(user, args.rounds)
        _, fewer = _few_queries(few)
        patches(user, login, args.rounds)
    print(f"table {ratio:.1f}x faster than a template (at least {TABLE_TARGET:g}x)")
    print(f"first byte {bytes_ratio:.1f}x that of an empty page (at most {BYTE_TARGET:g}x)")
    print(f"queries {queries} with {args.legs} legs, {fewer} with 20")
    kept = ratio >= TABLE_TARGET and bytes_ratio <= BYTE_TARGET and queries == fewer
    return 0 if kept else 1


def _few_queries(user: Any) -> tuple[None, int]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    web = Client(SERVER_NAME="localhost")
    web.force_login(user)
    web.get("/positions/")
    with CaptureQueriesContext(connection) as captured:
        web.get("/positions/")
    return None, len(captured)


if __name__ == "__main__":
    sys.exit(main())
