"""What the confirmation of a change shows: before and after, the dry run, the one button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from brokerage.execution import services
from brokerage.execution.commands import ReplaceOrder
from brokerage.execution.preview import PreviewOutcome
from brokerage.models import Order
from portfolio import formats
from portfolio.figures.marked import Marked
from portfolio.forms.order_change import present
from portfolio.orders import words as order_words
from portfolio.orders.detail import fees_shown
from portfolio.orders.words import Amounts
from portfolio.ticket.preview import PreviewFacts


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """One property before and after."""

    name: str
    was: str
    now: str


def changed_lines(order: Order, change: ReplaceOrder, lead: str = "") -> list[ChangedLine]:
    """What differs, property by property, in words; `lead` names the preview of the change."""
    old = _properties(present(order), f"order-{order.pk}")
    new = _properties(change, lead and f"{lead}-0")
    return [
        ChangedLine(name, was or "none", new[name] or "none")
        for name, was in old.items()
        # A small change (PATCH) leaves out what stays.
        if new[name] != was and (new[name] or change.whole)
    ]


def _properties(change: ReplaceOrder, lead: str) -> dict[str, str]:
    price, trigger, day = change.price, change.stop_trigger, change.gtc_date
    limit = Amounts(None, price, change.price_effect, None)
    return {
        "Type": change.order_type,
        "Time in force": change.time_in_force,
        "Limit": order_words.amounts_words(limit, lead, ""),
        "Stop trigger": ""
        if trigger is None
        else Marked((formats.price(trigger), lead and f"{lead}-trigger")),
        "Good until": "" if day is None else formats.short_date(day, year=True),
    }


def send_words(order: Order, change: ReplaceOrder) -> str:
    """What the button does: `Send: change −1 SPY … from 1.35 cr to 1.34 cr in …0001`."""
    legs = " ".join(order_words.leg_words(order.legs.all()))
    lines = changed_lines(order, change)
    if len(lines) == 1:
        what = f"from {lines[0].was} to {lines[0].now}"
    else:
        what = "to " + ", ".join(line.now for line in lines)
    return f"Send: change {legs} {what} in …{order.account.number[-4:]}"


def confirmation(
    order: Order, change: ReplaceOrder, outcome: PreviewOutcome, identifier: str
) -> dict[str, Any]:
    """Context of the page that asks for the confirmation."""
    assert outcome.preview is not None
    return {
        "send": send_words(order, change),
        "changes": changed_lines(order, change, f"preview-{outcome.preview.pk}"),
        "shown": outcome.preview,
        "answer": PreviewFacts.of_change(outcome.preview),
        "total_fees": fees_shown(outcome.preview),
        "report": outcome.report,
        "guards": outcome.guards,
        "other_account": outcome.other_account,
        "content_hash": outcome.content_hash,
        "client_order_id": identifier,
        "seconds": int(settings.PREVIEW_SECONDS),
        "sending_problem": services.sending_problem(outcome.preview.connection, order.account),
    }
