"""Changing a working order: by form, by ticks; the same again on a new ticket."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from brokerage import access
from brokerage.enums import IntentState
from brokerage.execution import services
from brokerage.execution.commands import ReplaceOrder
from brokerage.models import Order
from portfolio.forms.order_change import ChangeForm
from portfolio.orders import changing as order_changing
from portfolio.orders.again import again_url, group_again_url, members_of
from portfolio.orders.facts import order_facts
from portfolio.orders.words import intent_facts

UNPROCESSABLE, CONFLICT = 422, 409
MOST_TICKS = 10


@require_http_methods(["GET", "POST"])
def order_replace(request: HttpRequest, pk: int) -> HttpResponse:
    """The form with the order's present values; posted it is dry-run and shown, not sent."""
    order = access.get_order(request.user, pk)
    if request.method == "GET":
        return _form(request, order, ChangeForm(order=order, initial=_typed(request)))
    form = ChangeForm(request.POST, order=order)
    if not form.is_valid():
        return _form(request, order, form, status=UNPROCESSABLE)
    again = Again(reverse("portfolio:order-replace", args=[order.pk]), form.data.dict())
    return _shown(request, order, form.command(), form, again)


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What was typed so far, when a choice redraws the form."""
    return {name: request.GET[name] for name in ChangeForm.base_fields if name in request.GET}


def _form(
    request: HttpRequest, order: Order, form: ChangeForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "order": order_facts(order),
        "form": form,
        "problem": services.replace_problem(order),
    }
    fragment = request.headers.get("HX-Target") == "order-change"
    template = "_order_change.html" if fragment else "order_change.html"
    return render(request, f"portfolio/{template}", context, status=status)


@dataclass(frozen=True, slots=True)
class Again:
    """How to look at the same change once more, with a new dry run."""

    url: str
    values: dict[str, str]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return sorted((k, v) for k, v in self.values.items() if k != "csrfmiddlewaretoken")


def _shown(
    request: HttpRequest, order: Order, change: ReplaceOrder, form: ChangeForm, again: Again
) -> HttpResponse:
    """The dry run of a change: its confirmation, or the form with what is wrong."""
    identifier = str(uuid.uuid4())
    try:
        outcome = services.preview_replace(request.user, order, change, identifier)
    except services.CommandRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("portfolio:order-detail", order.pk)
    if outcome.preview is None:
        form.is_valid()
        form.add_findings(outcome.findings)
        return _form(request, order, form, status=UNPROCESSABLE)
    order = access.get_order(request.user, order.pk)
    context = order_changing.confirmation(order, change, outcome, identifier)
    context |= {"order": order_facts(order), "again": again}
    return render(request, "portfolio/order_change_confirm.html", context)


@require_POST
def order_nudge(request: HttpRequest, pk: int) -> HttpResponse:
    """One tick up or down (ten at most): shown before it is sent, as every change is."""
    order = access.get_order(request.user, pk)
    try:
        count = max(-MOST_TICKS, min(MOST_TICKS, int(request.POST.get("ticks", ""))))
    except ValueError:
        count = 0
    try:
        connection = services.trading_connection(request.user, order.account)
        change = services.nudged(connection, order, count)
    except services.CommandRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("portfolio:order-detail", order.pk)
    form = ChangeForm(_values(order, change), order=order)
    again = Again(reverse("portfolio:order-nudge", args=[order.pk]), {"ticks": str(count)})
    return _shown(request, order, change, form, again)


def _values(order: Order, change: ReplaceOrder) -> dict[str, Any]:
    """A small change as the whole form would post it."""
    whole = {name: value for name, value in _present(order).items() if value not in (None, "")}
    new = {"price": change.price, "stop_trigger": change.stop_trigger}
    return whole | {name: str(value) for name, value in new.items() if value is not None}


def _present(order: Order) -> dict[str, Any]:
    return dict(ChangeForm(order=order).initial)


@require_POST
def order_replace_send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the change that was confirmed, once."""
    order = access.get_order(request.user, pk)
    given = [request.POST.get(name, "") for name in ("preview", "content_hash", "client_order_id")]
    try:
        intent = services.replace(
            request.user,
            *given,
            other_account_confirmed=request.POST.get("other_account") == "yes",
        )
    except services.Conflict as refusal:
        return _conflict(request, order, str(refusal))
    except services.CommandRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("portfolio:order-detail", order.pk)
    _say_changed(request, order, intent)
    return redirect("portfolio:order-detail", intent.order_id or order.pk)


def _conflict(request: HttpRequest, order: Order, reason: str) -> HttpResponse:
    context = {"reason": reason, "order": order_facts(order)}
    return render(request, "portfolio/order_change_conflict.html", context, status=CONFLICT)


def _say_changed(request: HttpRequest, order: Order, intent: Any) -> None:
    name = f"order {order.broker_id}"
    facts = intent_facts(intent)
    if intent.state == IntentState.ACCEPTED:
        words = "the broker cancels it and puts a new one in its place."
        messages.success(request, f"The change of {name} is taken: {words}")
    elif facts.is_open:
        messages.warning(request, f"Change of {name} sent, no clear answer yet: checking.")
    else:
        messages.error(request, f"{name.capitalize()} was not changed. {facts.reason}")


@require_GET
def order_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """A ticket filled with the same order, to be looked at and previewed."""
    return redirect(again_url(access.get_order(request.user, pk)))


@require_GET
def order_group_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """A ticket filled with the whole group that this order is of."""
    order = access.get_order(request.user, pk)
    group = order.account.complex_orders.filter(broker_id=order.complex_order_id or 0).first()
    if group is None:
        raise access.NotFound
    return redirect(group_again_url(group, members_of(group)))


urlpatterns = [
    path("orders/<int:pk>/replace/", order_replace, name="order-replace"),
    path("orders/<int:pk>/replace/send/", order_replace_send, name="order-replace-send"),
    path("orders/<int:pk>/nudge/", order_nudge, name="order-nudge"),
    path("orders/<int:pk>/duplicate/", order_duplicate, name="order-duplicate"),
    path("orders/<int:pk>/duplicate-group/", order_group_duplicate, name="order-group-duplicate"),
]
