"""Positions: what the broker lists, and what it has stopped listing."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from brokerage import events
from brokerage.models import Account, Position
from brokerage.sync import mapping
from brokerage.sync.upsert import LATER, Written, upsert

KEY = ("account_id", "instrument_type", "symbol")
# The mark moves all day; it alone is no change of the position, but is kept.
QUIET = ("received_at",)

logger = logging.getLogger(__name__)


def store_positions(account: Account, payloads: Iterable[Any], received_at: datetime) -> Written:
    """Upsert what was sent, from REST or stream; newer wins by the broker's time.

    A row that cannot be understood is skipped and logged; the stored one stays as it was.
    """
    rows = []
    for payload in payloads:
        try:
            rows.append(mapping.position(payload, account.pk, received_at))
        except mapping.Unmappable as problem:
            logger.warning("%s", problem)
    if all(row["mark_price"] is None for row in rows):
        # Notifications say nothing of marks: the last one that was read stays.
        for row in rows:
            del row["mark_price"]
    written = upsert(Position, rows, key=KEY, newer=LATER, quiet=QUIET)
    if written.touched:
        events.publish(events.POSITION_UPDATED, account=account)
    return written


@dataclass(frozen=True, slots=True)
class CompleteRead:
    """What a whole answer did: positions it lacks for the first time, those it closed, and how
    many it listed as open.
    """

    written: Written
    missing: tuple[Position, ...]
    closed: tuple[Position, ...]
    listed: int


@transaction.atomic
def store_complete_read(
    account: Account, payloads: Iterable[Any], requested_at: datetime, received_at: datetime
) -> CompleteRead:
    """Upsert a whole answer and deal with open positions that it does not list.

    The first answer without a position marks it missing; a second one, asked for later, closes
    it, last state kept. What the stream changed after the request was sent is left alone.
    """
    payloads = list(payloads)
    written = store_positions(account, payloads, received_at)
    listed = {(payload.instrument_type, payload.symbol) for payload in payloads}
    unlisted = [
        position
        for position in Position.objects.select_for_update().filter(account=account, closed_at=None)
        if (position.instrument_type, position.symbol) not in listed
        and not _received_since(position, requested_at)
    ]
    closed = [
        position
        for position in unlisted
        if position.missing_since is not None and position.missing_since < requested_at
    ]
    first_time = [position.pk for position in unlisted if position.missing_since is None]
    Position.objects.filter(pk__in=first_time).update(missing_since=received_at)
    Position.objects.filter(pk__in=[position.pk for position in closed]).update(
        quantity=0, quantity_direction="Zero", closed_at=received_at
    )
    if closed:
        events.publish(events.POSITION_UPDATED, account=account)
    return CompleteRead(
        written,
        missing=tuple(position for position in unlisted if position not in closed),
        closed=tuple(closed),
        listed=sum(1 for payload in payloads if payload.signed_quantity),
    )


def _received_since(position: Position, moment: datetime) -> bool:
    return position.received_at is not None and position.received_at >= moment
