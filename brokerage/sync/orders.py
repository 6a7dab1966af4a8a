"""Orders with legs and fills. Whatever order messages arrive in, the same state comes out.

A version of an order replaces the stored one when it is the later of the two: terminal before
not terminal, then the broker's ``updated-at``, then the phase, then how much is executed. Fills
are united by their id whether or not the version that brought them is the later one: a
multi-leg order is called Filled with its first leg, and an overtaken message may hold the only
copy of an execution.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from brokerage import events
from brokerage.enums import TERMINAL_STATUSES, WORKING_STATUSES, status_rank
from brokerage.models import Account, Fill, Order, OrderLeg
from brokerage.sync import mapping, news
from brokerage.sync.upsert import Written, upsert

logger = logging.getLogger(__name__)

ORDER_KEY = ("account_id", "broker_id")
# Above so many changed orders at once pages are told once, not per order.
_SINGLE_EVENTS = 20
# A version that differs in these is another order under the same number, whatever its time.
_IDENTITY = ("external_identifier",)


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _version(alias: str) -> str:
    """The SQL row whose comparison says which version is later; mirrors `_version_key`."""
    terminal = f"{alias}.status IN ({_quoted(TERMINAL_STATUSES)})"
    working = f"{alias}.status IN ({_quoted(WORKING_STATUSES)})"
    rank = f"CASE WHEN {terminal} THEN 2 WHEN {working} THEN 1 ELSE 0 END"
    executed = f"COALESCE({alias}.executed_quantity, 0)"
    return f"({terminal}, {alias}.updated_at_ms, {rank}, {executed})"


NEWER = f"{_version('excluded')} >= {_version('stored')}"


def _version_key(values: dict[str, Any]) -> tuple[bool, int, int, Any]:
    status = values["status"]
    return (
        status in TERMINAL_STATUSES,
        values["updated_at_ms"],
        status_rank(status),
        values["executed_quantity"],
    )


def held(account: Account, payload: Any) -> Order | None:
    """The order's row, if storing this message would change nothing: the mirror has this version
    or a later one, and the message brings no executions to unite with those known.
    """
    if any(leg.fills for leg in payload.legs):
        return None
    stored = Order.objects.filter(account=account, broker_id=payload.id or 0).first()
    if stored is None or any(getattr(stored, name) != getattr(payload, name) for name in _IDENTITY):
        return None
    values = mapping.order(payload, account.pk, timezone.now())
    ours, theirs = _comparable(_version_of(stored)), _version_key(values)
    known = ours > theirs or (ours == theirs and stored.status == values["status"])
    return stored if known else None


def _version_of(order: Order) -> dict[str, Any]:
    names = ("status", "updated_at_ms", "executed_quantity")
    return {name: getattr(order, name) for name in names}


def _comparable(stored: dict[str, Any]) -> tuple[bool, int, int, Any]:
    return _version_key(stored | {"executed_quantity": stored["executed_quantity"] or 0})


def store_orders(account: Account, payloads: Iterable[Any], received_at: datetime) -> Written:
    """Upsert orders, legs and fills in one transaction; events for what changed."""
    mapped: list[tuple[dict[str, Any], Any]] = []
    for payload in payloads:
        try:
            mapped.append((mapping.order(payload, account.pk, received_at), payload))
        except mapping.Unmappable as problem:
            logger.warning("%s", problem)
    if not mapped:
        return Written()
    # Oldest version first: of two with one key the upsert keeps the last.
    mapped.sort(key=lambda pair: _version_key(pair[0]))
    with transaction.atomic():
        rows = [values for values, _ in mapped]
        awaited = news.unfinished(account, [values["broker_id"] for values in rows])
        written = upsert(Order, rows, key=ORDER_KEY, newer=NEWER, quiet=("mirrored_at",))
        details = _store_details(account, mapped)
        changed = set(written.inserted) | set(written.changed) | details
        news.record(account, changed, awaited)
        _publish(account, changed)
    return written


def _store_details(account: Account, mapped: Sequence[tuple[dict[str, Any], Any]]) -> set[int]:
    """Legs of the versions that stand, fills of all; ids of the orders whose details changed."""
    stored = Order.objects.filter(
        account=account, broker_id__in={values["broker_id"] for values, _ in mapped}
    )
    by_broker_id = {order.broker_id: order for order in stored}
    standing: list[dict[str, Any]] = []
    overtaken: list[dict[str, Any]] = []
    for values, payload in mapped:
        order = by_broker_id[values["broker_id"]]
        rows = mapping.legs(payload, order.pk)
        (standing if _stands(order, values) else overtaken).extend(rows)
    key = ("order_id", "position")
    legs = upsert(OrderLeg, standing, key=key)
    # A leg that only an overtaken version has shown so far still needs a row for its fills.
    legs += upsert(OrderLeg, overtaken, key=key, newer="FALSE")
    fills = _store_fills(by_broker_id, mapped)
    touched_legs = {*legs.inserted, *legs.changed}
    touched_fills = {*fills.inserted, *fills.changed}
    return {
        *OrderLeg.objects.filter(pk__in=touched_legs).values_list("order_id", flat=True),
        *OrderLeg.objects.filter(fills__in=touched_fills).values_list("order_id", flat=True),
    }


def _stands(order: Order, values: dict[str, Any]) -> bool:
    """Whether this version is the one now stored."""
    return _version_key(values) >= _comparable(_version_of(order))


def _store_fills(orders: dict[int, Order], mapped: Sequence[tuple[dict[str, Any], Any]]) -> Written:
    places: dict[int, dict[int, int]] = {order.pk: {} for order in orders.values()}
    rows = OrderLeg.objects.filter(order__in=places).values_list("order_id", "position", "pk")
    for order_id, position, pk in rows:
        places[order_id][position] = pk
    fills = [
        fill
        for values, payload in mapped
        for fill in mapping.fills(payload, places[orders[values["broker_id"]].pk])
    ]
    return upsert(Fill, fills, key=("leg_id", "fill_id"))


def _publish(account: Account, order_ids: set[int]) -> None:
    if len(order_ids) > _SINGLE_EVENTS:
        events.publish(events.ORDER_UPDATED, account=account, detail={"count": len(order_ids)})
        return
    changed = Order.objects.filter(pk__in=order_ids).values_list("pk", "broker_id", "status")
    for pk, broker_id, status in changed.order_by("broker_id"):
        events.publish(
            events.ORDER_UPDATED,
            account=account,
            detail={"order": pk, "broker_id": broker_id, "status": status},
        )
