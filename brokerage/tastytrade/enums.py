"""The broker's words that we know. Payload fields are plain text, so that an unknown word is kept;
these members compare equal to that text.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

Phase = Literal["submission", "working", "terminal", "unknown"]


class InstrumentType(StrEnum):
    BOND = "Bond"
    CRYPTOCURRENCY = "Cryptocurrency"
    CURRENCY_PAIR = "Currency Pair"
    EQUITY = "Equity"
    EQUITY_OFFERING = "Equity Offering"
    EQUITY_OPTION = "Equity Option"
    EVENT_CONTRACT = "Event Contract"
    FIXED_INCOME_SECURITY = "Fixed Income Security"
    FUTURE = "Future"
    FUTURE_OPTION = "Future Option"
    INDEX = "Index"
    LIQUIDITY_POOL = "Liquidity Pool"
    MUTUAL_FUND = "Mutual Fund"
    WARRANT = "Warrant"
    UNKNOWN = "Unknown"


class OrderType(StrEnum):
    LIMIT = "Limit"
    MARKET = "Market"
    MARKETABLE_LIMIT = "Marketable Limit"
    NOTIONAL_MARKET = "Notional Market"
    STOP = "Stop"
    STOP_LIMIT = "Stop Limit"


class TimeInForce(StrEnum):
    DAY = "Day"
    EXT = "Ext"
    EXT_OVERNIGHT = "Ext Overnight"
    GTC = "GTC"
    GTC_EXT = "GTC Ext"
    GTC_EXT_OVERNIGHT = "GTC Ext Overnight"
    GTD = "GTD"
    IOC = "IOC"


class OrderAction(StrEnum):
    BUY_TO_OPEN = "Buy to Open"
    SELL_TO_OPEN = "Sell to Open"
    BUY_TO_CLOSE = "Buy to Close"
    SELL_TO_CLOSE = "Sell to Close"
    BUY = "Buy"
    SELL = "Sell"
    ALLOCATE = "Allocate"


class PriceEffect(StrEnum):
    CREDIT = "Credit"
    DEBIT = "Debit"
    NONE = "None"


class QuantityDirection(StrEnum):
    LONG = "Long"
    SHORT = "Short"
    ZERO = "Zero"


class ComplexOrderType(StrEnum):
    OTO = "OTO"
    OCO = "OCO"
    OTOCO = "OTOCO"
    PAIRS = "PAIRS"


class AuthorityLevel(StrEnum):
    OWNER = "owner"
    TRADE_ONLY = "trade-only"
    READ_ONLY = "read-only"


class TimeOfDay(StrEnum):
    BEGIN = "BOD"
    END = "EOD"
    INTRADAY = "Intraday"


class SessionState(StrEnum):
    OPEN = "Open"
    CLOSED = "Closed"
    PRE_MARKET = "Pre-market"
    EXTENDED = "Extended"


class OrderStatus(StrEnum):
    RECEIVED = "Received"
    ROUTED = "Routed"
    IN_FLIGHT = "In Flight"
    CONTINGENT = "Contingent"
    LIVE = "Live"
    CANCEL_REQUESTED = "Cancel Requested"
    REPLACE_REQUESTED = "Replace Requested"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    REJECTED = "Rejected"
    REMOVED = "Removed"
    PARTIALLY_REMOVED = "Partially Removed"


_SUBMISSION = frozenset({"Received", "Routed", "In Flight", "Contingent"})
_WORKING = frozenset({"Live", "Cancel Requested", "Replace Requested"})
_TERMINAL = frozenset(
    {"Filled", "Cancelled", "Expired", "Rejected", "Removed", "Partially Removed"}
)


# Other spellings, met in prose and in other clients.
_SPELLINGS = {
    "Canceled": "Cancelled",
    "Working": "Live",
    "Open": "Live",
    "Partial": "Live",
    "Partially Filled": "Live",
    "Pending": "Received",
    "Inflight": "In Flight",
    "In-Flight": "In Flight",
    "Cancel Pending": "Cancel Requested",
    "Pending Cancel": "Cancel Requested",
}


def canonical_status(status: str) -> str:
    """The broker's own spelling of a status; an unknown one stays as it is."""
    return _SPELLINGS.get(status, status)


def phase(status: str) -> Phase:
    """Where in an order's life a status stands."""
    known = canonical_status(status)
    if known in _SUBMISSION:
        return "submission"
    if known in _WORKING:
        return "working"
    return "terminal" if known in _TERMINAL else "unknown"


def is_terminal(status: str) -> bool:
    """An unknown status is not terminal: the order may still be alive."""
    return phase(status) == "terminal"


# Where the older, shorter vocabulary has one word for several of the broker's.
_OLDER_WORDS = {
    "Received": ("Received", "Contingent"),
    "Routed": ("Routed", "In Flight"),
    "Working": ("Live", "Cancel Requested", "Replace Requested"),
    "Partial": ("Live", "Cancel Requested", "Replace Requested"),
    "Cancelled": ("Cancelled", "Expired", "Removed", "Partially Removed"),
}


def expand_status(word: str) -> tuple[str, ...]:
    """The broker's statuses that a filter word of the older vocabulary stands for."""
    return _OLDER_WORDS.get(word, (word,))


_ENTITY_WORDS = ("Trust", "Corporate", "Corporation", "LLC", "Partnership", "Club", "Entity")


def account_group(type_name: str) -> str:
    """Individual, IRA, Roth IRA or Entity, from the broker's open set of type names."""
    if "Roth" in type_name:
        return "Roth IRA"
    if "IRA" in type_name.split() or type_name.endswith("IRA"):
        return "IRA"
    if any(word in type_name for word in _ENTITY_WORDS):
        return "Entity"
    return "Individual"
