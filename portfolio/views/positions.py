"""Positions: grouped, filtered, in columns of choice, live; tags, notes and column sets."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from brokerage import access
from portfolio import streamed
from portfolio.desk import desk_of
from portfolio.exports import csv_file
from portfolio.position_actions import page as position_actions
from portfolio.position_actions.closing import NoAction, load
from portfolio.positions import export, sets, words
from portfolio.positions.html import table_html
from portfolio.positions.page import PositionPage, live_args, table_of

UNPROCESSABLE = 422


@require_GET
def position_list(request: HttpRequest) -> HttpResponseBase:
    page = PositionPage(request)
    return streamed.page(
        request,
        "portfolio/position_list.html",
        {"page": page},
        "table_html",
        lambda: table_html(page.table),
    )


@require_GET
def position_table(request: HttpRequest) -> HttpResponse:
    """The table alone, re-fetched when positions change."""
    desk = desk_of(request)
    table = table_of(desk, request.GET)
    answer = HttpResponse(table_html(table))
    answer["X-Live-Args"] = live_args(desk, table)
    return answer


@require_GET
def position_csv(request: HttpRequest) -> HttpResponseBase:
    """The rows and columns that the page shows."""
    table = table_of(desk_of(request), request.GET)
    return csv_file("positions", export.head(table), export.lines(table))


@require_http_methods(["GET", "POST"])
def position_words(request: HttpRequest) -> HttpResponse:
    """Tags and a note on some positions of one account. NotFound for foreign ones."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        holdings = load(request.user, position_actions.asked(request))
    except NoAction as reason:
        context = {"problem": str(reason)}
        return render(request, "portfolio/position_words.html", context, status=UNPROCESSABLE)
    problem, tags, note = "", given.get("tags", ""), given.get("note", "")
    rows = _rows(request, [item.pk for item in holdings.held])
    if request.method == "POST":
        try:
            words.save_words(request.user, rows, tags, note)
            return redirect(reverse("portfolio:position-list"))
        except words.BadWords as reason:
            problem = str(reason)
    else:
        tags, note = _present(request, rows)
    context = {
        "holdings": holdings, "tags": tags, "note": note, "problem": problem,
        "action": f"?{urlencode([('leg', row.pk) for row in rows])}",
    }  # fmt: skip
    status = UNPROCESSABLE if problem else 200
    return render(request, "portfolio/position_words.html", context, status=status)


def _rows(request: HttpRequest, pks: list[int]) -> list[words.Position]:
    """Rows that `load` has opened for this person already."""
    return list(words.Position.objects.filter(pk__in=pks).order_by("pk"))


def _present(request: HttpRequest, rows: list[words.Position]) -> tuple[str, str]:
    """The tags and the note that these positions have, each once."""
    tags, note = words.of_rows(request.user, rows)
    return ", ".join(tags), note


@require_http_methods(["GET", "POST"])
def position_columns(request: HttpRequest) -> HttpResponse:
    """Make or change a set of columns. A set of somebody else is NotFound."""
    asked = request.GET.get("set", "").removeprefix("own-")
    row = sets.of(request.user, asked)
    if asked and row is None:
        raise access.NotFound
    keys, name, problem = sets.start(row), row.name if row else "", ""
    if request.method == "POST":
        name = request.POST.get("name", "")
        if row is not None and request.POST.get("do") == "delete":
            row.delete()
            messages.success(request, f"The columns “{row.name}” are gone.")
            return redirect(reverse("portfolio:position-list") + "?columns=trade")
        try:
            keys = sets.chosen(request.POST)
            step = _step(request)
            if step is None:
                kept = sets.keep(request.user, row.pk if row else None, name, keys)
                return redirect(f"{reverse('portfolio:position-list')}?columns=own-{kept.pk}")
            keys = sets.moved(keys, *step)
        except sets.BadSet as reason:
            problem = str(reason)
    context = {"set": row, "name": name, "lines": sets.lines(keys), "problem": problem}
    status = UNPROCESSABLE if problem else 200
    return render(request, "portfolio/position_columns.html", context, status=status)


def _step(request: HttpRequest) -> tuple[str, int] | None:
    """A column to be moved up or down."""
    for name, step in (("up", -1), ("down", 1)):
        if request.POST.get(name):
            return request.POST[name], step
    return None


urlpatterns = [
    path("positions/", position_list, name="position-list"),
    path("positions/table/", position_table, name="position-table"),
    path("positions/csv/", position_csv, name="position-csv"),
    path("positions/words/", position_words, name="position-words"),
    path("positions/columns/", position_columns, name="position-columns"),
]
