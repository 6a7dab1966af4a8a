"""What the chain page shows: one expiration's strikes, the strip, the basket, ready for print."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from brokerage import access, market, reads
from brokerage.models import Account, Connection
from portfolio.desk import desk_of
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell
from portfolio.live.hub import hub
from portfolio.option_chain import basket as chain_basket
from portfolio.option_chain import cells as chain_cells
from portfolio.option_chain import facts as chain_facts
from portfolio.option_chain import marks as chain_marks
from portfolio.option_chain import templates
from portfolio.option_chain.basket import Basket
from portfolio.option_chain.deltas import Volatilities, deltas_of, volatilities
from portfolio.option_chain.facts import Chain, ChainExpiration, NoChain
from portfolio.option_chain.legs import PREFIX, BasketView, basket_view
from portfolio.option_chain.marks import Marks
from portfolio.option_chain.rows import DayRow, day_rows, shown_of, table_html
from portfolio.option_chain.shown import Shown
from portfolio.option_chain.structures import NoStructure
from portfolio.option_chain.wish import COUNTS, MIN_DELTAS, USUAL_DAYS, ChainWish
from portfolio.selectors import working_orders

MATCHES = 8


@dataclass
class ChainPage:
    """Ready values for the templates."""

    wish: ChainWish
    account: Account | None = None
    connection: Connection | None = None
    accounts: list[Account] = field(default_factory=list)
    chain: Chain | None = None
    expiration: ChainExpiration | None = None
    days: list[DayRow] = field(default_factory=list)
    table: SafeString | None = None
    cells: dict[str, Cell] = field(default_factory=dict)
    basket: BasketView | None = None
    description: str = ""
    problem: str = ""
    # (symbol, name) of what begins like a symbol that has no chain.
    matches: list[tuple[str, str]] = field(default_factory=list)
    live_args: dict[str, Any] = field(default_factory=dict)
    # Only the basket changed: the strikes on the page may stay.
    basket_alone: bool = False

    counts = COUNTS
    min_deltas = MIN_DELTAS

    @property
    def live_json(self) -> str:
        return json.dumps(self.live_args)

    @property
    def families(self) -> list[tuple[str, list[templates.Template]]]:
        """The templates by family, in the order they are written."""
        found: dict[str, list[templates.Template]] = {}
        for item in templates.TEMPLATES.values():
            found.setdefault(item.family, []).append(item)
        return list(found.items())

    @property
    def figure_query(self) -> str:
        """What the drawers of its figures need: the address, and the basket's legs."""
        quoted = self.basket.quoted if self.basket else []
        asked = {
            "connection": str(self.connection.pk) if self.connection else "",
            "orders": {PREFIX: [leg.as_args() for leg in quoted]},
        }
        basket = [("ticket", json.dumps(asked, separators=(",", ":")))] if quoted else []
        return urlencode(self.wish.pairs() + basket)

    @property
    def url(self) -> str:
        """The address that shows this page again, basket included."""
        pairs = self.wish.pairs() + (self.basket.basket.pairs() if self.basket else [])
        return f"{reverse('portfolio:chain')}?{urlencode(pairs)}"


def begun(request: HttpRequest, wish: ChainWish) -> ChainPage:
    """A page that knows its account and login, and no more; a foreign account is NotFound."""
    page = ChainPage(wish, accounts=_accounts(request))
    page.account = _account(request, page)
    if page.account is not None:
        page.connection = _connection(request.user, page.account)
    return page


def load(request: HttpRequest, wish: ChainWish) -> ChainPage:
    """Build the page; a foreign account is NotFound."""
    page = begun(request, wish)
    page.live_args = dict(desk_of(request).live_args)
    if page.account is None:
        return page
    if page.connection is None:
        page.problem = "The login of this account must be connected again before chains are shown."
    elif wish.symbol:
        _fill(request, page, page.connection)
    return page


def _accounts(request: HttpRequest) -> list[Account]:
    desk = desk_of(request)
    return desk.scope.pick(desk.accounts) if desk.scope else []


def _account(request: HttpRequest, page: ChainPage) -> Account | None:
    """The account that was asked for, else the first one in view."""
    if page.wish.account:
        environment, _, number = page.wish.account.partition(":")
        return access.get_account(request.user, environment, number)
    return page.accounts[0] if page.accounts else None


def _connection(user: Any, account: Account) -> Connection | None:
    try:
        return access.connection_for(user, account)
    except access.NotFound:
        return None


def _fill(request: HttpRequest, page: ChainPage, connection: Connection) -> None:
    try:
        page.chain = chain_facts.load(connection, page.wish.kind, page.wish.symbol)
    except NoChain as problem:
        page.problem = str(problem)
        page.matches = _matches(connection, page.wish.symbol)
        return
    now, book = time.time(), hub.book(market.feed_key(connection))
    page.expiration = expiration_of(page.chain, page.wish)
    volatility = volatilities(connection, page.chain)
    shown = underlying_of(page, page.chain, page.expiration, connection, book)
    spot = chain_cells.spot_of(book, shown, now)
    basket = _basket(page, volatility, spot, book, now)
    # The button may have led to another expiration.
    shown = shown_of(shown, page.chain, page.expiration, page.wish, volatility, spot, book, now)
    _draw(request, page, shown, basket, volatility, book, now)
    own = _held(request, page.account)
    page.basket = basket_view(page.chain, connection, basket, own, page.account, book, now)
    page.live_args |= {
        "connection": str(connection.pk),
        "chain": shown.as_args(),
        "legs": [leg.as_args() for leg in page.basket.quoted],
    }


