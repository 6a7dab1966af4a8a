"""What an order would make of its account: the book as it is, and with the order filled.

The legs count at their marks, as on the risk page: what a limit price wins or loses against the
mark is not part of it. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.http import QueryDict

from brokerage.enums import IntentKind
from brokerage.models import Order, OrderPreview
from portfolio import selectors
from portfolio.analytics import expiration
from portfolio.analytics.expiration import AccountView
from portfolio.desk import RequestDesk
from portfolio.expirations.legs import Dated, expiring_of, indices_of
from portfolio.expirations.scene import Scene
from portfolio.facts import Desk
from portfolio.live.valuation import Valuation
from portfolio.orders.executed import signed
from portfolio.risk.basket import Added
from portfolio.risk.book import RiskBook
from portfolio.risk.page import RiskPage
from portfolio.scope import Scope

ALL_FILL = "PAIRS"
LEFT = "What is left of the order counts as filled; before is the account without it."


@dataclass(frozen=True, slots=True)
class Filled:
    """The legs of an order as if filled, signed; ``words`` say what of it is left out."""

    legs: tuple[Added, ...]
    words: tuple[str, ...] = ()


def filled(body: Mapping[str, Any]) -> Filled:
    """The legs of a body that would be sent.

    Of a group it is the order that works first: exits of a bracket come only after it, and of two
    that cancel each other one fills.
    """
    members = body.get("orders") or []
    trigger = body.get("trigger-order")
    words: list[str] = []
    if trigger:
        chosen = [trigger]
        words.append("The first order of the group counts as filled; what follows it does not.")
    elif members and body.get("type") != ALL_FILL:
        chosen = members[:1]
        words.append("One of the group fills: the first is counted.")
    else:
        chosen = members or [body]
    legs = []
    for row in (row for order in chosen for row in order.get("legs") or ()):
        amount = _quantity(row)
        if amount is None:
            words.append(
                f"{row.get('symbol')} is ordered by its value: left out, its units are open."
            )
        else:
            legs.append(Added(amount, str(row.get("symbol") or "")))
    return Filled(tuple(legs), tuple(words))


def left_of(order: Order) -> Filled:
    """What is left of a working order, as if filled: a change of it keeps its legs.

    A leg whose remaining quantity the broker does not state is left out, and said so.
    """
    legs, words = [], [LEFT]
    for leg in order.legs.all():
        left = leg.remaining_quantity
        if left is None:
            words.append(f"{leg.symbol} is left out: the broker does not say what is left of it.")
        elif left:
            legs.append(Added(left if leg.action.startswith("Buy") else -left, leg.symbol))
    return Filled(tuple(legs), tuple(words))


def order_of(shown: OrderPreview) -> Filled:
    """What a preview is about; a change names no legs of its own."""
    if shown.kind == IntentKind.REPLACE and shown.target is not None:
        return left_of(shown.target)
    return filled(shown.body)


def _quantity(row: Mapping[str, Any]) -> Decimal | None:
    """Signed by the action; None where the order names none."""
    try:
        amount = Decimal(str(row["quantity"]))
    except (KeyError, InvalidOperation):
        return None
    return amount if str(row.get("action", "")).startswith("Buy") else -amount


class WhatIf:
    """The account of a preview, before and after. Worked out on first use."""

    def __init__(self, desk: RequestDesk, shown: OrderPreview) -> None:
        self.desk, self.shown = desk, shown
        self.order = order_of(shown)

    @cached_property
    def facts(self) -> Desk:
        account = self.shown.account
        return selectors.load_desk(self.desk.accounts, Scope(account.environment, account.number))

    @cached_property
    def valuation(self) -> Valuation:
        return self.desk.valued(self.facts)

    @cached_property
    def page(self) -> RiskPage:
        """The whole account against the benchmark, the order's legs as if added to it."""
        query = QueryDict(mutable=True)
        query.setlist("add", [leg.text for leg in self.order.legs])
        return RiskPage(self.facts, self.valuation, self.desk.now, query)

    @property
    def before(self) -> RiskBook:
        return self.page.before

    @property
    def after(self) -> RiskBook:
        return self.page.book

    @cached_property
    def underlyings(self) -> list[str]:
        """Of the order."""
        return sorted({value.leg.underlying for value in self.page.basket.values})

    @cached_property
    def problems(self) -> list[str]:
        """Legs that could not be read: without them nothing here is what the order does."""
        found = [
            f"Left out: {thought.text}. {thought.problem}"
            for thought in self.page.basket.thoughts
            if thought.problem
        ]
        return [*found, *([self.page.basket_problem] if self.page.basket_problem else [])]

    @cached_property
    def words(self) -> list[str]:
        """What is not in the figures."""
        found = list(self.order.words)
        if self.page.gaps:
            found.append(f"{self.page.gap_words}.".replace(": what they lack", ""))
        return [*found, *self.page.inputs.gaps]

    # --- What the broker answered

    def amount(self, part: str, key: str) -> Decimal | None:
        """Of the dry run's answer, signed by its effect."""
        return signed((self.shown.answer or {}).get(part) or {}, key)

    @property
    def answered_at(self) -> float:
        return float(self.shown.created_at.timestamp())

    # --- What expirations do

    @cached_property
    def day(self) -> date | None:
        """The first expiration of the order; of one without options, the first that is held."""
        ordered = [value.leg for value in self.page.basket.values]
        held = [leg.leg for leg in self.before.legs]
        for legs in (ordered, held):
            days = [leg.expiration for leg in legs if leg.is_option and leg.expiration]
            if days:
                return min(days)
        return None

    def ends(self, book: RiskBook) -> Ends | None:
        return Ends(self.desk, book, self.day, self.shown.environment) if self.day else None


class Ends(Scene):
    """The expirations until a day of a book that may hold what is only thought of."""

    def __init__(self, desk: RequestDesk, book: RiskBook, day: date, environment: str) -> None:
        super().__init__(desk, {})
        self.book, self.until, self.environment = book, day, environment

    @property
    def day(self) -> date:
        """Also one on which nothing that is held expires yet."""
        return self.until

    @cached_property
    def legs(self) -> list[Dated]:
        options = [leg.leg for leg in self.book.legs if leg.leg.is_option]
        indices = indices_of(self.environment, {leg.contract for leg in options if leg.contract})
        found = []
        for leg in self.book.legs:
            made = expiring_of(leg.leg, indices, leg.value.mark)
            if made is not None:
                found.append(Dated(leg.leg, None, made))
        return found

    @cached_property
    def views(self) -> list[AccountView]:
        return expiration.view([item.expiring for item in self.legs], self.until, self.prices)

    @cached_property
    def prices(self) -> dict[str, Decimal]:
        """Of what options deliver; that of an adjusted one is a parcel, and no price of a share."""
        return {
            leg.leg.contract: Decimal(str(leg.spot))
            for leg in self.book.legs
            if leg.leg.is_option
            and leg.spot is not None
            and all(badge != "ADJ" for badge, _ in leg.leg.badges)
        }
