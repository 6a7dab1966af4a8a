"""What the ticket page shows, from the values typed so far: choices, quotes, panel, live args."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from brokerage import access, market
from brokerage.execution import checks, instruments, ticks
from brokerage.execution.checks import Finding, InstrumentFacts
from brokerage.execution.commands import (
    CREDIT,
    CRYPTOCURRENCY,
    DEBIT,
    EQUITY,
    FUTURE,
    OrderLeg,
    SubmitOrder,
)
from brokerage.execution.instruments import Expiration
from brokerage.models import Account, Connection, OrderIntent, OrderPreview
from portfolio import market_panel, ticket_quotes
from portfolio.desk import desk_of
from portfolio.forms.ticket import OPTION_TYPES, Ticket, account_key, leg_count, shape_of
from portfolio.live.cells import Cell
from portfolio.live.hub import hub
from portfolio.market_panel import Panel
from portfolio.ticket_quotes import Net, QuotedLeg

# Changing one of these makes a typed price meaningless.
_PRICED = ("instrument_type", "symbol")
_PRICED_LEG = ("action", "expiration", "strike", "option_type", "contract", "quantity")


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
    _normalise(values)
    if draft:
        _take_ticket(values)
        _do(values)
    chain, problem = _chain(connection, values)
    _place_contracts(values, chain)
    if draft:
        _drop_stale_price(values)
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


# --- values -----------------------------------------------------------------------------------


def _normalise(values: dict[str, str]) -> None:
    shape = shape_of(values)
    values["instrument_type"] = shape.instrument_type
    if values.get("symbol"):
        values["symbol"] = instruments.normalise(shape.instrument_type, values["symbol"])


def _take_ticket(values: dict[str, str]) -> None:
    """The ticket's own identifier: made here, carried to the broker, used once."""
    try:
        values["ticket"] = str(uuid.UUID(values.get("ticket", "")))
    except ValueError:
        values["ticket"] = str(uuid.uuid4())


def _do(values: dict[str, str]) -> None:
    """Buttons that change the form without a script: legs added and taken away."""
    wish = values.pop("do", "")
    count = leg_count(values)
    if wish == "add-leg":
        values["legs"] = str(count + 1)
    elif wish.startswith("remove-leg-") and count > 1:
        _remove_leg(values, int(wish[-1]) if wish[-1].isdigit() else count - 1, count)
    elif wish:
        values["wish"] = wish


def _remove_leg(values: dict[str, str], gone: int, count: int) -> None:
    legs = [
        {
            key.split("-", 2)[2]: value
            for key, value in values.items()
            if key.startswith(f"leg-{n}-")
        }
        for n in range(count)
        if n != gone
    ]
    for key in [key for key in values if key.startswith("leg-")]:
        del values[key]
    for index, leg in enumerate(legs):
        values.update({f"leg-{index}-{name}": value for name, value in leg.items()})
    values["legs"] = str(count - 1)


def _priced_for(values: Mapping[str, str]) -> str:
    """A fingerprint of what a price was set for."""
    names = list(_PRICED)
    for index in range(leg_count(values)):
        names += [f"leg-{index}-{name}" for name in _PRICED_LEG]
    if leg_count(values) == 1:
        names.remove("leg-0-quantity")
    text = "|".join(values.get(name, "") for name in names)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _drop_stale_price(values: dict[str, str]) -> None:
    """A price typed for another contract must not slip into this order."""
    now = _priced_for(values)
    if values.get("priced_for", now) != now:
        for name in ("price", "price_effect", "stop_trigger"):
            values.pop(name, None)
    values["priced_for"] = now


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


def _place_contracts(values: dict[str, str], chain: Mapping[str, Expiration]) -> None:
    """A leg given by its symbol (from a position, an order) fills in the choices."""
    for index in range(leg_count(values)):
        prefix = f"leg-{index}"
        symbol = values.get(f"{prefix}-contract", "")
        place = None
        if symbol and chain and not values.get(f"{prefix}-expiration"):
            place = instruments.contract_place(chain, symbol)
        if place is not None:
            key, strike, option_type = place
            values[f"{prefix}-expiration"] = key
            values[f"{prefix}-strike"] = f"{strike.normalize():f}"
            values[f"{prefix}-option_type"] = option_type
            values[f"{prefix}-contract"] = ""


# --- quotes -----------------------------------------------------------------------------------


def _quote(request: HttpRequest, page: TicketPage, chain: Mapping[str, Expiration]) -> None:
    connection = page.connection
    assert connection is not None
    legs = _draft_legs(page.ticket, chain)
    known = {
        (leg.instrument_type, leg.symbol): instruments.facts(
            connection, leg.instrument_type, leg.symbol
        )
        for leg in legs
        if leg is not None
    }
    found = {key: facts for key, facts in known.items() if facts is not None}
    complete = [leg for leg in legs if leg is not None]
    page.problem = page.problem or _problem(found)
    if complete and len(complete) == len(legs):
        page.increments = checks.order_ticks(SubmitOrder("", "", tuple(complete)), found)
        page.quoted = _quoted(complete, found)
        page.multiplier = _multiplier(found)
    book = hub.book(market.feed_key(connection))
    page.cells = ticket_quotes.cells(book, page.quoted)
    page.net = ticket_quotes.net_of(book, page.quoted)
    _show_panel(request, page, chain)


