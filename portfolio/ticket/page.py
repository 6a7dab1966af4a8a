"""What the ticket page shows, from the values typed so far: choices, quotes, panel, live args."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from brokerage import access, clock, market
from brokerage.execution import instruments
from brokerage.execution.checks import Finding
from brokerage.execution.instruments import Expiration
from brokerage.models import Account, Connection
from portfolio import market_panel
from portfolio.desk import desk_of
from portfolio.forms.ticket import Ticket, account_key
from portfolio.forms.ticket_fields import OPTION_TYPES
from portfolio.live.cells import Cell
from portfolio.live.hub import hub
from portfolio.market_panel import Panel
from portfolio.ticket import edits as ticket_edits
from portfolio.ticket import parts as ticket_parts
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket import structure_arithmetic as ticket_structure
from portfolio.ticket import symbols as ticket_symbols
from portfolio.ticket import values as ticket_values
from portfolio.ticket import venues as ticket_venues
from portfolio.ticket.parts import PartPage, opposite
from portfolio.ticket.structure import StructureInput
from portfolio.ticket.structure_arithmetic import Structure
from portfolio.ticket.symbols import SymbolsFound

Chain = Mapping[str, Expiration]
SPLIT_WORDS = (
    "The broker takes stock and options as separate orders only. They are sent as a group: "
    "the second works once the first has filled."
)


@dataclass
class TicketPage:
    """Ready values for the templates."""

    ticket: Ticket
    account: Account | None
    connection: Connection | None
    parts: list[PartPage] = field(default_factory=list)
    panel: Panel | None = None
    live_args: dict[str, Any] = field(default_factory=dict)
    structure: Structure | None = None
    # Where the account's latest executions came from, as the broker names its venues.
    venues: str = ""

    @property
    def ticket_id(self) -> str:
        return self.ticket.client_order_id

    @property
    def first(self) -> PartPage:
        return self.parts[0]

    @property
    def cells(self) -> dict[str, Cell]:
        """The live figures of the first order."""
        return self.first.cells

    @property
    def multiplier(self) -> Decimal | None:
        return self.first.multiplier

    @property
    def split_words(self) -> str:
        """Said when legs of two kinds were made a group."""
        split = self.ticket.group and self.ticket.values.get("split")
        return SPLIT_WORDS if split else ""

    @property
    def live_json(self) -> str:
        return json.dumps(self.live_args)

    @property
    def figure_query(self) -> str:
        """What the drawers of its figures need: the legs and where they are quoted."""
        given = structure_input(self)
        asked = {
            "connection": str(self.connection.pk) if self.connection else "",
            "orders": {
                part.prefix or ticket_quotes.MAIN: [leg.as_args() for leg in part.quoted]
                for part in self.parts
                if part.quoted
            },
            "structure": None if given is None else given.as_args(),
        }
        return urlencode({"ticket": json.dumps(asked, separators=(",", ":"))})


def no_account() -> Finding:
    return Finding("account", "Connect a brokerage login first; there is no account to trade in.")


def load(request: HttpRequest, data: Mapping[str, Any], *, draft: bool) -> TicketPage:
    """Build the page; a foreign account is NotFound."""
    values = {key: str(data[key])[:200] for key in data}
    accounts = _account_choices(request)
    account, connection = _account(request, values, accounts)
    if draft:
        ticket_edits.take_ticket(values)
        ticket_edits.act(values)
        ticket_edits.split_kinds(values)
    chains = _complete(connection, values, draft)
    ticket = Ticket(values, accounts=accounts, chains=[chain for chain, _ in chains], draft=draft)
    page = _page(ticket, account, connection, chains)
    if draft and _set_prices(page, values):
        found = [chain for chain, _ in chains]
        page.ticket = Ticket(values, accounts=accounts, chains=found, draft=True)
        for part, form in zip(page.parts, page.ticket.parts, strict=True):
            part.form = form
    ticket_parts.name_choices(page.parts)
    if connection is not None:
        _show_panel(request, page)
        page.structure = structure_of(page)
    page.venues = ", ".join(ticket_venues.lately(account)) if account else ""
    return page


def _complete(
    connection: Connection | None, values: dict[str, str], draft: bool
) -> list[tuple[Chain, str]]:
    """Spell, look up and place what was typed, by order; their chains, or why there is none."""
    chains = []
    for spec, own in ticket_edits.parts_of(values):
        ticket_edits.normalise(own, spec, values)
        if spec.own_legs:
            ticket_edits.take_symbol(own, connection)
        else:
            ticket_edits.take_closed(own, spec, values)
        chain, problem = _chain(connection, own) if spec.own_legs else ({}, "")
        ticket_edits.place_contracts(own, chain)
        if draft:
            ticket_edits.drop_stale_price(own, {} if spec.own_legs else values)
        ticket_edits.put_back(values, spec, own)
        chains.append((chain, problem))
    return chains


def _page(
    ticket: Ticket,
    account: Account | None,
    connection: Connection | None,
    chains: list[tuple[Chain, str]],
) -> TicketPage:
    parts = ticket_parts.part_pages(ticket, [chain for chain, _ in chains])
    for part, (_, problem) in zip(parts, chains, strict=True):
        part.problem = problem
        if connection is not None:
            ticket_parts.quote(part, connection)
    return TicketPage(ticket, account, connection, parts)


# --- account ----------------------------------------------------------------------------------


def _account_choices(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (
            account_key(account.environment, account.number),
            f"{account} ({account.get_environment_display()})",
        )
        for account in desk_of(request).accounts
    ]


def _account(
    request: HttpRequest, values: dict[str, str], choices: list[tuple[str, str]]
) -> tuple[Account | None, Connection | None]:
    if not values.get("account"):
        values["account"] = _default_account(request, choices)
    if not values["account"]:
        return None, None
    environment, _, number = values["account"].partition(":")
    account = access.get_account(request.user, environment, number)
    return account, _connection(request.user, account)


def _default_account(request: HttpRequest, choices: list[tuple[str, str]]) -> str:
    scope = desk_of(request).scope
    wishes = [account_key(item.environment, item.number) for item in desk_of(request).accounts]
    if scope is not None:
        picked = scope.pick(desk_of(request).accounts)
        wishes = [account_key(item.environment, item.number) for item in picked] or wishes
    return wishes[0] if wishes else ""


def _connection(user: Any, account: Account) -> Connection | None:
    """The login to trade over; one that may only look still shows quotes and explains itself."""
    for trading in (True, False):
        try:
            return access.connection_for(user, account, trading=trading)
        except access.NotFound:
            continue
    return None


def _chain(
    connection: Connection | None, own: Mapping[str, str]
) -> tuple[dict[str, Expiration], str]:
    """Expirations of the order's underlying; empty for anything that has none."""
    kind, symbol = own["instrument_type"], own.get("symbol", "")
    if connection is None or not symbol or kind not in OPTION_TYPES:
        return {}, ""
    try:
        return instruments.chain(connection, kind, symbol), ""
    except instruments.Unreadable as problem:
        return {}, str(problem)


