"""What a page shows, read in a constant number of queries: rows → facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from brokerage import clock, history, market, selectors
from brokerage.enums import ConnectionState
from brokerage.models import Account, Connection, Instrument, Order, Position
from portfolio.analytics.facts import Kind
from portfolio.facts import AccountFacts, Desk, Group, Leg, leg_of, tick_of
from portfolio.formats import NEW_YORK
from portfolio.kept_legs import read_legs
from portfolio.scope import Scope


def accounts_of(user: Any) -> list[Account]:
    """All open accounts of a user, with their own logins at hand."""
    return list(selectors.accounts_for(user))


def connection_of(account: Account) -> Connection | None:
    """The login that serves an account's figures: active before degraded, oldest first."""
    usable = [access.connection for access in account.accesses.all()]
    usable.sort(key=lambda item: (_RANK.get(item.state, 2), item.created_at))
    return usable[0] if usable else None


_RANK = {ConnectionState.ACTIVE: 0, ConnectionState.DEGRADED: 1}


def load_desk(
    accounts: Sequence[Account], scope: Scope | None, *, at: datetime | None = None
) -> Desk:
    """Facts of the accounts in scope: balances, positions by account and underlying.

    ``at``: as the mirror held them at that past instant.
    """
    picked = scope.pick(accounts) if scope else []
    balances = history.balances_at(picked, at) if at else selectors.balances_for(picked)
    facts = {account.pk: _account_facts(account, balances, at) for account in picked}
    found, instruments = _legs(scope, picked, facts, at)
    legs: dict[tuple[int, str], list[Leg]] = {}
    for leg in found:
        if leg.closed_today and not leg.holding.realized_day:
            continue
        legs.setdefault((leg.account_pk, leg.underlying), []).append(leg)
    groups: dict[int, list[Group]] = {pk: [] for pk in facts}
    for (pk, underlying), members in sorted(legs.items()):
        groups[pk].append(_group(underlying, members, instruments))
    return Desk(tuple(facts.values()), {pk: tuple(listed) for pk, listed in groups.items()})


def _legs(
    scope: Scope | None,
    accounts: list[Account],
    facts: dict[int, AccountFacts],
    at: datetime | None,
) -> tuple[list[Leg], dict[str, Instrument]]:
    """Legs in order of their rows, and the instruments they speak of by symbol."""
    if scope is None or not accounts:
        return [], {}
    if at is None:
        return read_legs(_positions(accounts), facts, scope.environment)
    rows = _past_positions(accounts, at)
    symbols = {row.symbol for row in rows} | {row.underlying_symbol for row in rows}
    known = selectors.instruments_for(scope.environment, symbols - {""}) if rows else {}
    return [leg_of(row, facts[row.account_id], known) for row in rows], known


def _account_facts(account: Account, balances: dict[int, Any], at: datetime | None) -> AccountFacts:
    connection = connection_of(account)
    now = at + clock_offset(connection) if at else clock.market_now(connection)
    return AccountFacts(
        account=account,
        connection=connection,
        feed=market.feed_key(connection) if connection else "",
        today=now.astimezone(NEW_YORK).date() if at else clock.today(connection),
        now=now,
        delayed=bool(connection and connection.quotes_delayed),
        balance=balances.get(account.pk),
    )


def clock_offset(connection: Connection | None) -> timedelta:
    """The broker's clock against ours, as it is today: that of the past is not kept."""
    return timedelta(seconds=connection.clock_offset_seconds if connection else 0.0)


def _past_positions(accounts: Iterable[Account], at: datetime) -> list[Position]:
    """What was open then; its marks count as of that instant."""
    rows = history.positions_at(accounts, at)
    for row in rows:
        row.received_at = at
    return rows


def _positions(accounts: Iterable[Account]) -> QuerySet[Position]:
    """What is open, and what was closed with a gain or loss that may be today's."""
    rows = selectors.positions_for(accounts, include_closed=True)
    latest = Q(closed_at=None) | Q(realized_day_gain_date__isnull=False, quantity=0)
    return rows.filter(latest).select_related(None)


def _group(underlying: str, legs: list[Leg], instruments: dict[str, Instrument]) -> Group:
    instrument = instruments.get(underlying)
    legs.sort(key=_leg_order)
    return Group(
        key=f"{legs[0].account_pk}-{underlying.encode().hex()}",
        account_pk=legs[0].account_pk,
        underlying=underlying,
        feed=legs[0].feed,
        streamer_symbol=_underlying_streamer(underlying, instrument, legs),
        tick=tick_of(instrument, None) if instrument else None,
        legs=tuple(legs),
    )


def _underlying_streamer(
    underlying: str, instrument: Instrument | None, legs: Sequence[Leg]
) -> str:
    """What to subscribe to for the underlying's price; for a product root a held future of it."""
    if instrument is not None and instrument.streamer_symbol:
        return instrument.streamer_symbol
    for leg in legs:
        if leg.symbol == underlying or leg.holding.kind is Kind.FUTURE:
            return leg.streamer_symbol
    for leg in legs:
        if leg.underlying_streamer:
            return leg.underlying_streamer
    # An equity's streamer symbol is its ticker.
    return "" if underlying.startswith(("/", ".")) else underlying


def _leg_order(leg: Leg) -> tuple[Any, ...]:
    """Shares and futures first, then options by expiration and strike."""
    return (leg.closed_today, leg.is_option, leg.expiration or date.max, leg.symbol)


def working_orders(accounts: Iterable[Account], most: int | None = None) -> list[Order]:
    """Orders that are not finished, newest first, with their legs; `most` of them at most."""
    return list(selectors.orders_for(accounts, "working")[:most])
