"""The kill switch: blocks an account for everybody and takes its working orders back."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from brokerage import access
from brokerage.enums import IntentState
from brokerage.execution import kill, services
from brokerage.models import Account
from portfolio import guard_pages
from portfolio.desk import desk_of
from portfolio.forms.guards import proof_form, proven

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
def kill_switch(request: HttpRequest) -> HttpResponse:
    """What would happen, with the protective orders named; posted it happens."""
    if request.method == "POST":
        return _throw(request)
    return _page(request, {})


def _page(request: HttpRequest, judged: dict[int, Form], status: int = 200) -> HttpResponse:
    """`judged`: proofs that were not accepted, by account."""
    desk = desk_of(request)
    cards = [
        guard_pages.kill_card(
            request.user, account, judged.get(account.pk) or _proof(request, account)
        )
        for account in (desk.scope.pick(desk.accounts) if desk.scope else [])
    ]
    return render(request, "portfolio/kill_switch.html", {"cards": cards}, status=status)


def _proof(request: HttpRequest, account: Account, *, given: bool = False) -> Form:
    """Each account has a form of its own on the page."""
    return proof_form(request.user, request.POST if given else None, prefix=f"release-{account.pk}")


def _throw(request: HttpRequest) -> HttpResponse:
    """Every account named in the form; each is blocked first, then its orders are taken back."""
    accounts = [_account(request, text) for text in request.POST.getlist("account")]
    if not accounts:
        messages.error(request, "Choose at least one account. Nothing was done.")
        return redirect("portfolio:kill-switch")
    spare = request.POST.get("spare") == "yes"
    for account in accounts:
        _block(request, account, spare)
    return redirect("portfolio:kill-switch")


def _account(request: HttpRequest, text: str) -> Account:
    environment, _, number = text.partition("/")
    return access.get_account(request.user, environment, number)


def _block(request: HttpRequest, account: Account, spare: bool) -> None:
    try:
        intents = kill.block(request.user, account, spare_protective=spare)
    except services.CommandRefused as refusal:
        messages.error(request, f"{account}: {refusal}")
        return
    asked = sum(1 for intent in intents if intent.state == IntentState.ACCEPTED)
    rest = [intent for intent in intents if intent.state != IntentState.ACCEPTED]
    words = f"{account} is blocked: nothing new is sent. "
    words += f"Asked the broker to cancel {asked} of {len(intents)} working orders."
    if rest:
        messages.warning(request, words + " Look at those that were not taken back.")
    else:
        messages.success(request, words)


@require_POST
def kill_release(request: HttpRequest, environment: str, number: str) -> HttpResponse:
    """Let orders out again, with a proof of who asks."""
    account = access.get_account(request.user, environment, number)
    form = _proof(request, account, given=True)
    proof = proven(request, form)
    if not proof:
        return _page(request, {account.pk: form}, UNPROCESSABLE)
    try:
        kill.unblock(request.user, account, proof=proof)
    except services.CommandRefused as refusal:
        messages.error(request, f"{account}: {refusal}")
    else:
        messages.success(request, f"{account} is released: orders may be sent again.")
    return redirect("portfolio:kill-switch")


urlpatterns = [
    path("kill/", kill_switch, name="kill-switch"),
    path("kill/<slug:environment>/<str:number>/release/", kill_release, name="kill-release"),
]
