"""Changing working orders: by form, by ticks; on a new ticket; taking back many or a group."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from brokerage import access, selectors
from brokerage.enums import IntentState
from brokerage.execution import services
from brokerage.execution.commands import ReplaceOrder
from brokerage.models import Order
from portfolio import order_changing
from portfolio.desk import desk_of
from portfolio.forms.order_change import ChangeForm
from portfolio.order_book import Filter
from portfolio.order_facts import again_url, order_facts
from portfolio.order_words import intent_facts
from portfolio.views.frame import safe_next
from portfolio.views.orders import say

UNPROCESSABLE, CONFLICT = 422, 409
MOST_TICKS = 10


# --- one order: change, nudge, duplicate --------------------------------------------------------


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
        intent = services.replace(request.user, *given)
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


# --- many at once ------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def order_cancel_all(request: HttpRequest) -> HttpResponse:
    """Ask once, with every order named; what is posted back is exactly what was named."""
    if request.method == "POST":
        return _cancel_named(request)
    orders = _asked_for(request)
    facts = [order_facts(order) for order in orders]
    context = {
        "orders": [row for row in facts if row.cancellable or row.complex_id],
        "protective": [row for row in facts if row.protective and row.cancellable],
        "others": [row for row in facts if not row.cancellable and not row.complex_id],
        "filter": Filter.of(request.GET),
        "selected": request.GET.get("which") == "selected",
    }
    return render(request, "portfolio/order_cancel_all.html", context)


def _asked_for(request: HttpRequest) -> list[Order]:
    """The ticked orders, or all working ones of the filter and the accounts in scope."""
    desk = desk_of(request)
    accounts = desk.scope.pick(desk.accounts) if desk.scope else []
    rows = Filter.of(request.GET).apply(selectors.orders_for(accounts, "working"))
    if request.GET.get("which") == "selected":
        rows = rows.filter(pk__in=_numbers(request.GET.getlist("order")))
    return list(rows)


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts[:500] if text.isascii() and text.isdigit()]


def _cancel_named(request: HttpRequest) -> HttpResponse:
    spare = request.POST.get("spare") == "yes"
    orders = [access.get_order(request.user, pk) for pk in _numbers(request.POST.getlist("order"))]
    chosen = [row for row in orders if not (spare and services.is_protective(row))]
    intents = services.cancel_many(request.user, chosen)
    asked = sum(1 for intent in intents if intent.state == IntentState.ACCEPTED)
    unclear = sum(1 for intent in intents if intent_facts(intent).is_open)
    failed = [intent_facts(intent).reason for intent in intents if intent.state in _FAILED]
    if asked:
        messages.success(request, f"Asked the broker to cancel {_orders(asked)}.")
    if unclear:
        messages.warning(request, f"{_orders(unclear)}: no clear answer yet, checking.")
    for reason in sorted(set(failed)):
        messages.error(request, f"Not cancelled: {reason}")
    if not intents:
        messages.info(request, "There was nothing left to cancel.")
    return redirect("portfolio:order-list")


_FAILED = (IntentState.REJECTED, IntentState.DENIED, IntentState.NOT_FOUND)


def _orders(count: int) -> str:
    return f"{count} order" if count == 1 else f"{count} orders"


@require_http_methods(["GET", "POST"])
def order_group_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a group of orders through any of its members; asked once when it protects."""
    order = access.get_order(request.user, pk)
    members = _group(order)
    facts = [order_facts(member) for member in members]
    confirmed = request.POST.get("confirm") == "yes"
    if request.method == "GET" or (any(row.protective for row in facts) and not confirmed):
        context = {"order": order_facts(order), "members": facts}
        return render(request, "portfolio/order_group_cancel.html", context)
    try:
        intent = services.cancel_complex(request.user, order.account, order.complex_order_id or 0)
    except services.CommandRefused as refusal:
        messages.error(request, str(refusal))
    else:
        say(request, f"group {order.complex_order_id}", intent_facts(intent))
    return redirect(safe_next(request, reverse("portfolio:order-detail", args=[order.pk])))


def _group(order: Order) -> list[Order]:
    """Members that are not finished; NotFound for an order that belongs to no group."""
    if order.complex_order_id is None:
        raise access.NotFound
    rows = selectors.orders_for([order.account], "working")
    return list(rows.filter(complex_order_id=order.complex_order_id))


urlpatterns = [
    path("orders/<int:pk>/replace/", order_replace, name="order-replace"),
    path("orders/<int:pk>/replace/send/", order_replace_send, name="order-replace-send"),
    path("orders/<int:pk>/nudge/", order_nudge, name="order-nudge"),
    path("orders/<int:pk>/duplicate/", order_duplicate, name="order-duplicate"),
    path("orders/<int:pk>/cancel-group/", order_group_cancel, name="order-group-cancel"),
    path("orders/cancel-all/", order_cancel_all, name="order-cancel-all"),
]
