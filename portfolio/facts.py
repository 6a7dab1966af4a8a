"""From rows of the mirror to frozen facts that can be valued without a database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from brokerage.enums import EnvironmentName
from brokerage.models import Account, Balance, Connection, Instrument, Position
from portfolio import deliverables, formats
from portfolio.analytics.facts import ZERO, Holding, Kind

KINDS = {
    "Equity": Kind.SPOT,
    "Cryptocurrency": Kind.SPOT,
    "Bond": Kind.SPOT,
    "Fixed Income Security": Kind.SPOT,
    "Warrant": Kind.SPOT,
    "Future": Kind.FUTURE,
    "Equity Option": Kind.OPTION,
    "Future Option": Kind.OPTION,
}


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account in view: how it is called, which feed serves it, its latest balance."""

    account: Account
    connection: Connection | None
    feed: str
    today: date
    now: datetime
    delayed: bool
    balance: Balance | None

    @property
    def pk(self) -> int:
        return self.account.pk

    @property
    def name(self) -> str:
        return self.account.nickname or self.account.type_name or "Account"

    @property
    def kind(self) -> str:
        """The account's type where its name does not say it already, and margin or cash."""
        own = self.account.type_name if self.account.type_name != self.name else ""
        return " · ".join(word for word in (own, self.account.margin_or_cash) if word)

    @property
    def short_number(self) -> str:
        return f"…{self.account.number[-4:]}"

    @property
    def blank_closes(self) -> bool:
        return self.account.environment == EnvironmentName.SANDBOX

    @property
    def title(self) -> str:
        return f"{self.name} {self.short_number}"


@dataclass(frozen=True, slots=True)
class Leg:
    """One position, ready to be valued; times are epoch seconds."""

    pk: int
    account_pk: int
    feed: str
    delayed: bool
    symbol: str
    label: str
    instrument_type: str
    underlying: str
    streamer_symbol: str
    holding: Holding
    tick: Decimal | None
    broker_mark: Decimal | None
    broker_mark_at: float | None
    days: int | None
    seconds_left: float | None
    expiration: date | None
    badges: tuple[tuple[str, str], ...] = ()
    closed_today: bool = False
    # Of the contract itself, which for options on futures is not the group's product root.
    underlying_streamer: str = ""
    # What an option delivers: of `contract` (the underlying as the broker names it) so many units
    # each; None where an adjusted class does not say.
    contract: str = ""
    delivered: Decimal | None = None
    strike: Decimal | None = None
    right: str = ""
    is_morning: bool = False
    # The broker's previous close, and the price that its P/L of the year counts from.
    close: Decimal | None = None
    year_basis: Decimal | None = None
    # When the broker last changed the position, by its own clock.
    changed_at: datetime | None = None
    # When it expires, by the broker's clock.
    expires_at: float | None = None

    @property
    def is_option(self) -> bool:
        return self.holding.kind is Kind.OPTION

    @property
    def is_plain(self) -> bool:
        """Whether one point of the underlying is one of its price; adjusted options deliver
        another number of units than their multiplier. An option on a future delivers one
        contract, worth the multiplier a point."""
        option_on_future = self.instrument_type == "Future Option"
        return option_on_future or self.delivered == self.holding.multiplier

    @property
    def units(self) -> Decimal | None:
        """Units of the underlying for each of the multiplier: 1 where it is plain; None where it
        is not known what is delivered."""
        multiplier = self.holding.multiplier
        if not multiplier or self.delivered is None:
            return None
        return Decimal(1) if self.is_plain else self.delivered / multiplier


@dataclass(frozen=True, slots=True)
class Group:
    """The legs of one underlying in one account; `key` is fit for a DOM id."""

    key: str
    account_pk: int
    underlying: str
    feed: str
    streamer_symbol: str
    tick: Decimal | None
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one page needs of the mirror, read once."""

    accounts: tuple[AccountFacts, ...]
    groups: dict[int, tuple[Group, ...]] = field(default_factory=dict)

    @property
    def legs(self) -> list[Leg]:
        return [leg for groups in self.groups.values() for group in groups for leg in group.legs]

    def by_underlying(self) -> dict[str, list[Group]]:
        """The groups of each underlying over all accounts in view."""
        found: dict[str, list[Group]] = {}
        for groups in self.groups.values():
            for group in groups:
                found.setdefault(group.underlying, []).append(group)
        return found

    def balance(self, field: str) -> Decimal | None:
        """A field of the balances over all accounts in view; None when one of them lacks it."""
        found = [getattr(account.balance, field, None) for account in self.accounts]
        return None if not found or None in found else sum(found, ZERO)

    def legs_of(self, account_pk: int) -> list[Leg]:
        return [leg for group in self.groups.get(account_pk, ()) for leg in group.legs]


_NAMES = tuple(part.name for part in fields(Leg))
_values = attrgetter(*_NAMES)
# Slots are filled beside the frozen class's own way, which takes five times as long.
_PLACES = tuple(getattr(Leg, name).__set__ for name in _NAMES)
_SECONDS_LEFT = Leg.seconds_left.__set__  # type: ignore[attr-defined]


def at_moment(leg: Leg, now: datetime) -> Leg:
    """The leg with the time that it has left at that moment of the broker's clock."""
    if leg.expires_at is None:
        return leg
    made: Leg = object.__new__(Leg)
    for place, value in zip(_PLACES, _values(leg), strict=True):
        place(made, value)
    _SECONDS_LEFT(made, leg.expires_at - now.timestamp())
    return made


