"""The dashboard: what each account is worth, may still do, made today, and what needs a look; in
the order that its reader chose."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from portfolio.dashboard import cards as arranged
from portfolio.dashboard.alerts import Alerts
from portfolio.dashboard.attention import needing, worst_of
from portfolio.dashboard.bands import Bands
from portfolio.dashboard.net_liq import histories
from portfolio.dashboard.overview import Overview
from portfolio.desk import desk_of
from portfolio.pages import account_card, underlying_rows
from portfolio.risk.loading import page_for

WORST = 3
UNPROCESSABLE = 422


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
    return render(request, "portfolio/dashboard.html", _page(request))


def _page(request: HttpRequest, **more: object) -> dict[str, object]:
    desk = desk_of(request)
    choice = arranged.choice_of(desk.user)
    context = {
        **_cards(request), **_rows(request), **_overview(request), "choice": choice,
        "arranged": arranged.ordered(choice), "moved": request.GET.get("arrange", ""), **more,
    }  # fmt: skip
    if context["has_accounts"]:
        context["histories"] = histories(desk)
        context["alerts"] = Alerts(desk)
    return context


@require_POST
def arrange(request: HttpRequest) -> HttpResponse:
    """Move a card, go back to the usual order, or set the bound of the beta delta."""
    asked = request.POST
    card = asked.get("up") or asked.get("down") or ""
    try:
        if card:
            arranged.move(request.user, card, -1 if "up" in asked else 1)
        elif "usual" in asked:
            arranged.reset(request.user)
        else:
            arranged.bound(request.user, asked.get("delta_share", ""))
    except arranged.BadChoice as problem:
        context = _page(request, problem=str(problem), moved="bound")
        return render(request, "portfolio/dashboard.html", context, status=UNPROCESSABLE)
    step = "up" if "up" in asked else "down"
    return redirect(
        f"{reverse('portfolio:dashboard')}?arrange={f'{step}-{card}' if card else 'bound'}"
    )


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
    """Largest risks; betas and rates may have to be asked for, so it follows the page."""
    risk = page_for(desk_of(request), QueryDict())
    # Of legs that no model can value nothing is claimed, not even nought.
    has_book = bool(risk.book.arrays(by_beta=risk.by_beta).known.any())
    context = {
        "worst": worst_of(risk)[:WORST] if has_book else [],
        "largest": risk.parts[0][:WORST] if has_book else [],
        "left_out": risk.gap_words if risk.gaps else "",
    }
    return render(request, "portfolio/_dashboard_outlook.html", context)


@require_GET
def chains(request: HttpRequest) -> HttpResponse:
    """Open chains that need a look; rebuilding chains takes time, so it follows the page."""
    return render(
        request, "portfolio/_dashboard_chains.html", {"chains": needing(desk_of(request))}
    )


@require_GET
def bands(request: HttpRequest) -> HttpResponse:
    """What is in use beside its bounds; the VIX may have to be asked for."""
    return render(request, "portfolio/_dashboard_bands.html", {"bands": Bands(desk_of(request))})


@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """Alerts alone, re-fetched when a notice comes."""
    return render(request, "portfolio/_dashboard_alerts.html", {"alerts": Alerts(desk_of(request))})


@require_GET
def underlyings(request: HttpRequest) -> HttpResponse:
    """The table by underlying alone, re-fetched when positions change."""
    return render(request, "portfolio/_underlyings.html", _rows(request))


urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("cards/", cards, name="account-cards"),
    path("overview/", overview, name="dashboard-overview"),
    path("arrange/", arrange, name="dashboard-arrange"),
    path("outlook/", outlook, name="dashboard-outlook"),
    path("chains-to-look-at/", chains, name="dashboard-chains"),
    path("bounds/", bands, name="dashboard-bands"),
    path("dashboard/alerts/", alerts, name="dashboard-alerts"),
    path("underlyings/", underlyings, name="underlying-table"),
]
