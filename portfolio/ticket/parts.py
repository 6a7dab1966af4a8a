"""One order of a ticket as its page shows it: its legs' quotes, increments, the price proposed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from brokerage import market
from brokerage.execution import checks, instruments, ticks
from brokerage.execution.checks import InstrumentFacts
from brokerage.execution.commands import (
    CREDIT,
    DEBIT,
    EQUITY,
    FUTURE,
    OrderLeg,
    SubmitOrder,
)
from brokerage.execution.instruments import Expiration
from brokerage.models import Connection
from portfolio import formats
from portfolio.forms.ticket import Ticket
from portfolio.forms.ticket_fields import OPTION_TYPES
from portfolio.forms.ticket_part import Part, closed_by
from portfolio.live.cells import Cell
from portfolio.live.hub import hub
from portfolio.ticket import legs as ticket_legs
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket import values as ticket_values
from portfolio.ticket.bar import bar_cells
from portfolio.ticket.quotes import Net, QuotedLeg
from portfolio.ticket.structure import StructureLeg, signed_net

Facts = Mapping[tuple[str, str], InstrumentFacts]


@dataclass
class PartPage:
    """Ready values of one order for the templates."""

    form: Part
    chain: Mapping[str, Expiration] = field(default_factory=dict)
    legs: list[OrderLeg | None] = field(default_factory=list)
    facts: Facts = field(default_factory=dict)
    increments: tuple[ticks.Tick, ...] = ()
    quoted: list[QuotedLeg] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)
    net: Net = field(default_factory=Net)
    # Units of one lot of the order: 100 for an option, 1 for a share.
    multiplier: Decimal | None = None
    description: str = ""
    problem: str = ""
    # Symbols offered after a search without a script.
    found: Any = None

    @property
    def prefix(self) -> str:
        return self.form.spec.prefix

    @property
    def suffix(self) -> str:
        """What follows a button's word, so that it is about this order."""
        return f"@{self.prefix}" if self.prefix else ""

    @property
    def leg_rows(self) -> list[tuple[Any, list[Cell]]]:
        """Each leg form with its live bid, mid and ask (none while it is incomplete)."""
        lead = self.form.spec.lead
        rows = []
        for index, form in enumerate(self.form.legs):
            names = [f"{lead}leg-{index}-{side}" for side in ("bid", "mid", "ask")]
            rows.append((form, [self.cells[name] for name in names if name in self.cells]))
        return rows

    @property
    def ids(self) -> dict[str, str]:
        """Ids of the live figures of the whole order."""
        lead = self.prefix or "ticket"
        return {name: f"{lead}-{name}" for name in ("nat", "mid", "wide")}

    @property
    def ticks_json(self) -> str:
        """Increments for the steppers: [["0.01", "3.0"], ["0.05", null]]."""
        rows = [
            [f"{tick.value:f}", None if tick.threshold is None else f"{tick.threshold:f}"]
            for tick in self.increments or ticks.CENT
        ]
        return json.dumps(rows)

    @property
    def side_word(self) -> str:
        """For one leg: what its price is, spelled out."""
        known = next((leg for leg in self.legs if leg is not None), None)
        if known is None:
            return ""
        return "debit (db), you pay" if known.buys else "credit (cr), you receive"

    @property
    def side(self) -> str:
        """Which side a single leg's price is on; empty where the person says it."""
        if len(self.complete) != 1:
            return ""
        return "Debit" if self.complete[0].buys else "Credit"

    @property
    def limit(self) -> Decimal | None:
        """The typed limit, signed like the net prices; None while there is none."""
        if not self.complete or "price" in self.form.shape.absent:
            return None
        return signed_net(self.form.values, self.side, None)

    @property
    def bar(self) -> dict[str, Cell]:
        """Where the limit stands between the best price and the natural one: marker and words."""
        marker, words = bar_cells(self.prefix or "ticket", self.net, self.limit)
        return {"marker": marker, "words": words}

    @property
    def complete(self) -> list[OrderLeg]:
        """The legs when all of them are known; else none."""
        known = [leg for leg in self.legs if leg is not None]
        return known if known and len(known) == len(self.legs) else []

    @property
    def structure_legs(self) -> list[StructureLeg]:
        """The legs with what the structure block needs; empty while something is unknown."""
        if not self.complete or not self.quoted or self.multiplier is None:
            return []
        pairs = zip(self.complete, self.quoted, strict=True)
        return [StructureLeg(leg, quoted.streamer_symbol, self.multiplier) for leg, quoted in pairs]

    @property
    def money(self) -> Decimal | None:
        """What the order brings or costs at its limit, or at the mid where none is typed."""
        net = signed_net(self.form.values, self.side, self.net.mid)
        first = self.complete[0].quantity if self.complete else None
        if net is None or first is None or self.multiplier is None:
            return None
        lots = first / abs(self.quoted[0].ratio)
        return net * lots * self.multiplier


