"""Risk: curves, scenario grid, stresses, Greeks, concentration, buying power, what-if."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from portfolio.desk import desk_of
from portfolio.risk import basket
from portfolio.risk.explained import ExplainedView
from portfolio.risk.loading import page_for

NEW = ("add_leg", "new_quantity", "new_symbol", "new_day", "new_strike", "new_right")


@require_GET
def risk(request: HttpRequest) -> HttpResponse:
    page = page_for(desk_of(request), request.GET)
    try:
        leg = basket.typed(request.GET.dict()) if "add_leg" in request.GET else None
    except basket.BadLeg as problem:
        page.basket_problem = str(problem)
        leg = None
    if leg is not None:
        return _with_leg(request, leg)
    return render(request, "portfolio/risk.html", {"page": page})


def _with_leg(request: HttpRequest, leg: basket.Added) -> HttpResponse:
    """The same page with a typed leg in its address, so that it can be kept and taken back."""
    query = request.GET.copy()
    for name in NEW:
        query.pop(name, None)
    query.appendlist("add", leg.text)
    return HttpResponseRedirect(f"{reverse('portfolio:risk')}?{query.urlencode()}")


@require_GET
def risk_moves(request: HttpRequest) -> HttpResponse:
    """The expected moves, which need quotes of the broker."""
    return render(
        request, "portfolio/_risk_moves.html", {"page": page_for(desk_of(request), request.GET)}
    )


@require_GET
def risk_explained(request: HttpRequest) -> HttpResponse:
    """What moved the book, from the marks kept at each close."""
    desk = desk_of(request)
    view = ExplainedView(desk, page_for(desk, request.GET).choices)
    return render(request, "portfolio/_risk_explained.html", {"explained": view})


urlpatterns = [
    path("risk/", risk, name="risk"),
    path("risk/moves/", risk_moves, name="risk-moves"),
    path("risk/explained/", risk_explained, name="risk-explained"),
]
