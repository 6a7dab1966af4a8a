"""The order book: working, today, history and what is unknown; one order; cancelling it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from brokerage import access, clock, selectors
from brokerage.enums import IntentKind, IntentState
from brokerage.execution import services
from brokerage.models import Fill, Order, OrderIntent
from portfolio import formats, order_words
from portfolio.desk import desk_of
from portfolio.order_timeline import TimelineEntry, timeline
from portfolio.order_words import Chip, IntentFacts, intent_facts

TABS = (
    ("working", "Working"),
    ("today", "Today"),
    ("history", "History"),
    ("unknown", "Unknown"),
)
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class FillFacts:
    at: str
    leg: str
    quantity: str
    price: str
    venue: str


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order as tables and its page show it; ready values."""

    pk: int
    broker_id: str
    chip: Chip
    derived: str
    account: str
    environment: str
    symbol: str
    legs: list[str]
    actions: list[str]
    progress: str
    limit: str
    average: str
    order_type: str
    time_in_force: str
    source: str
    time: str
    age: str
    cancellable: bool
    cancel_problem: str
    protective: bool
    reject_reason: str
    venues: str
    fills: list[FillFacts]
    fills_pending: bool
    terminal: bool


def order_facts(order: Order, *, now: datetime | None = None, ours: bool = False) -> OrderFacts:
    """Facts of an order with legs and fills at hand; `ours`: it was sent from this desk."""
    progress = order_words.progress_of(order)
    chip = order_words.status_chip(order)
    fills = _fills(order)
    problem = services.cancel_problem(order)
    legs = list(order.legs.all())
    moment = order.received_at or order.live_at
    return OrderFacts(
        pk=order.pk,
        broker_id=str(order.broker_id),
        chip=chip,
        derived=order_words.derived_label(order),
        account=str(order.account),
        environment=order.account.environment,
        symbol=order.underlying_symbol or (legs[0].symbol if legs else ""),
        legs=order_words.leg_words(legs),
        actions=[leg.action for leg in legs],
        progress=progress.text,
        limit=order_words.limit_words(order),
        average=_average(order),
        order_type=order.order_type,
        time_in_force=_time_words(order),
        source=order_words.source_words(order, ours=ours),
        time=formats.market_datetime(moment),
        age=order_words.age_words(moment, now) if now else "",
        cancellable=not problem,
        cancel_problem=problem,
        protective=services.is_protective(order),
        reject_reason=order.reject_reason,
        venues=", ".join(sorted({fill.venue for fill in fills if fill.venue})),
        fills=fills,
        fills_pending=chip.text.startswith("Filled,"),
        terminal=order.status in order_words.TERMINAL_STATUSES,
    )


def _time_words(order: Order) -> str:
    date = f" {order.gtc_date.isoformat()}" if order.gtc_date else ""
    return f"{order.time_in_force}{date}"


def _fills(order: Order) -> list[FillFacts]:
    """Every execution, oldest first."""
    found: list[tuple[Fill, str]] = [
        (fill, formats.symbol_label(leg.symbol, leg.instrument_type))
        for leg in order.legs.all()
        for fill in leg.fills.all()
    ]
    found.sort(key=lambda pair: (pair[0].filled_at is None, pair[0].filled_at, pair[0].fill_id))
    return [
        FillFacts(
            at=formats.market_time(fill.filled_at),
            leg=label,
            quantity=formats.quantity(fill.quantity, sign=False),
            price=formats.price(fill.price),
            venue=fill.destination_venue,
        )
        for fill, label in found
    ]


def _average(order: Order) -> str:
    """The average net price per lot of what is executed, once every leg is."""
    progress = order_words.progress_of(order)
    if not order.size or progress.filled != order.size:
        return ""
    net = sum(
        (fill.quantity or 0) * (fill.price or 0) * (-1 if leg.action.startswith("Buy") else 1)
        for leg in order.legs.all()
        for fill in leg.fills.all()
    )
    return formats.structure_net(formats.rounded(net / order.size, 4).normalize())


# --- the book ---------------------------------------------------------------------------------


