"""What the pages of guards and kill switch show, per account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from brokerage import access
from brokerage.execution import guard_settings, kill, services
from brokerage.models import Account, AccountGuard, KillSwitch
from portfolio import formats
from portfolio.orders.facts import OrderFacts, order_facts

_LIMITS = (
    ("max_shares", "shares", "{} shares"),
    ("max_contracts", "contracts", "{} contracts"),
    ("max_coins", "coins", "{} coins"),
    ("max_notional", "notional", "${} notional"),
    ("max_buying_power_percent", "buying power", "{}% of buying power"),
    ("limit_band_percent", "band", "limits within {}% of the mid"),
)


@dataclass(frozen=True, slots=True)
class GuardCard:
    """One account on the page of guards."""

    account: Account
    name: str
    trading: bool
    # Why no order goes out, in a sentence; empty when orders do.
    problem: str
    since: str
    may_trade: bool
    blocked: bool
    limits: list[str]


def cards(user: Any, accounts: Iterable[Account]) -> list[GuardCard]:
    return [card(user, account) for account in accounts]


def card(user: Any, account: Account) -> GuardCard:
    guard = guard_settings.guard_for(user, account)
    may_trade = access.may_trade(user, account)
    return GuardCard(
        account=account,
        name=str(account),
        trading=guard_settings.trading_is_on(user, account),
        problem=_problem(user, account, may_trade),
        since=_since(guard),
        may_trade=may_trade,
        blocked=kill.is_blocked(account),
        limits=limit_words(guard),
    )


def _problem(user: Any, account: Account, may_trade: bool) -> str:
    if not may_trade:
        return "None of your logins may trade in this account; they only look."
    try:
        connection = services.trading_connection(user, account)
    except services.CommandRefused as refusal:
        return str(refusal)
    return services.sending_problem(connection, account)


def _since(guard: AccountGuard) -> str:
    if guard.trading_since is None:
        return ""
    word = "On" if guard.trading else "Off"
    how = f", by {guard.trading_proof}" if guard.trading_proof else ""
    return f"{word} since {formats.market_datetime(guard.trading_since)}{how}"


def limit_words(guard: AccountGuard) -> list[str]:
    """What binds, in words."""
    words = ["closing only"] if guard.closing_only else []
    for name, _, text in _LIMITS:
        value: Decimal | None = getattr(guard, name)
        if value is not None:
            words.append(text.format(_number(value)))
    return [*words, f"wide above {_number(guard.wide_percent)}%"]


def _number(value: Decimal) -> str:
    return formats.quantity(value, sign=False)


@dataclass(frozen=True, slots=True)
class KillCard:
    """One account on the page of the kill switch: what works, what is not clear yet."""

    account: Account
    name: str
    blocked: KillSwitch | None
    may_trade: bool
    orders: list[OrderFacts] = field(default_factory=list)
    protective: list[OrderFacts] = field(default_factory=list)
    under_way: int = 0
    # The proof that releases it.
    proof: Any = None

    @property
    def since(self) -> str:
        return formats.market_datetime(self.blocked.blocked_at) if self.blocked else ""

    @property
    def by(self) -> str:
        who = self.blocked.blocked_by if self.blocked else None
        return who.get_username() if who else ""


def kill_card(user: Any, account: Account, proof: Any) -> KillCard:
    orders = [order_facts(order) for order in kill.working(account)]
    row = KillSwitch.objects.filter(account=account).select_related("blocked_by").first()
    return KillCard(
        account=account,
        name=str(account),
        blocked=row,
        may_trade=access.may_trade(user, account),
        orders=orders,
        protective=[order for order in orders if order.protective],
        under_way=len(kill.under_way(account)),
        proof=proof,
    )
