"""Settings of one person, and the two switches of the frame."""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from users.forms import PreferencesForm
from users.look import RAIL_COOKIE, THEME_COOKIE
from users.models import Preferences, User

_A_YEAR = timedelta(days=365)


def preferences_of(user: User) -> Preferences:
    """The person's choices; made with the defaults on first need."""
    return Preferences.objects.get_or_create(user=user)[0]


@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    preferences = preferences_of(request.user)
    form = PreferencesForm(request.POST or None, instance=preferences)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Settings are saved.")
        response = redirect("users:settings")
        _remember(response, THEME_COOKIE, preferences.theme)
        return response
    factors = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    context = {"form": form, "has_totp": Authenticator.Type.TOTP in factors}
    return render(request, "users/settings.html", context)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Dark to light and back; the cookie keeps it for the pages before sign-in."""
    preferences = preferences_of(request.user)
    dark = preferences.theme == Preferences.Theme.DARK
    preferences.theme = Preferences.Theme.LIGHT if dark else Preferences.Theme.DARK
    preferences.save(update_fields=["theme"])
    response = _back(request)
    _remember(response, THEME_COOKIE, preferences.theme)
    return response


@require_POST
def rail(request: HttpRequest) -> HttpResponse:
    """Fold or unfold the rail; of this browser, not of the person."""
    folded = request.COOKIES.get(RAIL_COOKIE) == "folded"
    response = _back(request)
    _remember(response, RAIL_COOKIE, "open" if folded else "folded")
    return response


def _back(request: HttpRequest) -> HttpResponse:
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(target if ours else "/")


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_A_YEAR, httponly=True, samesite="Lax")
