"""What every page's frame shows. Nothing is read until a template asks for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from brokerage import clock, history, selectors
from brokerage.clock import SessionState
from brokerage.models import Account, Connection, KillSwitch, Order
from brokerage.simulated import offered_to
from portfolio import formats
from portfolio.analytics.pnl import buying_power_use
from portfolio.as_of import PARAMETER
from portfolio.desk import RequestDesk, desk_of
from portfolio.figures.drawer import snapshot_id
from portfolio.live.cells import Cell, shell_cells
from portfolio.orders import news as order_news
from portfolio.scope import Scope, environments
from portfolio.selectors import working_orders
from portfolio.strip import SHOWN, Strip, strip_of
from users.look import Look

_CONNECTION_PAGES = ("connection-list", "connection-new", "connection-remove")
_POSITION_PAGES = ("position-list", "position-actions", "roll")
_CHAIN_PAGES = ("trade-chain-list", "trade-chain-detail", "trade-chain-not-rolled")
# URL name, word, icon, names of pages that belong to it.
NAVIGATION = (
    (
        "portfolio:dashboard",
        "Dashboard",
        "dashboard",
        ("dashboard", "account-detail", "underlying"),
    ),
    ("portfolio:position-list", "Positions", "positions", _POSITION_PAGES),
    ("portfolio:ticket", "Trade", "trade", ("ticket", "ticket-preview", "ticket-result", "chain")),
    ("portfolio:order-list", "Orders", "orders", ("order-list", "order-detail")),
    ("portfolio:risk", "Risk", "risk", ("risk",)),
    ("portfolio:expirations", "Expirations", "expirations", ("expirations",)),
    ("portfolio:trade-chain-list", "Chains", "chains", _CHAIN_PAGES),
    ("portfolio:guards", "Guards", "guards", ("guards", "guards-account", "kill-switch")),
    ("portfolio:activity-list", "Activity", "activity", ("activity-list",)),
    ("portfolio:sync-status", "Sync", "refresh", ("sync-status", "audit-list")),
    ("portfolio:connection-list", "Connections", "connections", _CONNECTION_PAGES),
    ("portfolio:notice-list", "Notices", "notices", ("notice-list",)),
    ("portfolio:simulator", "Simulator", "simulator", ("simulator", "simulator-act")),
)
# On a phone these stand behind "More".
_SECONDARY = (
    "Dashboard",
    "Chains",
    "Expirations",
    "Guards",
    "Activity",
    "Sync",
    "Connections",
    "Notices",
    "Simulator",
)


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the rail or the bottom bar."""

    url: str
    label: str
    icon: str
    current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of the account picker."""

    value: str
    label: str
    detail: str
    current: bool


@dataclass(frozen=True, slots=True)
class Banner:
    """One line over the page; `url` and `action` lead to what can be done about it."""

    level: str
    text: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """Which instant a page shows, the way back, and what is not known of it."""

    at: str
    back: str
    gap: str


class Shell:
    """The frame of a signed-in page."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.desk: RequestDesk = desk_of(request)

    @cached_property
    def links(self) -> list[Link]:
        match = self.request.resolver_match
        here = match.url_name if match and match.namespace == "portfolio" else ""
        counts = {"Orders": self.working_count, "Notices": self.notice_count}
        return [
            Link(url, label, icon, here in names, counts.get(label, 0))
            for name, label, icon, names in NAVIGATION
            if (label != "Simulator" or offered_to(self.request.user)) and (url := _url(name))
        ]

    @property
    def bottom_links(self) -> list[Link]:
        return [link for link in self.links if link.label not in _SECONDARY]

    @property
    def more_links(self) -> list[Link]:
        return [link for link in self.links if link.label in _SECONDARY]

    @property
    def scope(self) -> Scope | None:
        return self.desk.scope

    @cached_property
    def environments(self) -> list[str]:
        return [self.scope.environment] if self.scope else []

    @cached_property
    def scope_label(self) -> str:
        if self.scope is None:
            return "No accounts"
        if not self.scope.number:
            return "All accounts"
        account = next(iter(self.desk.facts.accounts))
        return account.title

    @cached_property
    def choices(self) -> list[Choice]:
        """All accounts of an environment first, then each of them."""
        chosen, rows = str(self.scope or ""), []
        for environment in environments(self.desk.accounts):
            members = [item for item in self.desk.accounts if item.environment == environment]
            if len(members) > 1:
                rows.append(Choice(environment, "All accounts", environment, chosen == environment))
            for account in members:
                value = str(Scope(environment, account.number))
                detail = account.type_name if account.nickname else environment
                rows.append(Choice(value, str(account), detail, chosen == value))
        return rows

    @cached_property
    def cells(self) -> dict[str, Cell]:
        return shell_cells(self.desk.valuation, self.desk.now)

    @property
    def use_percent(self) -> int | None:
        """Buying power in use as whole per cent for the meter, 0 to 100."""
        balances = [account.balance for account in self.desk.facts.accounts]
        if not balances or any(balance is None for balance in balances):
            return None
        net_liqs = [balance.net_liquidating_value for balance in balances]
        powers = [balance.derivative_buying_power for balance in balances]
        if None in net_liqs or None in powers:
            return None
        use = buying_power_use(sum(net_liqs), sum(powers))
        return None if use is None else max(0, min(100, round(use * 100)))

    @cached_property
    def connection(self) -> Connection | None:
        """The login whose clock and streams the frame shows."""
        facts = self.desk.facts.accounts
        return next((item.connection for item in facts if item.connection), None)

    @cached_property
    def session(self) -> SessionState:
        return clock.session(self.connection)

    @property
    def session_until(self) -> str:
        """When the session changes and to what: `Regular until 16:00 ET`."""
        state = self.session
        at = state.changes_at.astimezone(formats.NEW_YORK)
        day = "" if at.date() == state.as_of.astimezone(formats.NEW_YORK).date() else f"{at:%a} "
        word = "opens" if state.label == clock.CLOSED else "until"
        return f"{word} {day}{at:%H:%M} ET"

    @cached_property
    def lamp(self) -> tuple[str, str]:
        """Class and words of the connection lamp at rendering; the socket goes on from there."""
        if self.desk.as_of:
            return "", "The past"
        if self.connection is None:
            return "", "Not connected"
        health = self.desk.valuation.book(self.desk.facts.accounts[0].feed).health(self.desk.now)
        if health.market_up():
            return "lamp--live", "Live"
        if health.market.state in ("quiet", "connecting"):
            return "lamp--stale", "Waiting for quotes"
        return "lamp--down", "Quotes down"

    @cached_property
    def banners(self) -> list[Banner]:
        """What holds for the whole page: closed market, delayed quotes, logins in trouble."""
        if self.desk.as_of_problem:
            text = f"{self.desk.as_of_problem} This is the present."
            return [Banner("warning", text), *self._present_banners()]
        return [] if self.desk.as_of else self._present_banners()

    def _present_banners(self) -> list[Banner]:
        return [*self._kill_banners(), *self._connection_banners(), *self._market_banners()]

    def _kill_banners(self) -> list[Banner]:
        return [
            Banner(
                "danger",
                f"The kill switch of {row.account} is on since "
                f"{formats.market_datetime(row.blocked_at)}: nothing is sent for it.",
                _url("portfolio:kill-switch"),
                "Release…",
            )
            for row in KillSwitch.objects.filter(account__in=self._accounts).select_related(
                "account"
            )
        ]

    def _connection_banners(self) -> list[Banner]:
        banners = []
        seen: set[Any] = set()
        for account in self.desk.facts.accounts:
            connection = account.connection
            if connection is None or connection.pk in seen or connection.state == "active":
                continue
            seen.add(connection.pk)
            level = "danger" if connection.state == "reconnect" else "warning"
            banners.append(Banner(level, connection_words(connection)))
        return banners

    def _market_banners(self) -> list[Banner]:
        banners = []
        if any(account.delayed for account in self.desk.facts.accounts):
            banners.append(Banner("warning", "Quotes of this login are delayed by 15 minutes."))
        if self.connection is not None and self.session.label == clock.CLOSED:
            opens = formats.day_time(self.session.opens_at)
            banners.append(
                Banner(
                    "info",
                    f"Market closed – opens {opens}. Marks are those of the close; new day orders"
                    " will wait (Received).",
                )
            )
        elif self.connection is not None and not self.session.is_regular:
            banners.append(Banner("info", "Outside regular hours marks of options are unreliable."))
        return banners

    @cached_property
    def past(self) -> Past | None:
        """The frame of a page that shows the past."""
        at, shown = self.desk.as_of, self.desk.broker_instant
        if at is None or shown is None:
            return None
        begins = history.begins(self._accounts)
        query = self.request.GET.copy()
        query.pop(PARAMETER, None)
        back = f"{self.request.path}?{query.urlencode()}" if query else self.request.path
        earlier = begins is None or at < begins
        return Past(
            formats.market_datetime(shown),
            back,
            f"The history of the mirror begins "
            f"{formats.market_datetime(begins + self.desk.clock_offset)}."
            if earlier and begins
            else "",
        )

    @cached_property
    def working(self) -> list[Order]:
        """As many working orders as the strip shows, and one more if there are more."""
        return working_orders(self._accounts, SHOWN + 1)

    @cached_property
    def working_count(self) -> int:
        if len(self.working) <= SHOWN:
            return len(self.working)
        return selectors.count_working(self._accounts)

    @property
    def strip(self) -> Strip:
        return strip_of(self.working, self.working_count)

    @property
    def _accounts(self) -> list[Account]:
        return [item.account for item in self.desk.facts.accounts]

    @cached_property
    def notice_count(self) -> int:
        return selectors.notices_for(self.request.user).count()

    @property
    def news_mark(self) -> str:
        """Events of orders up to this mark are older than the page: no toast for them."""
        return str(order_news.mark_of(self.request.user))

    @property
    def live_args(self) -> dict[str, str]:
        return self.desk.live_args

    @property
    def snapshot(self) -> str:
        """The name of the instant at which every figure of this page was valued."""
        return snapshot_id(self.desk.now)

    @property
    def rendered_at(self) -> int:
        """This page's time for the browser socket, epoch milliseconds."""
        return time.time_ns() // 1_000_000

    @property
    def stale_after(self) -> int:
        return int(settings.STALE_QUOTE_SECONDS)


def connection_words(connection: Connection) -> str:
    """A login in trouble, in plain words."""
    name = connection.label or connection.get_environment_display()
    reason = connection.state_reason.rstrip(".")
    if connection.state == "paused":
        return f"{name} is paused: its figures are those of before. Resume it under Sync."
    if connection.state == "reconnect":
        return f"{name} must be connected again: {reason or 'the grant is no longer valid'}."
    return f"{name} is degraded: {reason or 'the broker does not answer'}. We keep trying."


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: `look` always, `shell` for people who are signed in."""
    context: dict[str, Any] = {"look": SimpleLazyObject(lambda: Look(request))}
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context["shell"] = SimpleLazyObject(lambda: _shell_of(request))
        context["strip"] = SimpleLazyObject(lambda: _shell_of(request).strip)
    return context


def _shell_of(request: HttpRequest) -> Shell:
    """One per request: a page that renders several templates asks once."""
    if not hasattr(request, "_shell"):
        request._shell = Shell(request)  # type: ignore[attr-defined]
    return request._shell  # type: ignore[attr-defined,no-any-return]
