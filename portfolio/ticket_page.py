"""What the ticket page shows, from the values typed so far: choices, quotes, panel, live args."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from brokerage import access, market
from brokerage.execution import checks, instruments, ticks
from brokerage.execution.checks import Finding, InstrumentFacts
from brokerage.execution.commands import (
    EQUITY,
    FUTURE,
    SubmitOrder,
)
from brokerage.execution.instruments import Expiration
from brokerage.models import Account, Connection
from portfolio import market_panel, ticket_legs, ticket_quotes, ticket_values
from portfolio.desk import desk_of
from portfolio.forms.ticket import OPTION_TYPES, Ticket, account_key
from portfolio.live.cells import Cell
from portfolio.live.hub import hub
from portfolio.market_panel import Panel
from portfolio.ticket_quotes import Net, QuotedLeg


@dataclass
class TicketPage:
    """Ready values for the templates."""

    ticket: Ticket
    account: Account | None
    connection: Connection | None
    increments: tuple[ticks.Tick, ...] = ()
    quoted: list[QuotedLeg] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)
    net: Net = field(default_factory=Net)
    panel: Panel | None = None
    # Units of one lot of the order: 100 for an option, 1 for a share.
    multiplier: Decimal | None = None
    description: str = ""
    problem: str = ""
    live_args: dict[str, Any] = field(default_factory=dict)

    @property
    def ticket_id(self) -> str:
        return self.ticket.client_order_id

    @property
    def is_option(self) -> bool:
        return self.ticket.shape.instrument_type in OPTION_TYPES

    @property
    def leg_rows(self) -> list[tuple[Any, list[Cell]]]:
        """Each leg form with its live bid, mid and ask (none while it is incomplete)."""
        rows = []
        for index, form in enumerate(self.ticket.legs):
            names = [f"leg-{index}-{side}" for side in ("bid", "mid", "ask")]
            rows.append((form, [self.cells[name] for name in names if name in self.cells]))
        return rows

    @property
    def ticks_json(self) -> str:
        """Increments for the steppers: [["0.01", "3.0"], ["0.05", null]]."""
        rows = [
            [f"{tick.value:f}", None if tick.threshold is None else f"{tick.threshold:f}"]
            for tick in self.increments or ticks.CENT
        ]
        return json.dumps(rows)

    @property
    def live_json(self) -> str:
        return json.dumps(self.live_args)

    @property
    def side_word(self) -> str:
        """For one leg: what its price is, spelled out."""
        action = str(
            self.ticket.values.get("leg-0-action") or self.ticket.legs[0]["action"].value()
        )
        return (
            "debit (db), you pay" if not action.startswith("Sell") else "credit (cr), you receive"
        )


def no_account() -> Finding:
    return Finding("account", "Connect a brokerage login first; there is no account to trade in.")


def load(request: HttpRequest, data: Mapping[str, Any], *, draft: bool) -> TicketPage:
    """Build the page; a foreign account is NotFound."""
    values = {key: str(data[key])[:200] for key in data}
    accounts = _account_choices(request)
    account, connection = _account(request, values, accounts)
    ticket_values.normalise(values)
    ticket_values.take_symbol(values, connection)
    if draft:
        ticket_values.take_ticket(values)
        ticket_values.act(values)
    chain, problem = _chain(connection, values)
    ticket_values.place_contracts(values, chain)
    if draft:
        ticket_values.drop_stale_price(values)
    ticket = Ticket(values, accounts=accounts, chain=chain, draft=draft)
    page = TicketPage(ticket, account, connection, problem=problem)
    if connection is not None:
        _quote(request, page, chain)
        if draft and _set_price(page, values):
            page.ticket = Ticket(values, accounts=accounts, chain=chain, draft=True)
    return page


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
    connection: Connection | None, values: Mapping[str, str]
) -> tuple[dict[str, Expiration], str]:
    """Expirations of the ticket's underlying; empty for anything that has none."""
    kind, symbol = values["instrument_type"], values.get("symbol", "")
    if connection is None or not symbol or kind not in OPTION_TYPES:
        return {}, ""
    try:
        return instruments.chain(connection, kind, symbol), ""
    except instruments.Unreadable as problem:
        return {}, str(problem)


# --- quotes -----------------------------------------------------------------------------------