# --- panel ------------------------------------------------------------------------------------


def _show_panel(request: HttpRequest, page: TicketPage) -> None:
    """The panel follows the first order's symbol; for options that is the underlying."""
    assert page.connection is not None
    args: dict[str, Any] = dict(desk_of(request).live_args)
    args["connection"] = str(page.connection.pk)
    args["legs"] = [leg.as_args() for leg in page.first.quoted]
    args["more"] = {
        part.prefix: [leg.as_args() for leg in part.quoted]
        for part in page.parts[1:]
        if part.quoted
    }
    args["limits"] = {
        part.prefix: f"{part.limit:f}" for part in page.parts if part.limit is not None
    }
    facts = ticket_parts.underlying_facts(page.first, page.connection)
    if facts is not None and facts.streamer_symbol:
        tick = facts.ticks[-1].value if facts.ticks else None
        args |= {"symbol": facts.streamer_symbol, "tick": "" if tick is None else f"{tick:f}"}
        title = str(page.first.form.values.get("symbol", ""))
        book = hub.book(market.feed_key(page.connection))
        panel = market_panel.build(book, facts.streamer_symbol, title, tick)
        page.panel = replace(panel, query=panel_query(page.connection, facts.streamer_symbol, tick))
    page.live_args = args


def panel_of(connection: Connection, data: Mapping[str, Any]) -> Panel:
    """The panel of a streamer symbol that a page already shows."""
    symbol = str(data.get("symbol") or "")[:64]
    tick = ticket_values.decimal_of(str(data.get("tick") or ""))
    book = hub.book(market.feed_key(connection))
    panel = market_panel.build(book, symbol, str(data.get("title") or symbol)[:64], tick)
    return replace(panel, query=panel_query(connection, symbol, tick))


