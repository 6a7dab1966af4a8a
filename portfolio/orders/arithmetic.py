"""The arithmetic of an order's figures: families `order`, `fill` and `intent`.

What the broker states of an order is given with the time of its receipt; how far it is executed,
its average price and where it stands against the market are worked out again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.http import QueryDict

from brokerage import access, selectors
from brokerage.market import Quote
from brokerage.models import Fill, Order, OrderIntent, Transaction
from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, added, given, worked
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.orders import market, words
from portfolio.orders.executed import FEES, average_of, fees_booked, net_of_fills, power_of
from portfolio.orders.market import Held
from portfolio.ticket.quotes import QuotedLeg

BROKER = "order, by the broker"
_QUOTE = "quote of the feed"
# Beyond this many executions their sum is an input of its own.
_MOST_FILLS = 12


@explains("order")
def order(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`order-<row>-<figure>`; None for an order that is not this person's."""
    pk, _, name = rest.partition("-")
    figure = _FIGURES.get(name)
    try:
        found = access.get_order(desk.user, pk)
    except access.NotFound:
        return None
    return figure(_Shown(desk, found)) if figure else None


@dataclass(frozen=True, slots=True)
class _Shown:
    """One order as the desk of a request sees it."""

    desk: RequestDesk
    order: Order

    @property
    def title(self) -> str:
        return " · ".join(words.leg_words(self.order.legs.all()))

    @property
    def at(self) -> float | None:
        return epoch(self.order.mirrored_at)

    def said(self, name: str, value: Decimal | None, unit: Unit) -> Worked:
        """What the broker's order says."""
        return given(f"{name}: {self.title}", value, unit, BROKER, self.at)

    @property
    def held(self) -> Held | None:
        """The order against the market of now, by the books of this request."""
        accounts = [item for item in self.desk.accounts if item.pk == self.order.account_id]
        watched = market.watch([self.order], accounts)
        if not watched or not watched[0].feed:
            return None
        book = self.desk.book(watched[0].feed)
        return market.held(watched[0], book, self.desk.now)


