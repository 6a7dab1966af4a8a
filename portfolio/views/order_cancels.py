"""Taking back many orders at once, or a group of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from brokerage import access, selectors
from brokerage.enums import IntentState
from brokerage.execution import services
from brokerage.models import Account, Order
from portfolio.desk import desk_of
from portfolio.orders.book import Filter
from portfolio.orders.facts import order_facts
from portfolio.orders.words import intent_facts
from portfolio.views.frame import safe_next
from portfolio.views.orders import say


@require_http_methods(["GET", "POST"])
def order_cancel_all(request: HttpRequest) -> HttpResponse:
    """Ask once, with every order named; what is posted back is exactly what was named."""
    if request.method == "POST":
        return _cancel_named(request)
    accounts = _accounts(request)
    wanted = Filter.of(request.GET, accounts)
    orders = _asked_for(request, accounts, wanted)
    facts = [order_facts(order) for order in orders]
    context = {
        "orders": [row for row in facts if row.cancellable or row.complex_id],
        "protective": [
            row for row in facts if row.protective and (row.cancellable or row.complex_id)
        ],
        "others": [row for row in facts if not row.cancellable and not row.complex_id],
        "filter": wanted,
        "selected": request.GET.get("which") == "selected",
    }
    return render(request, "portfolio/order_cancel_all.html", context)


def _accounts(request: HttpRequest) -> list[Account]:
    """Those in scope."""
    desk = desk_of(request)
    return desk.scope.pick(desk.accounts) if desk.scope else []


def _asked_for(request: HttpRequest, accounts: list[Account], wanted: Filter) -> list[Order]:
    """The ticked orders, or all working ones of the filter and the accounts in scope."""
    rows = wanted.apply(selectors.orders_for(accounts, "working"))
    if request.GET.get("which") == "selected":
        rows = rows.filter(pk__in=_numbers(request.GET.getlist("order")))
    return list(rows)


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts[:500] if text.isascii() and text.isdigit()]


def _cancel_named(request: HttpRequest) -> HttpResponse:
    spare = request.POST.get("spare") == "yes"
    orders = [access.get_order(request.user, pk) for pk in _numbers(request.POST.getlist("order"))]
    chosen = services.unprotective(orders) if spare else orders
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
    path("orders/<int:pk>/cancel-group/", order_group_cancel, name="order-group-cancel"),
    path("orders/cancel-all/", order_cancel_all, name="order-cancel-all"),
]
