"""The positions page with 500 legs.

* The table's HTML by row functions against the same rows, columns and cells through a plain Django
  template: at least 20 times faster; the output is compared first.
* First byte of the page, as the ASGI application sends it, against that of an empty signed-in page:
  at most 3 times; and its last byte. Between two pages every price has moved.
* Queries with 500 legs against 20: the same number.
* The patch of an open page after a frame in which every leg has a new price, and after one tick:
  at most 60 ms.

    python -m bench.bench_positions [--legs 500] [--rounds 9]

Medians of interleaved rounds. Ends with status 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.database import database

TABLE_TARGET, BYTE_TARGET, FRAME_TARGET = 20.0, 3.0, 60.0

PLAIN = """<table role="table" class="table-desk table-fixed table-cards" id="position-table">\
{% for row, cells, words in rows %}<tr role="row" class="{{ row.css }}" tabindex="-1">\
<th role="rowheader" scope="{% if row.kind == 'leg' or row.kind == 'total' %}row{% else %}rowgroup\
{% endif %}">{% if row.act %}<input type="checkbox" class="pick" form="position-bulk" name="row" \
data-key="x" value="{{ row.act }}" aria-label="Select {{ row.label }}">{% endif %}\
{% if row.kind == 'total' %}Total{% elif row.underlying %}\
<a class="symbol" href="{% url 'portfolio:underlying' row.underlying.name %}" data-key="Enter">\
{{ row.label }}</a>{% else %}{{ row.label }}{% endif %}\
{% if row.aside %} <span class="secondary">{{ row.aside }}</span>{% endif %}\
{% for text, tip in row.badges %} <span class="badge" title="{{ tip }}">{{ text }}</span>\
{% endfor %}{% if row.kind != 'leg' %}<span id="{{ row.key }}-words" \
class="small secondary words">{{ words }}</span>{% endif %}{% if row.act %}<a class="act" \
href="{% url 'portfolio:position-actions' %}?{{ row.act }}" \
data-words="{% url 'portfolio:position-words' %}?{{ row.act }}"{% if not row.underlying %} \
data-key="Enter"{% endif %} title="Close, roll and more">⋯\
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


@dataclass(frozen=True)
class Answer:
    """Milliseconds to the first byte of a page and to its last."""

    first: float
    whole: float
    size: int


class Web:
    """A signed-in browser before the ASGI application, without a network between."""

    def __init__(self, user: Any) -> None:
        from django.core.asgi import get_asgi_application
        from django.test import Client

        client = Client(SERVER_NAME="localhost")
        client.force_login(user)
        self._cookies = "; ".join(f"{key}={item.value}" for key, item in client.cookies.items())
        self._application = get_asgi_application()

    async def get(self, path: str) -> Answer:
        times: list[tuple[float, int]] = []

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] != 200:
                raise SystemExit(f"{path} answered {message['status']}")
            if message.get("body"):
                times.append((time.perf_counter(), len(message["body"])))

        asked = asyncio.Event()

        async def receive() -> Any:
            if not asked.is_set():
                asked.set()
                return {"type": "http.request", "body": b""}
            return await asyncio.Future()

        started = time.perf_counter()
        await self._application(self._scope(path), receive, send)
        first, last = (1000 * (at - started) for at in (times[0][0], times[-1][0]))
        return Answer(first, last, sum(size for _, size in times))

    def _scope(self, path: str) -> dict[str, Any]:
        headers = [(b"host", b"localhost"), (b"cookie", self._cookies.encode())]
        return {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "headers": headers, "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
        }  # fmt: skip


def first_byte(full: Any, rounds: int) -> tuple[float, float]:
    """First byte and last of the page over those of an empty signed-in page, prices moving."""
    from django.contrib.auth import get_user_model

    empty = get_user_model().objects.create_user("empty")

    webs = Web(full[0]), Web(empty)

    async def measure() -> list[tuple[Answer, Answer]]:
        for web in webs:
            await web.get("/positions/")
        found = []
        for turn in range(rounds):
            await asyncio.to_thread(quote_all, full[1], turn)
            found.append((await webs[0].get("/positions/"), await webs[1].get("/positions/")))
        return found

    answers = asyncio.run(measure())
    ours, bare = zip(*answers, strict=True)
    first, whole = median(a.first for a in ours), median(a.whole for a in ours)
    least, empty_whole = median(a.first for a in bare), median(a.whole for a in bare)
    print(f"  page of {ours[0].size:,} bytes: first byte {first:.1f} ms, last {whole:.1f} ms")
    print(f"  empty page: first byte {least:.1f} ms, last {empty_whole:.1f} ms")
    return first / least, whole / empty_whole