def _matches(connection: Connection, symbol: str) -> list[tuple[str, str]]:
    try:
        found = reads.search(connection, symbol.lstrip("/")).value
    except reads.ReadError:
        return []
    return [(item.symbol, item.description) for item in found if item.options][:MATCHES]


def underlying_of(
    page: ChainPage,
    chain: Chain,
    item: ChainExpiration,
    connection: Connection,
    book: LatestBook,
) -> Shown:
    """What is shown of the underlying, with a price to begin with."""
    facts = chain_facts.underlying_facts(connection, chain, item)
    page.description = facts.description if facts else ""
    streamer = facts.streamer_symbol if facts else ""
    return Shown(
        underlying=streamer,
        tick=facts.ticks[-1].value if facts and facts.ticks else None,
        spot=last_known(connection, chain, item, book, streamer),
    )


def _draw(
    request: HttpRequest,
    page: ChainPage,
    shown: Shown,
    basket: Basket,
    volatility: Volatilities,
    book: LatestBook,
    now: float,
) -> None:
    """The cells, the strip and the strikes."""
    assert page.chain is not None and page.expiration is not None
    marks = _marks(request)
    page.cells = {cell.id: cell for cell in chain_cells.cells(book, shown, now)}
    page.days = day_rows(page.chain, page.expiration, volatility, page.cells, marks)
    page.table = table_html(page.expiration, shown, page.cells, marks, basket.picked)


def expiration_of(chain: Chain, wish: ChainWish) -> ChainExpiration:
    """The one asked for by its key or by one of its contracts, else a usual one."""
    place = chain.place(wish.contract) if wish.contract else None
    if place is not None:
        return place.expiration
    return chain.by_key.get(wish.expiration) or chain.nearest_day(USUAL_DAYS)


def last_known(
    connection: Connection, chain: Chain, item: ChainExpiration, book: LatestBook, streamer: str
) -> Decimal | None:
    """A price over REST while the stream has brought none: the page begins at the money."""
    if book.quote(streamer) is not None or book.trade(streamer) is not None:
        return None
    symbol = item.underlying or chain.symbol
    for kind in (chain.underlying_type, "Index"):
        try:
            found = reads.market_data(connection, {kind: [symbol]}).value.get(symbol)
        except (reads.ReadError, ValueError):
            return None
        if found is not None and found.best_price is not None:
            return Decimal(found.best_price)
        if kind == "Future":
            break
    return None


# --- the basket -------------------------------------------------------------------------------


def _basket(
    page: ChainPage,
    volatility: Volatilities,
    spot: Decimal | None,
    book: LatestBook,
    now: float,
) -> Basket:
    """The basket of the address after the button that was pressed; the page follows it."""
    assert page.chain is not None and page.expiration is not None
    wish, before = page.wish, page.expiration.key
    basket = chain_basket.read(page.chain, wish.legs, wish.lots)
    if wish.do == "template":
        basket = _from_template(page, basket, volatility, spot, book, now)
    elif wish.do:
        basket = chain_basket.changed(page.chain, basket, wish.do)
    if wish.do == "template" or wish.do.startswith("move:"):
        _follow(page, basket)
    page.wish = replace(wish, expiration=page.expiration.key)
    page.basket_alone = bool(wish.do) and page.expiration.key == before
    return basket


def _from_template(
    page: ChainPage,
    basket: Basket,
    volatility: Volatilities,
    spot: Decimal | None,
    book: LatestBook,
    now: float,
) -> Basket:
    assert page.chain is not None
    if spot is None:
        words = "The price of the underlying is not known yet; try again in a moment."
        return replace(basket, problem=words)
    deltas = deltas_of(book, volatility, spot, now)
    try:
        parts = templates.build(page.chain, page.wish.template, spot, deltas)
    except NoStructure as reason:
        return replace(basket, problem=str(reason))
    return replace(basket, parts=parts, problem="")


def _follow(page: ChainPage, basket: Basket) -> None:
    """Show an expiration that the basket is about, if the present one is not."""
    assert page.chain is not None and page.expiration is not None
    keys = [part.key for part in basket.parts if part.is_option]
    if keys and page.expiration.key not in keys:
        page.expiration = page.chain.by_key[keys[0]]


# --- what is held -----------------------------------------------------------------------------


def _marks(request: HttpRequest) -> Marks:
    facts = desk_of(request).facts
    return chain_marks.marks_of(
        facts.legs, working_orders([account.account for account in facts.accounts])
    )


def _held(request: HttpRequest, account: Account | None) -> dict[str, Decimal]:
    """Signed quantities of the account that the ticket will be for."""
    facts = desk_of(request).facts
    legs = facts.legs_of(account.pk) if account else []
    return {leg.symbol: leg.holding.quantity for leg in legs if not leg.closed_today}
