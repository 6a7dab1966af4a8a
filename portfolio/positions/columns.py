"""The columns that the table can show, and the sets that come with the desk.

A column says where its number comes from at a leg, a strategy and an underlying; `is_summed` ones
are added over the legs of every other row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from portfolio.analytics.arithmetic import Unit
from portfolio.analytics.facts import Total
from portfolio.positions import chained, legs, strategies, underlyings
from portfolio.positions.legs import Amount, LegView
from portfolio.positions.strategies import Strategy
from portfolio.positions.underlyings import Underlying


class Truth(Enum):
    """What a number rests on, and so when it is old."""

    FIXED = "the mirror"
    PRICE = "the mark"
    GREEKS = "the Greeks"
    UNDERLYING = "the price of the underlying"


@dataclass(frozen=True, slots=True)
class Column:
    """``head`` is the table's, ``label`` the card's and the list's."""

    key: str
    head: str
    label: str
    tip: str
    width: str
    unit: Unit
    truth: Truth = Truth.FIXED
    leg: Callable[[LegView], Amount] | None = None
    strategy: Callable[[Strategy], Amount] | None = None
    strategy_unit: Unit | None = None
    underlying: Callable[[Underlying], Amount] | None = None
    is_summed: bool = False
    # Counts what was closed today as well.
    with_closed: bool = False
    # Of the trade chains that hold any of a row's legs, each counted once.
    chains: Callable[[Sequence[LegView]], Total[Decimal]] | None = None
    # Not a number: what stands in the row instead.
    text: Callable[[LegView], str] | None = None


def _account(view: LegView) -> str:
    return view.scene.accounts[view.leg.account_pk].short_number


def _note(view: LegView) -> str:
    return view.scene.known.words.note_of([view.leg])


def _money_mark(view: LegView) -> str:
    found = legs.is_in_the_money(view)
    return "" if found is None or view.is_closed else "ITM" if found else "OTM"


