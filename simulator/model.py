"""What the broker remembers: accounts, positions, orders, transactions, users, grants.

Plain mutable records; behaviour lives in the modules that use them. Money, prices and
quantities are Decimals; quantities of positions are signed (+ long, − short). Times are aware
UTC. Everything here goes to the state file as it is (`store.py`). Orders and logins have modules of
their own; all are asked for here.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from simulator.model_access import Client, Code, Grant, Token, User
from simulator.model_orders import (
    SUBMISSION,
    TERMINAL,
    WORKING,
    ZERO,
    ComplexOrder,
    Fill,
    Leg,
    Order,
)


class Position(Struct, kw_only=True):
    """One holding. `day_basis` is the price that day P/L counts from, on `basis_date`."""

    symbol: str
    instrument_type: str
    underlying: str
    quantity: Decimal
    average_open: Decimal
    multiplier: Decimal
    created_at: datetime
    updated_at: datetime
    streamer_symbol: str | None = None
    expires_at: datetime | None = None
    day_basis: Decimal = ZERO
    basis_date: date | None = None
    year_basis: Decimal = ZERO
    settle_basis: Decimal | None = None
    """Futures: price that the open variation counts from (last settlement or trade)."""
    day_cash: Decimal = ZERO
    """Futures: gains realized since the last settlement, not yet in cash."""
    realized_day_gain: Decimal = ZERO
    realized_today: Decimal = ZERO
    realized_date: date | None = None


class Transaction(Struct, kw_only=True):
    """A row of the ledger; `value` and `net_value` are signed (+ credit)."""

    id: int
    account: str
    type: str
    sub_type: str
    description: str
    executed_at: datetime
    on: date
    value: Decimal
    net_value: Decimal
    symbol: str | None = None
    instrument_type: str | None = None
    underlying: str | None = None
    action: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    commission: Decimal | None = None
    clearing: Decimal | None = None
    regulatory: Decimal | None = None
    proprietary: Decimal | None = None
    """Fees are costs: positive numbers."""
    order_id: int | None = None
    leg_count: int | None = None
    venue: str | None = None
    exec_id: str | None = None
    group_fill_id: str | None = None
    exchange_number: str | None = None
    global_number: int | None = None
    exchange: str | None = None
    estimated: bool = True


class Entitlement(Struct, kw_only=True):
    """A dividend to come (negative: to be paid by a short holder), in dollars."""

    symbol: str
    pays_on: date
    amount: Decimal
    sub_type: str = "Dividend"


class Transfer(Struct, kw_only=True):
    """Money on its way into an account; it is pending cash until its date."""

    id: int
    amount: Decimal
    description: str
    created_at: datetime
    due: datetime


class Announcement(Struct, kw_only=True):
    """A corporate action that takes effect on a later date (`announcements.py`)."""

    id: int
    action: dict[str, Any]
    announced_at: datetime
    on: date
    due: datetime
    state: str = "Announced"
    """`Announced`, `Effective`, `Failed` or `Withdrawn`."""
    reason: str | None = None


class Account(Struct, kw_only=True):
    """One brokerage account and all that moves with it."""

    number: str
    info: dict[str, Any]
    """The account object as the customer routes show it."""
    status: dict[str, Any]
    """The trading status object."""
    owner: str
    cash: Decimal = ZERO
    positions: dict[str, Position] = field(default_factory=dict)
    futures_day_cash: Decimal = ZERO
    """Futures gains realized since the last settlement, not yet in `cash`."""
    entitlements: list[Entitlement] = field(default_factory=list)
    """Dividends that were earned and are not paid yet."""
    interest: Decimal = ZERO
    """Margin interest that has accrued since it was charged last, a cost."""
    credit: Decimal = ZERO
    """Interest on cash that has accrued since it was paid last."""
    transfers: list[Transfer] = field(default_factory=list)
    """Deposits that have not cleared yet."""
    instructions: dict[str, str] = field(default_factory=dict)
    """Option symbol → `exercise` or `lapse`: what its holder wants at its end."""
    day_trades: list[date] = field(default_factory=list)
    updated_at: datetime | None = None


class Bar(Struct, kw_only=True):
    """Net liquidating value over one span."""

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    pending_open: Decimal = ZERO
    pending: Decimal = ZERO
    """Pending cash at its beginning and at its end, beside the values above."""


class History(Struct, kw_only=True):
    """What an account was worth: end of day balances and bars, oldest first."""

    number: str
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    days: list[Bar] = field(default_factory=list)
    minutes: list[Bar] = field(default_factory=list)
    """Five-minute bars of the last few days."""


class Settings(Struct, kw_only=True):
    """Behaviour that the control routes change."""

    fill_model: str = "touch"
    script: str | None = None
    """Scripted behaviour of every new order, whatever its external identifier says."""
    mid_probability: float = 0.25
    """Chance that the `mid` model fills at the middle, drawn once per change of the quote."""
    crypto_orders: bool = True
    option_lists: bool = True
    """Whether the plural option lists answer; they were withdrawn (403) in 2026."""
    market_triggers: bool = True
    """Whether OTO and OTOCO take a market order as their trigger."""
    legacy_sessions: bool = False
    legacy_password: str = "simulator"
    legacy_device_challenge: bool = False
    rate_limit: float = 0.0
    """Requests a second of one caller, in real time; 0 sets no limit."""
    rate_burst: int = 20
    quote_token_hours: float = 24.0
    shortest_token: float = 60.0
    """Least real seconds that an access token lives, however fast the clock."""
    skip_closed: bool = False
    credit_rate: float = 0.0
    """Yearly interest on cash, a fraction; paid once a month."""
    depth: bool = False
    """Whether order books are served to new connections: `Order` events and the DOM service."""


__all__ = [
    "SUBMISSION",
    "TERMINAL",
    "WORKING",
    "ZERO",
    "Account",
    "Announcement",
    "Bar",
    "Client",
    "Code",
    "ComplexOrder",
    "Entitlement",
    "Fill",
    "Grant",
    "History",
    "Leg",
    "Order",
    "Position",
    "Settings",
    "Token",
    "Transaction",
    "Transfer",
    "User",
]
