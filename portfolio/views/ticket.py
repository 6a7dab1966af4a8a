"""The order ticket: form → preview → confirm → result. Works without a script; htmx refines it.

On wide screens it also stands in a drawer beside another page: then every answer is the drawer's
content instead of a page.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from brokerage import access
from brokerage.enums import IntentKind, IntentState
from brokerage.execution import services
from brokerage.execution.preview import PreviewOutcome, open_preview, preview
from brokerage.models import OrderIntent, OrderPreview
from portfolio.desk import desk_of
from portfolio.orders.facts import OrderFacts, order_facts
from portfolio.orders.words import intent_facts
from portfolio.ticket import page as ticket_page
from portfolio.ticket import values as ticket_values
from portfolio.ticket import whatif_rows
from portfolio.ticket.preview import PreviewFacts, facts_of
from portfolio.ticket.whatif import WhatIf
from portfolio.ticket.words import OrderWords, order_words_of

UNPROCESSABLE, CONFLICT = 422, 409
# The element that holds the content of the confirmation's page.
PLACE = "ticket-page"
# Tells a script that this is an answer of the ticket, not a sign-in page or an error of the server.
OURS = "Ticket-Answer"


def in_drawer(request: HttpRequest) -> bool:
    """Whether the answer goes into the drawer beside another page."""
    return request.headers.get("HX-Target") == "drawer"


def in_place(request: HttpRequest) -> bool:
    """Whether the answer takes the place of the page's content, its frame left standing."""
    return request.headers.get("HX-Target") == PLACE


