"""What can be done with positions: each action leads to a filled ticket, none sends anything."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from portfolio.position_actions import bulk, roll_page
from portfolio.position_actions import page as position_actions_page
from portfolio.position_actions.closing import ACTIONS, NoAction, load

UNPROCESSABLE = 422


@require_GET
def position_actions(request: HttpRequest) -> HttpResponse:
    """The legs to choose from and the actions; with `do` straight to the ticket.

    `leg` names positions; those of the same account and underlying are offered beside them.
    """
    page = position_actions_page.load_actions(request)
    do = request.GET.get("do", "")
    if do and not page.problem:
        try:
            return redirect(_target(request, do))
        except NoAction as reason:
            page.problem = str(reason)
    status = UNPROCESSABLE if do and page.problem else 200
    return render(request, "portfolio/position_actions.html", {"page": page}, status=status)


def _target(request: HttpRequest, do: str) -> str:
    """Where an action leads."""
    legs = [("leg", pk) for pk in position_actions_page.asked(request)]
    holdings = load(request.user, [pk for _, pk in legs])
    if do == "roll":
        return f"{reverse('portfolio:roll')}?{urlencode(legs)}"
    if do == "add":
        return position_actions_page.chain_url(holdings)
    if do not in ACTIONS:
        raise NoAction("There is no such action.")
    return ACTIONS[do][1](holdings)


@require_GET
def position_close(request: HttpRequest) -> HttpResponse:
    """The orders that close the rows chosen (`row`, each as its own query); one is a ticket."""
    try:
        found = bulk.queue(request.user, request.GET.getlist("row"))
    except NoAction as reason:
        context: dict[str, Any] = {"problem": str(reason)}
        return render(request, "portfolio/position_close.html", context, status=UNPROCESSABLE)
    if len(found.entries) == 1 and found.ready and not found.gone:
        return redirect(found.ready[0].url)
    problem = "" if found.entries else "None of these positions is held any more."
    context = {"queue": found, "problem": problem}
    status = 200 if found.entries else UNPROCESSABLE
    return render(request, "portfolio/position_close.html", context, status=status)


@require_GET
def roll(request: HttpRequest) -> HttpResponse:
    """Later expirations with live net prices; each leads to a ticket."""
    try:
        holdings = load(request.user, position_actions_page.asked(request))
    except NoAction as reason:
        context: dict[str, Any] = {"problem": str(reason)}
        return render(request, "portfolio/roll.html", context, status=UNPROCESSABLE)
    page = roll_page.load(request, holdings)
    return render(request, "portfolio/roll.html", {"page": page, "problem": page.problem})


urlpatterns = [
    path("positions/actions/", position_actions, name="position-actions"),
    path("positions/close/", position_close, name="position-close"),
    path("positions/roll/", roll, name="roll"),
]