def leg_of(row: Position, account: AccountFacts, instruments: dict[str, Instrument]) -> Leg:
    """A position row as a leg; facts of the instrument fill what the position does not say."""
    instrument = instruments.get(row.symbol)
    contract = instruments.get(row.underlying_symbol)
    expires_at = row.expires_at or (instrument.expires_at if instrument else None)
    expiration = _expiration(instrument, expires_at)
    days = (expiration - account.today).days if expiration else None
    left = (expires_at - account.now).total_seconds() if expires_at else None
    received = row.received_at.timestamp() if row.received_at else None
    return Leg(
        pk=row.pk,
        account_pk=account.pk,
        feed=account.feed,
        delayed=account.delayed,
        symbol=row.symbol,
        label=formats.symbol_label(row.symbol, row.instrument_type),
        instrument_type=row.instrument_type,
        underlying=product_root(row.underlying_symbol or row.symbol),
        streamer_symbol=row.streamer_symbol or (instrument.streamer_symbol if instrument else ""),
        holding=holding_of(row, account.today, blank_closes=account.blank_closes),
        tick=tick_of(instrument, row.mark_price),
        broker_mark=row.mark_price,
        broker_mark_at=received,
        days=days,
        seconds_left=left,
        expiration=expiration,
        badges=_badges(row, instrument),
        closed_today=row.quantity == 0,
        underlying_streamer=contract.streamer_symbol if contract else "",
        contract=row.underlying_symbol or row.symbol,
        delivered=_delivered(row, instrument),
        changed_at=row.updated_at,
        expires_at=expires_at.timestamp() if expires_at else None,
        close=_known(row.close_price, row, account),
        year_basis=_known(row.average_yearly_market_close_price, row, account),
        **_terms(row.symbol, instrument),
    )


def _known(price: Decimal | None, row: Position, account: AccountFacts) -> Decimal | None:
    """A close as sent; 0 of what cannot have closed at 0 means that it is not known."""
    may_be_zero = KINDS.get(row.instrument_type) is Kind.OPTION and not account.blank_closes
    return price if price or may_be_zero else None


def _terms(symbol: str, instrument: Instrument | None) -> dict[str, Any]:
    """An option's strike, right and settlement; the symbol says the first two at need."""
    parts = formats.option_parts(symbol)
    if parts is None:
        return {}
    strike = instrument.strike_price if instrument else None
    return {
        "strike": parts.strike if strike is None else strike,
        "right": parts.right,
        "is_morning": bool(instrument and instrument.settlement_type == "AM"),
    }


def _delivered(row: Position, instrument: Instrument | None) -> Decimal | None:
    """Units of the underlying that one contract stands for; None when that is not known."""
    if row.instrument_type == "Future Option":
        return Decimal(1)
    if row.instrument_type != "Equity Option":
        return None
    if instrument is None or not deliverables.is_adjusted(instrument):
        return row.multiplier
    return deliverables.units_of(instrument, row.underlying_symbol)


_FUTURE = re.compile(r"(/[0-9A-Z]{1,4}?)[FGHJKMNQUVXZ]\d{1,2}")


def product_root(underlying: str) -> str:
    """`/ESZ6` → `/ES`: a future and the options on it stand together; all else as it is."""
    found = _FUTURE.fullmatch(underlying)
    return found[1] if found else underlying


def _expiration(instrument: Instrument | None, expires_at: datetime | None) -> date | None:
    if instrument is not None and instrument.expiration_date is not None:
        return instrument.expiration_date
    return expires_at.astimezone(formats.NEW_YORK).date() if expires_at else None


def holding_of(row: Position, today: date, *, blank_closes: bool = False) -> Holding:
    """The position as the formulas see it; a realized gain of another day is not today's.

    ``blank_closes``: this environment sends 0 for closes that it does not know.
    """
    kind = KINDS.get(row.instrument_type, Kind.UNKNOWN)
    realized = ZERO
    if row.realized_day_gain is not None and row.realized_day_gain_date == today:
        realized = row.realized_day_gain
    return Holding(
        quantity=row.quantity,
        multiplier=row.multiplier,
        open_price=row.average_open_price,
        day_base=_day_base(row, zero_counts=kind is Kind.OPTION and not blank_closes),
        realized_day=realized,
        kind=kind,
    )


def _day_base(row: Position, *, zero_counts: bool) -> Decimal | None:
    """The day's base price: the broker's average of closes and today's opens, else the close.

    An option may have closed worthless; a share or a future that "closed at 0" has no close.
    """
    for price in (row.average_daily_market_close_price, row.close_price):
        if price is not None and (price != 0 or zero_counts):
            return price
    return None


def tick_of(instrument: Instrument | None, price: Decimal | None) -> Decimal | None:
    """The tick that holds at a price: tick sizes are a ladder, the last has no threshold."""
    steps = instrument.tick_sizes if instrument is not None else []
    for step in steps:
        threshold = formats.decimal(step.get("threshold"))
        if threshold is None or (price is not None and price < threshold):
            return formats.decimal(step.get("value"))
    return None


def _badges(row: Position, instrument: Instrument | None) -> tuple[tuple[str, str], ...]:
    badges = []
    if row.instrument_type not in KINDS:
        badges.append(("?", f"Unknown kind of instrument: {row.instrument_type or 'none given'}"))
    if instrument is not None:
        if instrument.settlement_type == "AM":
            badges.append(("AM", "Settles in the morning; trades until the day before"))
        badges += deliverables.badges(instrument)
        if instrument.is_closing_only:
            badges.append(("CLOSE", "May only be closed"))
    if row.is_frozen:
        badges.append(("FROZEN", "The broker has frozen this position"))
    if row.quantity == 0:
        badges.append(("CLOSED", "Closed today; counted in P/L Day"))
    return tuple(badges)
