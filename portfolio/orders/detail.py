"""One order's page: its life, what was meant, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from brokerage import clock, selectors
from brokerage.enums import IntentKind
from brokerage.models import AuditEntry, Order, OrderIntent, OrderPreview
from portfolio import formats
from portfolio.figures.marked import Marked
from portfolio.live.hub import hub
from portfolio.orders import market as order_market
from portfolio.orders.book import ours
from portfolio.orders.executed import fees_booked, signed
from portfolio.orders.facts import average_words, order_facts
from portfolio.orders.ties import pair_words, ties_of
from portfolio.orders.timeline import timeline
from portfolio.orders.words import body_price, intent_facts
from portfolio.selectors import connection_of


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure as the preview showed it and as it came."""

    name: str
    shown: str
    actual: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of the record of an intent: when, what, how it ended, how long it took."""

    at: str
    what: str
    outcome: str
    took: str


def load(request: HttpRequest, order: Order) -> dict[str, Any]:
    """Context of the page; commands of other people are not shown, only their effect."""
    intent = _own_intent(request.user, order)
    account = next(
        item for item in selectors.accounts_for(request.user, include_closed=True)
        if item.pk == order.account_id
    )  # fmt: skip
    family = _family(order)
    commands = [intent_facts(row) for row in _commands(request.user, order)]
    return {
        "order": order_facts(
            order,
            now=clock.market_now(connection_of(account)),
            ours=bool(ours([order])),
            intent=intent,
            cells=_cells(order, account),
            ties=ties_of([order])[order.pk],
            closed=not clock.session(connection_of(account)).is_open,
        ),
        "timeline": timeline(order, intent),
        "intent": intent_facts(intent) if intent else None,
        "record": _record(intent),
        "checks": _checks(intent),
        "comparison": compared(order, intent),
        "commands": commands,
        "pending": next((item for item in commands if item.is_open), None),
        "family": [order_facts(row) for row in family],
        # While a replacement waits: what may happen to the two.
        "pair": next((words for row in family if (words := pair_words(order, row))), ""),
    }


def _own_intent(user: Any, order: Order) -> OrderIntent | None:
    rows = OrderIntent.objects.filter(order=order, user=user)
    return rows.select_related("account", "connection", "preview", "target").first()


def _commands(user: Any, order: Order) -> list[OrderIntent]:
    """What this user asked of the order since: cancellations and changes, newest first."""
    about = Q(target=order)
    if order.complex_order_id is not None:
        about |= Q(
            account=order.account, complex_id=order.complex_order_id, kind=IntentKind.CANCEL_COMPLEX
        )
    rows = OrderIntent.objects.filter(about, user=user)
    return list(rows.select_related("account", "connection", "target")[:20])


def _cells(order: Order, account: Any) -> Any:
    found = order_market.watch([order], [account])
    if not found or not found[0].feed:
        return {}
    return order_market.cells(found[0], hub.book(found[0].feed))


def _family(order: Order) -> list[Order]:
    """The chain of replacements around this order, and the members of its group."""
    same = Q(broker_id__in=[n for n in (order.replaces_order_id, order.replacing_order_id) if n])
    if order.complex_order_id is not None:
        same |= Q(complex_order_id=order.complex_order_id)
    rows = Order.objects.filter(same, account=order.account).exclude(pk=order.pk)
    return list(rows.select_related("account").prefetch_related("legs__fills"))


# --- what was meant, against what came ---------------------------------------------------------


def compared(order: Order, intent: OrderIntent | None) -> list[Compared]:
    """Price, fees and buying power: shown before sending, and actual where it is known."""
    if intent is None or intent.preview is None:
        return []
    answer = intent.preview.answer or {}
    rows = [
        Compared(
            "Price",
            body_price(intent.preview.body, f"preview-{intent.preview.pk}-0"),
            average_words(order) or "not executed yet",
        ),
        Compared("Fees", fees_shown(intent.preview), _fees_booked(order)),
    ]
    effect = answer.get("buying-power-effect") or {}
    lead = f"preview-{intent.preview.pk}"
    change = signed(effect, "change-in-buying-power")
    left = signed(effect, "new-buying-power")
    if change is not None:
        text = Marked((formats.signed_money(change), f"{lead}-change-in-buying-power"))
        rows.append(Compared("Buying power effect", text, ""))
    if left is not None:
        text = Marked((formats.money(left), f"{lead}-new-buying-power"))
        rows.append(Compared("Buying power left", text, _power_now(order)))
    return rows


def fees_shown(preview: OrderPreview) -> str:
    """The total of a dry run's fees; unknown when the broker sent none."""
    fees = (preview.answer or {}).get("fee-calculation") or {}
    text = formats.signed_exact(signed(fees, "total-fees"))
    return Marked((text, f"preview-{preview.pk}-total-fees"))


def _fees_booked(order: Order) -> str:
    """The sum of what its transactions were charged; they are booked after the fills."""
    booked = fees_booked(order)
    if booked is None:
        return "not booked yet"
    return Marked((formats.signed_exact(booked), f"order-{order.pk}-fees"))


def _power_now(order: Order) -> str:
    balance = selectors.balances_for([order.account]).get(order.account_id)
    power = balance.derivative_buying_power if balance else None
    if power is None:
        return ""
    return Marked((formats.money(power), f"order-{order.pk}-held_power"), (" now", ""))


# --- the record -------------------------------------------------------------------------------


def _record(intent: OrderIntent | None) -> list[Attempt]:
    """Every audited step of the intent, oldest first."""
    if intent is None:
        return []
    rows = AuditEntry.objects.filter(account=intent.account, details__intent=str(intent.pk))
    return [
        Attempt(
            at=formats.market_time(row.at),
            what=row.action,
            outcome=row.outcome,
            took=took_words(row),
        )
        for row in rows.order_by("at", "pk")
    ]


def took_words(row: AuditEntry) -> str:
    """How long an audited step took; empty where it was not measured."""
    if row.milliseconds is None:
        return ""
    return Marked((formats.milliseconds(row.milliseconds), f"audit-{row.pk}-took"))


def _checks(intent: OrderIntent | None) -> dict[str, str]:
    """The hash that bound the preview and when it was shown."""
    if intent is None or intent.preview is None:
        return {}
    return {
        "shown": formats.market_time(intent.preview.created_at),
        "hash": intent.content_hash,
        "warnings": "; ".join(
            str(row.get("message") or row.get("code") or "")
            for row in (intent.preview.answer or {}).get("warnings") or ()
        ),
    }
