"""Gather what the checks look at: from the mirror, and from the broker's reads where allowed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from brokerage import clock
from brokerage.enums import SyncKind
from brokerage.execution import instruments
from brokerage.execution.checks import AccountFacts, CheckFacts, InstrumentFacts
from brokerage.execution.commands import Submission
from brokerage.execution.guard_facts import GuardFacts, GuardRules, Key, PowerFact, QuoteFact
from brokerage.models import (
    Account,
    AccountAccess,
    AccountGuard,
    Connection,
    Fill,
    Position,
    TradingStatus,
)
from brokerage.tastytrade.payloads.orders import BuyingPowerEffect


def gather(
    connection: Connection, account: Account, command: Submission, *, ask_broker: bool = True
) -> CheckFacts:
    """Facts for the checks of this order; what cannot be known stays out.

    With `ask_broker` instruments that are not at hand are read through; without it this never
    waits for the network.
    """
    return CheckFacts(
        account=account_facts(connection, account),
        instruments=_instruments(connection, command, ask_broker),
        positions=positions(connection, account, {leg.symbol for leg in command.legs}),
        session=clock.session(connection).label,
        now=clock.market_now(connection),
    )


def guard_facts(
    guard: AccountGuard,
    known: CheckFacts,
    quotes: Mapping[Key, QuoteFact],
    answer: Mapping[str, Any] | None = None,
) -> GuardFacts:
    """What the guards look at; `answer` is the data of the dry run once there is one."""
    return GuardFacts(
        rules=rules_of(guard),
        quotes=quotes,
        instruments=known.instruments,
        positions=known.positions,
        power=None if answer is None else _power(answer),
        dry_run_done=answer is not None,
    )


def rules_of(guard: AccountGuard) -> GuardRules:
    return GuardRules(**{item.name: getattr(guard, item.name) for item in fields(GuardRules)})


def _power(answer: Mapping[str, Any]) -> PowerFact | None:
    told = answer.get("buying-power-effect")
    effect = BuyingPowerEffect.read(told) if isinstance(told, dict) else None
    if effect is None or effect.current_buying_power is None:
        return None
    if effect.change_in_buying_power is None:
        return None
    return PowerFact(effect.change_in_buying_power, effect.current_buying_power)


def account_facts(connection: Connection, account: Account) -> AccountFacts:
    accesses = AccountAccess.objects.filter(connection=connection, account=account)
    authority = accesses.values_list("authority_level", flat=True).first()
    known = {"authority": authority or "", "scopes": connection.scopes}
    status: TradingStatus | None = getattr(account, "trading_status", None)
    if status is None:
        return AccountFacts(**known)
    return AccountFacts(
        **known,
        status_known=True,
        closed=status.is_closed,
        frozen=status.is_frozen,
        closing_only=status.is_closing_only,
        risk_reducing_only=status.is_risk_reducing_only,
        futures_enabled=status.is_futures_enabled,
        futures_closing_only=status.is_futures_closing_only,
        crypto_enabled=status.is_cryptocurrency_enabled,
        crypto_closing_only=status.is_cryptocurrency_closing_only,
    )


def _instruments(
    connection: Connection, command: Submission, ask_broker: bool
) -> Mapping[tuple[str, str], InstrumentFacts]:
    wanted = {(leg.instrument_type, leg.symbol) for leg in command.legs}
    known = {key: instruments.facts(connection, *key, ask_broker=ask_broker) for key in wanted}
    return {key: value for key, value in known.items() if value is not None}


def positions(
    connection: Connection, account: Account, symbols: Collection[str]
) -> Mapping[tuple[str, str], Decimal] | None:
    """Signed quantities held of these symbols, brought forward by fills that the position record
    does not know yet.

    None while positions were never read: then nothing is said about opening or closing.
    """
    rows = list(Position.objects.filter(account=account, symbol__in=symbols).order_by())
    if not rows and SyncKind.POSITIONS not in (connection.synced_at or {}):
        return None
    held = {(row.instrument_type, row.symbol): row.quantity for row in rows}
    since = {(row.instrument_type, row.symbol): row.updated_at for row in rows}
    for fill in _recent_fills(account, symbols):
        key = (fill.leg.instrument_type, fill.leg.symbol)
        # A symbol without a record was never held: all its executions are news.
        if key not in since or _is_later(fill, since[key]):
            signed = fill.quantity if fill.leg.action.startswith("Buy") else -fill.quantity
            held[key] = held.get(key, Decimal(0)) + signed
    return held


def _recent_fills(account: Account, symbols: Collection[str]) -> Iterable[Any]:
    """Newest executions first; enough to bridge the seconds a position record may lag behind."""
    fills = Fill.objects.filter(
        leg__order__account=account, leg__symbol__in=symbols, quantity__isnull=False
    )
    return fills.select_related("leg").order_by("-filled_at")[:50]


def _is_later(fill: Fill, recorded: Any) -> bool:
    return recorded is not None and fill.filled_at is not None and fill.filled_at > recorded
