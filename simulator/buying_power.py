"""Buying power of an account and the effect of an order on it.

    buying power = cash + stock value − margin requirement

over positions *and* working opening orders (their cash flow, stock and fees included). The effect
of an order is the difference that it makes. Options add nothing to equity, stock and crypto do;
futures gains count when settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator import margin
from simulator.fees import Fees, Rates, leg_fees
from simulator.margin import Delivery, Facts, Holding, Rules, Strategy
from simulator.model import ZERO, Account, Leg, Order
from simulator.terms import Terms, terms_of

if TYPE_CHECKING:
    from simulator.world import World

STOCK_LIKE = ("Equity", "Cryptocurrency")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A leg with what it would cost: `price` per unit; `quantity` and `cash` signed.

    `value` is what a unit counts for: the limit of an opening stock order, else the mark. A ticket
    may stand for `count` alike: its quantity and cash are those of all.
    """

    terms: Terms
    action: str
    quantity: Decimal
    price: Decimal
    cash: Decimal
    value: Decimal
    count: int = 1

    def times(self, count: int) -> Ticket:
        """The ticket of so many alike."""
        if count == 1:
            return self
        return replace(self, quantity=self.quantity * count, cash=self.cash * count, count=count)


@dataclass(frozen=True, slots=True)
class State:
    """Requirement and buying power of an account with some orders taken into account."""

    groups: dict[str, list[Strategy]]
    initial: Decimal
    maintenance: Decimal
    buying_power: Decimal


@dataclass(frozen=True, slots=True)
class Effect:
    """What an order would do, signed (+ gives buying power)."""

    change_in_margin: Decimal
    change: Decimal
    current: Decimal
    new: Decimal
    isolated_margin: Decimal
    is_spread: bool
    fees: Fees


def rules_of(account: Account) -> Rules:
    """The margin rules that the trading status names."""
    status = account.status
    return Rules(
        calculation=status["equities-margin-calculation-type"],
        futures_rate=Decimal(status["futures-margin-rate-multiplier"]) or Decimal(1),
        intraday=bool(status.get("is-futures-intra-day-enabled")),
    )


def stock_value(world: World, account: Account) -> Decimal:
    """Long less short stock and crypto at their marks."""
    total = ZERO
    for position in account.positions.values():
        if position.instrument_type in STOCK_LIKE:
            total += position.quantity * mark_of(world, position.symbol)
    return total


def mark_of(world: World, symbol: str) -> Decimal:
    """Mark per unit; the previous close, then zero, where the market has none."""
    mark = world.market.mark(symbol)
    if mark is not None:
        return Decimal(mark)
    quote = world.market.quote(symbol)
    close = quote.prev_close if quote is not None else None
    return Decimal(close) if close is not None else ZERO


def state(
    world: World, account: Account, extra: Sequence[Ticket] = (), without: int | None = None
) -> State:
    """Account with its working opening orders (but `without`) and `extra` legs."""
    return _Book(world, account, without).state(extra)


class _Book:
    """What an account has and has ordered, read once for several questions."""

    def __init__(self, world: World, account: Account, without: int | None) -> None:
        self.world, self.rules = world, rules_of(account)
        pending = working_tickets(world, account, without)
        self.holdings = [*_positions(world, account), *(_as_holding(world, t) for t in pending)]
        self.groups = strategies_by_group(world, _netted(self.holdings), self.rules)
        coming = sum((made.amount for made in account.transfers), ZERO)  # pending cash counts
        self.worth = account.cash + coming + stock_value(world, account) + self._worth(pending)

    def state(self, extra: Sequence[Ticket] = ()) -> State:
        """Requirement and buying power, with some legs more."""
        groups = self._with(extra) if extra else self.groups
        initial, maintenance = _sum(groups)
        return State(groups, initial, maintenance, self.worth + self._worth(extra) - initial)

    def _worth(self, tickets: Sequence[Ticket]) -> Decimal:
        """Cash and stock that tickets bring, less their fees."""
        if not tickets:
            return ZERO
        brought = sum((t.cash + _stock_change(t) for t in tickets), ZERO)
        return brought - ticket_fees(self.world, tickets).total

    def _with(self, extra: Sequence[Ticket]) -> dict[str, list[Strategy]]:
        """The strategies with some legs more: only the groups that they touch are new."""
        touched = {t.terms.group for t in extra}
        concerned = [h for h in self.holdings if _group(self.world, h) in touched]
        concerned += [_as_holding(self.world, t) for t in extra]
        fresh = strategies_by_group(self.world, _netted(concerned), self.rules)
        return {**{k: v for k, v in self.groups.items() if k not in touched}, **fresh}


