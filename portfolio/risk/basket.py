"""What is only thought of: legs typed in, working orders as if filled, positions as if closed.

Legs that are not held become legs like those that are: the broker's facts of the instrument, its
quote over REST as the mark. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone

from brokerage import reads
from brokerage.models import Connection, Instrument, Order, Position
from portfolio import formats
from portfolio.facts import AccountFacts, Desk, Leg, leg_of
from portfolio.live.valuation import LegValue, Valuation, value_leg

MOST_LEGS = 24
EQUITY, EQUITY_OPTION = "Equity", "Equity Option"
FUTURE, FUTURE_OPTION, CRYPTO = "Future", "Future Option", "Cryptocurrency"


class BadLeg(Exception):
    """What was typed is no leg; the text is for people."""


@dataclass(frozen=True, slots=True)
class Added:
    """A leg that was typed in: signed quantity of a symbol."""

    quantity: Decimal
    symbol: str

    @property
    def kind(self) -> str:
        if formats.option_parts(self.symbol) is not None:
            return FUTURE_OPTION if self.symbol.startswith(".") else EQUITY_OPTION
        if self.symbol.startswith("/"):
            return FUTURE
        return CRYPTO if "/" in self.symbol else EQUITY

    @property
    def text(self) -> str:
        """As it stands in an address."""
        return f"{self.quantity:f} {self.symbol}"

    @property
    def label(self) -> str:
        return formats.leg_label(self.quantity, self.symbol)


@dataclass(frozen=True, slots=True)
class Wish:
    """`off`: ids of positions as if closed; `orders`: ids of working orders as if filled."""

    off: frozenset[int] = frozenset()
    orders: frozenset[int] = frozenset()
    added: tuple[Added, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.off or self.orders or self.added)


@dataclass(frozen=True, slots=True)
class Thought:
    """One thing of the basket in words, and the legs it adds."""

    text: str
    legs: tuple[Leg, ...]
    problem: str = ""


@dataclass(frozen=True)
class Basket:
    """The wish fulfilled. `cash` is what the legs would have brought more than their marks are
    worth: the edge of the orders' limits."""

    wish: Wish
    thoughts: tuple[Thought, ...] = ()
    values: tuple[LegValue, ...] = ()
    edge: Decimal = Decimal(0)

    def held(self, values: Iterable[LegValue]) -> list[LegValue]:
        """Of what is held, all but what counts as closed."""
        return [value for value in values if value.leg.pk not in self.wish.off]


def parse(lists: Mapping[str, Sequence[str]]) -> Wish:
    """The wish of an address; raises BadLeg for a leg that cannot be read."""
    added = tuple(_added(text) for text in lists.get("add", ()))
    if len(added) > MOST_LEGS:
        raise BadLeg(f"At most {MOST_LEGS} legs can be added.")
    return Wish(_numbers(lists.get("off", ())), _numbers(lists.get("order", ())), added)


def _numbers(texts: Sequence[str]) -> frozenset[int]:
    return frozenset(int(text) for text in texts if text.isascii() and text.isdigit())


def _added(text: str) -> Added:
    amount, _, symbol = text.partition(" ")
    return Added(_quantity(amount), symbol.strip())


def _quantity(text: str) -> Decimal:
    try:
        found = formats.decimal(text.strip().replace(formats.MINUS, "-"))
    except InvalidOperation:
        found = None
    if not found or abs(found) > 100_000:
        raise BadLeg("The quantity is a number, + to buy and − to sell.")
    return found


def typed(fields: Mapping[str, str]) -> Added | None:
    """The leg of the form's fields: quantity, symbol and, for an option, day, strike and right.

    None when nothing was typed. Raises BadLeg.
    """
    symbol = fields.get("new_symbol", "").strip().upper()
    if not symbol:
        return None
    quantity = _quantity(fields.get("new_quantity", ""))
    right = fields.get("new_right", "")
    if right not in ("C", "P") or formats.option_parts(symbol) is not None:
        return Added(quantity, symbol)
    return Added(quantity, _option_symbol(symbol, fields, right))


def _option_symbol(root: str, fields: Mapping[str, str], right: str) -> str:
    if root.startswith("/") or len(root) > 6:
        raise BadLeg("An option on a future is added by its whole symbol.")
    try:
        day = date.fromisoformat(fields.get("new_day", ""))
    except ValueError:
        raise BadLeg("The expiration is a date.") from None
    try:
        strike = Decimal(fields.get("new_strike", "").strip())
    except InvalidOperation:
        raise BadLeg("The strike is a price.") from None
    if not 0 < strike < 100_000 or strike * 1000 != int(strike * 1000):
        raise BadLeg("The strike is a price.")
    return f"{root:<6}{day:%y%m%d}{right}{int(strike * 1000):08d}"


# --- From wishes to legs ------------------------------------------------------------------------