def part_pages(ticket: Ticket, chains: list[Mapping[str, Expiration]]) -> list[PartPage]:
    """The orders of a ticket with the legs that they have so far."""
    pages: list[PartPage] = []
    for form, chain in zip(ticket.parts, chains, strict=True):
        if form.spec.own_legs:
            legs = ticket_legs.draft_legs(form, chain)
        else:
            legs = closed_by(form.spec, pages[0].legs, form.values.get("closes"))
        pages.append(PartPage(form, chain, legs))
    return pages


def name_choices(pages: list[PartPage]) -> None:
    """The legs that a stop may close, by their names."""
    for page in pages[1:]:
        field = page.form.order.fields.get("closes")
        if field is not None:
            field.choices = [(n, _choice_words(n, leg)) for n, leg in enumerate(pages[0].legs)]


def _choice_words(index: int, leg: OrderLeg | None) -> str:
    if leg is None:
        return f"Leg {index + 1}"
    return formats.leg_label(leg.signed_quantity, leg.symbol, leg.instrument_type)


def opposite(effect: str) -> str:
    """What a structure is closed for that was opened for this."""
    return DEBIT if effect == CREDIT else CREDIT


def quote(page: PartPage, connection: Connection) -> None:
    """Fill in what is known of the legs: increments, live figures, what is wrong with a symbol."""
    wanted = {(leg.instrument_type, leg.symbol) for leg in page.legs if leg is not None}
    known = {key: instruments.facts(connection, *key) for key in wanted}
    page.facts = {key: facts for key, facts in known.items() if facts is not None}
    page.problem = page.problem or ticket_legs.problem(page.facts)
    legs = page.complete
    if legs:
        page.increments = checks.order_ticks(SubmitOrder("", "", tuple(legs)), page.facts)
        page.quoted = ticket_legs.quoted(legs, page.facts)
        page.multiplier = ticket_legs.multiplier(page.facts)
    book = hub.book(market.feed_key(connection))
    page.cells = ticket_quotes.cells(book, page.quoted, prefix=page.prefix)
    page.net = ticket_quotes.net_of(book, page.quoted)
    shown = underlying_facts(page, connection)
    page.description = shown.description if shown and page.form.spec.own_legs else ""


def underlying_facts(page: PartPage, connection: Connection) -> InstrumentFacts | None:
    """Facts of what the order is about; for options that is the underlying."""
    kind, symbol = page.form.shape.instrument_type, page.form.values.get("symbol", "")
    if not symbol:
        return None
    if kind not in OPTION_TYPES:
        return instruments.facts(connection, kind, symbol)
    first = next(iter(page.chain.values()), None)
    chosen = page.chain.get(page.form.values.get("leg-0-expiration", ""), first)
    underlying = chosen.underlying if chosen else symbol
    kind = FUTURE if underlying.startswith("/") else EQUITY
    return instruments.facts(connection, kind, underlying)


# --- price --------------------------------------------------------------------------------------


def proposed(page: PartPage, wish: str) -> tuple[str, str] | None:
    """Price and effect after a button, or where none is typed; None to leave what is there.

    An exit gets no price of its own: where to take a profit is the person's to say.
    """
    if "price" in page.form.shape.absent:
        return None
    text, effect = page.form.values.get("price"), str(page.form.values.get("price_effect") or "")
    typed = ticket_values.decimal_of(str(text or ""))
    if wish in ("up", "down") and typed is not None:
        moved = ticks.step(typed, page.increments or ticks.CENT, 1 if wish == "up" else -1)
        return price_text(moved), effect
    if wish not in ("nat", "mid") and (text or not page.form.spec.own_legs):
        return None
    net = page.net.natural if wish == "nat" else page.net.mid
    if net is None:
        return None
    price, effect = ticket_quotes.limit_at(net, page.increments)
    return price_text(price), effect


def price_text(price: Decimal) -> str:
    normal = f"{price.normalize():f}"
    return normal if len(normal.partition(".")[2]) > 2 else f"{price:.2f}"
