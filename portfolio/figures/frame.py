"""The arithmetic of the top bar and of balances: what the broker states, added over accounts."""

from __future__ import annotations

from decimal import Decimal

from django.http import QueryDict

from brokerage import access, selectors
from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, added, given, worked
from portfolio.analytics.pnl import buying_power_use
from portfolio.desk import RequestDesk
from portfolio.facts import AccountFacts
from portfolio.figures.registry import explains
from portfolio.figures.sums import sum_of
from portfolio.live.cells import balance_stale
from portfolio.scope import Scope
from portfolio.selectors import load_desk

_BALANCES = "balances, by the broker"


def balance_field(account: AccountFacts, field: str, title: str, now: float) -> Worked:
    """One field of an account's balance, as the broker states it."""
    balance = account.balance
    received = balance.received_at.timestamp() if balance and balance.received_at else None
    return given(
        f"{title}: {account.title}",
        getattr(balance, field, None),
        Unit.MONEY,
        _BALANCES,
        received,
        ref=f"balance-{account.pk}-{field}",
        marks=("stale",) if balance_stale(account, now) else (),
    )


def _added(desk: RequestDesk, field: str, title: str) -> Worked:
    """A balance field over the accounts in view; missing as soon as one of them lacks it."""
    accounts = desk.facts.accounts
    terms = [balance_field(account, field, title, desk.now) for account in accounts]
    return added(title, terms, desk.facts.balance(field), Unit.MONEY)


@explains("top")
def top(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """The figures of the top bar."""
    if rest == "net-liq":
        return _added(desk, "net_liquidating_value", "Net liq")
    if rest == "power":
        return _added(desk, "derivative_buying_power", "Option buying power")
    if rest == "use":
        sums = desk.facts.balance
        return use_of(sums("net_liquidating_value"), sums("derivative_buying_power"), "all in view")
    if rest == "day":
        legs = desk.facts.legs
        return sum_of(desk.valuation.of(legs), "day", "all in view", desk.now)
    return None


def use_of(net_liq: Decimal | None, power: Decimal | None, whose: str) -> Worked:
    """Buying power in use = (net liq − option buying power) ÷ net liq."""
    inputs = (
        Input("L", "Net liq", net_liq, _BALANCES, None, Unit.MONEY),
        Input("B", "Option buying power", power, _BALANCES, None, Unit.MONEY),
    )
    use = buying_power_use(net_liq, power)
    return worked(f"Buying power in use: {whose}", "(L-B)/L", inputs, use, Unit.PERCENT)


@explains("balance")
def balance(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`balance-<account>-<field>`, or `-use` for the share of buying power in use."""
    number, _, field = rest.partition("-")
    account = account_of(desk, number)
    if account is None or account.balance is None:
        return None
    if field == "use":
        held = account.balance
        return use_of(held.net_liquidating_value, held.derivative_buying_power, account.title)
    names = {item.name for item in account.balance._meta.get_fields()}
    if field not in names:
        return None
    words = field.replace("_", " ")
    return balance_field(account, field, f"{words[:1].upper()}{words[1:]}", desk.now)


def account_of(desk: RequestDesk, number: str) -> AccountFacts | None:
    """An account of this person by its row's number."""
    shown = next((item for item in desk.facts.accounts if str(item.pk) == number), None)
    return shown or _out_of_view(desk, number)


def _out_of_view(desk: RequestDesk, number: str) -> AccountFacts | None:
    """An account of this person that the chosen scope leaves out: its own page shows it."""
    try:
        account = access.get_account_by_pk(desk.user, number)
    except access.NotFound:
        return None
    everything = selectors.accounts_for(desk.user, include_closed=True)
    scope = Scope(account.environment, account.number)
    return next(iter(load_desk([*everything], scope, at=desk.as_of).accounts), None)


@explains("card")
def card(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """An account's card: P/L open and of the day over its legs."""
    number, _, name = rest.rpartition("-")
    account = account_of(desk, number)
    if account is None:
        return None
    legs = desk.facts.legs_of(account.pk)
    return sum_of(desk.valuation.of(legs), name, account.title, desk.now)


@explains("underlying")
def underlying(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`underlying-<hex of the symbol>-<figure>`: one underlying over all accounts in view."""
    code, _, name = rest.rpartition("-")
    try:
        symbol = bytes.fromhex(code).decode()
    except ValueError:
        return None
    groups = desk.facts.by_underlying().get(symbol)
    if not groups:
        return None
    if name == "last":
        return last_price(desk, groups[0].feed, groups[0].streamer_symbol, symbol)
    legs = [leg for group in groups for leg in group.legs]
    return sum_of(desk.valuation.of(legs), name, symbol, desk.now)


def last_price(desk: RequestDesk, feed: str, streamer_symbol: str, symbol: str) -> Worked:
    """The last price of an underlying, with where it comes from."""
    mark = desk.valuation.spot(feed, streamer_symbol, desk.now)
    return given(
        f"Last: {formats.symbol_label(symbol)}",
        mark.price if mark else None,
        Unit.PRICE,
        mark.source.value if mark else "no quote came",
        desk.now - mark.age if mark else None,
        marks=("stale",) if mark and mark.is_stale else (),
    )
