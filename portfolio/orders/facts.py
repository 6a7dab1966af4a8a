"""One order as tables and its page show it: every value ready to be printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from brokerage.enums import TERMINAL_STATUSES
from brokerage.execution import services
from brokerage.models import Fill, Order, OrderIntent
from portfolio import formats
from portfolio.figures.marked import Marked
from portfolio.live.cells import Cell
from portfolio.orders import kinds as order_kinds
from portfolio.orders import rules as order_rules
from portfolio.orders import words as order_words
from portfolio.orders.again import again_url
from portfolio.orders.executed import average_of, power_of
from portfolio.orders.ties import Tie, named_ties
from portfolio.orders.words import Chip


@dataclass(frozen=True, slots=True)
class FillFacts:
    """One execution, in words."""

    at: str
    leg: str
    quantity: str
    price: str
    venue: str


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order; `cells` are its live figures by name, empty where nothing of it is live."""

    pk: int
    broker_id: str
    chip: Chip
    derived: str
    account: str
    account_short: str
    environment: str
    symbol: str
    legs: list[str]
    actions: list[str]
    progress: str
    limit: str
    average: str
    order_type: str
    time_in_force: str
    source: str
    time: str
    age: str
    cancellable: bool
    cancel_problem: str
    changeable: bool
    steppable: bool
    protective: bool
    reject_reason: str
    venues: str
    fills: list[FillFacts]
    # Legs whose executions are not all here, in words.
    arriving: list[str]
    terminal: bool
    power: str
    links: list[str]
    rules: list[str]
    text: str
    # A ticket filled with the same order.
    again_url: str
    complex_id: int | None = None
    # One side of a pair: its ratio can be changed.
    is_pair: bool = False
    role: str = ""
    cells: Mapping[str, Cell] = field(default_factory=dict)
    # Structure and action: `iron condor, to open`, `Sell to Close`.
    kind: str = ""
    # Those of `links` that lead somewhere, and what it waits for.
    ties: Sequence[Tie] = ()
    # What nobody but the clock ends: `waits for the open`.
    waits: str = ""


def order_facts(
    order: Order,
    *,
    now: datetime | None = None,
    ours: bool = False,
    intent: OrderIntent | None = None,
    cells: Mapping[str, Cell] | None = None,
    ties: Sequence[Tie] | None = None,
    closed: bool = False,
) -> OrderFacts:
    """Facts of an order with legs and fills at hand; `ours`: it was sent from this desk.

    Without `ties` those that the order itself names are told, without an address. `closed`: no
    session of shares and their options is going on.
    """
    chip = order_words.status_chip(order)
    fills = _fills(order)
    problem = services.cancel_problem(order)
    if order.gone_at is not None:
        problem = problem or "The broker no longer knows this order."
    legs = list(order.legs.all())
    moment = order.received_at or order.live_at
    words = order_words.leg_words(legs)
    return OrderFacts(
        pk=order.pk,
        broker_id=str(order.broker_id),
        chip=chip,
        derived=order_words.derived_label(order),
        account=str(order.account),
        account_short=f"…{order.account.number[-4:]}",
        environment=order.account.environment,
        symbol=order.underlying_symbol or (legs[0].symbol if legs else ""),
        legs=words,
        actions=[leg.action for leg in legs],
        progress=order_words.progress_words(order),
        limit=order_words.limit_words(order),
        average=average_words(order),
        order_type=order.order_type,
        time_in_force=_time_words(order),
        source=order_words.source_words(order, ours=ours or intent is not None),
        time=formats.market_datetime(moment),
        age=order_words.age_words(moment, now) if now else "",
        cancellable=not problem,
        cancel_problem=problem,
        changeable=is_changeable(order),
        steppable=is_changeable(order) and moving_amount(order) is not None,
        protective=services.is_protective(order),
        reject_reason=order.reject_reason,
        venues=", ".join(sorted({fill.venue for fill in fills if fill.venue})),
        fills=fills,
        arriving=[leg.text for leg in order_words.arriving(order)],
        terminal=order.status in TERMINAL_STATUSES or order.gone_at is not None,
        power=power_words(order, intent),
        links=[str(tie) for tie in named_ties(order)],
        rules=order_rules.rule_words(order),
        text=text_of(order),
        again_url=again_url(order),
        complex_id=order.complex_order_id,
        is_pair=order.complex_order_tag.startswith("PAIRS"),
        role=order_rules.role_words(order),
        cells=cells or {},
        kind=order_kinds.kind_words(order),
        ties=named_ties(order) if ties is None else ties,
        waits=_waits(order) if closed else "",
    )


def _waits(order: Order) -> str:
    """A received order of shares or their options stays so until there is a market."""
    if order.status != "Received" or order.underlying_instrument_type not in ("", "Equity"):
        return ""
    return "waits for the open"


def is_changeable(order: Order) -> bool:
    """Whether its price, type or time in force can be changed now."""
    known = order.gone_at is None
    return known and bool(order.editable) and not services.replace_problem(order)


def moving_amount(order: Order) -> str | None:
    """The field that − and + move: the limit, else the trigger; None for a market order."""
    if order.price is not None:
        return "price"
    return "stop_trigger" if order.stop_trigger is not None else None


def text_of(order: Order) -> str:
    """The order in one line to paste elsewhere, with plain hyphens."""
    limit = order_words.limit_words(order)
    price = order.order_type if limit == "market" else f"{order.order_type} {limit}"
    state = f"{order.status} {order_words.progress_of(order).text}"
    legs = " / ".join(order_words.leg_words(order.legs.all()))
    return formats.plain(", ".join([legs, price, _time_words(order), state]))


def _time_words(order: Order) -> str:
    date = f" {order.gtc_date.isoformat()}" if order.gtc_date else ""
    return f"{order.time_in_force}{date}"


def _fills(order: Order) -> list[FillFacts]:
    """Every execution, oldest first."""
    found: list[tuple[Fill, str]] = [
        (fill, formats.symbol_label(leg.symbol, leg.instrument_type))
        for leg in order.legs.all()
        for fill in leg.fills.all()
    ]
    found.sort(key=lambda pair: (pair[0].filled_at is None, pair[0].filled_at, pair[0].fill_id))
    return [
        FillFacts(
            at=formats.market_time(fill.filled_at),
            leg=label,
            quantity=Marked(
                (formats.quantity(fill.quantity, sign=False), f"fill-{fill.pk}-quantity")
            ),
            price=Marked((formats.price(fill.price), f"fill-{fill.pk}-price")),
            venue=fill.destination_venue,
        )
        for fill, label in found
    ]


def average_words(order: Order) -> str:
    """The average net price per lot; empty until every leg and execution is here."""
    average = average_of(order)
    if average is None:
        return ""
    return Marked((formats.structure_average(average), f"order-{order.pk}-average"))


def power_words(order: Order, intent: OrderIntent | None) -> str:
    """The change of buying power that the dry run before sending stated; empty when unknown."""
    power = power_of(intent)
    return "" if power is None else Marked((formats.signed_money(power), f"order-{order.pk}-power"))
