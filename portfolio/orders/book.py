"""The order book: one tab of it, filtered, groups kept together, with what is live at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from brokerage import clock, selectors
from brokerage.enums import CANCEL_KINDS, IntentKind, IntentState
from brokerage.execution import services
from brokerage.models import Account, Connection, Order, OrderIntent
from portfolio import formats
from portfolio.connection_pages import name_of
from portfolio.desk import RequestDesk, desk_of
from portfolio.live.hub import hub
from portfolio.orders import market as order_market
from portfolio.orders.facts import OrderFacts, order_facts
from portfolio.orders.groups import GroupFacts, group_facts
from portfolio.orders.staged import StagedFacts, staged_for
from portfolio.orders.staged import rows_of as staged_rows
from portfolio.orders.ties import ties_of
from portfolio.orders.words import IntentFacts, intent_facts

TABS = (
    ("working", "Working"),
    ("today", "Today"),
    ("history", "History"),
    ("staged", "Staged"),
    ("unknown", "Unknown"),
)
SIDES = (("", "Both sides"), ("buy", "Buying (debit)"), ("sell", "Selling (credit)"))
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of the orders: of one underlying, of one side, of one account."""

    symbol: str = ""
    side: str = ""
    account: str = ""
    # How the account is called.
    account_words: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any], accounts: Iterable[Account]) -> Filter:
        """What was asked for; an account that is not among these narrows nothing."""
        side = str(data.get("side") or "")
        symbol = str(data.get("symbol") or "").replace("\x00", "").strip().upper()[:32]
        names = {str(account.pk): str(account) for account in accounts}
        account = str(data.get("account") or "")
        known = account if account in names else ""
        return cls(symbol, side if side in dict(SIDES) else "", known, names.get(known, ""))

    def apply(self, rows: QuerySet[Order]) -> QuerySet[Order]:
        if self.symbol:
            rows = rows.filter(underlying_symbol__iexact=self.symbol)
        if self.account:
            rows = rows.filter(account=int(self.account))
        return rows.filter(_side(self.side)) if self.side else rows

    @property
    def query(self) -> str:
        pairs = {"symbol": self.symbol, "side": self.side, "account": self.account}
        return urlencode({name: value for name, value in pairs.items() if value})

    @property
    def words(self) -> str:
        """`SPY, selling (credit)`; empty for all."""
        side = dict(SIDES)[self.side].lower() if self.side else ""
        parts = [self.symbol, side, self.account_words]
        return ", ".join(part for part in parts if part)


def _side(side: str) -> Q:
    """By what is paid or received; an order without a price by the action of its first leg."""
    effect, verb = ("Debit", "Buy") if side == "buy" else ("Credit", "Sell")
    first = Q(legs__position=0, legs__action__startswith=verb)
    return Q(price_effect=effect) | (~Q(price_effect__in=("Debit", "Credit")) & first)


@dataclass(frozen=True, slots=True)
class UnknownFacts:
    """A command without a clear outcome, and orders at the broker that may be it."""

    intent: IntentFacts
    alike: list[OrderFacts]


@dataclass(frozen=True, slots=True)
class StreamState:
    """The account stream of a login when it is not up: orders are then read, not told."""

    login: str
    reason: str
    since: str
    every: int
    read: str


@dataclass
class BookPage:
    """Ready values of one tab."""

    tab: str
    filter: Filter
    rows: list[OrderFacts | GroupFacts] = field(default_factory=list)
    intents: list[UnknownFacts] = field(default_factory=list)
    pages: Page[Order] | None = None
    unknown_count: int = 0
    working_count: int = 0
    staged_count: int = 0
    staged: list[StagedFacts] = field(default_factory=list)
    # Of each login in view whose account stream is not up.
    streams: list[StreamState] = field(default_factory=list)
    tabs: Sequence[tuple[str, str]] = TABS
    sides: Sequence[tuple[str, str]] = SIDES
    # Those to choose from, by key; empty where there is only one.
    accounts: Sequence[tuple[str, str]] = ()

    @property
    def is_working(self) -> bool:
        return self.tab == "working"

    @property
    def query(self) -> str:
        """What the fragment asks for to see the same again."""
        number = self.pages.number if self.pages is not None and self.pages.number > 1 else ""
        pairs = {"tab": self.tab, "page": str(number)}
        own = urlencode({name: value for name, value in pairs.items() if value})
        return "&".join(part for part in (own, self.filter.query) if part)


def load(request: HttpRequest) -> BookPage:
    """The tab that was asked for, of the accounts in scope."""
    tab = request.GET.get("tab", "working")
    desk = desk_of(request)
    accounts = desk.scope.pick(desk.accounts) if desk.scope else []
    connection = next((item.connection for item in desk.facts.accounts if item.connection), None)
    page = BookPage(tab if tab in dict(TABS) else "working", Filter.of(request.GET, accounts))
    if len(accounts) > 1:
        page.accounts = [(str(account.pk), str(account)) for account in accounts]
    page.unknown_count = unknown(desk.user, accounts).count()
    page.working_count = selectors.orders_for(accounts, "working").count()
    page.streams = _streams(desk)
    page.staged_count = staged_for(desk.user, accounts).count()
    if page.tab == "staged":
        page.staged = staged_rows(desk.user, accounts, desk.clock_offset)
        return page
    if page.tab == "unknown":
        page.intents = [
            UnknownFacts(intent_facts(row), [order_facts(item) for item in _alike(row)])
            for row in unknown(desk.user, accounts)
        ]
        return page
    rows = page.filter.apply(selectors.orders_for(accounts, page.tab, connection=connection))
    page.pages = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    page.rows = _rows(desk, accounts, list(page.pages.object_list), clock.market_now(connection))
    return page


