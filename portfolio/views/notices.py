"""What people should know: notices of their logins, until they are read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from brokerage import notices, selectors


@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    context = {"rows": list(selectors.notices_for(request.user)[:200])}
    return render(request, "portfolio/notice_list.html", context)


@require_GET
def notice_table(request: HttpRequest) -> HttpResponse:
    context = {"rows": list(selectors.notices_for(request.user)[:200])}
    return render(request, "portfolio/_notices.html", context)


@require_POST
def notice_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    notices.dismiss(request.user, pk)
    return redirect("portfolio:notice-list")


urlpatterns = [
    path("notices/", notice_list, name="notice-list"),
    path("notices/table/", notice_table, name="notice-table"),
    path("notices/<int:pk>/dismiss/", notice_dismiss, name="notice-dismiss"),
]