def epoch(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _filled(shown: _Shown) -> Worked:
    """Of each leg the executed share, in lots of the order; the leg furthest behind counts."""
    inputs, parts = [Input("s", "Size of the order", shown.order.size, BROKER, shown.at)], []
    for place, leg in enumerate(shown.order.legs.all()):
        label = formats.symbol_label(leg.symbol)
        inputs += [
            Input(f"q{place}", f"Quantity: {label}", leg.quantity, BROKER, shown.at),
            Input(f"r{place}", f"Remaining: {label}", leg.remaining_quantity, BROKER, shown.at),
        ]
        parts.append(f"(q{place}-r{place})*s/q{place}")
    expression = parts[0] if len(parts) == 1 else f"min({','.join(parts)})" if parts else "s"
    value = words.progress_of(shown.order).filled
    return worked(f"Filled: {shown.title}", expression, inputs, value, Unit.UNITS)


def _limit(shown: _Shown) -> Worked:
    word, price, unit = limit_of(shown.order.price, shown.order.price_effect)
    return shown.said(word, price, unit)


def limit_of(price: Decimal | None, effect: str) -> tuple[str, Decimal | None, Unit]:
    """Title, signed value and unit of a limit; a price without an effect has no sign."""
    if effect not in ("Credit", "Debit"):
        return "Limit", price, Unit.PRICE if price else Unit.NET
    signed = -price if price is not None and effect == "Debit" else price
    return f"Limit, {effect.lower()}", signed, Unit.NET


def _average(shown: _Shown) -> Worked:
    """(Σ of what the executions brought or cost) ÷ size of the order."""
    rows = [(leg, fill) for leg in shown.order.legs.all() for fill in leg.fills.all()]
    inputs = [Input("s", "Size of the order", shown.order.size, BROKER, shown.at)]
    if len(rows) > _MOST_FILLS:
        net = net_of_fills(shown.order)
        inputs.append(Input("n", "Net of all executions", net, BROKER, shown.at, Unit.SIGNED))
        expression = "n/s"
    else:
        parts = []
        for place, (leg, fill) in enumerate(rows):
            inputs += _fill_inputs(place, leg.symbol, fill)
            sign = "-" if leg.action.startswith("Buy") else "+"
            parts.append(f"{sign}q{place}*p{place}")
        expression = f"({''.join(parts).removeprefix('+')})/s"
    value = average_of(shown.order)
    return worked(f"Average: {shown.title}", expression, inputs, value, Unit.NET_AVERAGE)


def _fill_inputs(place: int, symbol: str, fill: Fill) -> list[Input]:
    label, at = formats.symbol_label(symbol), epoch(fill.filled_at)
    source = "execution, by the broker"
    return [
        Input(f"q{place}", f"Quantity: {label}", fill.quantity, source, at),
        Input(f"p{place}", f"Price: {label}", fill.price, source, at, Unit.PRICE),
    ]


def _power(shown: _Shown) -> Worked | None:
    """Of the dry run that this person saw before sending."""
    rows = OrderIntent.objects.filter(order=shown.order, user=shown.desk.user)
    intent = rows.select_related("preview").first()
    if intent is None or intent.preview is None:
        return None
    value = power_of(intent)
    at = epoch(intent.preview.created_at)
    title = f"Buying power effect: {shown.title}"
    return given(title, value, Unit.SIGNED, "dry run, by the broker", at)


def _fees(shown: _Shown) -> Worked:
    """What its transactions were charged, kind by kind."""
    terms = [
        given(f"{field.replace('_', ' ').capitalize()} of {row.broker_id}", amount, Unit.EXACT,
              "transaction, by the broker", epoch(row.executed_at))
        for row in Transaction.objects.filter(
            account=shown.order.account, order_id=shown.order.broker_id
        )
        for field in FEES
        if (amount := getattr(row, field)) is not None
    ]  # fmt: skip
    title = f"Fees booked: {shown.title}"
    return added(title, terms, fees_booked(shown.order), Unit.EXACT)


def _power_now(shown: _Shown) -> Worked:
    account = shown.order.account
    balance = selectors.balances_for([account]).get(account.pk)
    power = balance.derivative_buying_power if balance else None
    at = epoch(balance.received_at) if balance else None
    return given(f"Buying power now: {account}", power, Unit.MONEY, "balances, by the broker", at)


# --- Against the market -------------------------------------------------------------------------


def _mark(shown: _Shown) -> Worked | None:
    """Σ over the legs of −ratio × (bid + ask) ÷ 2: received is positive."""
    held = shown.held
    if held is None:
        return None
    inputs, expression = net_inputs(held.legs, held.quotes, held.now)
    return worked(f"Mark: {shown.title}", expression, inputs, held.net.mid, Unit.NET)


def net_inputs(
    legs: Sequence[QuotedLeg], quotes: Sequence[Quote | None], now: float
) -> tuple[list[Input], str]:
    """Ratios, bids and asks of the legs, and the middle of the market written over them."""
    inputs, parts = [], []
    for place, (leg, quote) in enumerate(zip(legs, quotes, strict=True)):
        at = now - quote.age(now) if quote else None
        name = leg.streamer_symbol
        sides = (
            ("b", "Bid", quote.bid if quote else None),
            ("a", "Ask", quote.ask if quote else None),
        )
        inputs.append(Input(f"r{place}", f"Signed share of one unit: {name}", leg.ratio, "order"))
        inputs += [
            Input(f"{short}{place}", f"{word}: {name}", _exact(value), _QUOTE, at, Unit.PRICE)
            for short, word, value in sides
        ]
        parts.append(f"r{place}*(b{place}+a{place})/2")
    return inputs, f"-({'+'.join(parts)})" if parts else "0"


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _away(shown: _Shown) -> Worked | None:
    """From the mark to the limit; of a stop from the mark's amount to the trigger."""
    held = shown.held
    if held is None:
        return None
    inputs, expression = _gap_inputs(held)
    return worked(f"Distance: {shown.title}", expression, inputs, held.gap, Unit.PRICE_GAP)


def _share(shown: _Shown) -> Worked | None:
    held = shown.held
    if held is None:
        return None
    inputs, gap = _gap_inputs(held)
    title = f"Distance as a share of the mark: {shown.title}"
    return worked(title, f"abs(({gap})/m)", inputs, held.share, Unit.PERCENT_FINE)


def _gap_inputs(held: Held) -> tuple[Sequence[Input], str]:
    mark = Input("m", "Mark, received positive", held.net.mid, "the middle of the legs' quotes")
    if held.order.limit is not None:
        return (Input("l", "Limit, received positive", held.order.limit, BROKER), mark), "l-m"
    return (Input("t", "Trigger", held.order.trigger, BROKER), mark), "t-abs(m)"


_FIGURES: dict[str, Callable[[_Shown], Worked | None]] = {
    "filled": _filled,
    "size": lambda shown: shown.said("Size", shown.order.size, Unit.UNITS),
    "limit": _limit,
    "trigger": lambda shown: shown.said("Stop trigger", shown.order.stop_trigger, Unit.PRICE),
    "value": lambda shown: shown.said("Amount", shown.order.value, Unit.MONEY),
    "average": _average,
    "power": _power,
    "fees": _fees,
    "held_power": _power_now,
    "mark": _mark,
    "away": _away,
    "share": _share,
}


# --- Executions and commands --------------------------------------------------------------------


@explains("fill")
def fill(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`fill-<row>-quantity` and `-price` of one execution."""
    pk, _, name = rest.partition("-")
    if name not in ("quantity", "price") or not pk.isdecimal():
        return None
    row = Fill.objects.select_related("leg__order").filter(pk=pk).first()
    if row is None:
        return None
    try:
        access.get_order(desk.user, row.leg.order_id)
    except access.NotFound:
        return None
    title = f"{name.capitalize()} executed: {formats.symbol_label(row.leg.symbol)}"
    unit = Unit.PRICE if name == "price" else Unit.UNITS
    source = "execution, by the broker"
    return given(title, getattr(row, name), unit, source, epoch(row.filled_at))


@explains("audit")
def audit(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`audit-<row>-took`: how long a step took."""
    pk, _, name = rest.partition("-")
    if name != "took" or not pk.isdecimal():
        return None
    row = selectors.audit_for(desk.user).filter(pk=pk).first()
    if row is None:
        return None
    source = "measured by this desk"
    return given(f"{row.action}, took", row.milliseconds, Unit.MILLISECONDS, source, epoch(row.at))
