"""What people should know: notices of their logins until they are read, events of their orders."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from brokerage import notices, selectors
from portfolio.orders import news as order_news

# Events of orders on one page of the log; none is left out of it.
EVENTS = 100
DISMISSED = 200


@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    return render(request, "portfolio/notice_list.html", _context(request))


@require_GET
def notice_table(request: HttpRequest) -> HttpResponse:
    return render(request, "portfolio/_notices.html", _context(request))


def _context(request: HttpRequest) -> dict[str, Any]:
    told = Paginator(order_news.news_for(request.user), EVENTS)
    page = told.get_page(request.GET.get("page"))
    return {
        "rows": list(selectors.notices_for(request.user)),
        "dismissed": list(selectors.dismissed_notices_for(request.user)[:DISMISSED]),
        "events": order_news.items(page.object_list),
        "page": page,
    }


@require_GET
def news(request: HttpRequest) -> HttpResponse:
    """Toasts for a page: `{"mark": …, "items": [{key, level, text, url}]}` since its mark."""
    # Read before the events: one that comes between is told twice rather than never, and a page
    # shows each key once.
    latest = order_news.mark_of(request.user)
    mark = order_news.Mark.parse(request.GET.get("mark", ""))
    found = order_news.since(request.user, mark) if mark else []
    rows = [
        {"key": item.key, "level": item.level, "text": item.text, "url": item.url} for item in found
    ]
    return JsonResponse({"mark": str(latest), "items": rows})


@require_POST
def notice_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    notices.dismiss(request.user, pk)
    return redirect("portfolio:notice-list")


urlpatterns = [
    path("notices/", notice_list, name="notice-list"),
    path("notices/news/", news, name="news"),
    path("notices/table/", notice_table, name="notice-table"),
    path("notices/<int:pk>/dismiss/", notice_dismiss, name="notice-dismiss"),
]
