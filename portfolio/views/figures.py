"""One figure's arithmetic, for the drawer."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from portfolio.desk import desk_of
from portfolio.figures import NoFigure, explain
from portfolio.figures.drawer import drawer_of


@require_GET
def figure(request: HttpRequest) -> HttpResponse:
    """How a figure came about, from the same values as a page rendered now."""
    reference, shown = request.GET.get("ref", "")[:200], request.GET.get("shown", "")[:60]
    desk = desk_of(request)
    try:
        found = explain(desk, reference, request.GET)
    except NoFigure:
        context = {"reference": reference}
        return render(request, "portfolio/_figure_gone.html", context, status=404)
    at = datetime.fromtimestamp(desk.now, UTC) + desk.clock_offset
    context = {"figure": drawer_of(reference, found, desk.now, at=at, shown=shown)}
    return render(request, "portfolio/_figure.html", context)


urlpatterns = [path("figure/", figure, name="figure")]
