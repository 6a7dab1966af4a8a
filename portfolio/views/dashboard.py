"""The dashboard: what each account is worth, may still do, made today, and what needs a look."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from portfolio.dashboard.attention import needing, worst_of
from portfolio.dashboard.net_liq import histories
from portfolio.dashboard.overview import Overview
from portfolio.desk import desk_of
from portfolio.pages import account_card, underlying_rows
from portfolio.risk.loading import page_for

WORST = 3


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


def _overview(request: HttpRequest) -> dict[str, object]:
    return {"overview": Overview(desk_of(request))}


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    context = {**_cards(request), **_rows(request), **_overview(request)}
    if context["has_accounts"]:
        context["histories"] = histories(desk_of(request))
    return render(request, "portfolio/dashboard.html", context)


@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """The cards alone, re-fetched when a balance changes."""
    return render(request, "portfolio/_account_cards.html", _cards(request))


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Gains, Greeks and dates alone, re-fetched when balances or positions change."""
    return render(request, "portfolio/_dashboard_overview.html", _overview(request))


@require_GET
def outlook(request: HttpRequest) -> HttpResponse:
    """Largest risks and chains that need a look; betas and rates may have to be asked for, so it
    follows the page."""
    desk = desk_of(request)
    risk = page_for(desk, QueryDict())
    # Of legs that no model can value nothing is claimed, not even nought.
    has_book = bool(risk.book.arrays(by_beta=risk.by_beta).known.any())
    context = {
        "worst": worst_of(risk)[:WORST] if has_book else [],
        "largest": risk.parts[0][:WORST] if has_book else [],
        "left_out": risk.gap_words if risk.gaps else "",
        "chains": needing(desk),
    }
    return render(request, "portfolio/_dashboard_outlook.html", context)


@require_GET
def underlyings(request: HttpRequest) -> HttpResponse:
    """The table by underlying alone, re-fetched when positions change."""
    return render(request, "portfolio/_underlyings.html", _rows(request))


urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("cards/", cards, name="account-cards"),
    path("overview/", overview, name="dashboard-overview"),
    path("outlook/", outlook, name="dashboard-outlook"),
    path("underlyings/", underlyings, name="underlying-table"),
]