def fill(
    wish: Wish, desk: Desk, orders: Sequence[Order], valuation: Valuation, now: float
) -> Basket:
    """The legs of a wish, valued. `orders` are working ones of the accounts in view: others are
    passed over."""
    account = next(iter(desk.accounts), None)
    if account is None or account.connection is None or wish.is_empty:
        return Basket(wish)
    maker = _Maker(account.connection, {item.pk: item for item in desk.accounts})
    thoughts = [maker.added(one, account) for one in wish.added]
    chosen = [order for order in orders if order.pk in wish.orders]
    thoughts += [maker.order(order) for order in chosen]
    legs = maker.marked([leg for thought in thoughts for leg in thought.legs])
    values = tuple(value_leg(leg, valuation.book(leg.feed), now) for leg in legs)
    edge = sum((_edge(order, values) for order in chosen), Decimal(0))
    return Basket(wish, tuple(thoughts), values, edge)


class _Maker:
    """Makes legs of what is not held; ids are negative, as no position has them."""

    def __init__(self, connection: Connection, accounts: Mapping[int, AccountFacts]) -> None:
        self.connection, self.accounts = connection, accounts
        self._count = 0

    def added(self, one: Added, account: AccountFacts) -> Thought:
        try:
            return Thought(one.label, (self._leg(one.kind, one.symbol, one.quantity, account),))
        except reads.ReadError as problem:
            return Thought(one.label, (), f"{problem}")

    def order(self, order: Order) -> Thought:
        account = self.accounts[order.account_id]
        words = " / ".join(formats.leg_label(left_of(leg), leg.symbol) for leg in order.legs.all())
        price = formats.structure_price(order.price, order.price_effect) if order.price else ""
        try:
            legs = tuple(
                self._leg(leg.instrument_type, leg.symbol, left_of(leg), account, order.pk)
                for leg in order.legs.all()
                if left_of(leg)
            )
        except reads.ReadError as problem:
            return Thought(f"{words} {price}".strip(), (), f"{problem}")
        return Thought(f"{words} {price}".strip(), legs)

    def _leg(
        self, kind: str, symbol: str, quantity: Decimal, account: AccountFacts, order: int = 0
    ) -> Leg:
        facts = reads.instrument(self.connection, kind, symbol)
        known = {facts.symbol: facts}
        if facts.underlying_symbol and kind == FUTURE_OPTION:
            contract = reads.instrument(self.connection, FUTURE, facts.underlying_symbol)
            known[contract.symbol] = contract
        self._count += 1
        row = Position(
            pk=-self._count,
            account=account.account,
            symbol=facts.symbol,
            instrument_type=kind,
            underlying_symbol=facts.underlying_symbol or facts.symbol,
            streamer_symbol=facts.streamer_symbol,
            quantity=quantity,
            multiplier=_multiplier(facts),
            expires_at=facts.expires_at,
        )
        return leg_of(row, account, known)

    def marked(self, legs: Sequence[Leg]) -> list[Leg]:
        """With the broker's quote as their mark and as what they were opened at."""
        groups: dict[str, list[str]] = {}
        for leg in legs:
            groups.setdefault(leg.instrument_type, []).append(leg.symbol)
        try:
            found: Mapping[str, Any] = reads.market_data(self.connection, groups).value
        except reads.ReadError:
            found = {}
        return [_marked(leg, found.get(leg.symbol)) for leg in legs]


def _marked(leg: Leg, data: Any) -> Leg:
    price = data.best_price if data is not None else None
    holding = replace(leg.holding, open_price=price, day_base=price)
    at = timezone.now().timestamp()
    return replace(leg, broker_mark=price, broker_mark_at=at, holding=holding)


def _multiplier(facts: Instrument) -> Decimal | None:
    if facts.multiplier is None and facts.instrument_type in (EQUITY, CRYPTO):
        return Decimal(1)
    return facts.multiplier


def left_of(leg: Any) -> Decimal:
    """What is still to be filled, signed by the action."""
    amount = leg.remaining_quantity if leg.remaining_quantity is not None else leg.quantity
    return (amount or Decimal(0)) * (1 if leg.action.startswith("Buy") else -1)


def _edge(order: Order, values: Sequence[LegValue]) -> Decimal:
    """Cash at the limit plus what the legs are worth: 0 for a limit at the mark.

    A group's price is per unit of the order, as its first leg counts them.
    """
    legs = list(order.legs.all())
    own = [value for value in values if value.leg.symbol in {leg.symbol for leg in legs}]
    if order.price is None or not own or any(value.value is None for value in own):
        return Decimal(0)
    first = next((value for value in own if value.leg.symbol == legs[0].symbol), own[0])
    units, multiplier = abs(left_of(legs[0])), first.leg.holding.multiplier
    sign = {"Credit": 1, "Debit": -1}.get(order.price_effect or "")
    if sign is None or multiplier is None:
        return Decimal(0)
    return sign * order.price * units * multiplier + sum(
        (value.value for value in own if value.value is not None), Decimal(0)
    )
