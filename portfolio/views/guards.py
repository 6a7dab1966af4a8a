"""Guards: trading on and off, limits of each account, the shield for other accounts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from brokerage import access
from brokerage.execution import guard_settings
from brokerage.models import Account
from portfolio import guard_pages
from portfolio.desk import desk_of
from portfolio.forms.guards import GuardForm, ShieldForm, proof_form, proven

UNPROCESSABLE = 422


@require_GET
def guards(request: HttpRequest) -> HttpResponse:
    """Every account with what holds its orders back."""
    accounts = desk_of(request).accounts
    context = {
        "cards": guard_pages.cards(request.user, accounts),
        "shield": _shield_form(request, accounts),
    }
    return render(request, "portfolio/guards.html", context)


def _shield_form(request: HttpRequest, accounts: list[Account]) -> ShieldForm:
    guard = guard_settings.trader_guard(request.user)
    initial = {"default_account": str(guard.default_account_id or ""), "shield": guard.shield}
    return ShieldForm(initial=initial, accounts=accounts)


@require_POST
def guards_shield(request: HttpRequest) -> HttpResponse:
    form = ShieldForm(request.POST, accounts=desk_of(request).accounts)
    if not form.is_valid():
        raise access.NotFound
    guard_settings.set_default_account(request.user, form.account())
    guard_settings.set_shield(request.user, form.cleaned_data["shield"])
    messages.success(request, "The shield is saved.")
    return redirect("portfolio:guards")


@require_http_methods(["GET", "POST"])
def guards_account(request: HttpRequest, environment: str, number: str) -> HttpResponse:
    """Limits of one account."""
    account = access.get_account(request.user, environment, number)
    guard = guard_settings.guard_for(request.user, account)
    form = GuardForm(request.POST) if request.method == "POST" else GuardForm.of(guard)
    if request.method == "POST" and form.is_valid() and form.save(request.user, account):
        messages.success(request, f"Guards of {account} are saved.")
        return redirect("portfolio:guards")
    return _account_page(request, account, form, proof_form(request.user))


def _account_page(
    request: HttpRequest, account: Account, form: GuardForm, proof: object
) -> HttpResponse:
    context = {
        "card": guard_pages.card(request.user, account),
        "form": form,
        "proof": proof,
    }
    wrong = form.errors or getattr(proof, "errors", None)
    status = UNPROCESSABLE if wrong else 200
    return render(request, "portfolio/guards_account.html", context, status=status)


@require_POST
def trading_switch(request: HttpRequest, environment: str, number: str) -> HttpResponse:
    """On with a proof of who asks, off at once."""
    account = access.get_account(request.user, environment, number)
    if request.POST.get("trading") == "off":
        guard_settings.turn_off(request.user, account)
        messages.success(request, f"Trading in {account} is off: no order of yours goes out.")
        return redirect("portfolio:guards")
    form = proof_form(request.user, request.POST)
    proof = proven(request, form)
    if not proof:
        guard = guard_settings.guard_for(request.user, account)
        return _account_page(request, account, GuardForm.of(guard), form)
    guard_settings.turn_on(request.user, account, proof=proof)
    messages.success(request, f"Trading in {account} is on.")
    return redirect("portfolio:guards")


urlpatterns = [
    path("guards/", guards, name="guards"),
    path("guards/shield/", guards_shield, name="guards-shield"),
    path("guards/<slug:environment>/<str:number>/", guards_account, name="guards-account"),
    path("guards/<slug:environment>/<str:number>/trading/", trading_switch, name="trading-switch"),
]
