"""The broker logins of a person: connect, look after, sync, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from brokerage import access, connections
from brokerage.models import Connection
from portfolio.connection_pages import connection_cards, name_of, run_page
from portfolio.forms.connection import ConnectForm

_CONNECTED = "{} is connected. Its first sync is under way below."


@require_GET
def connection_list(request: HttpRequest) -> HttpResponse:
    context = {"cards": connection_cards(request.user)}
    return render(request, "portfolio/connection_list.html", context)


@require_GET
def connection_cards_fragment(request: HttpRequest) -> HttpResponse:
    context = {"cards": connection_cards(request.user)}
    return render(request, "portfolio/_connection_cards.html", context)


@never_cache
@sensitive_post_parameters("client_secret", "refresh_token")
@require_http_methods(["GET", "HEAD", "POST"])
def connection_new(request: HttpRequest) -> HttpResponse:
    """The connect form; a refusal stands at the field that it concerns."""
    form = ConnectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        connection = _connect(request, form)
        if connection is not None:
            messages.success(request, _CONNECTED.format(name_of(connection)))
            return redirect("portfolio:connection-list")
    status = 422 if form.is_bound else 200
    return _form_page(request, form, status)


@sensitive_variables()
def _connect(request: HttpRequest, form: ConnectForm) -> Connection | None:
    data = form.cleaned_data
    try:
        return connections.connect(
            request.user,
            data["environment"],
            data["client_secret"],
            data["refresh_token"],
            data["label"],
        )
    except connections.ConnectError as error:
        form.refuse(error)
        return None


def _form_page(request: HttpRequest, form: ConnectForm, status: int = 200) -> HttpResponse:
    offered = [name.value for name in connections.offered()]
    flows = [name for name in offered if connections.code_flow_available(name)]
    context = {"form": form, "code_flows": flows}
    response = render(request, "portfolio/connection_new.html", context, status=status)
    # The browser follows the form's redirect to the broker's consent page only when told so.
    origins = {_origin(connections.environment_for(name).authorize_url) for name in flows}
    if origins:
        response._csp_update = {"form-action": sorted(origins)}  # type: ignore[attr-defined]
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@require_POST
def code_start(request: HttpRequest) -> HttpResponse:
    """Off to the broker's consent page, with a state that this session alone can use, once."""
    environment = request.POST.get("environment", "")
    label = request.POST.get("label", "")[:80]
    try:
        target = connections.authorize_url(request.session, environment, label=label)
    except connections.ConnectError as error:
        messages.error(request, str(error))
        return redirect("portfolio:connection-new")
    return redirect(target)


@never_cache
@require_GET
def code_callback(request: HttpRequest) -> HttpResponse:
    """Back from the consent page."""
    try:
        connection = connections.complete_code_flow(
            request.user,
            request.session,
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            error=request.GET.get("error", ""),
        )
    except connections.ConnectError as error:
        messages.error(request, str(error))
        return redirect("portfolio:connection-new")
    messages.success(request, _CONNECTED.format(name_of(connection)))
    return redirect("portfolio:connection-list")


def _action(
    request: HttpRequest, pk: UUID, act: Callable[[Connection], tuple[str, str]]
) -> HttpResponse:
    """Do something with one login and say how it went."""
    connection = access.get_connection(request.user, pk)
    try:
        level, text = act(connection)
    except connections.ConnectError as error:
        level, text = "error", str(error)
    getattr(messages, level)(request, text)
    return redirect("portfolio:connection-list")


@require_POST
def connection_refresh(request: HttpRequest, pk: UUID) -> HttpResponse:
    def refresh(connection: Connection) -> tuple[str, str]:
        connections.refresh_now(connection, request.user)
        return "success", f"{name_of(connection)} has a new access token."

    return _action(request, pk, refresh)


@require_POST
def connection_check(request: HttpRequest, pk: UUID) -> HttpResponse:
    def check(connection: Connection) -> tuple[str, str]:
        found = connections.check(connection, request.user)
        return ("success" if found.ok else "error"), found.text

    return _action(request, pk, check)


@require_POST
def connection_sync(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Start a sync; with htmx the run's progress comes back at once."""
    connection = access.get_connection(request.user, pk)
    run = connections.request_sync(connection, request.user)
    if getattr(request, "htmx", False):
        return render(request, "portfolio/_sync_run.html", {"run": run_page(run)})
    messages.info(request, f"Syncing {name_of(connection)}.")
    return redirect("portfolio:connection-list")


@require_http_methods(["GET", "HEAD", "POST"])
def connection_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks once; then the secrets are gone at once, the mirrored data by choice."""
    connection = access.get_connection(request.user, pk)
    if request.method != "POST":
        context: dict[str, Any] = {"connection": connection, "name": name_of(connection)}
        return render(request, "portfolio/connection_remove.html", context)
    name = name_of(connection)
    connections.remove(
        connection, request.user, delete_data=request.POST.get("delete_data") == "on"
    )
    messages.success(request, f"{name} is removed; its secrets are deleted.")
    return redirect("portfolio:connection-list")


@require_GET
def sync_run(request: HttpRequest, pk: int) -> HttpResponse:
    run = access.get_sync_run(request.user, pk)
    return render(request, "portfolio/_sync_run.html", {"run": run_page(run)})


urlpatterns = [
    path("connections/", connection_list, name="connection-list"),
    path("connections/cards/", connection_cards_fragment, name="connection-cards"),
    path("connections/new/", connection_new, name="connection-new"),
    path("connections/code/", code_start, name="connection-code-start"),
    path("connections/callback/", code_callback, name="connection-code-callback"),
    path("connections/<uuid:pk>/refresh/", connection_refresh, name="connection-refresh"),
    path("connections/<uuid:pk>/check/", connection_check, name="connection-check"),
    path("connections/<uuid:pk>/sync/", connection_sync, name="connection-sync"),
    path("connections/<uuid:pk>/remove/", connection_remove, name="connection-remove"),
    path("sync-runs/<int:pk>/", sync_run, name="sync-run"),
]