def quote_all(login: Any, turn: int) -> None:
    """Every option quoted anew, so that no text of a page is one of the page before."""
    from brokerage import market
    from portfolio.live.hub import hub
    from tests.portfolio import factories

    factories.publish(login, moved(login, turn))
    hub._snapshots.clear()
    hub.book(market.feed_key(login))


def moved(login: Any, turn: int) -> dict[str, Any]:
    from brokerage import market
    from brokerage.models import Position
    from tests.portfolio import factories

    rows = Position.objects.filter(account__accesses__connection=login)
    names = list(rows.order_by("pk").values_list("streamer_symbol", flat=True))
    return {
        name: market.Cells(
            quote=factories.quote(0.9 + (turn * 7 + n) % 40 / 100, 1 + (turn * 7 + n) % 40 / 100),
            greeks=factories.greeks(0.2 + (turn + n) % 50 / 1000),
        )
        for n, name in enumerate(names)
    }  # fmt: skip


def patches(user: Any, login: Any, rounds: int) -> float:
    """Time of the patches of one open page per frame, every price new in each."""
    from brokerage import market
    from portfolio.live.book import LatestBook
    from portfolio.positions.live import PositionsLive

    feed = market.feed_key(login)
    book = LatestBook(feed)
    book.fill(market.load_book(feed), market.load_health(feed))

    class Books:
        def book(self, feed: str) -> LatestBook:
            return book

    books: Any = Books()
    view = PositionsLive(user, {"scope": "simulator"})
    rows = view.patches(books, None)
    full, single, count = [], [], 0
    for turn in range(rounds):
        frame = market.Frame(sent_at=time.time(), cells=moved(login, turn + 100))
        book.apply(frame)
        started = time.perf_counter()
        changed = view.patches(books, {(feed, name) for name in frame.cells})
        full.append((time.perf_counter() - started) * 1000)
        count = len(changed)
        name, cell = next(iter(moved(login, turn + 101).items()))
        book.apply(market.Frame(sent_at=time.time(), cells={name: cell}))
        started = time.perf_counter()
        view.patches(books, {(feed, name)})
        single.append((time.perf_counter() - started) * 1000)
    print(f"  live: {len(rows)} cells; every leg ticked: {count} patches in {median(full):.1f} ms;"
          f" one leg {median(single):.1f} ms")  # fmt: skip
    return median(full)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--legs", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    with database():
        user, login = book(args.legs)
        few, _ = book(20)
        ratio = table_ratio(user, args.rounds)
        bytes_ratio, whole_ratio = first_byte((user, login), args.rounds)
        queries, fewer = queries_of(user), queries_of(few)
        frame = patches(user, login, args.rounds)
    print(f"table {ratio:.1f}x faster than a template (at least {TABLE_TARGET:g}x)")
    print(f"first byte {bytes_ratio:.1f}x that of an empty page (at most {BYTE_TARGET:g}x)")
    print(f"whole page {whole_ratio:.1f}x an empty page")
    print(f"live frame of all legs {frame:.1f} ms (at most {FRAME_TARGET:g} ms)")
    print(f"queries {queries} with {args.legs} legs, {fewer} with 20")
    kept = ratio >= TABLE_TARGET and bytes_ratio <= BYTE_TARGET
    kept = kept and queries == fewer and frame <= FRAME_TARGET
    return 0 if kept else 1


def queries_of(user: Any) -> int:
    """Queries of a page whose rows are as they were at the page before."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    web = Client(SERVER_NAME="localhost")
    web.force_login(user)
    web.get("/positions/")
    with CaptureQueriesContext(connection) as captured:
        web.get("/positions/")
    return len(captured)


if __name__ == "__main__":
    sys.exit(main())