def effect(
    world: World, account: Account, tickets: Sequence[Ticket], without: int | None = None
) -> Effect:
    """Change of buying power and requirement by an order's legs; `without` is replaced by it."""
    book = _Book(world, account, without)
    before, after = book.state(), book.state(tickets)
    alone = strategies_by_group(world, [_as_holding(world, t) for t in tickets], book.rules)
    return Effect(
        change_in_margin=after.initial - before.initial,
        change=after.buying_power - before.buying_power,
        current=before.buying_power,
        new=after.buying_power,
        isolated_margin=_sum(alone)[0],
        is_spread=len(tickets) > 1 and any(len(s.entries) > 1 for g in alone.values() for s in g),
        fees=ticket_fees(world, tickets),
    )


def working_tickets(world: World, account: Account, without: int | None = None) -> list[Ticket]:
    """The unexecuted legs of the account's working orders that open something."""
    found: list[Ticket] = []
    for order, count in world.working_orders(account.number, without):
        if any(reserves(account, leg) for leg in order.legs):
            found += [ticket.times(count) for ticket in tickets_of(world, order)]
    return found


def reserves(account: Account, leg: Leg) -> bool:
    """Whether a leg opens: by its action, or by the position for a bare Buy or Sell."""
    if leg.opens:
        return True
    held = account.positions.get(leg.symbol)
    return held is None or held.quantity * leg.sign >= 0


def tickets_of(world: World, order: Order) -> list[Ticket]:
    """An order's unexecuted legs priced as the broker would: limit price, else the far side."""
    found = []
    for leg in order.legs:
        terms = terms_of(world, leg.symbol)
        quantity = leg.remaining
        if terms is None or not quantity:
            continue
        price = leg_price(world, order, leg.symbol, leg.buys)
        signed = leg.sign * quantity
        cash = _cash(terms, signed, price)
        value = price if _at_limit(order, leg, terms) else mark_of(world, leg.symbol)
        found.append(Ticket(terms, leg.action, signed, price, cash, value))
    return _to_net_price(order, found)


def _at_limit(order: Order, leg: Leg, terms: Terms) -> bool:
    return order.price is not None and leg.opens and terms.instrument_type in STOCK_LIKE


def _cash(terms: Terms, quantity: Decimal, price: Decimal) -> Decimal:
    if terms.instrument_type == "Future":
        return ZERO
    return -quantity * price * terms.multiplier


def leg_price(world: World, order: Order, symbol: str, buys: bool) -> Decimal:
    """Unit price: the limit of a single-leg order, the far side for a market order, marks else."""
    if len(order.legs) == 1:
        if order.price is not None:
            return order.price
        if order.order_type == "Stop" and order.stop_trigger is not None:
            return order.stop_trigger
        quote = world.market.quote(symbol)
        side = None if quote is None else quote.ask if buys else quote.bid
        if side is not None:
            return Decimal(side)
    return mark_of(world, symbol)


def _to_net_price(order: Order, tickets: list[Ticket]) -> list[Ticket]:
    """Let the cash of a spread add up to the order's net price, on its first leg."""
    if len(tickets) < 2 or order.price is None:
        return tickets
    signed = -order.price if order.price_effect == "Debit" else order.price
    wanted = signed * order.lots_left * tickets[0].terms.multiplier
    gap = wanted - sum((t.cash for t in tickets), ZERO)
    return [replace(tickets[0], cash=tickets[0].cash + gap), *tickets[1:]]


def ticket_fees(world: World, tickets: Iterable[Ticket]) -> Fees:
    """Fees of all legs at today's rates."""
    rates = Rates.on(world.today())
    total = Fees()
    for t in tickets:
        quantity = abs(t.quantity) / t.count
        notional = abs(t.price) * quantity * t.terms.multiplier
        total += leg_fees(
            t.terms.instrument_type, t.action, quantity, notional, rates, t.terms.fee_root
        ).times(t.count)
    return total


