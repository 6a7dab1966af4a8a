"""Page objects of one account: balances, what the broker lets it do, transactions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from brokerage.models import Account, Transaction
from portfolio import formats
from portfolio.analytics.arithmetic import Unit
from portfolio.facts import AccountFacts
from portfolio.figures import show
from portfolio.figures.marked import Marked
from portfolio.live.cells import balance_stale
from portfolio.pages import BALANCE_LINES, MORE_BALANCE_LINES, Line, balance_line, call_lines

FLAGS = (
    ("is_closed", "Account closed", True),
    ("is_frozen", "Frozen", True),
    ("is_closing_only", "Closing only", True),
    ("is_risk_reducing_only", "Risk-reducing only", True),
    ("is_in_margin_call", "In margin call", True),
    ("is_pattern_day_trader", "Pattern day trader", True),
    ("is_futures_enabled", "Futures", False),
    ("is_futures_closing_only", "Futures closing only", True),
    ("is_cryptocurrency_enabled", "Crypto", False),
    ("is_cryptocurrency_closing_only", "Crypto closing only", True),
)
# What stands in the way of trading, in the order of its weight.
STANDING = (
    ("is_closed", "This account is closed at the broker. What is shown is its last state."),
    ("is_frozen", "This account is frozen by the broker: no orders until it is released."),
    ("is_in_margin_call", "This account is in a margin call."),
    ("is_closing_only", "This account may only close positions."),
    ("is_risk_reducing_only", "This account may only reduce risk."),
)
FEES = (
    "commission",
    "clearing_fees",
    "regulatory_fees",
    "proprietary_index_option_fees",
    "other_charge",
)


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """One booking; amounts are signed: credit positive, debit negative."""

    row: Transaction
    when: str
    kind: str
    what: str
    quantity: str
    price: str
    fees: str
    net: str


def balance_lines(account: AccountFacts, now: float) -> tuple[Line, ...]:
    """Every balance figure the mirror keeps that the broker sent; the main ones always."""
    balance, stale = account.balance, balance_stale(account, now)
    net_liq = ("net_liquidating_value", "Net liq", "Net liquidating value by the broker")
    main = [(row, True) for row in (net_liq, *BALANCE_LINES)]
    more = [(row, False) for row in MORE_BALANCE_LINES]
    lines = []
    for (name, label, tip), always in main + more:
        value = getattr(balance, name, None)
        if always or value is not None:
            lines.append(balance_line(account, name, label, stale, tip))
    return (*lines, *call_lines(account))


def status_lines(status: Any) -> tuple[Line, ...]:
    """The broker's flags; what it did not send is unknown, not "no"."""
    if status is None:
        return ()
    count = status.day_trade_count
    lines = [
        Line("Options level", status.options_level or formats.UNKNOWN),
        Line("Margin", status.equities_margin_calculation_type or formats.UNKNOWN),
        Line(
            "Day trades",
            formats.UNKNOWN if count is None else str(count),
            ref=f"status-{status.account_id}-day_trade_count",
        ),
    ]
    for name, label, is_bad in FLAGS:
        value = getattr(status, name)
        text = formats.UNKNOWN if value is None else ("yes" if value else "no")
        lines.append(Line(label, text, "danger" if is_bad and value else ""))
    return tuple(lines)


def standing(account: Account, status: Any) -> list[str]:
    """What the broker lets nobody do here, in sentences; empty for an account in order.

    A closed account answers no questions of its status any more: the listing says it.
    """
    return [
        words
        for name, words in STANDING
        if getattr(status, name, None) or (name == "is_closed" and account.is_closed)
    ]


def transaction_row(row: Transaction) -> TransactionRow:
    symbol = formats.symbol_label(row.symbol, row.instrument_type) if row.symbol else ""
    return TransactionRow(
        row=row,
        when=formats.market_datetime(row.executed_at),
        kind=row.transaction_sub_type or row.transaction_type,
        what=symbol or row.description,
        quantity=_booked(row, "quantity", row.quantity, Unit.UNITS),
        price=_booked(row, "price", row.price, Unit.PRICE),
        fees=_booked(row, "fees", fees_of(row), Unit.SIGNED),
        net=Marked((formats.signed_money(row.net_value), f"booked-{row.pk}-net")),
    )


def fees_of(row: Transaction) -> Decimal | None:
    """All that a booking was charged, signed; None where the broker names no fee at all."""
    known = [fee for name in FEES if (fee := getattr(row, name)) is not None]
    return sum(known, Decimal(0)) if known else None


def _booked(row: Transaction, name: str, value: Decimal | None, unit: Unit) -> str:
    """Empty where a booking has no such amount."""
    return "" if value is None else Marked((show(value, unit), f"booked-{row.pk}-{name}"))
