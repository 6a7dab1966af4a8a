"""One underlying: everything that the accounts in view hold of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from portfolio.desk import desk_of
from portfolio.underlyings.page import UnderlyingPage


@require_GET
def underlying(request: HttpRequest, symbol: str) -> HttpResponse:
    page = UnderlyingPage(desk_of(request), symbol)
    if not page.groups:
        raise Http404("Nothing is held of it.")
    return render(request, "portfolio/underlying.html", {"page": page})


# Symbols of futures begin with a slash and those of coins hold one.
urlpatterns = [path("underlyings/<path:symbol>/", underlying, name="underlying")]
