"""Look at the broker for commands whose outcome is unknown; nothing here sends one.

One complete read of an account (all pages of live orders and of orders since the day before the
earliest command, New York) serves all its unknown intents.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from brokerage import access, clock
from brokerage.calendar import NEW_YORK
from brokerage.credentials import client_for
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.enums import CANCEL_KINDS, TERMINAL_STATUSES, IntentKind
from brokerage.environments import UnknownEnvironment
from brokerage.execution import adoption, echo, evidence, groups, identifiers, outcomes
from brokerage.execution.jsonable import plain
from brokerage.models import Account, Connection, Order, OrderIntent
from brokerage.tastytrade.errors import NotFound, TastytradeError
from brokerage.tastytrade.payloads.orders import Order as OrderPayload
from brokerage.tastytrade.resources import orders

logger = logging.getLogger(__name__)

_CANCELLED = ("Cancel Requested", "Cancelled", "Canceled")


def reconcile_account(account: Account, intents: list[OrderIntent]) -> None:
    """One complete read for all unknown intents of an account that are due for one."""
    due = [intent for intent in intents if evidence.read_is_due(intent)]
    if not due:
        return
    connection = _connection(due[0])
    if connection is None:
        return
    try:
        with client_for(connection) as client:
            _Look(client, connection, account, due).run()
    except TastytradeError:
        logger.warning("a read for reconciliation failed", exc_info=True)
        evidence.forget(due)
    except (UnknownEnvironment, UndecryptableSecret):
        logger.warning("an account cannot be read for reconciliation", exc_info=True)
        evidence.forget(due)


def _connection(intent: OrderIntent) -> Connection | None:
    try:
        return access.connection_for(intent.user, intent.account)
    except access.NotFound:
        return None


class _Look:
    """One look at an account for some of its intents."""

    def __init__(
        self, client: Any, connection: Connection, account: Account, intents: list[OrderIntent]
    ) -> None:
        self.client = client
        self.connection = connection
        self.account = account
        self.intents = intents
        self.found: list[OrderPayload] = []

    def run(self) -> None:
        """Raises when any page fails: then nothing is concluded from absence."""
        if any(intent.kind not in CANCEL_KINDS for intent in self.intents):
            self.found = self._complete_read()
        for intent in self.intents:
            self._settle(intent)

    def _complete_read(self) -> list[OrderPayload]:
        """Every order that could be ours, live first; each order once."""
        sent = min(intent.sent_at or intent.created_at for intent in self.intents)
        offset = timedelta(seconds=self.connection.clock_offset_seconds)
        since = min((sent + offset).astimezone(NEW_YORK).date(), clock.today(self.connection))
        call = orders.search(self.account.number, start_date=since - timedelta(days=1))
        pages = [
            *self.client.pages(orders.list_live(self.account.number)),
            *self.client.pages(call),
        ]
        return list({order.id: order for order in pages}.values())

    def _settle(self, intent: OrderIntent) -> None:
        ways: dict[str, Callable[[OrderIntent], None]] = {
            IntentKind.SUBMIT: self._submit,
            IntentKind.COMPLEX: self._group,
            IntentKind.REPLACE: self._replace,
            IntentKind.EDIT_COMPLEX: self._edit,
            IntentKind.CANCEL: self._cancel,
            IntentKind.CANCEL_COMPLEX: self._cancel_group,
        }
        ways[intent.kind](intent)

    def _absent(self, intent: OrderIntent, alike: list[int] | None = None) -> None:
        evidence.absent(intent, self.connection, alike or [])

    def _look_alikes(self, intent: OrderIntent) -> list[int]:
        """Mirrored, so that a person can look at them and say whether it is one of these."""
        alike = evidence.look_alikes(intent, self.connection, self.found)
        for order in self.found:
            if order.id in alike:
                adoption.mirror(self.account, order)
        return alike

    # --- what was to be placed ---

    def _submit(self, intent: OrderIntent) -> None:
        ours = [order for order in self.found if order.external_identifier == _own(intent)]
        if not ours:
            self._absent(intent, self._look_alikes(intent))
            return
        # A replacement hands the identifier down: the first order is the one that was placed.
        order = min(ours, key=lambda found: found.id or 0)
        outcomes.accepted(intent, order.id or 0, order.raw, found_by="reconciliation")
        adoption.adopt(intent, order)

    def _group(self, intent: OrderIntent) -> None:
        names = identifiers.by_identifier(intent.body)
        ours = [order for order in self.found if order.external_identifier in names]
        numbers = {order.complex_order_id for order in ours if order.complex_order_id}
        if not numbers:
            self._absent(intent, self._look_alikes(intent))
            return
        number = min(numbers)
        group = self.client.send(orders.get_complex(self.account.number, number))
        outcomes.group_accepted(intent, number, groups.members(group), "reconciliation")

    # --- what was to be changed ---

    def _replace(self, intent: OrderIntent) -> None:
        target = intent.target
        if target is None:
            self._absent(intent)
            return
        old = self.client.send(orders.get(self.account.number, target.broker_id))
        adoption.mirror(self.account, old)
        new = self._replacement(target, old)
        if new is not None:
            outcomes.replaced(intent, new, None, found_by="reconciliation")
        elif old.status in TERMINAL_STATUSES:
            outcomes.too_late(intent, old.status)
        else:
            self._absent(intent)

    def _replacement(self, target: Order, old: OrderPayload) -> OrderPayload | None:
        """The order that took the old one's place; links may be missing on either side."""
        if old.replacing_order_id:
            return self.client.send(orders.get(self.account.number, old.replacing_order_id))
        heirs = [order for order in self.found if order.replaces_order_id == target.broker_id]
        return max(heirs, key=lambda order: order.id or 0) if heirs else None

    def _edit(self, intent: OrderIntent) -> None:
        group = self._read_group(intent)
        if group is not None and not echo.ratio_differences(intent.body, plain(group.raw)):
            outcomes.pair_edited(intent, None, None)
        else:
            self._absent(intent)

    # --- what was to be taken back: it may be repeated safely, so one look is enough ---

    def _cancel(self, intent: OrderIntent) -> None:
        order = self.client.send(orders.get(self.account.number, intent.body["cancel"]))
        if order.status in _CANCELLED:
            outcomes.cancel_taken(intent, order, 0.0)
            return
        adoption.mirror(self.account, order)
        if order.status in TERMINAL_STATUSES:
            outcomes.too_late(intent, order.status)
        else:
            outcomes.not_found(intent)

    def _cancel_group(self, intent: OrderIntent) -> None:
        group = self._read_group(intent)
        members = groups.members(group) if group is not None else []
        statuses = {order.status for order in members}
        for order in members:
            adoption.mirror(self.account, order)
        if statuses & set(_CANCELLED):
            outcomes.group_cancel_taken(intent, group, 0.0)
        elif statuses and statuses <= TERMINAL_STATUSES:
            outcomes.too_late(intent, "finished")
        else:
            outcomes.not_found(intent)

    def _read_group(self, intent: OrderIntent) -> Any:
        try:
            return self.client.send(orders.get_complex(self.account.number, intent.complex_id or 0))
        except NotFound:
            return None


def _own(intent: OrderIntent) -> str:
    return str(intent.body.get(identifiers.KEY, intent.client_order_id))


def adopt_group(intent: OrderIntent, first: Order, found_by: str = "mirror") -> None:
    """A group whose orders the stream or a sync brought already."""
    if first.complex_order_id is None:
        return
    rows = Order.objects.filter(
        account=intent.account, complex_order_id=first.complex_order_id
    ).order_by("broker_id")
    members = [OrderPayload.read(row.raw) for row in rows if not row.replaces_order_id]
    outcomes.group_accepted(intent, first.complex_order_id, members, found_by)
