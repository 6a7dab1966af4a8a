"""From positions to tickets: close, close half, reverse, duplicate, bracket. Nothing is sent here.

A close never asks for more than is held and not being closed already by working orders; the
checks judge it again when it is sent, and the broker holds it to its position effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from functools import reduce
from math import gcd
from typing import Any
from urllib.parse import urlencode

from brokerage import access, selectors
from brokerage.execution.commands import EQUITY_OPTION, FUTURE_OPTION, OrderLeg
from brokerage.models import Account, Position
from portfolio import formats
from portfolio.facts import product_root
from portfolio.ticket.values import leg_values, order_url

MAX_LEGS = 4
OPTIONS = (EQUITY_OPTION, FUTURE_OPTION)


class NoAction(Exception):
    """It cannot be done with these positions; the text is for people."""


@dataclass(frozen=True, slots=True)
class Held:
    """One position: signed quantity, and how much of it working orders close already."""

    pk: int
    symbol: str
    instrument_type: str
    underlying: str
    streamer: str
    quantity: Decimal
    closing: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        """How much may still be closed; never negative."""
        return max(Decimal(0), abs(self.quantity) - self.closing)

    @property
    def is_option(self) -> bool:
        return self.instrument_type in OPTIONS

    @property
    def label(self) -> str:
        return formats.symbol_label(self.symbol, self.instrument_type)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Positions of one account on one underlying."""

    account: Account
    held: tuple[Held, ...]

    @property
    def origin(self) -> str:
        return f"position:{self.held[0].pk}" if self.held else ""


# --- reading ----------------------------------------------------------------------------------


def load(user: Any, pks: Iterable[str]) -> Holdings:
    """The open positions of these ids, of one account; foreign ones are NotFound."""
    rows = [access.get_position(user, pk) for pk in dict.fromkeys(pks)]
    rows = [row for row in rows if row.closed_at is None and row.quantity]
    if not rows:
        raise NoAction("This position is not held any more.")
    account = rows[0].account
    if any(row.account_id != account.pk for row in rows):
        raise NoAction("All legs of an order are of one account.")
    return holdings_of(account, rows)


def holdings_of(account: Account, rows: Sequence[Position]) -> Holdings:
    """Facts of the rows, with what working orders close already."""
    closing = working_closes(account)
    return Holdings(account, tuple(_held(row, closing) for row in rows))


def _held(row: Position, closing: dict[str, Decimal]) -> Held:
    return Held(
        pk=row.pk,
        symbol=row.symbol,
        instrument_type=row.instrument_type,
        underlying=row.underlying_symbol or row.symbol,
        streamer=row.streamer_symbol,
        quantity=row.quantity,
        closing=closing.get(row.symbol, Decimal(0)),
    )


def working_closes(account: Account) -> dict[str, Decimal]:
    """Remaining quantities of working closing legs by symbol.

    Orders of one complex group take each other's place, so the greatest of them counts once.
    """
    single: dict[str, Decimal] = {}
    groups: dict[tuple[int, str], Decimal] = {}
    for order in selectors.orders_for([account], "working"):
        for leg in order.legs.all():
            left = leg.remaining_quantity if leg.remaining_quantity is not None else leg.quantity
            if not leg.action.endswith("to Close") or not left:
                continue
            if order.complex_order_id is None:
                single[leg.symbol] = single.get(leg.symbol, Decimal(0)) + left
            else:
                key = (order.complex_order_id, leg.symbol)
                groups[key] = max(groups.get(key, Decimal(0)), left)
    for (_, symbol), left in groups.items():
        single[symbol] = single.get(symbol, Decimal(0)) + left
    return single


# --- legs -------------------------------------------------------------------------------------


def units(quantities: Sequence[Decimal]) -> int:
    """How often a structure of whole quantities is held: +2 −4 is two of +1 −2."""
    if not quantities or any(item != item.to_integral_value() for item in quantities):
        return 1
    return reduce(gcd, (int(abs(item)) for item in quantities))


def closing_legs(held: Sequence[Held], *, half: bool = False) -> list[OrderLeg]:
    """Legs that close all that is free of each, or half of the structure."""
    _at_most_four(held)
    busy = [item.label for item in held if not item.free]
    if busy:
        raise NoAction(f"Working orders close all of {', '.join(busy)} already.")
    amounts = _halves(held) if half else [item.free for item in held]
    return [
        _leg(item, item.quantity < 0, "Close", amount)
        for item, amount in zip(held, amounts, strict=True)
    ]


def _halves(held: Sequence[Held]) -> list[Decimal]:
    """Half of the structure in whole units; what comes in fractions is halved as it is."""
    free = [item.free for item in held]
    if len(held) == 1 and free[0] != free[0].to_integral_value():
        return [(free[0] / 2).quantize(Decimal("0.00000001"), ROUND_FLOOR)]
    count = units(free)
    if count < 2:
        raise NoAction("One unit cannot be halved.")
    return [item / count * (count // 2) for item in free]


def opening_legs(held: Sequence[Held], *, reverse: bool = False) -> list[OrderLeg]:
    """Legs that open the same again, or the opposite."""
    _at_most_four(held)
    return [_leg(item, (item.quantity > 0) != reverse, "Open", abs(item.quantity)) for item in held]


def _leg(held: Held, buys: bool, effect: str, quantity: Decimal) -> OrderLeg:
    # Futures too: without an effect a stale close would open the opposite.
    action = f"{'Buy' if buys else 'Sell'} to {effect}"
    return OrderLeg(held.instrument_type, held.symbol, action, quantity)


def _at_most_four(held: Sequence[Held]) -> None:
    if len(held) > MAX_LEGS:
        raise NoAction("An order has four legs at most: choose four, then the rest.")
    if len({product_root(item.underlying) for item in held}) > 1:
        raise NoAction("All legs of an order are on one underlying.")


# --- tickets ----------------------------------------------------------------------------------


def close(holdings: Holdings) -> str:
    """A ticket that closes all of it."""
    return order_url(holdings.account, closing_legs(holdings.held), origin=holdings.origin)


def close_half(holdings: Holdings) -> str:
    legs = closing_legs(holdings.held, half=True)
    return order_url(holdings.account, legs, origin=holdings.origin)


def duplicate(holdings: Holdings) -> str:
    """A ticket that opens the same again."""
    return order_url(holdings.account, opening_legs(holdings.held), origin=holdings.origin)


def reverse(holdings: Holdings) -> str:
    """Close first, then the opposite once that has filled: two orders, one after the other."""
    closes = closing_legs(holdings.held)
    opens = opening_legs(holdings.held, reverse=True)
    first = order_url(holdings.account, closes, origin=holdings.origin, group="OTO")
    then = {"order_type": "Limit", "time_in_force": "Day"} | leg_values(opens)
    return f"{first}&{urlencode({f'o1-{name}': value for name, value in then.items()})}"


def bracket(holdings: Holdings) -> str:
    """Take profit or stop for what is held; one cancels the other.

    Of a structure the limit closes all legs and the stop the one chosen on the ticket.
    """
    legs = closing_legs(holdings.held)
    return order_url(
        holdings.account, legs, origin=holdings.origin, group="OCO", time_in_force="GTC"
    )


ACTIONS: dict[str, tuple[str, Callable[[Holdings], str]]] = {
    "close": ("Close", close),
    "half": ("Close half", close_half),
    "reverse": ("Reverse", reverse),
    "duplicate": ("Duplicate", duplicate),
    "bracket": ("Bracket", bracket),
}