def strategies_by_group(
    world: World, holdings: Iterable[Holding], rules: Rules
) -> dict[str, list[Strategy]]:
    """Strategies of every margin group, keyed by the group's symbol."""
    grouped: dict[str, list[Holding]] = defaultdict(list)
    for holding in holdings:
        grouped[_group(world, holding)].append(holding)
    return {
        symbol: margin.strategies(book, facts_of(world, symbol, book), rules)
        for symbol, book in grouped.items()
    }


def _group(world: World, holding: Holding) -> str:
    terms = terms_of(world, holding.symbol)
    return terms.group if terms else holding.symbol


def facts_of(world: World, group: str, book: Sequence[Holding]) -> Facts:
    """Price and kind of a margin group."""
    first = terms_of(world, book[0].symbol)
    if first is None:
        return Facts(group, book[0].price)
    if first.instrument_type in ("Future", "Future Option"):
        contract = first.symbol if first.instrument_type == "Future" else first.underlying
        return Facts(group, mark_of(world, contract), "Future")
    kind = "Cryptocurrency" if first.instrument_type == "Cryptocurrency" else "Equity"
    return Facts(group, mark_of(world, group), kind, first.cash_settled)


def _positions(world: World, account: Account) -> list[Holding]:
    found = []
    for position in account.positions.values():
        terms = terms_of(world, position.symbol)
        if terms is not None and position.quantity:
            quote = world.market.quote(position.symbol)
            close = quote.prev_close if quote is not None else None
            found.append(_holding(world, terms, position.quantity, close=close))
    return found


def _as_holding(world: World, ticket: Ticket) -> Holding:
    return _holding(world, ticket.terms, ticket.quantity, working=True, price=ticket.value)


def _holding(
    world: World,
    terms: Terms,
    quantity: Decimal,
    working: bool = False,
    close: Decimal | None = None,
    price: Decimal | None = None,
) -> Holding:
    return Holding(
        symbol=terms.symbol,
        instrument_type=terms.instrument_type,
        quantity=quantity,
        price=mark_of(world, terms.symbol) if price is None else price,
        multiplier=terms.multiplier,
        right=terms.right,
        strike=terms.strike,
        expiration=terms.expiration if terms.is_option else None,
        working=working,
        close_price=close,
        delivery=_delivery(world, terms),
    )


def _delivery(world: World, terms: Terms) -> Delivery | None:
    """What an adjusted contract delivers, at present prices; None for a standard one."""
    line = world.market.line(terms.symbol) if terms.instrument_type == "Equity Option" else None
    root = line.root if line is not None else None
    if root is None or root.standard:
        return None
    parts = [(root.underlying, root.shares), *root.also]
    worth = Decimal(str(root.cash)) + sum(
        (mark_of(world, symbol) * Decimal(str(n)) for symbol, n in parts if n), ZERO
    )
    alone = ZERO if root.also else Decimal(str(root.shares))
    return Delivery(root.symbol, alone, worth / terms.multiplier)


def _netted(holdings: Sequence[Holding]) -> list[Holding]:
    """One holding per symbol and side where a working leg works against a position."""
    merged = {h.symbol: h for h in holdings if not h.working}
    kept: list[Holding] = []
    for h in _pooled([h for h in holdings if h.working]):
        seen = merged.get(h.symbol)
        if seen is None:
            merged[h.symbol] = h
        elif seen.quantity * h.quantity < 0:
            left = seen.quantity + h.quantity
            through = left * h.quantity > 0  # to the other side: what remains is an order still
            merged[h.symbol] = seen.sized(ZERO if through else left)
            kept += [h.sized(left)] if through else []
        else:
            kept.append(h)
    return [h for h in [*merged.values(), *kept] if h.quantity]


def _pooled(working: Sequence[Holding]) -> list[Holding]:
    """Working legs of one symbol, side and price together, in an order of their own.

    What is required must not depend on which order came first, or on how many it took.
    """
    pools: dict[tuple[str, Decimal, bool], Holding] = {}
    for h in working:
        key = (h.symbol, h.price, h.quantity > 0)
        seen = pools.get(key)
        pools[key] = h if seen is None else seen.sized(seen.quantity + h.quantity)
    return [pools[key] for key in sorted(pools)]


def _stock_change(ticket: Ticket) -> Decimal:
    if ticket.terms.instrument_type not in STOCK_LIKE:
        return ZERO
    return ticket.quantity * ticket.value


def _sum(groups: dict[str, list[Strategy]]) -> tuple[Decimal, Decimal]:
    return margin.totals([s for found in groups.values() for s in found])
