"""What is ours before the broker: tickets put aside, drafts among them, and previews still good.

Nothing here sends. A staged ticket keeps its identifier, so that opened in two tabs and sent from
both it is still one order; one that was sent is no longer listed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from brokerage.access import NotFound
from brokerage.enums import PLACING_KINDS
from brokerage.models import Account, OrderIntent, OrderPreview
from portfolio import formats
from portfolio.models import StagedTicket
from portfolio.orders import words as order_words
from portfolio.orders.words import Chip
from portfolio.ticket.values import ticket_url

# More are a sign of a script, not of a person.
MOST = 200
DRAFT = Chip("Draft", "ours", "something is missing or wrong: open it to see what")
STAGED = Chip("Staged", "ours", "put aside, complete; nothing of it has been sent")
PREVIEWED = Chip(
    "Previewed", "ours", "a dry run was shown; only the page that shows it can send it"
)
# Of the form, not of the order.
_NOT_KEPT = {"csrfmiddlewaretoken", "do", "wish", "wish_for", "drawer"}


class Full(Exception):
    """There is no room for another; the text says what to do."""


@dataclass(frozen=True, slots=True)
class StagedFacts:
    """One row before the broker; `remove_url` is empty for a preview, which ends by itself."""

    id: str
    chip: Chip
    symbol: str
    legs: list[str]
    price: str
    order_type: str
    time_in_force: str
    account: str
    time: str
    age: str
    open_url: str
    remove_url: str = ""
    note: str = ""


def stage(user: Any, account: Account, values: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Put a ticket aside, or put aside its present values; the caller has opened the account.

    Raises Full, and NotFound for a ticket of somebody else.
    """
    ticket = _identifier(values)
    kept = {str(k)[:60]: str(v)[:200] for k, v in values.items() if k not in _NOT_KEPT}
    with transaction.atomic():
        _tidy(user)
        known = StagedTicket.objects.select_for_update().filter(ticket=ticket).first()
        if known is not None and known.user_id != user.pk:
            raise NotFound
        if known is None and StagedTicket.objects.filter(user=user).count() >= MOST:
            raise Full(f"{MOST} tickets are staged already. Remove some of them first.")
        kept["ticket"] = str(ticket)
        now = {"account": account, "values": kept, "body": dict(body), "staged_at": timezone.now()}
        StagedTicket.objects.update_or_create(ticket=ticket, defaults=now | {"user": user})


def _identifier(values: Mapping[str, Any]) -> uuid.UUID:
    try:
        return uuid.UUID(str(values.get("ticket", "")))
    except ValueError:
        return uuid.uuid4()


def _tidy(user: Any) -> None:
    """Those that were sent have their order or their intent to be looked at."""
    StagedTicket.objects.filter(user=user).filter(Exists(_sent())).delete()


def _sent() -> QuerySet[OrderIntent]:
    # Intents carry the identifier as text.
    own = Cast(OuterRef("ticket"), CharField())
    return OrderIntent.objects.filter(account=OuterRef("account"), client_order_id=own)


def staged_for(user: Any, accounts: Iterable[Account]) -> QuerySet[StagedTicket]:
    """A person's tickets for these accounts, the latest first; none that was sent."""
    rows = StagedTicket.objects.filter(user=user, account__in=list(accounts))
    return rows.exclude(Exists(_sent())).select_related("account")


def get_staged(user: Any, accounts: Iterable[Account], ticket: uuid.UUID) -> StagedTicket:
    """NotFound for one that is foreign, sent or not there."""
    row = staged_for(user, accounts).filter(ticket=ticket).first()
    if row is None:
        raise NotFound
    return row


def remove(user: Any, ticket: uuid.UUID) -> bool:
    """Whether it was there."""
    gone, _ = StagedTicket.objects.filter(user=user, ticket=ticket).delete()
    return bool(gone)


# --- the list -----------------------------------------------------------------------------------


def rows_of(user: Any, accounts: Iterable[Account], offset: timedelta) -> list[StagedFacts]:
    """Previews that are still good, then what was put aside.

    ``offset``: the broker's clock against ours, as times beside the broker's are told by it.
    """
    held, now = list(accounts), timezone.now()
    return [
        *_previewed(user, held, now, offset),
        *(_facts(row, now, offset) for row in staged_for(user, held)),
    ]


def _facts(row: StagedTicket, now: datetime, offset: timedelta) -> StagedFacts:
    body, here = row.body, reverse("portfolio:staged-open", args=[row.ticket])
    legs = order_words.body_legs(body) if body else _typed_legs(row.values)
    return StagedFacts(
        id=str(row.ticket),
        chip=STAGED if body else DRAFT,
        symbol=str(row.values.get("symbol", "")),
        legs=legs,
        price=order_words.body_price(body) if body else str(row.values.get("price", "")),
        order_type=str(row.values.get("order_type", "")),
        time_in_force=str(row.values.get("time_in_force", "")),
        account=str(row.account),
        time=formats.market_datetime(row.staged_at + offset),
        age=order_words.age_words(row.staged_at, now),
        open_url=here,
        remove_url=reverse("portfolio:staged-remove", args=[row.ticket]),
    )


def _typed_legs(values: Mapping[str, str]) -> list[str]:
    """What a draft is about, as far as it was typed."""
    symbol = values.get("symbol", "").upper()
    contracts = [
        formats.symbol_label(text, values.get("instrument_type", ""))
        for name, text in sorted(values.items())
        if name.endswith("-contract") and text
    ]
    return contracts or [symbol or "nothing chosen yet"]


def _previewed(
    user: Any, accounts: list[Account], now: datetime, offset: timedelta
) -> list[StagedFacts]:
    """Unused dry runs of placing orders that have not ended; equal ones are one row."""
    rows = OrderPreview.objects.filter(
        user=user, account__in=accounts, used_at=None, expires_at__gt=now, kind__in=PLACING_KINDS
    ).select_related("account")
    latest = {(row.account_id, repr(row.body)): row for row in rows.order_by("created_at")}
    return [_preview_facts(row, now, offset) for row in reversed(latest.values())]


def _preview_facts(row: OrderPreview, now: datetime, offset: timedelta) -> StagedFacts:
    body = row.body
    left = max(0, round((row.expires_at - now).total_seconds()))
    return StagedFacts(
        id=str(row.pk),
        chip=PREVIEWED,
        symbol="",
        legs=order_words.body_legs(body),
        price=order_words.body_price(body),
        order_type=str(body.get("order-type", body.get("type", ""))),
        time_in_force=str(body.get("time-in-force", "")),
        account=str(row.account),
        time=formats.market_datetime(row.created_at + offset),
        age=order_words.age_words(row.created_at, now),
        open_url=ticket_url(row),
        note=f"good for {left} s more, on the page that shows it",
    )