def _show(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page, or the same as the content of the drawer or of a page that stands already."""
    drawer = in_drawer(request)
    template = "ticket_drawer.html" if drawer else f"{name}.html"
    context |= {
        "drawer": drawer,
        "content": f"portfolio/_{name}.html",
        "frame": "portfolio/_in_place.html" if in_place(request) else "base.html",
    }
    answer = render(request, f"portfolio/{template}", context, status=status)
    answer[OURS] = "1"
    return answer


@require_http_methods(["GET", "POST"])
def ticket(request: HttpRequest) -> HttpResponse:
    """The form; query values fill it in. Posted back when a choice changes: nothing is judged.

    A post, so that the values (and the form's token) stay out of addresses and logs.
    """
    page = ticket_page.load(request, request.POST or request.GET, draft=True)
    if request.headers.get("HX-Target") == "ticket":
        context = {"page": page, "drawer": bool(page.ticket.values.get("drawer"))}
        return render(request, "portfolio/_ticket.html", context)
    return _show(request, "ticket", {"page": page})


@require_POST
def ticket_preview(request: HttpRequest) -> HttpResponse:
    """Check and dry-run, place nothing: the confirmation, or the form with what is wrong."""
    page = ticket_page.load(request, request.POST, draft=False)
    if page.account is None or page.connection is None:
        page.ticket.add_findings([ticket_page.no_account()])
        return _form_again(request, page, None)
    if not page.ticket.is_valid():
        return _form_again(request, page, None)
    outcome = preview(
        request.user, page.account, page.connection, page.ticket.command(), page.ticket_id
    )
    if outcome.preview is None:
        page.ticket.add_findings(outcome.findings)
        return _form_again(request, page, outcome)
    return _show(request, "ticket_preview", _confirmation(page, outcome))


def _confirmation(page: ticket_page.TicketPage, outcome: PreviewOutcome) -> dict[str, Any]:
    assert outcome.preview is not None
    return {
        "page": page,
        "preview": facts_of(outcome.preview, outcome, [part.multiplier for part in page.parts]),
        "content_hash": outcome.content_hash,
        "client_order_id": page.ticket_id,
        "other_account": outcome.other_account,
        "seconds": int(settings.PREVIEW_SECONDS),
        "sending_problem": services.sending_problem(page.connection, page.account),
        "values": ticket_page.hidden_values(page),
    }


def _form_again(
    request: HttpRequest, page: ticket_page.TicketPage, outcome: PreviewOutcome | None
) -> HttpResponse:
    """The form with every finding at its place; what the broker said comes along."""
    context: dict[str, Any] = {"page": page, "outcome": outcome}
    if outcome is not None and outcome.answer:
        context["preview"] = PreviewFacts.of_refusal(outcome.answer)
    return _show(request, "ticket", context, UNPROCESSABLE)


@require_POST
def ticket_submit(request: HttpRequest) -> HttpResponse:
    """Send what was confirmed, once; leads to the same result however often it is asked for.

    A script's click is answered with the result itself: no second request to wait for. Without
    one the answer leads to the result's address, where a reload sends nothing.
    """
    preview_id = request.POST.get("preview", "")
    try:
        intent = services.submit(
            request.user,
            preview_id,
            request.POST.get("content_hash", ""),
            request.POST.get("client_order_id", ""),
            other_account_confirmed=request.POST.get("other_account") == "yes",
        )
    except services.Conflict as refusal:
        return _conflict(request, open_preview(request.user, preview_id), str(refusal))
    if not (in_drawer(request) or in_place(request)):
        return redirect("portfolio:ticket-result", intent.pk)
    return _show_result(request, access.with_executions(intent))


def _conflict(request: HttpRequest, shown: OrderPreview, reason: str) -> HttpResponse:
    """Nothing was sent: say so, and offer the same order on a new ticket."""
    sent = getattr(shown, "orderintent", None)
    context = {"reason": reason, "again": ticket_values.ticket_url(shown), "sent": sent}
    return _show(request, "ticket_conflict", context, CONFLICT)


@require_GET
def ticket_whatif(request: HttpRequest) -> HttpResponse:
    """The account before and after the order of a preview. Asked for once the preview stands, so
    that nobody waits for it."""
    shown = open_preview(request.user, request.GET.get("preview", ""))
    scene = WhatIf(desk_of(request), shown)
    context = {
        "rows": whatif_rows.rows_of(scene),
        "problems": scene.problems,
        "words": scene.words,
        "account": str(shown.account),
        "query": f"preview={shown.pk}",
    }
    return render(request, "portfolio/_ticket_whatif.html", context)


@require_GET
def ticket_result(request: HttpRequest, intent_id: uuid.UUID) -> HttpResponse:
    """What became of it; lives by push, and by polling while the outcome is open."""
    intent = access.get_intent(request.user, intent_id)
    if request.headers.get("HX-Target") == "ticket-result":
        return render(request, "portfolio/_ticket_result.html", _result(intent))
    return _show_result(request, intent)


def _show_result(request: HttpRequest, intent: OrderIntent) -> HttpResponse:
    # What happened between this answer and its arrival reached no page: it looks once more.
    context = _result(intent) | {"in_place": in_drawer(request) or in_place(request)}
    answer = _show(request, "ticket_result", context)
    if in_place(request):
        # The confirmation is spent: going back leads past it.
        answer["HX-Replace-Url"] = reverse("portfolio:ticket-result", args=[intent.pk])
    return answer


def _result(intent: OrderIntent) -> dict[str, Any]:
    parts = _parts(intent)
    return {
        "intent": intent_facts(intent),
        "order": order_facts(intent.order, ours=True) if intent.order else None,
        "again": ticket_values.resend_url(intent),
        "parts": parts,
        # The exits still work after the entry has filled.
        "group_works": any(facts is not None and not facts.terminal for _, facts in parts),
        "open": intent.state in (IntentState.SENDING, IntentState.UNKNOWN),
    }


def _parts(intent: OrderIntent) -> list[tuple[OrderWords, OrderFacts | None]]:
    """The orders of a group as they were confirmed, each with what stands at the broker for it."""
    if intent.kind != IntentKind.COMPLEX:
        return []
    words = order_words_of(intent.body, [], f"intent-{intent.pk}")
    group = intent.order.complex_order_id if intent.order else None
    rows = list(intent.account.orders.filter(complex_order_id=group)) if group else []
    rows.sort(key=lambda row: (not row.complex_order_tag.endswith("trigger-order"), row.broker_id))
    facts = [order_facts(row, ours=True) for row in rows]
    # A replaced member stands there twice: then the order book tells the story.
    known = facts if len(facts) == len(words) else [None] * len(words)
    return list(zip(words, known, strict=True))


@require_POST
def ticket_structure(request: HttpRequest) -> HttpResponse:
    """The structure block and the bars for what is typed now; no field is touched."""
    page = ticket_page.load(request, request.POST, draft=True)
    context = {"structure": page.structure, "page": page, "again": True}
    return render(request, "portfolio/_ticket_structure.html", context)


@require_POST
def ticket_symbols(request: HttpRequest) -> HttpResponse:
    """Symbols that begin with what is typed, as buttons that fill the ticket.

    A post, so that what is typed on a ticket stays out of addresses and logs.
    """
    prefix = str(request.GET.get("part", ""))[:2]
    found = ticket_page.symbols_for(request, request.POST, prefix)
    context = {"found": found, "prefix": prefix, "script": True}
    return render(request, "portfolio/_ticket_symbols.html", context)


@require_GET
def market_panel_fragment(request: HttpRequest) -> HttpResponse:
    """Level 1, depth and tape of one symbol as a fragment."""
    connection = access.get_connection(request.user, request.GET.get("connection", ""))
    panel = ticket_page.panel_of(connection, request.GET)
    return render(request, "portfolio/_market_panel.html", {"panel": panel})


ticket_urls = [
    path("trade/", ticket, name="ticket"),
    path("trade/preview/", ticket_preview, name="ticket-preview"),
    path("trade/submit/", ticket_submit, name="ticket-submit"),
    path("trade/structure/", ticket_structure, name="ticket-structure"),
    path("trade/symbols/", ticket_symbols, name="ticket-symbols"),
    path("trade/whatif/", ticket_whatif, name="ticket-whatif"),
    path("trade/market/", market_panel_fragment, name="market-panel"),
    path("trade/<uuid:intent_id>/", ticket_result, name="ticket-result"),
]
urlpatterns = ticket_urls