def panel_query(connection: Connection, symbol: str, tick: Decimal | None) -> str:
    """What names the panel in the query of its drawers."""
    shown = "" if tick is None else f"{tick:f}"
    pairs = {"panel_feed": str(connection.pk), "panel_symbol": symbol, "panel_tick": shown}
    return urlencode(pairs)


def symbols_for(request: HttpRequest, data: Mapping[str, Any], prefix: str) -> SymbolsFound:
    """Symbols for what is typed in the field of one order."""
    values = {key: str(data[key])[:200] for key in data}
    _, connection = _account(request, values, _account_choices(request))
    lead = f"{prefix}-" if prefix else ""
    kind = values.get(f"{lead}instrument_type", "")
    return ticket_symbols.find(connection, kind, values.get(f"{lead}symbol", ""))


# --- structure --------------------------------------------------------------------------------


def structure_of(page: TicketPage) -> Structure | None:
    """The structure block of the first order, at the limit typed or else at the mid."""
    given = structure_input(page)
    if given is None or page.connection is None:
        return None
    return ticket_structure.structure_of(given, hub.book(market.feed_key(page.connection)))


def structure_input(page: TicketPage) -> StructureInput | None:
    """What the block is made of; None while something of the legs is unknown.

    Stock and options that were made a group are looked at together: a covered call is one thing.
    """
    together = page.parts if page.split_words else page.parts[:1]
    if page.connection is None or not all(part.structure_legs for part in together):
        return None
    book = hub.book(market.feed_key(page.connection))
    symbol = str(page.live_args.get("symbol") or "")
    spot = book.quote(symbol)
    nets = [part.money for part in together]
    return StructureInput(
        legs=[leg for part in together for leg in part.structure_legs],
        net=None if None in nets else sum((net for net in nets if net is not None), Decimal(0)),
        spot=spot.mid if spot else None,
        today=clock.today(page.connection),
        symbol=symbol,
    )


# --- price ------------------------------------------------------------------------------------


def _set_prices(page: TicketPage, values: dict[str, str]) -> bool:
    """Nat, Mid and the steppers without a script; a mid is proposed where no price is typed."""
    wish, wish_for = values.pop("wish", ""), values.pop("wish_for", "")
    changed = False
    for part in page.parts:
        if wish == "find" and part.prefix == wish_for:
            shape, text = part.form.shape, str(part.form.values.get("symbol") or "")
            part.found = ticket_symbols.find(page.connection, shape.instrument_type, text)
        found = ticket_parts.proposed(part, wish if part.prefix == wish_for else "")
        if found is not None:
            lead = part.form.spec.lead
            values[f"{lead}price"], values[f"{lead}price_effect"] = found
            changed = True
    return _set_exit_effects(page, values) or changed


def _set_exit_effects(page: TicketPage, values: dict[str, str]) -> bool:
    """An exit of several legs is for the other effect than its entry, until a price is typed."""
    changed = False
    for part in page.parts[1:]:
        lead, absent = part.form.spec.lead, part.form.shape.absent
        if part.form.spec.own_legs or "price_effect" in absent or values.get(f"{lead}price"):
            continue
        values[f"{lead}price_effect"] = opposite(values.get("price_effect", ""))
        changed = True
    return changed


def hidden_values(page: TicketPage) -> list[tuple[str, str]]:
    """The ticket's values for the confirmation's hidden fields: to edit or to preview again."""
    skipped = {"csrfmiddlewaretoken", "do", "wish", "wish_for"}
    return sorted((k, str(v)) for k, v in page.ticket.values.items() if k not in skipped)