_ALL = (
    Column("qty", "Qty", "Qty", "Signed quantity: + long, − short; of a strategy its units",
           "w-qty", Unit.QUANTITY, leg=legs.quantity, strategy=strategies.count,
           strategy_unit=Unit.COUNT),
    Column("dte", "DTE", "DTE", "Calendar days to expiration, by the market's clock", "w-dte",
           Unit.DTE, leg=legs.days_left),
    Column("held", "Held", "Days held", "Days since the oldest open lot was opened", "w-dte",
           Unit.DAYS, leg=legs.held_days),
    Column("price", "Open price", "Open", "Average open price, before fees; of a strategy the net"
           " credit or debit of one unit", "w-price", Unit.PRICE, leg=legs.open_price,
           strategy=strategies.open_net,
           strategy_unit=Unit.NET),
    Column("mark", "Mark", "Mark", "Middle of bid and ask; else the last trade; else the broker's"
           " mark. Of a strategy the net of one unit; of an underlying its price", "w-price",
           Unit.PRICE, Truth.PRICE, leg=legs.mark, strategy=strategies.mark_net,
           strategy_unit=Unit.NET,
           underlying=underlyings.last),
    Column("bid", "Bid", "Bid", "Best bid of the feed", "w-price", Unit.PRICE, Truth.PRICE,
           leg=legs.bid),
    Column("ask", "Ask", "Ask", "Best offer of the feed", "w-price", Unit.PRICE, Truth.PRICE,
           leg=legs.ask),
    Column("open", "P/L open", "P/L open", "Quantity × (mark − open price) × multiplier", "w-pl",
           Unit.SIGNED, Truth.PRICE, leg=legs.open_pnl, is_summed=True),
    Column("ratio", "P/L %", "P/L %", "P/L open ÷ what it cost, or brought", "w-greek",
           Unit.PERCENT_SIGNED, Truth.PRICE, leg=legs.pnl_ratio, strategy=strategies.pnl_ratio),
    Column("day", "P/L day", "P/L day", "Since the previous close, with what was realized today",
           "w-pl", Unit.SIGNED, Truth.PRICE, leg=legs.day_pnl, is_summed=True, with_closed=True),
    Column("year", "P/L YTD", "P/L YTD", "Since 1 January, by lots: realized and open; sums hold"
           " what is closed", "w-pl", Unit.SIGNED, Truth.PRICE, leg=legs.year_pnl,
           is_summed=True, with_closed=True),
    Column("realized", "Realized", "Realized", "Since the position was opened, by lots, first in"
           " first out", "w-pl", Unit.SIGNED, leg=legs.realized, is_summed=True, with_closed=True),
    Column("fees", "Fees", "Fees", "Commissions and fees of its trades since it was opened",
           "w-price", Unit.MONEY, leg=legs.fees_paid, is_summed=True, with_closed=True),
    Column("chain", "Chain P/L", "Chain P/L", "All that the trade chains of its legs have made,"
           " rolls and closed legs included: cash and what is open at its mark", "w-pl",
           Unit.SIGNED, Truth.PRICE, chains=chained.chain_pnl),
    Column("credit", "Chain cr", "Chain credit", "All cash of the trade chains of its legs before"
           " fees: received +, paid −", "w-pl", Unit.SIGNED, chains=chained.chain_credit),
    Column("max", "% max", "% max", "P/L open ÷ max profit at expiration", "w-iv", Unit.PERCENT,
           Truth.PRICE, strategy=strategies.share_of_max),
    Column("best", "Max profit", "Max profit", "The most it can make at expiration", "w-pl",
           Unit.SIGNED, strategy=strategies.best),
    Column("worst", "Max loss", "Max loss", "The most it can lose at expiration", "w-pl",
           Unit.SIGNED, strategy=strategies.worst),
    Column("cost", "Cost", "Cost", "−Quantity × open price × multiplier: what it brought, or cost",
           "w-pl", Unit.SIGNED, leg=legs.cost, is_summed=True),
    Column("value", "Net liq", "Net liq", "Quantity × mark × multiplier; of futures what moved"
           " since the last settlement", "w-pl", Unit.MONEY, Truth.PRICE, leg=legs.net_liq,
           is_summed=True),
    Column("extrinsic", "Extrinsic", "Extrinsic", "Quantity × max(0, mark − intrinsic) ×"
           " multiplier", "w-pl", Unit.SIGNED, Truth.PRICE, leg=legs.extrinsic, is_summed=True),
    Column("intrinsic", "Intrinsic", "Intrinsic", "Quantity × what exercise is worth × multiplier",
           "w-pl", Unit.SIGNED, Truth.UNDERLYING, leg=legs.intrinsic, is_summed=True),
    Column("itm", "ITM", "ITM", "In or out of the money", "w-iv", Unit.COUNT, text=_money_mark),
    Column("delta", "Δ Delta", "Delta", "Money per 1.00 of the underlying: quantity × multiplier ×"
           " delta", "w-greek", Unit.GREEK, Truth.GREEKS, leg=legs.delta, is_summed=True),
    Column("beta", "βΔ", "Beta delta", "Delta in shares of SPY: delta × beta × price ÷ price of"
           " SPY", "w-greek", Unit.GREEK, Truth.GREEKS, leg=legs.beta_delta, is_summed=True),
    Column("gamma", "Γ Gamma", "Gamma", "Change of delta per 1.00 of the underlying", "w-greek",
           Unit.GREEK, Truth.GREEKS, leg=legs.gamma, is_summed=True),
    Column("theta", "Θ Theta", "Theta", "Money per calendar day", "w-greek", Unit.GREEK,
           Truth.GREEKS, leg=legs.theta, is_summed=True),
    Column("vega", "V Vega", "Vega", "Money per volatility point", "w-greek", Unit.GREEK,
           Truth.GREEKS, leg=legs.vega, is_summed=True),
    Column("iv", "IV", "IV", "Implied volatility by the feed; of an underlying the broker's index",
           "w-iv", Unit.VOLATILITY, Truth.GREEKS, leg=legs.volatility,
           underlying=underlyings.volatility_index),
    Column("ivr", "IVR", "IV rank", "Where volatility stands between its low and high of a year,"
           " by the broker", "w-dte", Unit.RANK, underlying=underlyings.volatility_rank),
    Column("last", "Last", "Last", "Price of the underlying: middle of bid and ask, else the last"
           " trade", "w-price", Unit.PRICE, Truth.UNDERLYING, underlying=underlyings.last),
    Column("change", "Chg %", "Change", "Of the underlying since its previous close", "w-iv",
           Unit.PERCENT_SIGNED, Truth.UNDERLYING, underlying=underlyings.change),
    Column("bp", "BP", "BP used", "Margin requirement of the underlying, by the broker's report",
           "w-pl", Unit.MONEY, underlying=underlyings.requirement),
    Column("pop", "POP", "POP", "Chance of at least 0.01 at expiration: lognormal price, no drift,"
           " the mean volatility of its legs", "w-dte", Unit.PERCENT, Truth.GREEKS,
           strategy=strategies.chance),
    Column("move", "Exp. move", "Expected move", "One standard deviation to its expiration:"
           " S·σ·√(days ÷ 365)", "w-price", Unit.MONEY, Truth.GREEKS,
           strategy=strategies.expected_move),
    Column("below", "BE below", "BE below", "Nearest break-even at expiration below the price",
           "w-price", Unit.MONEY, Truth.UNDERLYING, strategy=strategies.break_even_below),
    Column("above", "BE above", "BE above", "Nearest break-even at expiration above the price",
           "w-price", Unit.MONEY, Truth.UNDERLYING, strategy=strategies.break_even_above),
    Column("distance", "To BE", "To break-even", "From the price to the nearest break-even",
           "w-iv", Unit.PERCENT_SIGNED, Truth.UNDERLYING, strategy=strategies.distance),
    Column("account", "Account", "Account", "Last digits of the account", "w-iv", Unit.COUNT,
           text=_account),
    Column("note", "Note", "Note", "What you wrote", "w-note", Unit.COUNT, text=_note),
    Column("age", "Age", "Age", "Since the mark's input arrived · since the Greeks arrived",
           "w-age", Unit.COUNT),
)  # fmt: skip

COLUMNS = {column.key: column for column in _ALL}
AGE = COLUMNS["age"]


@dataclass(frozen=True, slots=True)
class Columns:
    """A set under a name; ``key`` is what addresses call it, `own-12` for a person's own."""

    key: str
    name: str
    columns: tuple[Column, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)


def _set(key: str, name: str, columns: str) -> Columns:
    return Columns(key, name, tuple(COLUMNS[word] for word in columns.split()))


SETS = {
    found.key: found
    for found in (
        _set("trade", "Trade", "qty dte price mark open ratio day max delta theta iv age"),
        _set("risk", "Risk", "qty dte mark open delta beta gamma theta vega iv ivr pop below above"
             " distance bp"),
        _set("income", "Income", "qty dte held price mark open max theta extrinsic cost realized"
             " fees year chain credit"),
        _set("tax", "Tax", "qty held price cost mark value open realized fees year account"),
    )
}  # fmt: skip
DEFAULT = SETS["trade"]
