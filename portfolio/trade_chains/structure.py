"""What a chain is and was as a structure: its strategy's name, its best and worst at expiration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from portfolio import formats
from portfolio.analytics.chains.events import Chain, Entry
from portfolio.analytics.facts import ZERO
from portfolio.analytics.payoff import PayoffLeg, payoff
from portfolio.analytics.strategies.legs import Form, StrategyLeg
from portfolio.analytics.strategies.recognise import Structure, recognise
from portfolio.ledger.strategies import strategy_leg
from portfolio.live.valuation import LegValue
from portfolio.trade_chains.histories import AccountHistory

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Held:
    """So many units of a symbol (signed), opened for ``cash``; ``leg`` as the recogniser sees it.

    ``units`` is what one of it delivers or counts: money per point of price.
    """

    leg: StrategyLeg
    quantity: Decimal
    cash: Decimal
    units: Decimal | None


@dataclass(frozen=True, slots=True)
class Extremes:
    """Best and worst at expiration in money, by opening price; None where there is no limit, or
    legs expire on several days and a model would have to say."""

    best: Decimal | None
    worst: Decimal | None
    why: str = ""


UNLIMITED = "unlimited"
BY_MODEL = "legs of several expirations: only a model could say"
NO_UNITS = "the multiplier of a leg is not known"


def names(held: Iterable[Held]) -> str:
    """`2 Short strangle`, `Bull put spread + Long call`; empty when nothing is held."""
    return _names(tuple(one.leg for one in held))


@lru_cache(maxsize=_REMEMBERED)
def _names(legs: tuple[StrategyLeg, ...]) -> str:
    found = []
    for structure in recognise(legs):
        # Shares alone are not counted: each would be one.
        is_shares = len(structure.parts) == 1 and structure.parts[0].leg.form is Form.STOCK
        name = _name(structure)
        is_plain = structure.count == 1 or is_shares
        found.append(name if is_plain else f"{formats.trimmed(structure.count)} {name}")
    return " + ".join(found)


def _name(structure: Structure) -> str:
    """Coins are held like shares, but nobody calls them stock."""
    name = structure.name.value
    return name.replace("stock", "crypto") if _is_pair(structure.underlying) else name


def _is_pair(symbol: str) -> bool:
    """`BTC/USD`, not `BRK/B`."""
    return symbol.partition("/")[2] in ("USD", "USDC", "USDT")


def opening(chain: Chain) -> list[Entry]:
    """What the first happening opened: one order, however long it took to fill."""
    first = chain.entries[0].event
    return [
        entry
        for entry in chain.entries
        if entry.is_opening and entry.quantity
        and (entry.event.key == first.key or (first.group and entry.event.group == first.group))
    ]  # fmt: skip


def at_open(one: AccountHistory, chain: Chain) -> list[Held]:
    """The structure that the chain began with."""
    return from_entries(one, opening(chain))


def from_entries(one: AccountHistory, entries: Iterable[Entry]) -> list[Held]:
    sums: dict[str, tuple[Decimal, Decimal, Entry]] = {}
    for entry in entries:
        symbol = entry.event.symbol
        quantity, cash, _ = sums.get(symbol, (ZERO, ZERO, entry))
        sums[symbol] = (quantity + entry.quantity, cash + entry.cash, entry)
    return [
        _held(one, entry, quantity, cash) for quantity, cash, entry in sums.values() if quantity
    ]


def now(values: Iterable[LegValue]) -> list[Held]:
    """What the chain holds, with all that the desk knows of the contracts."""
    found = []
    for value in values:
        leg, holding = value.leg, value.leg.holding
        points = holding.multiplier
        price = holding.open_price
        cash = None if points is None or price is None else -holding.quantity * price * points
        found.append(Held(strategy_leg(leg), holding.quantity, cash or ZERO, points))
    return found


def _held(one: AccountHistory, entry: Entry, quantity: Decimal, cash: Decimal) -> Held:
    """From what the bookings say of the symbol: it may have expired long ago."""
    symbol = entry.event.symbol
    row = one.row(entry.event.key)
    points = row.multiplier if row is not None else None
    if points is None and row is not None:
        points = _points(symbol, row.price, row.quantity, row.value)
    parts = formats.option_parts(symbol)
    underlying = (row.underlying or symbol) if row is not None else symbol
    form = _form(symbol, parts.right if parts else "")
    leg = StrategyLeg(
        key=symbol,
        account=entry.event.account,
        underlying=symbol if form in (Form.FUTURE, Form.STOCK) else underlying,
        form=form,
        quantity=quantity,
        strike=parts.strike if parts else None,
        expiration=parts.day if parts else None,
        deliverable=Decimal(1) if symbol.startswith("./") else points or Decimal(100),
    )
    if form is Form.FUTURE and row is not None and row.price is not None:
        cash = -quantity * row.price * (points or ZERO)
    return Held(leg, quantity, cash, points)


def _points(
    symbol: str, price: Decimal | None, quantity: Decimal | None, value: Decimal | None
) -> Decimal | None:
    """Money per point: what was paid, by price and quantity."""
    if not symbol or not price or not quantity or not value:
        return None
    return round(abs(value / (price * quantity)), 6).normalize()


def _form(symbol: str, right: str) -> Form:
    if right:
        return Form.CALL if right == "C" else Form.PUT
    return Form.FUTURE if symbol.startswith("/") else Form.STOCK


def extremes(held: Sequence[Held]) -> Extremes:
    """At expiration, with every leg opened at its price. Nothing held: neither."""
    if not held:
        return Extremes(None, None)
    if any(one.units is None or not one.units for one in held):
        return Extremes(None, None, NO_UNITS)
    if len({one.leg.series for one in held if one.leg.is_option}) > 1:
        return Extremes(None, None, BY_MODEL)
    line = payoff(_payoff_leg(one) for one in held)
    best = line.best if line.best.is_finite() else None
    worst = line.worst if line.worst.is_finite() else None
    return Extremes(best, worst, UNLIMITED if best is None or worst is None else "")


def _payoff_leg(one: Held) -> PayoffLeg:
    units = one.units or Decimal(1)
    return PayoffLeg(
        form=one.leg.form,
        quantity=one.quantity,
        multiplier=units,
        price=-one.cash / (one.quantity * units),
        strike=one.leg.strike,
    )