def _multiplier(found: Mapping[tuple[str, str], InstrumentFacts]) -> Decimal | None:
    """The units of one lot where all legs agree; a share or a coin is its own unit."""
    units = {
        Decimal(1) if kind in (EQUITY, CRYPTOCURRENCY) else facts.multiplier
        for (kind, _), facts in found.items()
    }
    return units.pop() if len(units) == 1 else None


def _problem(found: Mapping[tuple[str, str], InstrumentFacts]) -> str:
    return next(
        (f"The broker does not know {key[1]}." for key, facts in found.items() if not facts.found),
        "",
    )


def _draft_legs(ticket: Ticket, chain: Mapping[str, Expiration]) -> list[OrderLeg | None]:
    """The legs as far as they are complete; None for one that is not."""
    return [_draft_leg(ticket, index, chain) for index in range(ticket.shape.legs)]


def _draft_leg(ticket: Ticket, index: int, chain: Mapping[str, Expiration]) -> OrderLeg | None:
    values, kind = ticket.values, ticket.shape.instrument_type
    symbol = values.get("symbol", "")
    if kind in OPTION_TYPES:
        symbol = _draft_contract(values, f"leg-{index}", chain)
    if not symbol:
        return None
    action = values.get(f"leg-{index}-action") or ticket.legs[index].fields["action"].choices[0][0]
    return OrderLeg(
        kind, symbol, action, _decimal(values.get(f"leg-{index}-quantity")) or Decimal(1)
    )


def _draft_contract(values: Mapping[str, str], prefix: str, chain: Mapping[str, Expiration]) -> str:
    expiration = chain.get(values.get(f"{prefix}-expiration", ""))
    strike = _decimal(values.get(f"{prefix}-strike"))
    pair = expiration.strikes.get(strike) if expiration and strike is not None else None
    if pair is None:
        return values.get(f"{prefix}-contract", "")
    return pair.put if values.get(f"{prefix}-option_type") == "P" else pair.call


def _decimal(text: str | None) -> Decimal | None:
    try:
        number = Decimal((text or "").replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _quoted(
    legs: list[OrderLeg], known: Mapping[tuple[str, str], InstrumentFacts]
) -> list[QuotedLeg]:
    shares = ticket_quotes.ratios([leg.quantity or Decimal(1) for leg in legs])
    quoted = []
    for leg, share in zip(legs, shares, strict=True):
        facts = known.get((leg.instrument_type, leg.symbol))
        if facts is None or not facts.streamer_symbol:
            return []
        tick = facts.ticks[-1].value if len(facts.ticks) == 1 else None
        quoted.append(QuotedLeg(facts.streamer_symbol, share if leg.buys else -share, tick))
    return quoted


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
    tick = _decimal(str(data.get("tick") or ""))
    book = hub.book(market.feed_key(connection))
    return market_panel.build(book, symbol, str(data.get("title") or symbol)[:64], tick)


# --- price ------------------------------------------------------------------------------------


def _set_price(page: TicketPage, values: dict[str, str]) -> bool:
    """Nat, Mid and the steppers without a script; a mid is proposed where no price is typed."""
    wish = values.pop("wish", "")
    if "price" in page.ticket.shape.absent:
        return False
    typed = _decimal(values.get("price"))
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


# --- links ------------------------------------------------------------------------------------


def hidden_values(page: TicketPage) -> list[tuple[str, str]]:
    """The ticket's values for the confirmation's hidden fields: to edit or to preview again."""
    skipped = {"csrfmiddlewaretoken", "do", "wish"}
    return sorted((k, str(v)) for k, v in page.ticket.values.items() if k not in skipped)


def values_of(account: Account, body: Mapping[str, Any]) -> dict[str, str]:
    """Form values that make this order again; contracts by their symbol."""
    legs = body["legs"]
    kind = legs[0]["instrument-type"]
    values = {
        "account": account_key(account.environment, account.number),
        "instrument_type": kind,
        "symbol": instruments.underlying_of(account.environment, kind, legs[0]["symbol"]),
        "legs": str(len(legs)),
        "order_type": body["order-type"],
        "time_in_force": body["time-in-force"],
    }
    for key in ("price", "price-effect", "stop-trigger", "value", "gtc-date"):
        if body.get(key):
            values[key.replace("-", "_")] = str(body[key])
    for index, leg in enumerate(legs):
        values[f"leg-{index}-action"] = leg["action"]
        if leg.get("quantity") is not None:
            values[f"leg-{index}-quantity"] = str(leg["quantity"])
        if kind in OPTION_TYPES:
            values[f"leg-{index}-contract"] = leg["symbol"]
    return values


def _url(values: Mapping[str, str]) -> str:
    return f"{reverse('portfolio:ticket')}?{urlencode(values)}"


def ticket_url(shown: OrderPreview) -> str:
    """A new ticket with what a preview showed."""
    return _url(values_of(shown.account, shown.body))


def resend_url(intent: OrderIntent) -> str:
    """A new ticket, with an identifier of its own, for the same order."""
    return _url(values_of(intent.account, intent.body)) if intent.kind == "submit" else ""


def effect_words(effect: str) -> str:
    return {DEBIT: "debit", CREDIT: "credit"}.get(effect, "")
