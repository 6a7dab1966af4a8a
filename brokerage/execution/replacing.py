"""Change a working order: the broker makes a new one and cancels the old, once or not at all.

Legs and quantity stay. The order is read again immediately before the request, since a price put
on an order that has just filled would be a second position.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from brokerage.enums import IntentKind, IntentState
from brokerage.execution import (
    adoption,
    commands,
    confirming,
    instruments,
    outcomes,
    permits,
    sending,
    submitting,
    targets,
    ticks,
)
from brokerage.execution.commands import ReplaceOrder, SubmitOrder
from brokerage.execution.preview import Asked, PreviewOutcome, show
from brokerage.execution.refusals import CommandRefused
from brokerage.execution.replacement import legs_of, merged, present_values, replace_problem
from brokerage.models import Connection, Order, OrderIntent, OrderPreview
from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.resources import orders

__all__ = [
    "nudged",
    "present_values",
    "preview_replace",
    "replace",
    "replace_problem",
]


def nudged(connection: Connection, order: Order, steps: int) -> ReplaceOrder:
    """The price (or, without one, the stop trigger) moved by ticks; CommandRefused if it cannot.

    Up is a higher figure, whether it is paid or received.
    """
    name = "price" if order.price is not None else "stop_trigger"
    value = getattr(order, name)
    if value is None:
        raise CommandRefused("This order has no price to move.")
    moved = ticks.step(value, _ticks(connection, order), steps)
    if moved <= 0 or moved == value:
        raise CommandRefused("The price cannot be moved that far.")
    return _one_value(order, name, moved)


def _one_value(order: Order, name: str, value: Decimal) -> ReplaceOrder:
    effect = order.price_effect if name == "price" else ""
    return ReplaceOrder(price_effect=effect, whole=False, **{name: value})


def _ticks(connection: Connection, order: Order) -> tuple[ticks.Tick, ...]:
    legs = legs_of(order)
    if len(legs) > 1 and legs[0].instrument_type != commands.FUTURE_OPTION:
        return ticks.CENT
    known = instruments.facts(connection, legs[0].instrument_type, legs[0].symbol)
    if known is None or not known.ticks:
        raise CommandRefused("The price increments of this instrument are not known now.")
    return known.ticks


# --- look, then confirm -----------------------------------------------------------------------


def preview_replace(
    user: Any, order: Order, changes: ReplaceOrder, client_order_id: str
) -> PreviewOutcome:
    """What the change would do; the order opened through `access.get_order` is read again first.

    Raises CommandRefused when it cannot be changed at all. `client_order_id` is the edit form's.
    """
    connection = permits.trading_connection(user, order.account)
    present = _read_again(user, connection, order)
    if problem := targets.busy(present) or replace_problem(present):
        raise CommandRefused(problem)
    command = merged(present, changes)
    call = orders.replace_dry_run(order.account.number, order.broker_id, _whole_body(command))
    asked = Asked(
        user=user,
        account=order.account,
        connection=connection,
        command=command,
        body=changes.body() if not changes.whole else _without_legs(command),
        call=call,
        kind=IntentKind.REPLACE,
        target=present,
    )
    return show(asked, client_order_id)


def _whole_body(command: SubmitOrder) -> dict[str, Any]:
    body = command.body()
    del body["source"]
    return body


def _without_legs(command: SubmitOrder) -> dict[str, Any]:
    """A replacement takes the legs over; the broker's schema has none."""
    return ReplaceOrder(
        command.order_type,
        command.time_in_force,
        command.price,
        command.price_effect,
        command.stop_trigger,
        command.gtc_date,
    ).body()


def _read_again(user: Any, connection: Connection, order: Order) -> Order:
    """The order as the broker has it now, mirrored; CommandRefused when it cannot be read."""
    try:
        with targets.client(connection, user) as client:
            adoption.mirror(order.account, client.send(_reading(order), attempts=2))
    except TastytradeError as error:
        raise CommandRefused(
            f"The order could not be read again before changing it: {error.message or error}."
        ) from None
    return Order.objects.select_related("account").get(pk=order.pk)


def _reading(order: Order) -> Any:
    return orders.get(order.account.number, order.broker_id)


def replace(
    user: Any,
    preview_id: uuid.UUID | str,
    content_hash: str,
    client_order_id: str,
    *,
    other_account_confirmed: bool = False,
) -> OrderIntent:
    """Send the change that was shown, once. Raises as `submit` does, and CommandRefused."""
    given = confirming.Confirmation(user, preview_id, content_hash, client_order_id)

    def judge(shown: OrderPreview) -> str:
        submitting.shield(user, shown, confirmed=other_account_confirmed)
        target = targets.locked(shown.target)
        if problem := targets.busy(target) or replace_problem(target):
            raise CommandRefused(problem)
        changes = commands.replacement_from(shown.body)
        return submitting.denial(user, shown, merged(target, changes))

    intent, fresh = confirming.confirm(given, (IntentKind.REPLACE,), judge)
    if fresh and intent.state == IntentState.SENDING:
        _send(intent)
    return intent


def _send(intent: OrderIntent) -> None:
    target = intent.target
    assert target is not None
    whole = commands.replacement_from(intent.body).whole
    change = orders.replace if whole else orders.edit
    call = change(intent.account.number, target.broker_id, intent.body)
    sending.send(
        intent,
        lambda client: client.send(call),
        outcomes.replaced,
        prepare=lambda client: _fresh_problem(client, target),
    )


def _fresh_problem(client: Any, target: Order) -> str:
    """The order just before the request: why the change must not go out, or empty."""
    payload = client.send(_reading(target), attempts=1)
    adoption.mirror(target.account, payload)
    return replace_problem(Order.objects.get(pk=target.pk))
