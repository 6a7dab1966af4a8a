"""The dashboard: what each account is worth, may still do, and made today."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from portfolio.desk import desk_of
from portfolio.pages import account_card, underlying_rows


def _cards(request: HttpRequest) -> dict[str, object]:
    desk = desk_of(request)
    return {
        "cards": [
            account_card(account, desk.valuation, desk.now) for account in desk.facts.accounts
        ],
        "has_accounts": bool(desk.accounts),
    }


def _rows(request: HttpRequest) -> dict[str, object]:
    desk = desk_of(request)
    return {"underlyings": underlying_rows(desk.valuation, desk.now)}


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    return render(request, "portfolio/dashboard.html", {**_cards(request), **_rows(request)})


@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """The cards alone, re-fetched when a balance changes."""
    return render(request, "portfolio/_account_cards.html", _cards(request))


@require_GET
def underlyings(request: HttpRequest) -> HttpResponse:
    """The table by underlying alone, re-fetched when positions change."""
    return render(request, "portfolio/_underlyings.html", _rows(request))


urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("cards/", cards, name="account-cards"),
    path("underlyings/", underlyings, name="underlying-table"),
]
