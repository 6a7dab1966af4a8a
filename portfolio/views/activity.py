"""Activity: every booking of the accounts in view, with filters, running cash and files."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from brokerage import history, selectors
from portfolio import exports
from portfolio.activity import HEAD, activity_rows, chips, exported, narrowed, read_filters
from portfolio.desk import desk_of

PAGE_SIZE = 100


@require_GET
def activity_list(request: HttpRequest) -> HttpResponse:
    desk, filters = desk_of(request), read_filters(request.GET)
    accounts = desk.scope.pick(desk.accounts) if desk.scope else []
    booked = (
        history.transactions_at(accounts, desk.broker_instant)
        if desk.broker_instant
        else selectors.transactions_for(accounts)
    )
    pages = Paginator(narrowed(booked, filters), PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "chips": chips(filters),
        "page": page,
        "rows": activity_rows(accounts, page.object_list),
        "many_accounts": len(accounts) > 1,
    }
    return render(request, "portfolio/activity_list.html", context)


@require_GET
def activity_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """All rows that the filters leave, not one page of them."""
    desk, filters = desk_of(request), read_filters(request.GET)
    accounts = desk.scope.pick(desk.accounts) if desk.scope else []
    rows = narrowed(selectors.transactions_for(accounts), filters).iterator(chunk_size=1000)
    write = exports.json_file if kind == "json" else exports.csv_file
    return write("activity", HEAD, exported(rows))


urlpatterns = [
    path("activity/", activity_list, name="activity-list"),
    path("activity/activity.csv", activity_file, {"kind": "csv"}, name="activity-csv"),
    path("activity/activity.json", activity_file, {"kind": "json"}, name="activity-json"),
]
