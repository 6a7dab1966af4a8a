"""Facts of what is held or has a working order, and of its underlyings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from brokerage.enums import TERMINAL_STATUSES
from brokerage.models import Account, Instrument, OrderLeg, Position
from brokerage.sync import mapping
from brokerage.sync.deliverables import ADJUSTED, with_deliverables
from brokerage.sync.pacing import PacedClient
from brokerage.sync.upsert import Written, upsert
from brokerage.tastytrade import errors
from brokerage.tastytrade.enums import InstrumentType
from brokerage.tastytrade.resources import instruments

KEY = ("environment", "instrument_type", "symbol")
# How long a URL of symbols may become, in symbols.
_BATCH = 50
# Tick sizes and closing-only flags change now and then; an option's terms do not.
_FRESH = timedelta(hours=20)
_FIXED = frozenset({InstrumentType.EQUITY_OPTION, InstrumentType.FUTURE_OPTION})

Wanted = dict[str, set[str]]


def wanted(accounts: Iterable[Account]) -> Wanted:
    """Symbols by instrument type."""
    pks = [account.pk for account in accounts]
    found: Wanted = defaultdict(set)
    held = Position.objects.filter(account__in=pks, closed_at=None)
    for kind, symbol, underlying in held.values_list(
        "instrument_type", "symbol", "underlying_symbol"
    ):
        found[kind].add(symbol)
        _add_underlying(found, kind, underlying)
    legs = OrderLeg.objects.filter(order__account__in=pks).exclude(
        order__status__in=TERMINAL_STATUSES
    )
    for kind, symbol, underlying in legs.values_list(
        "instrument_type", "symbol", "order__underlying_symbol"
    ):
        found[kind].add(symbol)
        _add_underlying(found, kind, underlying)
    return found


def underlyings(accounts: Iterable[Account]) -> set[str]:
    """Equity and index underlyings of what is held or has a working order."""
    found = wanted(accounts)
    kinds = (InstrumentType.EQUITY, InstrumentType.INDEX)
    return {symbol for kind in kinds for symbol in found.get(kind, ())}


def _add_underlying(found: Wanted, kind: str, underlying: str) -> None:
    """The underlying of a future is a product root, which is no instrument."""
    if not underlying:
        return
    if kind == InstrumentType.EQUITY_OPTION:
        found[InstrumentType.EQUITY].add(underlying)
    elif kind == InstrumentType.FUTURE_OPTION and any(char.isdigit() for char in underlying):
        found[InstrumentType.FUTURE].add(underlying)


def missing(environment: str, symbols: Wanted, now: datetime) -> Wanted:
    """What is not mirrored yet, or long enough ago to have changed."""
    needed: Wanted = {}
    for kind, group in symbols.items():
        known = Instrument.objects.filter(
            environment=environment, instrument_type=kind, symbol__in=group
        )
        old = known.filter(received_at__lt=now - _FRESH)
        # What an adjusted class delivers may be adjusted once more.
        again = old.filter(option_chain_type=ADJUSTED) if kind in _FIXED else old
        known = known.exclude(pk__in=again)
        rest = group - set(known.values_list("symbol", flat=True))
        if rest:
            needed[kind] = rest
    return needed


def read(client: PacedClient, symbols: Wanted) -> Iterator[Any]:
    """Payloads for the symbols; unknown ones and families without a route are left out."""
    lists: dict[str, Callable[[list[str]], Any]] = {
        InstrumentType.EQUITY: instruments.list_equities,
        InstrumentType.FUTURE: instruments.list_futures,
        InstrumentType.CRYPTOCURRENCY: instruments.list_cryptocurrencies,
        InstrumentType.WARRANT: instruments.list_warrants,
    }
    singles: dict[str, Callable[[str], Any]] = {
        InstrumentType.EQUITY_OPTION: instruments.get_equity_option,
        InstrumentType.FUTURE_OPTION: instruments.get_future_option,
    }
    for kind, group in symbols.items():
        ordered = sorted(group)
        if kind in lists:
            for start in range(0, len(ordered), _BATCH):
                yield from client.send(lists[kind](ordered[start : start + _BATCH]))
        elif kind in singles:
            options = (found for name in ordered for found in _one(client, singles[kind](name)))
            yield from with_deliverables(client, options)


def _one(client: PacedClient, call: Any) -> Iterator[Any]:
    try:
        yield client.send(call)
    except (errors.NotFound, errors.Forbidden):
        # Expired, or withdrawn from the public API; the position itself says enough.
        return


def store_instruments(environment: str, payloads: Iterable[Any], received_at: datetime) -> Written:
    rows = [mapping.instrument(payload, environment, received_at) for payload in payloads]
    return upsert(Instrument, rows, key=KEY)
