"""What the broker remembers: accounts, positions, orders, transactions, users, grants.

Plain mutable records; behaviour lives in the modules that use them. Money, prices and
quantities are Decimals; quantities of positions are signed (+ long, − short). Times are aware
UTC. Everything here goes to the state file as it is (`store.py`).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

ZERO = Decimal(0)

SUBMISSION = frozenset({"Received", "Routed", "In Flight", "Contingent"})
WORKING = frozenset({"Live", "Cancel Requested", "Replace Requested"})
TERMINAL = frozenset({"Filled", "Cancelled", "Expired", "Rejected", "Removed", "Partially Removed"})
OCO_TAGS = ("OCO::order", "OTOCO::oco-1-order")


class User(Struct, kw_only=True):
    """A login: who may see which accounts, and what belongs to nobody's account."""

    external_id: str
    username: str
    email: str
    user_id: int
    customer: dict[str, Any]
    accounts: dict[str, str]
    """Account number → authority level, in the order of the list."""
    watchlists: dict[str, dict[str, Any]] = field(default_factory=dict)
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)


class Client(Struct, kw_only=True):
    """A registered OAuth application; no redirect addresses means any is accepted."""

    client_id: str
    secret: str
    name: str = "Application"
    redirect_uris: list[str] = field(default_factory=list)


class Grant(Struct, kw_only=True):
    """A customer's consent to a client, and the refresh token that stands for it."""

    id: str
    client_id: str
    username: str
    scopes: list[str]
    refresh_token: str
    revoked: bool = False


class Code(Struct, kw_only=True):
    """An authorization code: one use, ten minutes."""

    value: str
    client_id: str
    username: str
    scopes: list[str]
    redirect_uri: str
    expires_at: datetime
    used: bool = False


class Token(Struct, kw_only=True):
    """An access token or, with kind `quote`, a market data token."""

    value: str
    kind: str
    username: str
    scopes: list[str]
    expires_at: datetime
    grant_id: str | None = None
    revoked: bool = False


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


class Fill(Struct, kw_only=True):
    """One execution of one leg."""

    fill_id: str
    quantity: Decimal
    price: Decimal
    at: datetime
    venue: str
    exec_id: str
    group_id: str


class Leg(Struct, kw_only=True):
    """One leg of an order. A notional order has no quantity until it is executed."""

    instrument_type: str
    symbol: str
    action: str
    quantity: Decimal | None
    remaining: Decimal
    fills: list[Fill] = field(default_factory=list)

    @property
    def buys(self) -> bool:
        """True for the three buying actions."""
        return self.action.startswith("Buy")

    @property
    def opens(self) -> bool:
        """True for `… to Open`; a bare Buy or Sell is neither opening nor closing."""
        return self.action.endswith("Open")

    @property
    def closes(self) -> bool:
        """True for `… to Close`."""
        return self.action.endswith("Close")

    @property
    def sign(self) -> int:
        """+1 when the position grows by a fill, −1 when it shrinks."""
        return 1 if self.buys else -1


class Order(Struct, kw_only=True):
    """An order as stored; `orders/wire.py` draws it."""

    id: int
    account: str
    status: str
    order_type: str
    time_in_force: str
    size: Decimal
    underlying: str
    underlying_type: str
    legs: list[Leg]
    received_at: datetime
    updated_at: datetime
    price: Decimal | None = None
    price_effect: str | None = None
    stop_trigger: Decimal | None = None
    value: Decimal | None = None
    value_effect: str | None = None
    gtc_date: date | None = None
    external_identifier: str | None = None
    source: str | None = None
    automated_source: bool = False
    strict: bool = False
    rules: dict[str, Any] | None = None
    contingent_status: str | None = None
    complex_id: int | None = None
    complex_tag: str | None = None
    preflight_id: int | None = None
    replaces: int | None = None
    replacing: int | None = None
    edited: bool = False
    reject_reason: str | None = None
    request_id: str = ""
    in_flight_at: datetime | None = None
    live_at: datetime | None = None
    cancelled_at: datetime | None = None
    terminal_at: datetime | None = None
    cancelled_size: Decimal | None = None
    exchange_number: str | None = None
    global_number: int | None = None
    client_order_id: str | None = None
    venue: str | None = None
    triggered: bool = False
    """A stop whose trigger price was seen."""
    script: str | None = None
    """The scripted behaviour asked for by the external identifier or the control route."""
    fill_model: str = "touch"
    username: str | None = None
    user_id: str | None = None
    expires_on: date | None = None
    """The session date at whose close the order ends; None works on."""
    cancel_username: str | None = None
    cancel_user_id: str | None = None
    """Who asked for the cancellation."""
    frames: int = 0
    """How often it was published: keeps `updated-at` strictly growing."""
    unbooked: list[str] = field(default_factory=list)
    """Ids of executions that the ledger does not show yet (a scripted lag)."""

    @property
    def waits(self) -> bool:
        """Another order holds it back: its predecessor, or its group."""
        return self.status == "Contingent" and self.contingent_status == "Pending Order"

    @property
    def oco_side(self) -> bool:
        """One of the two exits of an OCO or a bracket."""
        return self.complex_tag in OCO_TAGS

    @property
    def terminal(self) -> bool:
        """No further state follows (later executions of other legs aside)."""
        return self.status in TERMINAL

    @property
    def filled(self) -> bool:
        """Every leg is executed completely."""
        return all(leg.remaining == 0 for leg in self.legs)

    @property
    def lots_left(self) -> Decimal:
        """Unexecuted lots: the largest unexecuted part over the legs."""
        if not self.size:
            return ZERO
        return max(
            leg.remaining / (leg.quantity / self.size) if leg.quantity else ZERO
            for leg in self.legs
        )


class ComplexOrder(Struct, kw_only=True):
    """A group of orders; `orders/groups.py` moves it. It has no status of its own."""

    id: int
    account: str
    type: str
    orders: list[int]
    """Ids of the present members, in the order of the request."""
    received_at: datetime
    trigger: int | None = None
    related: list[int] = field(default_factory=list)
    """Ids of members that were replaced."""
    terminal_at: datetime | None = None
    source: str | None = None
    ratio_comparator: str | None = None
    ratio_threshold: Decimal | None = None
    ratio_notional: bool = False

    @property
    def members(self) -> list[int]:
        """Ids of all present members, the trigger first."""
        return self.orders if self.trigger is None else [self.trigger, *self.orders]


class Entitlement(Struct, kw_only=True):
    """A dividend to come (negative: to be paid by a short holder), in dollars."""

    symbol: str
    pays_on: date
    amount: Decimal
    sub_type: str = "Dividend"


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
    skip_closed: bool = False
