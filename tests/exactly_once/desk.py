"""Our side of a run: a person with a login, tickets shown, buttons pressed, workers looking."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections as databases

from brokerage import connections
from brokerage.execution import services
from brokerage.execution.commands import (
    OTOCO,
    OrderLeg,
    ReplaceOrder,
    SubmitComplexOrder,
    SubmitOrder,
)
from brokerage.execution.refusals import CommandRefused, Conflict
from brokerage.models import Account, Connection, Order
from tests.exactly_once import plans

STOCK = "JPM"


@dataclass(frozen=True, slots=True)
class Button:
    """What a person can press: a confirmation that was shown, or the cancellation of an order."""

    kind: str
    ticket: str
    preview: str = ""
    content_hash: str = ""
    target: int = 0


@dataclass
class Desk:
    """A person, the connection and the accounts of one epoch."""

    user: Any
    connection: Connection
    accounts: list[Account]


def open_desk(login: dict[str, Any]) -> Desk:
    """Connect the login of a new customer, by the real connect flow."""
    user = get_user_model().objects.create_user(f"person-{uuid.uuid4().hex[:12]}")
    connection = connections.connect(
        user, "simulator", login["client_secret"], login["refresh_token"]
    )
    accounts = list(Account.objects.filter(accesses__connection=connection).order_by("number"))
    return Desk(user, connection, accounts)


def leave() -> None:
    """Let go of the database before a fork: a child opens its own session."""
    databases.close_all()


# --- orders that rest, far from the market -------------------------------------------------------


def resting(index: int) -> SubmitOrder:
    """No two of a round look the same, so that a mix-up would show as a difference."""
    price = Decimal("10.00") + Decimal(index % 400) / 100
    leg = OrderLeg("Equity", STOCK, "Buy to Open", Decimal(1 + index % 3))
    return SubmitOrder("Limit", "Day", (leg,), price, "Debit")


def bracket(index: int) -> SubmitComplexOrder:
    entry = resting(index)
    leg = OrderLeg("Equity", STOCK, "Sell to Close", entry.legs[0].quantity)
    target = SubmitOrder("Limit", "GTC", (leg,), Decimal("990.00"), "Credit")
    stop = SubmitOrder("Stop", "GTC", (leg,), stop_trigger=Decimal("1.00"))
    return SubmitComplexOrder(OTOCO, (target, stop), trigger_order=entry)


# --- showing ---------------------------------------------------------------------------------


def show(desk: Desk, account: Account, kind: str, count: int) -> list[Button]:
    """So many previews, as the pages would have shown them."""
    if kind in (plans.SUBMIT, plans.GROUP):
        make = resting if kind == plans.SUBMIT else bracket
        return [_submission(desk, account, kind, make(index)) for index in range(count)]
    targets = [_placed(desk, account, index) for index in range(count)]
    if kind == plans.CANCEL:
        return [Button(kind, str(uuid.uuid4()), target=order.pk) for order in targets]
    return [_change(desk, order) for order in targets]


def _submission(desk: Desk, account: Account, kind: str, command: Any) -> Button:
    ticket = str(uuid.uuid4())
    shown = services.preview(desk.user, account, desk.connection, command, ticket)
    return _button(kind, ticket, shown)


def _button(kind: str, ticket: str, shown: Any, target: int = 0) -> Button:
    if shown.preview is None:
        raise RuntimeError(f"a preview was refused: {shown.findings}")
    return Button(kind, ticket, str(shown.preview.pk), shown.content_hash, target)


def _placed(desk: Desk, account: Account, index: int) -> Order:
    """An order that works, for a command about it."""
    button = _submission(desk, account, plans.SUBMIT, resting(index))
    intent = services.submit(desk.user, button.preview, button.content_hash, button.ticket)
    if intent.order is None:
        raise RuntimeError(f"an order could not be placed: {intent.state} {intent.reason}")
    return intent.order


def _change(desk: Desk, order: Order) -> Button:
    ticket = str(uuid.uuid4())
    assert order.price is not None
    dearer = ReplaceOrder(price=order.price + Decimal("0.50"), price_effect="Debit", whole=False)
    shown = services.preview_replace(desk.user, order, dearer, ticket)
    return _button(plans.REPLACE, ticket, shown, order.pk)


# --- pressing ----------------------------------------------------------------------------------


def press(desk: Desk, button: Button) -> None:
    """What a click does in a web process; a refusal is an answer like any other."""
    try:
        if button.kind == plans.CANCEL:
            order = Order.objects.select_related("account").get(pk=button.target)
            services.cancel(desk.user, order)
            return
        send = services.replace if button.kind == plans.REPLACE else services.submit
        send(desk.user, button.preview, button.content_hash, button.ticket)
    except (Conflict, CommandRefused):
        return
