"""Accounts and sync: how whole and how young the mirror is, and what to do about it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from brokerage import access, connections, selectors, upkeep
from portfolio.connection_pages import connection_cards, name_of
from portfolio.sync_pages import SyncCard, sync_card


def _cards(request: HttpRequest) -> list[SyncCard]:
    everything = upkeep.with_upkeep(selectors.accounts_for(request.user, include_closed=True))
    accounts = list(everything)
    return [sync_card(card, accounts) for card in connection_cards(request.user)]


@require_GET
def sync_status(request: HttpRequest) -> HttpResponse:
    return render(request, "portfolio/sync_status.html", {"cards": _cards(request)})


@require_GET
def sync_cards(request: HttpRequest) -> HttpResponse:
    """The cards alone, re-fetched while something moves."""
    return render(request, "portfolio/_sync_cards.html", {"cards": _cards(request)})


@require_POST
def account_backfill(request: HttpRequest, environment: str, number: str) -> HttpResponse:
    account = access.get_account(request.user, environment, number)
    upkeep.backfill_now(request.user, account)
    messages.info(request, f"The history of {account} is being read back to its opening.")
    return redirect("portfolio:sync-status")


@require_POST
def connection_reconcile(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = access.get_connection(request.user, pk)
    upkeep.reconcile_now(request.user, connection)
    messages.info(request, "The books are being compared; the scores follow in a moment.")
    return redirect("portfolio:sync-status")


@require_POST
def connection_pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = access.get_connection(request.user, pk)
    connections.pause(connection, request.user)
    messages.info(request, f"{name_of(connection)} is paused: its figures stay as they are.")
    return redirect("portfolio:sync-status")


@require_POST
def connection_resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = access.get_connection(request.user, pk)
    connections.resume(connection, request.user)
    messages.info(request, f"{name_of(connection)} is read again.")
    return redirect("portfolio:sync-status")


urlpatterns = [
    path("sync/", sync_status, name="sync-status"),
    path("sync/cards/", sync_cards, name="sync-cards"),
    path("sync/<uuid:pk>/pause/", connection_pause, name="connection-pause"),
    path("sync/<uuid:pk>/resume/", connection_resume, name="connection-resume"),
    path("sync/<uuid:pk>/reconcile/", connection_reconcile, name="connection-reconcile"),
    path(
        "sync/<slug:environment>/<str:number>/backfill/", account_backfill, name="account-backfill"
    ),
]
