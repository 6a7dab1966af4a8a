"""What chains are made of: events of an account, and the entries that a chain holds of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from portfolio.analytics.facts import ZERO


class EventKind(Enum):
    """How a position or its cash changed."""

    TRADE = "trade"
    ASSIGNMENT = "assignment"
    EXERCISE = "exercise"
    EXPIRATION = "expiration"
    CASH_SETTLEMENT = "cash settlement"
    DELIVERY = "delivery"
    TRANSFER = "transfer"
    SPLIT = "split"
    SYMBOL_CHANGE = "symbol change"
    # Cash of a held position without a change of it: dividends, settlement variation of futures.
    INCOME = "income"
    # Cash that belongs to no position: deposits, interest, account fees.
    OTHER = "other"


# The same holding in other units or under another name: what it cost goes with it.
CARRIES = frozenset({EventKind.SPLIT, EventKind.SYMBOL_CHANGE})


@dataclass(frozen=True, slots=True)
class Event:
    """One transaction. ``quantity`` is the signed change of the position; ``cash`` the signed money
    before fees; ``fees`` a cost (≥ 0 paid). ``right`` is "C", "P" or "" for what is no option.

    ``group`` joins the rows of one happening: the order of a trade, or whatever the broker gives
    for the option and the shares of one assignment; empty rows of one moment and underlying that
    are no trades belong together anyway.

    ``price`` and ``multiplier`` are for futures alone: with them a day's variation is shared by
    what each chain made of it, else by quantity.
    """

    key: str
    at: datetime
    account: str
    kind: EventKind
    symbol: str = ""
    underlying: str = ""
    right: str = ""
    quantity: Decimal = ZERO
    cash: Decimal = ZERO
    fees: Decimal = ZERO
    group: str = ""
    price: Decimal | None = None
    multiplier: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A chain's share of an event; ``is_opening`` tells which side of a trade it is."""

    event: Event
    quantity: Decimal
    cash: Decimal
    fees: Decimal
    is_opening: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """Entries of one account and underlying, in order. ``key`` is that of its first event."""

    key: str
    account: str
    underlying: str
    entries: tuple[Entry, ...]

    @property
    def cash(self) -> Decimal:
        """All money of the chain before fees; the total credit (positive) or debit."""
        return sum((entry.cash for entry in self.entries), ZERO)

    @property
    def fees(self) -> Decimal:
        return sum((entry.fees for entry in self.entries), ZERO)

    @property
    def holdings(self) -> dict[str, Decimal]:
        """Signed quantities that are still open, by symbol."""
        sums: dict[str, Decimal] = {}
        for entry in self.entries:
            sums[entry.event.symbol] = sums.get(entry.event.symbol, ZERO) + entry.quantity
        return {symbol: quantity for symbol, quantity in sums.items() if quantity}

    @property
    def is_open(self) -> bool:
        return bool(self.holdings)

    @property
    def rolls(self) -> int:
        """Happenings that both closed and opened by trading."""
        sides: dict[tuple[str, str], set[bool]] = {}
        for entry in self.entries:
            if entry.event.kind is EventKind.TRADE and entry.quantity:
                key = (entry.event.group or entry.event.key, "")
                sides.setdefault(key, set()).add(entry.is_opening)
        return sum(1 for both in sides.values() if len(both) == 2)


@dataclass(frozen=True, slots=True)
class History:
    """Chains and what belongs to none; together every cent and every unit of the events."""

    chains: tuple[Chain, ...]
    unchained: tuple[Event, ...]

    @property
    def cash(self) -> Decimal:
        """All money before fees."""
        loose = sum((event.cash for event in self.unchained), ZERO)
        return sum((chain.cash for chain in self.chains), loose)


def ordered(events: Iterable[Event]) -> list[Event]:
    """By time, account and key (numbers as numbers): the order of arrival never matters."""
    return sorted(events, key=lambda event: (event.at, event.account, len(event.key), event.key))