def unknown(user: Any, accounts: Iterable[Account]) -> QuerySet[OrderIntent]:
    """What is ours and not settled, or was given up: nothing of it is in the broker's lists."""
    open_states = Q(state__in=(IntentState.SENDING, IntentState.UNKNOWN))
    given_up = Q(state=IntentState.NOT_FOUND) & ~Q(kind__in=CANCEL_KINDS)
    rows = OrderIntent.objects.filter(open_states | given_up, user=user, account__in=list(accounts))
    return rows.select_related("account", "connection", "order", "target")


def _alike(intent: OrderIntent) -> list[Order]:
    """Only an order that is still looked for can be claimed."""
    claimable = intent.kind == IntentKind.SUBMIT and intent.state == IntentState.UNKNOWN
    return services.look_alikes(intent) if claimable else []


def _streams(desk: RequestDesk) -> list[StreamState]:
    """One login that is down among several is named too."""
    logins = {row.connection.pk: row.connection for row in desk.facts.accounts if row.connection}
    states = [_stream(connection, desk.now) for connection in logins.values()]
    return [state for state in states if state is not None]


def _stream(connection: Connection, now: float) -> StreamState | None:
    lamp = selectors.stream_health(connection).account_stream
    if lamp.is_up:
        return None
    read = (connection.synced_at or {}).get("orders-live")
    age = now - datetime.fromisoformat(read).timestamp() if read else None
    since = formats.market_time(lamp.since) if lamp.since else ""
    every = int(settings.SYNC_ORDERS_STREAM_DOWN_SECONDS)
    login = name_of(connection)
    return StreamState(
        login, lamp.reason, since, every, formats.age(age) if age is not None else ""
    )


def _rows(
    desk: RequestDesk, accounts: Sequence[Account], orders: list[Order], now: datetime
) -> list[OrderFacts | GroupFacts]:
    """Orders in their order; members of a group stand together at the place of the first."""
    members = _members(accounts, orders)
    everyone = {
        order.pk: order for order in [*orders, *(o for rows in members.values() for o in rows)]
    }
    facts = _facts(desk, accounts, list(everyone.values()), now)
    rows: list[OrderFacts | GroupFacts] = []
    seen: set[tuple[int, int]] = set()
    for order in orders:
        if order.complex_order_id is None:
            rows.append(facts[order.pk])
            continue
        key = (order.account_id, order.complex_order_id)
        if key not in seen:
            seen.add(key)
            rows.append(group_facts(members[key], facts))
    return rows


def _members(
    accounts: Sequence[Account], orders: Iterable[Order]
) -> dict[tuple[int, int], list[Order]]:
    """All present members of the groups that these orders belong to, finished ones included."""
    ids = {order.complex_order_id for order in orders if order.complex_order_id is not None}
    found: dict[tuple[int, int], list[Order]] = {}
    if not ids:
        return found
    for order in selectors.orders_for(accounts).filter(complex_order_id__in=ids):
        assert order.complex_order_id is not None
        found.setdefault((order.account_id, order.complex_order_id), []).append(order)
    return found


def _facts(
    desk: RequestDesk, accounts: Sequence[Account], orders: list[Order], now: datetime
) -> dict[int, OrderFacts]:
    intents = {
        intent.order_id: intent
        for intent in OrderIntent.objects.filter(
            order__in=[order.pk for order in orders], user=desk.user
        ).select_related("preview")
    }
    sent_here = ours(orders)
    ties = ties_of(orders)
    connection = next((row.connection for row in desk.facts.accounts if row.connection), None)
    closed = not clock.session(connection).is_open
    cells = {
        row.pk: order_market.cells(row, hub.book(row.feed), desk.now)
        for row in order_market.watch(orders, accounts)
        if row.feed
    }
    return {
        order.pk: order_facts(
            order,
            now=now,
            ours=order.pk in sent_here,
            intent=intents.get(order.pk),
            cells=cells.get(order.pk),
            ties=ties[order.pk],
            closed=closed,
        )
        for order in orders
    }


def ours(orders: Iterable[Order]) -> set[int]:
    """Orders that were sent from this desk, by whomever; a group was sent as one."""
    known = list(orders)
    groups = {order.complex_order_id for order in known if order.complex_order_id is not None}
    sent = Q(order__in=[order.pk for order in known])
    sent |= Q(complex_id__in=groups, kind=IntentKind.COMPLEX)
    rows = OrderIntent.objects.filter(sent)
    rows = rows.values_list("order_id", "account_id", "complex_id")
    single = {order for order, _, _ in rows}
    whole = {(account, group) for _, account, group in rows if group is not None}
    return {
        order.pk
        for order in known
        if order.pk in single or (order.account_id, order.complex_order_id) in whole
    }
