"""Desk legs of one account in named groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from portfolio.analytics.facts import Holding, Kind
from portfolio.facts import Leg
from portfolio.ledger.strategies import strategies_of

DAY = date(2026, 12, 18)


def leg(pk: int, symbol: str, quantity: int, **facts: Any) -> Leg:
    kind = Kind.SPOT if facts.get("right") is None else Kind.OPTION
    values: dict[str, Any] = {
        "account_pk": 1, "feed": "", "delayed": False, "symbol": symbol, "label": symbol,
        "instrument_type": "", "underlying": "KO", "streamer_symbol": symbol, "tick": None,
        "broker_mark": None, "broker_mark_at": None, "days": 30, "seconds_left": None,
        "expiration": DAY, "contract": "KO", **facts,
    }  # fmt: skip
    multiplier = Decimal(100 if kind is Kind.OPTION else 1)
    values.setdefault("delivered", multiplier if kind is Kind.OPTION else None)
    holding = Holding(Decimal(quantity), multiplier, None, None, kind=values.pop("kind", kind))
    return Leg(pk=pk, holding=holding, **values)


def option(pk: int, right: str, strike: int, quantity: int, root: str = "KO", **facts: Any) -> Leg:
    symbol = f"{root:<6}261218{right}{strike * 1000:08d}"
    return leg(pk, symbol, quantity, right=right, strike=Decimal(strike), **facts)


CONDOR = [
    option(1, "P", 90, 2), option(2, "P", 95, -2), option(3, "C", 105, -2), option(4, "C", 110, 2),
]  # fmt: skip


def test_a_group_names_its_positions() -> None:
    (group,) = strategies_of(CONDOR)
    assert (group.name, group.label, group.underlying) == ("Iron condor", "2 × Iron condor", "KO")
    assert sorted(group.pks) == [1, 2, 3, 4]
    assert dict(group.quantities)[2] == -2


def test_a_position_is_parted_among_groups() -> None:
    groups = strategies_of([leg(1, "KO", 250), option(2, "C", 55, -2)])
    assert [(group.label, dict(group.quantities)) for group in groups] == [
        ("2 × Covered call", {1: 200, 2: -2}),
        ("Long stock", {1: 50}),
    ]


def test_what_one_order_opened_stays_together() -> None:
    orders = {1: "7", 2: "7", 3: "8", 4: "8"}
    names = {group.name for group in strategies_of(CONDOR, orders=orders)}
    assert names == {"Bull put spread", "Bear call spread"}


def test_closed_legs_are_left_out_and_accounts_never_mix() -> None:
    assert strategies_of([replace(CONDOR[0], holding=Holding(Decimal(0), None, None, None))]) == []
    with pytest.raises(ValueError, match="two accounts"):
        strategies_of([CONDOR[0], replace(CONDOR[1], account_pk=2)])


def test_an_adjusted_class_covers_only_by_what_it_delivers() -> None:
    shares = leg(1, "KO", 150)
    adjusted = option(2, "C", 55, -1, root="KO1", delivered=Decimal(150))
    assert [group.name for group in strategies_of([shares, adjusted])] == ["Covered call"]
    unknown = option(2, "C", 55, -1, root="KO1", delivered=None)
    assert {g.name for g in strategies_of([shares, unknown])} == {"Long stock", "Short call"}


def test_a_short_put_of_a_cash_account_is_secured() -> None:
    assert strategies_of([CONDOR[1]], is_cash=True)[0].name == "Cash-secured put"
    assert strategies_of([CONDOR[1]])[0].name == "Short put"


def test_the_price_decides_where_a_name_needs_it() -> None:
    legs = [option(1, "C", 95, 2), option(2, "C", 100, -1)]
    first = {
        spot: strategies_of(legs, spots={"KO": Decimal(spot)})[0].name for spot in (101, 96, 95, 90)
    }
    assert first == {101: "ZEBRA", 96: "ZEBRA", 95: "Bull call spread", 90: "Bull call spread"}


def test_options_on_a_future_join_their_contract() -> None:
    future = leg(1, "/ESZ6", 1, kind=Kind.FUTURE, underlying="/ES", contract="/ES", expiration=None)
    call = option(2, "C", 6000, -1, underlying="/ES", contract="/ESZ6", delivered=Decimal(1))
    other = option(3, "C", 6000, -1, underlying="/ES", contract="/ESH7", delivered=Decimal(1))
    groups = strategies_of([future, call, other])
    assert [(group.name, tuple(sorted(group.pks))) for group in groups] == [
        ("Short call", (3,)),
        ("Covered call", (1, 2)),
    ]
    assert {group.underlying for group in groups} == {"/ES"}
