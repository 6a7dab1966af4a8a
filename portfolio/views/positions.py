"""Positions: account › underlying › leg, live from the stream."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from portfolio.desk import desk_of
from portfolio.fragments import position_table_html
from portfolio.pages import position_table


@require_GET
def position_list(request: HttpRequest) -> HttpResponse:
    desk = desk_of(request)
    table = position_table(desk.valuation, desk.now)
    context = {"table": table, "table_html": position_table_html(table)}
    return render(request, "portfolio/position_list.html", context)


@require_GET
def position_table_fragment(request: HttpRequest) -> HttpResponse:
    """The table alone, re-fetched when positions change."""
    desk = desk_of(request)
    return HttpResponse(position_table_html(position_table(desk.valuation, desk.now)))


urlpatterns = [
    path("positions/", position_list, name="position-list"),
    path("positions/table/", position_table_fragment, name="position-table"),
]
