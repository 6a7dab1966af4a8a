"""Page objects that templates only print: every figure is ready, nothing is computed there."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portfolio import formats
from portfolio.analytics.pnl import buying_power_use
from portfolio.facts import AccountFacts
from portfolio.live.cells import (
    Cell,
    account_cells,
    balance_stale,
    by_part,
    underlying_row_cells,
)
from portfolio.live.valuation import Valuation


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled figure: text, class, and a word on what it means."""

    label: str
    text: str
    css: str = ""
    tip: str = ""
    # Where its arithmetic is found; empty for what is no figure.
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One account on the dashboard."""

    account: AccountFacts
    cells: dict[str, Cell]
    net_liq: Line
    lines: tuple[Line, ...]
    calls: tuple[Line, ...]
    use: str
    use_percent: int | None
    holds: int


# Field, label, what it means. Words are the broker's.
BALANCE_LINES = (
    ("cash_balance", "Cash", "Cash balance as the broker states it"),
    ("margin_equity", "Equity", "Margin equity: cash plus long less short shares"),
    ("derivative_buying_power", "Option BP", "Buying power for opening options"),
    ("day_trading_buying_power", "Day-trading BP", "Buying power for day trades"),
    ("maintenance_requirement", "Maint. requirement", "Equity that must be kept"),
    ("maintenance_excess", "Maint. excess", "Cushion above the requirement"),
)
CALL_LINES = (
    ("maintenance_call_value", "Maintenance call"),
    ("reg_t_call_value", "Reg T call"),
    ("day_trading_call_value", "Day-trading call"),
    ("day_equity_call_value", "Day equity call"),
)
MORE_BALANCE_LINES = (
    ("equity_buying_power", "Stock BP", "Buying power for opening shares"),
    ("used_derivative_buying_power", "Option BP in use", ""),
    ("pending_cash", "Pending cash", "In transit, not cleared"),
    ("cash_available_to_withdraw", "Available to withdraw", ""),
    ("reg_t_margin_requirement", "Reg T requirement", ""),
    ("futures_margin_requirement", "Futures requirement", ""),
    ("long_equity_value", "Long shares", ""),
    ("short_equity_value", "Short shares", ""),
    ("long_derivative_value", "Long options", ""),
    ("short_derivative_value", "Short options", ""),
    ("long_futures_derivative_value", "Long future options", ""),
    ("short_futures_derivative_value", "Short future options", ""),
    ("long_cryptocurrency_value", "Crypto", ""),
    ("intraday_equities_cash_amount", "Intraday cash, equities", ""),
    ("intraday_futures_cash_amount", "Intraday cash, futures", ""),
)


def balance_line(account: AccountFacts, name: str, label: str, stale: bool, tip: str = "") -> Line:
    """One field of an account's balance."""
    value, ref = getattr(account.balance, name, None), f"balance-{account.pk}-{name}"
    if value is None:
        missing = "The broker did not send this figure"
        return Line(label, formats.UNKNOWN, "missing", missing, ref if account.balance else "")
    return Line(label, formats.money(value), "stale" if stale else "", tip, ref)


def account_card(account: AccountFacts, valuation: Valuation, now: float) -> Card:
    balance, stale = account.balance, balance_stale(account, now)
    legs = valuation.desk.legs_of(account.pk)
    totals = valuation.totals(legs)
    cells = by_part(account_cells(account, totals, now))

    def line(name: str, label: str, tip: str = "") -> Line:
        return balance_line(account, name, label, stale, tip)

    use = buying_power_use(
        getattr(balance, "net_liquidating_value", None),
        getattr(balance, "derivative_buying_power", None),
    )
    return Card(
        account=account,
        cells=cells,
        net_liq=line("net_liquidating_value", "Net liq", "Net liquidating value by the broker"),
        lines=tuple(line(*row) for row in BALANCE_LINES),
        calls=call_lines(account),
        use=formats.percent(use),
        use_percent=None if use is None else max(0, min(100, round(use * 100))),
        holds=sum(1 for leg in legs if not leg.closed_today),
    )


@dataclass(frozen=True, slots=True)
class UnderlyingRow:
    """One underlying over all accounts in view."""

    name: str
    legs: int
    cells: dict[str, Cell]


def underlying_rows(valuation: Valuation, now: float) -> list[UnderlyingRow]:
    """Every underlying, the day's largest gain or loss first; rows keep that place while live."""
    rows = []
    for name, groups in valuation.desk.by_underlying().items():
        legs = [leg for group in groups for leg in group.legs]
        moved = valuation.totals(legs).day.value
        row = UnderlyingRow(
            name,
            sum(1 for leg in legs if not leg.closed_today),
            underlying_row_cells(groups, valuation, now),
        )
        rows.append((abs(moved) if moved is not None else Decimal(-1), row))
    return [row for _, row in sorted(rows, key=lambda pair: -pair[0])]


def call_lines(account: AccountFacts) -> tuple[Line, ...]:
    """Margin calls that are open; none is the good case."""
    rows = [(name, label, getattr(account.balance, name, None)) for name, label in CALL_LINES]
    return tuple(
        Line(label, formats.money(value), "danger", ref=f"balance-{account.pk}-{name}")
        for name, label, value in rows
        if value
    )
