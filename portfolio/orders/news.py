"""News of orders in words, for toasts and for the log of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.urls import reverse

from brokerage import access, selectors
from brokerage.enums import NewsKind
from brokerage.models import Notice, OrderNews
from portfolio import formats
from portfolio.orders import words as order_words
from portfolio.orders.facts import average_words

# A page that slept through a busy morning is told of the latest alone.
MOST = 8
_LEVELS = {
    NewsKind.FILLED: "success",
    NewsKind.PARTIAL: "info",
    NewsKind.REJECTED: "error",
    NewsKind.CANCELLED: "info",
    NewsKind.EXPIRED: "info",
    NewsKind.REMOVED: "warning",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One event: its key, level, sentence, page; when it was by the broker, when it was told."""

    key: str
    level: str
    text: str
    url: str
    at: datetime
    told_at: datetime


def items(rows: Iterable[OrderNews]) -> list[Item]:
    return [
        Item(
            f"order-{row.pk}",
            _LEVELS[NewsKind(row.kind)],
            words(row),
            _url(row),
            _moment(row),
            row.told_at,
        )
        for row in rows
    ]


def _moment(row: OrderNews) -> datetime:
    """When it happened by the broker's clock: at the end, or with the latest execution."""
    fills = [fill.filled_at for leg in row.order.legs.all() for fill in leg.fills.all()]
    known = [at for at in fills if at is not None]
    if row.kind in (NewsKind.FILLED, NewsKind.PARTIAL) and known:
        return max(known)
    return row.order.terminal_at or row.told_at


def _url(row: OrderNews) -> str:
    return reverse("portfolio:order-detail", args=[row.order_id])


def words(row: OrderNews) -> str:
    """`Filled −1 SPY 17 Jan 26 590 P 1.36 cr (asked 1.35 cr) in …0001`."""
    order = row.order
    legs = " / ".join(order_words.leg_words(order.legs.all())) or order.underlying_symbol
    where = f"in …{order.account.number[-4:]}"
    asked = order_words.limit_words(order)
    lots = (
        f"{formats.quantity(row.executed, sign=False)}/{formats.quantity(order.size, sign=False)}"
    )
    if row.kind == NewsKind.FILLED:
        limit = "" if asked == "market" else f" (asked {asked})"
        price = "(price still arriving)" if order_words.arriving(order) else average_words(order)
        return f"Filled {legs} {price}{limit} {where}"
    if row.kind == NewsKind.PARTIAL:
        return f"Partly filled {lots}: {legs}, {asked}, {where}"
    if row.kind == NewsKind.REJECTED:
        why = order.reject_reason or "no reason given"
        return f"Rejected: {legs}, {asked}, {where}. {why}"
    part = f" after {lots} were filled" if row.executed else ""
    return f"{NewsKind(row.kind).label.capitalize()}{part}: {legs}, {asked}, {where}"


# --- what a page has not been told yet ---------------------------------------------------------


def news_for(user: Any) -> QuerySet[OrderNews]:
    """Events of the user's accounts, newest first, with what the words need."""
    rows = OrderNews.objects.filter(order__account__in=access.visible_accounts(user))
    return rows.select_related("order__account").prefetch_related("order__legs__fills")


def alarms_for(user: Any) -> QuerySet[Notice]:
    """Red notices that stand: what needs a look at once."""
    return selectors.notices_for(user).filter(level="danger")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has been told: the last event and the last red notice."""

    order: int = 0
    notice: int = 0

    def __str__(self) -> str:
        return f"{self.order}.{self.notice}"

    @classmethod
    def parse(cls, text: str) -> Mark | None:
        """None for anything malformed."""
        order, _, notice = text.partition(".")
        if not (order.isascii() and order.isdigit() and notice.isascii() and notice.isdigit()):
            return None
        return cls(min(int(order), 2**62), min(int(notice), 2**62))


def mark_of(user: Any) -> Mark:
    """The mark of a page rendered now: everything before it is old."""
    order = OrderNews.objects.filter(order__account__in=access.visible_accounts(user))
    return Mark(
        order.aggregate(last=Max("pk"))["last"] or 0,
        alarms_for(user).aggregate(last=Max("pk"))["last"] or 0,
    )


def since(user: Any, mark: Mark) -> list[Item]:
    """What came after the mark, oldest first, at most MOST of each kind."""
    told = items(news_for(user).filter(pk__gt=mark.order)[:MOST])
    alarms = [
        Item(
            f"notice-{row.pk}",
            "danger",
            row.text,
            reverse("portfolio:notice-list"),
            row.first_seen_at,
            row.first_seen_at,
        )
        for row in alarms_for(user).filter(pk__gt=mark.notice)[:MOST]
    ]
    return sorted([*told, *alarms], key=lambda item: item.told_at)
