"""Chains for tests: pure ones, and a broker at the outer edge that serves them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokerage import valkey
from brokerage.execution.commands import EQUITY_OPTION, FUTURE_OPTION
from brokerage.execution.ticks import Tick
from portfolio.option_chain import facts as chain_facts
from portfolio.option_chain.facts import Chain, ChainExpiration, Contract, StrikeRow
from tests.brokerage.execution.conftest import OrderBroker

FIRST_DAY = date(2026, 12, 18)
STRIKES = tuple(Decimal(number) for number in range(80, 121, 5))


def occ(root: str, day: date, right: str, strike: Decimal) -> str:
    return f"{root:<6}{day:%y%m%d}{right}{int(strike * 1000):08d}"


def streamer(root: str, day: date, right: str, strike: Decimal) -> str:
    return f".{root}{day:%y%m%d}{right}{strike.normalize():f}"


def expiration(
    days: int, strikes: Iterable[Decimal] = STRIKES, *, root: str = "XYZ", **facts: Any
) -> ChainExpiration:
    """An expiration so many days after FIRST_DAY minus 10."""
    day = FIRST_DAY + timedelta(days=days - 10)
    rows = tuple(
        StrikeRow(
            strike,
            Contract(occ(root, day, "C", strike), streamer(root, day, "C", strike)),
            Contract(occ(root, day, "P", strike), streamer(root, day, "P", strike)),
        )
        for strike in strikes
    )
    values: dict[str, Any] = {
        "marks": (),
        "underlying": "XYZ",
        "shares": Decimal(100),
        "increments": (Tick(Decimal("0.01"), Decimal(3)), Tick(Decimal("0.05"))),
        "settlement": "PM",
        **facts,
    }
    return ChainExpiration(key=f"{root}:{day}", root=root, day=day, days=days, rows=rows, **values)


def chain(*expirations: ChainExpiration, kind: str = EQUITY_OPTION) -> Chain:
    """A chain of 10, 45 and 75 days unless others are given."""
    return Chain("XYZ", kind, expirations or (expiration(10), expiration(45), expiration(75)))


def future_chain() -> Chain:
    """One on a future, whose deliverable is the future itself."""
    items = [expiration(days, underlying="/XYZ6", shares=None) for days in (10, 45)]
    return Chain("/XYZ", FUTURE_OPTION, tuple(items))


# --- the broker -------------------------------------------------------------------------------


def nested(days: Iterable[int], today: date, strikes: Iterable[Decimal]) -> list[dict[str, Any]]:
    """The wire form of a chain of SPY."""
    return [
        {
            "underlying-symbol": "SPY",
            "root-symbol": "SPY",
            "option-chain-type": "Standard",
            "shares-per-contract": 100,
            "tick-sizes": [{"value": "0.01", "threshold": "3.0"}, {"value": "0.05"}],
            "expirations": [_expiration(today + timedelta(days=n), n, strikes) for n in days],
        }
    ]


def _expiration(day: date, days: int, strikes: Iterable[Decimal]) -> dict[str, Any]:
    return {
        "expiration-type": "Regular" if days > 40 else "Weekly",
        "expiration-date": day.isoformat(),
        "days-to-expiration": days,
        "settlement-type": "PM",
        "strikes": [
            {
                "strike-price": f"{strike}",
                "call": occ("SPY", day, "C", strike),
                "call-streamer-symbol": streamer("SPY", day, "C", strike),
                "put": occ("SPY", day, "P", strike),
                "put-streamer-symbol": streamer("SPY", day, "P", strike),
            }
            for strike in strikes
        ],
    }


SPY_STRIKES = tuple(Decimal(number) for number in range(560, 641, 5))
SPY_DAYS = (3, 17, 45, 80)


def serve_chain(broker: OrderBroker, today: date) -> None:
    """Chain, metrics, quotes and the share itself."""
    broker.set("/option-chains/SPY/nested", nested(SPY_DAYS, today, SPY_STRIKES))
    terms = [
        {
            "expiration-date": (today + timedelta(days=days)).isoformat(),
            "option-chain-type": "Standard",
            "settlement-type": "PM",
            "implied-volatility": "0.20",
        }
        for days in SPY_DAYS
    ]
    metrics = {"symbol": "SPY", "option-expiration-implied-volatilities": terms}
    broker.set("/market-metrics", [metrics])
    broker.set(
        "/market-data/by-type",
        [{"symbol": "SPY", "instrument-type": "Equity", "mark": "600.10", "last": "600.10"}],
    )
    share = {
        "symbol": "SPY",
        "instrument-type": "Equity",
        "streamer-symbol": "SPY",
        "description": "SPDR S&P 500",
        "active": True,
        "tick-sizes": [{"value": "0.01"}],
        "option-tick-sizes": [{"value": "0.01", "threshold": "3.0"}, {"value": "0.05"}],
    }
    broker.set("/instruments/equities/SPY", share)


@pytest.fixture
def _no_reads() -> Iterator[None]:
    """Remembered reads are of another test."""
    chain_facts.forget()
    for key in valkey.client().scan_iter("read:*"):
        valkey.client().delete(key)
    yield
