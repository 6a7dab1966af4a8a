"""Ledger rows as the broker writes them, read as events and told as chains."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.analytics.chains import figures
from portfolio.analytics.chains.build import rebuild
from portfolio.analytics.chains.events import Chain, EventKind, History
from portfolio.analytics.chains.figures import Price
from portfolio.analytics.chains.transactions import Booked, events, family

D = Decimal
START = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
EVENING = timedelta(hours=7)
PUT, OTHER_PUT = "XYZ   261120P00095000", "XYZ   261120P00090000"
CALL = "XYZ   261120C00110000"


def row(key: int, day: float, sub_type: str, symbol: str = "", **facts: object) -> Booked:
    """A ledger row; what is traded says so by its sub-type, fees are 0.10 a trade."""
    traded = sub_type.startswith(("Buy", "Sell"))
    kind = "Equity Option" if len(symbol) == 21 else "Equity"
    values: dict = {
        "type": "Trade" if traded else "Receive Deliver",
        "instrument_type": kind if symbol else "",
        "underlying": symbol[:6].strip(),
        "action": sub_type if traded else "",
        **facts,
    }
    for name in ("quantity", "price", "value"):
        values[name] = None if values.get(name) is None else D(str(values[name]))
    if traded and values["type"] == "Trade":
        values.setdefault("net_value", (values["value"] or D(0)) - D("0.10"))
    return Booked(key, START + timedelta(days=day), "A", sub_type=sub_type, symbol=symbol, **values)


def chains(rows: list[Booked]) -> History:
    return rebuild(events(rows))


def only(history: History) -> Chain:
    (chain,) = history.chains
    return chain


def test_a_removal_takes_the_side_that_is_held() -> None:
    rows = [
        row(1, 0, "Sell to Open", PUT, quantity=2, value=400, order=1),
        row(2, 2, "Expiration", PUT, quantity=2, value=0),
        row(3, 0, "Buy to Open", CALL, quantity=1, value=-100, order=2),
        row(4, 2, "Expiration", CALL, quantity=1, value=0),
    ]
    found = events(rows)
    assert [event.quantity for event in found] == [-2, 1, 2, -1]
    assert [event.right for event in found] == ["P", "C", "P", "C"]
    history = chains(rows)
    assert [chain.is_open for chain in history.chains] == [False, False]
    assert [chain.cash for chain in history.chains] == [400, -100]
    assert sum(chain.fees for chain in history.chains) == D("0.20")


def test_shares_go_to_the_option_that_delivered_them() -> None:
    """Two chains end in one minute, one worthless and one assigned: the strike tells."""
    rows = [
        row(1, 0, "Sell to Open", PUT, quantity=1, value=200, order=1),
        row(2, 0.1, "Sell to Open", OTHER_PUT, quantity=1, value=90, order=2),
        row(3, 0.2, "Sell to Open", CALL, quantity=1, value=80, order=3),
        row(5, 2, "Assignment", PUT, quantity=1, value=0),
        row(6, 2, "Assignment", OTHER_PUT, quantity=1, value=0),
        row(7, 2, "Expiration", CALL, quantity=1, value=0),
        row(8, 2, "Buy to Open", "XYZ", type="Receive Deliver", quantity=100, price=90,
            value=-9000, net_value=D(-9000)),
        row(9, 2, "Buy to Open", "XYZ", type="Receive Deliver", quantity=100, price=95,
            value=-9500, net_value=D(-9500)),
    ]  # fmt: skip
    first, second, third = chains(rows).chains
    assert (first.cash, first.holdings) == (200 - 9500, {"XYZ": 100})
    assert (second.cash, second.holdings) == (90 - 9000, {"XYZ": 100})
    assert (third.cash, third.is_open) == (80, False)
    price = {"XYZ": Price(D("93.00"), D(1))}
    # 95 paid, 2.00 taken: 93.00 is where the first makes nothing.
    assert figures.pnl(first, price).total.value == 0


def test_a_split_hands_the_cost_on_to_each_chain() -> None:
    rows = [
        row(1, 0, "Buy to Open", "XYZ", quantity=15, value=-900, order=1),
        row(2, 1, "Buy to Open", "XYZ", quantity=6, value=-420, order=2),
        row(3, 2, "Reverse Split Removal", "XYZ", action="Sell to Close", quantity=21, value=1320),
        row(4, 2, "Reverse Split", "XYZ", action="Buy to Open", quantity=2, value=-1320),
        row(5, 2, "Balance Adjustment", "XYZ", type="Money Movement", value=63, net_value=D(63)),
    ]
    first, second = chains(rows).chains
    assert first.holdings["XYZ"] + second.holdings["XYZ"] == 2
    assert abs(first.holdings["XYZ"] - D(30) / 21) < D("1e-20")
    found = [figures.pnl(chain, {"XYZ": Price(D(600), D(1))}) for chain in (first, second)]
    assert [round(figures.open_cash(chain), 12) for chain in (first, second)] == [-900, -420]
    assert [round(one.realized, 10) for one in found] == [45, 18]
    assert sum(one.total.value or 0 for one in found) == 2 * 600 - 1320 + 63


def test_a_split_after_a_part_was_sold_hands_on_what_is_left() -> None:
    rows = [
        row(1, 0, "Buy to Open", "XYZ", quantity=40, value=-4000, order=1),
        row(2, 1, "Sell to Close", "XYZ", quantity=10, value=1100, order=2),
        row(3, 2, "Forward Split", "XYZ", action="Sell to Close", quantity=30, value=3000),
        row(4, 2, "Forward Split", "XYZ", action="Buy to Open", quantity=60, value=-3000),
        row(5, 3, "Sell to Close", "XYZ", quantity=20, value=1040, order=3),
    ]
    chain = only(chains(rows))
    assert (figures.open_cash(chain), chain.holdings) == (-2000, {"XYZ": 40})
    assert [entry.cash for entry in chain.entries][2:4] == [3000, -3000]
    assert figures.pnl(chain, {"XYZ": Price(D(52), D(1))}).realized == 100 + 40


def test_a_whole_position_lost_to_a_fraction_is_paid_in_cash() -> None:
    rows = [
        row(1, 0, "Buy to Open", "XYZ", quantity=5, value=-300, order=1),
        row(2, 2, "Reverse Split Removal", "XYZ", action="Sell to Close", quantity=5, value=0),
        row(3, 2, "Balance Adjustment", "XYZ", type="Money Movement", value=310, net_value=D(310)),
    ]
    chain = only(chains(rows))
    assert (chain.cash, chain.is_open) == (10, False)
    assert figures.pnl(chain, {}).realized == 10


def test_a_new_name_keeps_the_chain_and_late_money_finds_it() -> None:
    rows = [
        row(1, 0, "Buy to Open", "XYZ", quantity=10, value=-500, order=1),
        row(2, 1, "Symbol Change", "XYZ", action="Sell to Close", quantity=10, value=500),
        row(3, 1, "Symbol Change", "NEW", action="Buy to Open", quantity=10, value=-500),
        row(4, 3, "Dividend", "XYZ", type="Money Movement", value=4, net_value=D(4)),
    ]
    chain = only(chains(rows))
    assert (chain.underlying, chain.holdings, chain.cash) == ("NEW", {"NEW": 10}, -496)


def test_a_dividend_that_is_paid_after_the_sale() -> None:
    rows = [
        row(1, 0, "Buy to Open", "XYZ", quantity=10, value=-500, order=1),
        row(2, 1, "Sell to Close", "XYZ", quantity=10, value=505, order=2),
        row(3, 9, "Dividend", "XYZ", type="Money Movement", value=4, net_value=D(4)),
    ]
    assert only(chains(rows)).cash == 9


def test_a_transfer_is_no_gain() -> None:
    rows = [
        row(1, 0, "ACAT", "XYZ", action="Buy to Open", quantity=100, price=50, value=0),
        row(2, 1, "Sell to Close", "XYZ", quantity=40, value=2100, order=1),
    ]
    history = chains(rows)
    found = figures.pnl(only(history), {"XYZ": Price(D(53), D(1))})
    assert (found.realized, found.open.value) == (100, 180)
    assert [event.cash for event in history.unchained] == [5000]
    assert history.cash == 2100


def test_a_reversal_undoes_its_row() -> None:
    rows = [
        row(1, 0, "Sell to Open", PUT, quantity=2, value=400, order=1),
        row(2, 1, "Sell to Open", PUT, quantity=2, value=-400, net_value=D(-400), reverses=1),
    ]
    chain = only(chains(rows))
    assert (chain.cash, chain.is_open) == (0, False)


def test_futures_and_their_options_are_one_family() -> None:
    option = "./ESZ6 E3DX6 261119P6650"
    facts = {"instrument_type": "Future Option", "underlying": "/ESZ6"}
    future = {"instrument_type": "Future", "underlying": "/ES"}
    rows = [
        row(1, 0, "Sell to Open", option, quantity=1, value=1500, order=1, **facts),
        row(2, 1, "Assignment", option, quantity=1, value=0, **facts),
        row(3, 1, "Buy to Open", "/ESZ6", type="Receive Deliver", quantity=1, price=6650, value=0,
            net_value=D(0), **future),
        row(4, 1, "Mark to Market", "/ESZ6", type="Money Movement", value=-725, **future),
        row(5, 2, "Futures Settlement", "/ESZ6", type="Money Movement", value=-100, quantity=1,
            **future),
    ]  # fmt: skip
    chain = only(chains(rows))
    assert (chain.underlying, chain.cash, chain.is_open) == ("/ES", 675, False)
    assert events(rows)[-1].quantity == -1
    assert [family(name) for name in ("/ESZ6", "/M6EZ26", "/ES", "SPY")] == [
        "/ES", "/M6E", "/ES", "SPY",
    ]  # fmt: skip


def test_a_day_trade_in_a_future_that_is_held_has_its_own_gain() -> None:
    """Bought at 6000 and at 6015, the first sold at 6030; settled at 6010, 6020, 6025, 6020."""
    facts = {"instrument_type": "Future", "underlying": "/ES", "multiplier": D(50)}
    cash = {**facts, "type": "Money Movement"}
    rows = [
        row(1, 0, "Buy", "/ESZ6", quantity=1, price=6000, value=0, order=1, **facts),
        row(2, 0.2, "Mark to Market", "/ESZ6", value=500, **cash),
        row(3, 1, "Buy", "/ESZ6", quantity=1, price=6015, value=0, order=2, **facts),
        row(4, 1.2, "Mark to Market", "/ESZ6", value=D(50) * (10 + 5), **cash),
        row(5, 2, "Sell", "/ESZ6", quantity=1, price=6030, value=0, order=3, **facts),
        row(6, 2.2, "Mark to Market", "/ESZ6", value=D(50) * (10 + 5), **cash),
        row(7, 3, "Futures Settlement", "/ESZ6", quantity=1, value=D(50) * -5, **cash),
    ]
    history = chains(rows)
    first, second = history.chains
    assert (first.cash, second.cash) == (50 * 30, 50 * (6020 - 6015))
    assert not first.is_open and not second.is_open
    assert history.cash == 500 + 750 + 750 - 250
    told = [replace(one, multiplier=None) for one in rows]
    assert rebuild(events(told)).cash == history.cash


def test_money_without_a_symbol_is_in_no_chain() -> None:
    history = chains([row(1, 0, "Deposit", type="Money Movement", value=5, net_value=D(5))])
    assert not history.chains
    assert [event.kind for event in history.unchained] == [EventKind.OTHER]


SUB_TYPES = (
    "Buy to Open", "Sell to Open", "Buy to Close", "Sell to Close", "Expiration", "Assignment",
    "Exercise", "Forward Split", "Reverse Split Removal", "Reverse Split", "Symbol Change",
    "Dividend", "Cash Settled Exercise", "ACAT", "Deposit", "Something New",
)  # fmt: skip
ledger = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(SUB_TYPES),
        st.sampled_from((PUT, CALL, "XYZ", "NEW", "")),
        st.sampled_from(("", "Buy to Open", "Sell to Close", "Sell to Open")),
        st.one_of(st.none(), st.integers(0, 9)),
        st.decimals("-900", "900", places=2),
        st.sampled_from((None, 1, 2, 3)),
        st.sampled_from(("Trade", "Receive Deliver", "Money Movement", "Administrative Transfer")),
    ),
    max_size=16,
)


@settings(max_examples=150, deadline=None)
@given(ledger, st.randoms())
def test_no_cent_and_no_unit_is_lost_whatever_the_rows_say(
    facts: list[tuple], chance: random.Random
) -> None:
    rows = [
        replace(
            row(key, day, sub_type, symbol, type=kind, action=action, quantity=quantity,
                price=10, value=value, net_value=value - D("0.13")),
            order=order, reverses=order if sub_type == "Dividend" else None,
        )
        for key, (day, sub_type, symbol, action, quantity, value, order, kind) in enumerate(facts)
    ]  # fmt: skip
    found = events(rows)
    history = rebuild(found)
    fees = sum((chain.fees for chain in history.chains), D(0))
    fees += sum((event.fees for event in history.unchained), D(0))
    moved = sum((one.net_value or D(0) for one in rows), D(0))
    assert round(history.cash - fees - moved, 12) == 0
    held: dict[str, Decimal] = {}
    for event in found:
        held[event.symbol] = held.get(event.symbol, D(0)) + event.quantity
    kept: dict[str, Decimal] = {}
    for chain in history.chains:
        for symbol, quantity in chain.holdings.items():
            kept[symbol] = kept.get(symbol, D(0)) + quantity
    nothing = {symbol for symbol in {*held, *kept} if not held.get(symbol) and not kept.get(symbol)}
    for symbol in {*held, *kept} - nothing:
        assert round(held.get(symbol, D(0)) - kept.get(symbol, D(0)), 12) == 0
    again = rows[:]
    chance.shuffle(again)
    assert rebuild(events(again)) == history
