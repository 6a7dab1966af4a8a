"""Parts of the frame that stand on every page: the choice of accounts, the strip of orders."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from portfolio.desk import desk_of
from portfolio.scope import SESSION_KEY, resolve


def safe_next(request: HttpRequest, fallback: str) -> str:
    """The page to go back to when it is one of ours, else the fallback."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return fallback


@require_POST
def scope(request: HttpRequest) -> HttpResponse:
    """Look at all accounts of an environment, or at one. NotFound for what is not the user's."""
    picked = resolve(request.POST.get("scope", ""), desk_of(request).accounts)
    request.session[SESSION_KEY] = str(picked)
    return HttpResponseRedirect(safe_next(request, reverse("portfolio:dashboard")))


@require_GET
def strip(request: HttpRequest) -> HttpResponse:
    return render(request, "portfolio/_strip.html")


urlpatterns = [
    path("scope/", scope, name="scope"),
    path("strip/", strip, name="strip"),
]
