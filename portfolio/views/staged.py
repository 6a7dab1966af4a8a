"""Tickets put aside: staging one, opening it again, removing it. Nothing here sends."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from portfolio.desk import desk_of
from portfolio.orders import staged as order_staged
from portfolio.ticket import page as ticket_page
from portfolio.ticket.page import TicketPage
from portfolio.views.ticket import in_drawer

UNPROCESSABLE = 422
_CONTENT = "portfolio/_ticket.html"


@require_POST
def ticket_stage(request: HttpRequest) -> HttpResponse:
    """Put the ticket aside as it is; one that is not complete becomes a draft."""
    page = ticket_page.load(request, request.POST, draft=False)
    if page.account is None:
        page.ticket.add_findings([ticket_page.no_account()])
        return _again(request, page, UNPROCESSABLE)
    try:
        order_staged.stage(request.user, page.account, page.ticket.values, _body(page))
    except order_staged.Full as refusal:
        page.ticket.head.add_error(None, str(refusal))
        return _again(request, page, UNPROCESSABLE)
    if in_drawer(request):
        context = {"drawer": True, "content": "portfolio/_ticket_staged.html"}
        return render(request, "portfolio/ticket_drawer.html", context)
    messages.success(request, "Staged. Nothing was sent.")
    return redirect(f"{reverse('portfolio:order-list')}?tab=staged")


def _body(page: TicketPage) -> dict[str, Any]:
    """What the ticket would send; empty while it is not complete."""
    return page.ticket.command().body() if page.ticket.is_valid() else {}


def _again(request: HttpRequest, page: TicketPage, status: int) -> HttpResponse:
    drawer = in_drawer(request)
    name = "ticket_drawer" if drawer else "ticket"
    context = {"page": page, "drawer": drawer, "content": _CONTENT}
    return render(request, f"portfolio/{name}.html", context, status=status)


@require_GET
def staged_open(request: HttpRequest, ticket: uuid.UUID) -> HttpResponse:
    """The ticket as it was put aside, with today's quotes; checked anew when it is previewed."""
    row = order_staged.get_staged(request.user, desk_of(request).accounts, ticket)
    page = ticket_page.load(request, row.values, draft=True)
    return _again(request, page, 200)


@require_POST
def staged_remove(request: HttpRequest, ticket: uuid.UUID) -> HttpResponse:
    if order_staged.remove(request.user, ticket):
        messages.success(request, "The staged ticket is removed. Nothing was sent.")
    else:
        messages.info(request, "That ticket was not staged any more.")
    return redirect(f"{reverse('portfolio:order-list')}?tab=staged")


urlpatterns = [
    path("trade/stage/", ticket_stage, name="ticket-stage"),
    path("orders/staged/<uuid:ticket>/", staged_open, name="staged-open"),
    path("orders/staged/<uuid:ticket>/remove/", staged_remove, name="staged-remove"),
]
