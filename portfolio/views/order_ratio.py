"""Another ratio for a working pair: form → dry run → confirm, as with every change."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from brokerage import access
from brokerage.execution import services
from brokerage.execution.commands import PAIRS, EditPairs
from brokerage.models import Order
from portfolio.forms.ticket_groups import RatioForm
from portfolio.orders.facts import order_facts
from portfolio.orders.words import intent_facts
from portfolio.ticket import words as ticket_words
from portfolio.views.orders import say

UNPROCESSABLE, CONFLICT = 422, 409


def _pair(request: HttpRequest, pk: int) -> Order:
    """An order of this user that is one side of a pair; anything else is NotFound."""
    order = access.get_order(request.user, pk)
    if order.complex_order_id is None or not order.complex_order_tag.startswith(PAIRS):
        raise access.NotFound
    return order


@require_http_methods(["GET", "POST"])
def order_ratio(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; posted it is dry-run and shown, not sent."""
    order = _pair(request, pk)
    form = RatioForm(request.POST or None)
    # Prices or amounts: the broker lets a pair keep what it was made with.
    del form.fields["ratio_price_is_threshold_based_on_notional"]
    if not form.is_bound or not form.is_valid():
        return _form(request, order, form)
    change = EditPairs(
        form.cleaned_data["ratio_price_comparator"], form.cleaned_data["ratio_price_threshold"]
    )
    return _shown(request, order, form, change)


def _form(request: HttpRequest, order: Order, form: RatioForm) -> HttpResponse:
    status = UNPROCESSABLE if form.is_bound else 200
    context = {"order": order_facts(order), "form": form}
    return render(request, "portfolio/order_ratio.html", context, status=status)


def _shown(request: HttpRequest, order: Order, form: RatioForm, change: EditPairs) -> HttpResponse:
    identifier = str(uuid.uuid4())
    group = order.complex_order_id or 0
    try:
        outcome = services.preview_edit_pairs(
            request.user, order.account, group, change, identifier
        )
    except services.CommandRefused as refusal:
        form.add_error(None, str(refusal))
        return _form(request, order, form)
    if outcome.preview is None:
        for finding in outcome.findings:
            form.add_error(None, finding.text)
        return _form(request, order, form)
    context: dict[str, Any] = {
        "order": order_facts(order),
        "form": form,
        "shown": outcome.preview,
        "words": ticket_words.ratio_words(outcome.preview.body, f"preview-{outcome.preview.pk}"),
        "send": f"Send: change the ratio to {change.threshold:f} in …{order.account.number[-4:]}",
        "content_hash": outcome.content_hash,
        "client_order_id": identifier,
        "other_account": outcome.other_account,
        "seconds": int(settings.PREVIEW_SECONDS),
        "sending_problem": services.sending_problem(outcome.preview.connection, order.account),
    }
    return render(request, "portfolio/order_ratio_confirm.html", context)


@require_POST
def order_ratio_send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the ratio that was confirmed, once."""
    order = _pair(request, pk)
    given = [request.POST.get(name, "") for name in ("preview", "content_hash", "client_order_id")]
    try:
        intent = services.edit_pairs(
            request.user,
            *given,
            other_account_confirmed=request.POST.get("other_account") == "yes",
        )
    except services.Conflict as refusal:
        context = {"reason": str(refusal), "order": order_facts(order)}
        return render(request, "portfolio/order_change_conflict.html", context, status=CONFLICT)
    except services.CommandRefused as refusal:
        messages.error(request, str(refusal))
    else:
        say(request, f"ratio of group {order.complex_order_id}", intent_facts(intent))
    return redirect("portfolio:order-detail", order.pk)


urlpatterns = [
    path("orders/<int:pk>/ratio/", order_ratio, name="order-ratio"),
    path("orders/<int:pk>/ratio/send/", order_ratio_send, name="order-ratio-send"),
]
