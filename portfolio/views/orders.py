"""The order book: working, today, history and what is unknown; one order; cancelling."""

from __future__ import annotations

import json
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from brokerage import access
from brokerage.execution import services
from portfolio.orders import book as order_book
from portfolio.orders import detail as order_detail
from portfolio.orders.facts import OrderFacts, order_facts
from portfolio.orders.timeline import TimelineEntry
from portfolio.orders.words import IntentFacts, intent_facts
from portfolio.views.frame import safe_next


@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    return render(request, "portfolio/order_list.html", {"book": order_book.load(request)})


@require_GET
def order_table(request: HttpRequest) -> HttpResponse:
    """The table alone, for htmx and after events."""
    return render(request, "portfolio/_order_table.html", {"book": order_book.load(request)})


@require_GET
def order_page(request: HttpRequest, pk: int) -> HttpResponse:
    order = access.get_order(request.user, pk)
    context = order_detail.load(request, order)
    context["raw"] = json.dumps(order.raw, indent=2, ensure_ascii=False, default=str)
    fragment = request.headers.get("HX-Target") == "order-detail"
    template = "_order_detail.html" if fragment else "order_detail.html"
    return render(request, f"portfolio/{template}", context)


@require_http_methods(["GET", "POST"])
def order_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the cancellation. A protective stop is asked about once more before."""
    order = access.get_order(request.user, pk)
    confirmed = request.POST.get("confirm") == "yes"
    needs_question = services.is_protective(order) and not confirmed
    if request.method == "GET" or needs_question:
        context = {"order": order_facts(order)}
        return render(request, "portfolio/order_cancel.html", context)
    try:
        intent = services.cancel(request.user, order)
    except services.CancelRefused as refusal:
        messages.error(request, str(refusal))
    else:
        say(request, f"order {order.broker_id}", intent_facts(intent))
    return redirect(safe_next(request, reverse("portfolio:order-detail", args=[order.pk])))


def say(request: HttpRequest, name: str, cancel: IntentFacts) -> None:
    """What the request to cancel came to, in one sentence."""
    if cancel.chip.text == "Accepted":
        messages.success(request, f"Asked the broker to cancel {name}.")
    elif cancel.is_open:
        messages.warning(request, f"Cancel of {name} sent, no clear answer yet: checking.")
    else:
        messages.error(request, f"{name.capitalize()} was not cancelled. {cancel.reason}")


@require_POST
def intent_claim(request: HttpRequest, intent_id: uuid.UUID) -> HttpResponse:
    """A person says whether an order that looks the same is the one whose answer was lost."""
    intent = access.get_intent(request.user, intent_id)
    order = access.get_order(request.user, request.POST.get("order", ""))
    mine = request.POST.get("is") == "mine"
    try:
        (services.adopt if mine else services.disown)(request.user, intent, order)
    except services.CommandRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('portfolio:order-list')}?tab=unknown")
    if mine:
        messages.success(request, f"Order {order.broker_id} is taken for the one that was sent.")
        return redirect("portfolio:order-detail", order.pk)
    messages.success(request, f"Order {order.broker_id} is left out; the desk goes on looking.")
    return redirect(f"{reverse('portfolio:order-list')}?tab=unknown")


__all__ = ["OrderFacts", "TimelineEntry", "order_facts", "order_urls"]

order_urls = [
    path("orders/", order_list, name="order-list"),
    path("orders/table/", order_table, name="order-table"),
    path("orders/<int:pk>/", order_page, name="order-detail"),
    path("orders/<int:pk>/cancel/", order_cancel, name="order-cancel"),
    path("orders/claim/<uuid:intent_id>/", intent_claim, name="intent-claim"),
]
urlpatterns = order_urls