@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    return render(request, "portfolio/order_list.html", _book(request))


@require_GET
def order_table(request: HttpRequest) -> HttpResponse:
    """The table alone, for htmx and after events."""
    return render(request, "portfolio/_order_table.html", _book(request))


def _book(request: HttpRequest) -> dict[str, Any]:
    tab = request.GET.get("tab", "working")
    tab = tab if tab in dict(TABS) else "working"
    desk = desk_of(request)
    accounts = desk.scope.pick(desk.accounts) if desk.scope else []
    connection = next((item.connection for item in desk.facts.accounts if item.connection), None)
    now = clock.market_now(connection)
    context: dict[str, Any] = {
        "tabs": TABS,
        "tab": tab,
        "unknown_count": _unknown(request.user, accounts).count(),
    }
    if tab == "unknown":
        return context | {
            "intents": [intent_facts(row) for row in _unknown(request.user, accounts)]
        }
    rows = selectors.orders_for(accounts, tab, connection=connection)
    page: Page[Order] = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    intents = OrderIntent.objects.filter(order__in=[row.pk for row in page.object_list])
    own = set(intents.values_list("order_id", flat=True))
    orders = [order_facts(order, now=now, ours=order.pk in own) for order in page.object_list]
    return context | {"orders": orders, "pages": page}


def _unknown(user: Any, accounts: list[Any]) -> Any:
    """What is ours and not settled, or was given up: nothing of it is in the broker's lists."""
    states = (IntentState.SENDING, IntentState.UNKNOWN, IntentState.NOT_FOUND)
    rows = OrderIntent.objects.filter(user=user, account__in=accounts, state__in=states)
    return rows.filter(kind=IntentKind.SUBMIT).select_related("account", "connection", "order")


# --- one order --------------------------------------------------------------------------------


@require_GET
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    order = access.get_order(request.user, pk)
    intent = _own_intent(request.user, order)
    cancel = (
        OrderIntent.objects.filter(target=order, user=request.user)
        .select_related("account", "connection")
        .first()
    )
    context = {
        "order": order_facts(order, ours=intent is not None),
        "timeline": timeline(order, intent),
        "intent": intent_facts(intent) if intent else None,
        "comparison": _comparison(order, intent),
        "cancel": intent_facts(cancel) if cancel else None,
        "raw": json.dumps(order.raw, indent=2, ensure_ascii=False, default=str),
    }
    fragment = request.headers.get("HX-Target") == "order-detail"
    template = "_order_detail.html" if fragment else "order_detail.html"
    return render(request, f"portfolio/{template}", context)


def _own_intent(user: Any, order: Order) -> OrderIntent | None:
    rows = OrderIntent.objects.filter(order=order, user=user).select_related(
        "account", "connection", "preview"
    )
    return rows.first()


def _comparison(order: Order, intent: OrderIntent | None) -> list[tuple[str, str, str]]:
    """Preview against what came: price, fees, buying power; only what both sides know."""
    if intent is None or intent.preview is None:
        return []
    from portfolio.ticket_preview import compared

    return compared(intent.preview, order, _average(order))


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
        _say(request, order, intent_facts(intent))
    return redirect("portfolio:order-detail", order.pk)


def _say(request: HttpRequest, order: Order, cancel: IntentFacts) -> None:
    """What the request to cancel came to, in one sentence."""
    name = f"order {order.broker_id}"
    if cancel.chip.text == "Accepted":
        messages.success(request, f"Asked the broker to cancel {name}.")
    elif cancel.is_open:
        messages.warning(request, f"Cancel of {name} sent, no clear answer yet: checking.")
    else:
        messages.error(request, f"{name.capitalize()} was not cancelled. {cancel.reason}")


__all__ = ["OrderFacts", "TimelineEntry", "order_facts", "order_urls"]

order_urls = [
    path("orders/", order_list, name="order-list"),
    path("orders/table/", order_table, name="order-table"),
    path("orders/<int:pk>/", order_detail, name="order-detail"),
    path("orders/<int:pk>/cancel/", order_cancel, name="order-cancel"),
]
urlpatterns = order_urls