def _quote(request: HttpRequest, page: TicketPage, chain: Mapping[str, Expiration]) -> None:
    connection = page.connection
    assert connection is not None
    legs = ticket_legs.draft_legs(page.ticket, chain)
    known = {
        (leg.instrument_type, leg.symbol): instruments.facts(
            connection, leg.instrument_type, leg.symbol
        )
        for leg in legs
        if leg is not None
    }
    found = {key: facts for key, facts in known.items() if facts is not None}
    complete = [leg for leg in legs if leg is not None]
    page.problem = page.problem or ticket_legs.problem(found)
    if complete and len(complete) == len(legs):
        page.increments = checks.order_ticks(SubmitOrder("", "", tuple(complete)), found)
        page.quoted = ticket_legs.quoted(complete, found)
        page.multiplier = ticket_legs.multiplier(found)
    book = hub.book(market.feed_key(connection))
    page.cells = ticket_quotes.cells(book, page.quoted)
    page.net = ticket_quotes.net_of(book, page.quoted)
    _show_panel(request, page, chain)


def _show_panel(request: HttpRequest, page: TicketPage, chain: Mapping[str, Expiration]) -> None:
    """The panel follows the ticket's symbol; for options that is the underlying."""
    assert page.connection is not None
    args: dict[str, Any] = dict(desk_of(request).live_args)
    args["connection"] = str(page.connection.pk)
    args["legs"] = [leg.as_args() for leg in page.quoted]
    facts = _panel_facts(page, chain)
    if facts is not None and facts.streamer_symbol:
        tick = facts.ticks[-1].value if facts.ticks else None
        args |= {"symbol": facts.streamer_symbol, "tick": "" if tick is None else f"{tick:f}"}
        title = page.ticket.values.get("symbol", "")
        page.description = facts.description
        book = hub.book(market.feed_key(page.connection))
        page.panel = market_panel.build(book, facts.streamer_symbol, title, tick)
    page.live_args = args


def _panel_facts(page: TicketPage, chain: Mapping[str, Expiration]) -> InstrumentFacts | None:
    assert page.connection is not None
    kind, symbol = page.ticket.shape.instrument_type, page.ticket.values.get("symbol", "")
    if not symbol:
        return None
    if kind not in OPTION_TYPES:
        return instruments.facts(page.connection, kind, symbol)
    first = next(iter(chain.values()), None)
    chosen = chain.get(page.ticket.values.get("leg-0-expiration", ""), first)
    underlying = chosen.underlying if chosen else symbol
    return instruments.facts(
        page.connection, FUTURE if underlying.startswith("/") else EQUITY, underlying
    )


def panel_of(connection: Connection, data: Mapping[str, Any]) -> Panel:
    """The panel of a streamer symbol that a page already shows."""
    symbol = str(data.get("symbol") or "")[:64]
    tick = ticket_values.decimal_of(str(data.get("tick") or ""))
    book = hub.book(market.feed_key(connection))
    return market_panel.build(book, symbol, str(data.get("title") or symbol)[:64], tick)


# --- price ------------------------------------------------------------------------------------


def _set_price(page: TicketPage, values: dict[str, str]) -> bool:
    """Nat, Mid and the steppers without a script; a mid is proposed where no price is typed."""
    wish = values.pop("wish", "")
    if "price" in page.ticket.shape.absent:
        return False
    typed = ticket_values.decimal_of(values.get("price"))
    if wish in ("up", "down") and typed is not None:
        moved = ticks.step(typed, page.increments or ticks.CENT, 1 if wish == "up" else -1)
        values["price"] = _text(moved)
        return True
    if wish not in ("nat", "mid") and values.get("price"):
        return False
    net = page.net.natural if wish == "nat" else page.net.mid
    if net is None:
        return False
    price, effect = ticket_quotes.limit_at(net, page.increments)
    values["price"], values["price_effect"] = _text(price), effect
    return True


def _text(price: Decimal) -> str:
    normal = f"{price.normalize():f}"
    return normal if len(normal.partition(".")[2]) > 2 else f"{price:.2f}"


def hidden_values(page: TicketPage) -> list[tuple[str, str]]:
    """The ticket's values for the confirmation's hidden fields: to edit or to preview again."""
    skipped = {"csrfmiddlewaretoken", "do", "wish"}
    return sorted((k, str(v)) for k, v in page.ticket.values.items() if k not in skipped)
