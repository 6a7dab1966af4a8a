"""Trade chains by worked histories, and laws: no cent and no unit is ever lost."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.analytics.chains import figures
from portfolio.analytics.chains.build import rebuild
from portfolio.analytics.chains.events import Event, EventKind, History
from portfolio.analytics.chains.figures import Price
from portfolio.analytics.facts import Note

D = Decimal
START = datetime(2026, 1, 5, 15, tzinfo=UTC)


def event(day: int, symbol: str, quantity: object, cash: object, **facts: object) -> Event:
    values: dict = {"kind": EventKind.TRADE, "account": "A", "underlying": "XYZ", **facts}
    minutes = values.pop("minutes", 0)
    at = START + timedelta(days=day, minutes=minutes)
    key = values.pop("key", f"{day}-{minutes}-{symbol}-{quantity}-{values['kind'].value}")
    right = symbol[0] if symbol[:1] in ("C", "P") else ""
    return Event(
        key, at, symbol=symbol, right=right, quantity=D(str(quantity)), cash=D(str(cash)), **values
    )


def only(history: History):  # type: ignore[no-untyped-def]
    (chain,) = history.chains
    return chain


ROLL = [
    event(0, "P95", -1, "200", fees=D("1.13"), group="1"),
    event(9, "P95", 1, "-310", fees=D("0.13"), group="2"),
    event(9, "P90", -1, "400", fees=D("1.13"), group="2"),
]


def test_the_worked_roll() -> None:
    chain = only(rebuild(ROLL))
    found = figures.pnl(chain, {"P90": Price(D("2.50"), D(100))})
    assert (found.realized, found.open.value, found.total.value) == (D(-110), D(150), D("40.00"))
    assert found.credit == D(290)
    assert (found.fees, found.net.value) == (D("2.39"), D("37.61"))
    assert chain.rolls == 1


def test_a_missing_mark_is_a_note() -> None:
    found = figures.pnl(only(rebuild(ROLL)), {})
    assert (found.total.value, found.realized) == (None, D(-110))
    assert found.total.notes == (Note.NO_MARK,)


def test_a_roll_in_two_orders_a_moment_apart() -> None:
    rows = [
        event(0, "P95", -1, 200, group="1"),
        event(9, "P95", 1, -310, group="2"),
        event(9, "P90", -1, 400, group="3", minutes=2),
    ]
    assert len(rebuild(rows).chains) == 1
    later = [*rows[:2], event(9, "P90", -1, 400, group="3", minutes=20)]
    assert len(rebuild(later).chains) == 2
    other_side = [*rows[:2], event(9, "C110", -1, 400, group="3", minutes=2)]
    assert len(rebuild(other_side).chains) == 2


def test_a_partial_roll_stays_in_one_chain() -> None:
    rows = [
        event(0, "P95", -3, 600, group="1"),
        event(9, "P95", 1, -310, group="2"),
        event(9, "P90", -1, 400, group="2"),
    ]
    chain = only(rebuild(rows))
    assert chain.holdings == {"P95": D(-2), "P90": D(-1)}
    prices = {"P95": Price(D("3"), D(100)), "P90": Price(D("3.5"), D(100))}
    found = figures.pnl(chain, prices)
    assert found.realized == D(200 - 310)
    assert found.open.value == D(400 - 600 + 400 - 350)


def test_one_side_of_a_strangle_rolled_and_grown() -> None:
    rows = [
        event(0, "P90", -1, 150, group="1"),
        event(0, "C110", -1, 140, group="1"),
        event(5, "C110", 1, -60, group="2"),
        event(5, "C105", -2, 330, group="2"),
    ]
    chain = only(rebuild(rows))
    assert chain.holdings == {"P90": D(-1), "C105": D(-2)}
    assert chain.cash == D(560)


def test_assignment_continues_into_shares_until_they_are_called_away() -> None:
    rows = [
        event(0, "P95", -1, 200, group="1"),
        event(30, "P95", 1, 0, kind=EventKind.ASSIGNMENT),
        event(30, "XYZ", 100, -9500, kind=EventKind.DELIVERY),
        event(31, "C100", -1, 150, group="2"),
        event(60, "C100", 1, 0, kind=EventKind.ASSIGNMENT),
        event(60, "XYZ", -100, 10000, kind=EventKind.DELIVERY),
    ]
    history = rebuild(rows)
    first, second = history.chains
    assert (first.cash, second.cash) == (D(700), D(150))
    assert not first.is_open and not second.is_open
    joined = figures.merge(history, [first.key, second.key])
    # Premiums and shares: 2.00 + 1.50 + (100 − 95), for one hundred.
    assert only(joined).cash == D("850") == history.cash


def test_exercise_expiration_and_cash_settlement() -> None:
    exercised = [
        event(0, "C50", 1, -200, group="1"),
        event(30, "C50", -1, 0, kind=EventKind.EXERCISE),
        event(30, "XYZ", 100, -5000, kind=EventKind.DELIVERY),
    ]
    found = figures.pnl(only(rebuild(exercised)), {"XYZ": Price(D("53"), D(1))})
    assert found.total.value == D(100)
    expired = [
        event(0, "P95", -2, 300, group="1"),
        event(30, "P95", 2, 0, kind=EventKind.EXPIRATION),
    ]
    assert figures.pnl(only(rebuild(expired)), {}).total.value == D(300)
    settled = [
        event(0, "C6000", -1, 5000, group="1"),
        event(30, "C6000", 1, -3000, kind=EventKind.CASH_SETTLEMENT),
    ]
    assert figures.pnl(only(rebuild(settled)), {}).realized == D(2000)


def test_a_split_keeps_each_chain_its_share() -> None:
    rows = [
        event(0, "XYZ", 100, -6000, group="1"),
        event(1, "XYZ", 50, -3100, group="2"),
        event(5, "XYZ", -150, 0, kind=EventKind.SPLIT, key="5a"),
        event(5, "XYZnew", 450, 0, kind=EventKind.SPLIT, key="5b"),
    ]
    first, second = rebuild(rows).chains
    assert first.holdings == {"XYZnew": D(300)}
    assert second.holdings == {"XYZnew": D(150)}
    found = figures.pnl(first, {"XYZnew": Price(D("21"), D(1))})
    assert found.total.value == D(300)
    assert (found.realized, found.open.value) == (D(0), D(300))


def test_variation_and_dividends_go_to_who_holds() -> None:
    rows = [
        event(0, "/ESM6", 1, 0, group="1", underlying="/ES"),
        event(0, "/ESM6", 2, 0, group="2", underlying="/ES"),
        event(1, "/ESM6", 0, "725", kind=EventKind.INCOME, underlying="/ES"),
        event(1, "", 0, "-3.21", kind=EventKind.OTHER, underlying=""),
    ]
    history = rebuild(rows)
    assert [chain.cash for chain in history.chains] == [D(725) / 3, D(725) - D(725) / 3]
    assert [item.cash for item in history.unchained] == [D("-3.21")]
    price = Price(D("6034.75"), D(50), base=D("6029.75"))
    assert figures.pnl(history.chains[0], {"/ESM6": price}).open.value == D(250)


def test_a_trade_through_zero_closes_one_chain_and_opens_on() -> None:
    rows = [event(0, "XYZ", 100, -5000), event(1, "XYZ", -150, 7800)]
    chain = only(rebuild(rows))
    assert chain.holdings == {"XYZ": D(-50)}
    found = figures.pnl(chain, {"XYZ": Price(D("50"), D(1))})
    assert (found.realized, found.open.value) == (D(200), D(100))


def test_a_roll_of_two_chains_continues_both() -> None:
    rows = [
        event(0, "P95", -1, 200, group="1"),
        event(1, "P95", -2, 420, group="2"),
        event(9, "P95", 3, -900, group="3"),
        event(9, "P90", -3, 1200, group="3"),
    ]
    first, second = rebuild(rows).chains
    assert (first.holdings, second.holdings) == ({"P90": D(-1)}, {"P90": D(-2)})
    assert (first.cash, second.cash) == (D(300), D(620))


def test_accounts_never_mix() -> None:
    rows = [event(0, "P95", -1, 200), event(1, "P95", 1, -50, account="B")]
    assert len(rebuild(rows).chains) == 2


def test_a_correction_moves_no_money() -> None:
    history = rebuild(ROLL)
    chain = only(history)
    parted = figures.split(history, chain.key, [ROLL[1].key, ROLL[2].key])
    assert len(parted.chains) == 2
    assert parted.cash == history.cash
    again = figures.merge(parted, [item.key for item in parted.chains])
    assert only(again).cash == chain.cash
    assert only(again).holdings == chain.holdings
    with pytest.raises(ValueError, match="no chain"):
        figures.merge(history, ["nothing", chain.key])
    with pytest.raises(ValueError, match="either side"):
        figures.split(history, chain.key, [row.key for row in ROLL])


kinds = st.sampled_from(list(EventKind))
rows = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(["P90", "P95", "C105", "XYZ"]),
        st.integers(-4, 4),
        st.decimals("-900", "900", places=2),
        kinds,
        st.sampled_from(["", "1", "2", "3"]),
        st.sampled_from("AB"),
    ),
    max_size=14,
)


def made(facts: list) -> list[Event]:
    return [
        event(
            day,
            symbol,
            0 if kind in (EventKind.INCOME, EventKind.OTHER) else quantity,
            cash,
            kind=kind,
            group=group if kind is EventKind.TRADE else "",
            account=account,
            fees=abs(cash) / 100,
            key=f"k{i:02}",
        )
        for i, (day, symbol, quantity, cash, kind, group, account) in enumerate(facts)
    ]


@given(rows, st.randoms())
def test_laws(facts: list, chance: random.Random) -> None:
    events = made(facts)
    history = rebuild(events)
    assert round(history.cash, 12) == sum((e.cash for e in events), D(0))
    held: dict[tuple[str, str], Decimal] = {}
    for chain in history.chains:
        for symbol, quantity in chain.holdings.items():
            key = (chain.account, symbol)
            held[key] = held.get(key, D(0)) + quantity
            assert {entry.event.account for entry in chain.entries} == {chain.account}
    wanted: dict[tuple[str, str], Decimal] = {}
    for e in events:
        wanted[e.account, e.symbol] = wanted.get((e.account, e.symbol), D(0)) + e.quantity
    assert {k: v for k, v in held.items() if v} == {k: v for k, v in wanted.items() if v}
    again = events[:]
    chance.shuffle(again)
    assert rebuild(again) == history
    # Marked at 1.00 each, realized + open is all cash plus the value of what is held.
    prices = {symbol: Price(D(1), D(1)) for symbol in ("P90", "P95", "C105", "XYZ")}
    for chain in history.chains:
        found = figures.pnl(chain, prices)
        assert round(found.realized + found.open.value - found.total.value, 12) == 0
        assert found.total.value == chain.cash + sum(chain.holdings.values(), D(0))
