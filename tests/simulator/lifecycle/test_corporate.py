"""Corporate actions: what is held, what it is worth, and what the ledger says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator import corporate, lifecycle_options
from simulator.balances import net_liq
from simulator.boot import open_world
from simulator.model import Transaction
from tests.simulator.books import check_account, holdings
from tests.simulator.conftest import NUMBER, START, Desk

CALL, PUT = "MSFT  261218C00520000", "MSFT  261218P00500000"
ZERO = Decimal(0)


async def stocked(desk: Desk, shares: int = 15) -> None:
    """Shares, a bought call and a sold put."""
    await desk.buy("MSFT", shares)
    await desk.buy(CALL, 2)
    await desk.place(("Sell to Open", PUT, 1), order_type="Market")
    desk.pass_time(3)


def act(desk: Desk, kind: str, about: int = 250, **keys: Any) -> list[Transaction]:
    """Carry an action out on MSFT; the rows that it wrote, after a look at the books."""
    rows = desk.world.transactions[NUMBER]
    count, before = len(rows), net_liq(desk.world, desk.account)
    names = {key.replace("_", "-"): value for key, value in keys.items()}
    answer = corporate.apply(desk.world, {"kind": kind, "symbol": "MSFT", **names})
    assert answer["accounts"] == [NUMBER]
    check_account(desk.world, NUMBER)
    after = net_liq(desk.world, desk.account)
    # options are quoted with a spread and on ticks of their own: their marks move a little
    assert abs(after - before) < about, (before, after)
    return rows[count:]


async def test_a_whole_split_multiplies_shares_and_contracts(desk: Desk) -> None:
    await stocked(desk)
    mark, option = desk.world.market.mark("MSFT"), desk.world.market.mark(CALL)
    average = desk.account.positions["MSFT"].average_open
    close = desk.quote("MSFT").prev_close
    rows = act(desk, "split", new=2)
    assert {r.sub_type for r in rows} == {"Forward Split"}
    assert sum((r.net_value for r in rows), ZERO) == 0
    assert holdings(desk.account) == {
        "MSFT": 30, "MSFT  261218C00260000": 4, "MSFT  261218P00250000": -2,
    }  # fmt: skip
    assert desk.account.positions["MSFT"].average_open == average / 2
    assert abs(desk.world.market.mark("MSFT") - mark / 2) < Decimal("0.02")
    assert abs(desk.world.market.mark("MSFT  261218C00260000") - option / 2) < Decimal("0.2")
    assert abs(desk.quote("MSFT").prev_close - close / 2) < Decimal("0.02")
    chain = await desk.get("/option-chains/MSFT/nested")
    (item,) = chain["items"]
    strikes = {s["strike-price"] for e in item["expirations"] for s in e["strikes"]}
    assert "260.0" in strikes
    order = await desk.place(("Sell to Close", "MSFT  261218C00260000", 4), order_type="Market")
    desk.pass_time(3)
    assert desk.world.orders[order["order"]["id"]].status == "Filled"


async def test_an_odd_split_changes_what_is_delivered(desk: Desk) -> None:
    await stocked(desk)
    mark = desk.world.market.mark("MSFT")
    rows = act(desk, "split", new=3, old=2)
    assert holdings(desk.account) == {
        "MSFT": 22, "MSFT1 261218C00520000": 2, "MSFT1 261218P00500000": -1,
    }  # fmt: skip
    (fraction,) = [r for r in rows if r.type == "Money Movement"]
    assert fraction.sub_type == "Balance Adjustment"
    assert abs(fraction.value - mark * 2 / 3 / 2) < Decimal("0.05")
    chain = await desk.get("/option-chains/MSFT/nested")
    adjusted = next(i for i in chain["items"] if i["root-symbol"] == "MSFT1")
    assert adjusted["option-chain-type"] == "Non-standard"
    assert [d["amount"] for d in adjusted["deliverables"]] == ["150.0"]
    symbol = "MSFT1 261218C00520000"
    refused = await desk.place(("Buy to Open", symbol, 1), order_type="Market", status=422)
    assert refused["error"]["errors"][0]["code"] == "closing_only"
    order = await desk.place(("Sell to Close", symbol, 1), order_type="Market")
    desk.pass_time(3)
    assert desk.world.orders[order["order"]["id"]].status == "Filled"
    assert holdings(desk.account)[symbol] == 1


async def test_an_adjusted_call_delivers_its_shares(desk: Desk) -> None:
    await desk.buy(CALL, 2)
    act(desk, "split", new=3, old=2)
    symbol = "MSFT1 261218C00520000"
    lifecycle_options.exercise(desk.world, desk.account, symbol, Decimal(1))
    assert holdings(desk.account) == {"MSFT": 150, symbol: 1}
    assert desk.world.transactions[NUMBER][-1].net_value == -52_000
    check_account(desk.world, NUMBER)


async def test_a_reverse_split_leaves_whole_shares(desk: Desk) -> None:
    await stocked(desk)
    rows = act(desk, "split", new=1, old=10)
    assert desk.account.positions["MSFT"].quantity == 1
    names = {r.sub_type for r in rows}
    assert names == {"Reverse Split", "Reverse Split Removal", "Balance Adjustment"}
    assert holdings(desk.account)["MSFT1 261218C00520000"] == 2
    assert desk.world.market.mark("MSFT1 261218C00520000") > 0


async def test_a_special_dividend_lowers_price_and_strikes(desk: Desk) -> None:
    await stocked(desk)
    mark = desk.world.market.mark("MSFT")
    rows = act(desk, "special-dividend", amount="20")
    paid = next(r for r in rows if r.type == "Money Movement")
    assert (paid.sub_type, paid.net_value) == ("Special Dividend", 300)
    assert abs(desk.world.market.mark("MSFT") - mark + 20) < Decimal("0.1")
    assert set(holdings(desk.account)) == {
        "MSFT", "MSFT  261218C00500000", "MSFT  261218P00480000",
    }  # fmt: skip


async def test_a_symbol_change_keeps_everything_else(desk: Desk) -> None:
    await stocked(desk)
    mark, option = desk.world.market.mark("MSFT"), desk.world.market.mark(CALL)
    rows = act(desk, "symbol-change", to="MICR")
    assert {r.sub_type for r in rows} == {"Symbol Change"}
    assert holdings(desk.account) == {
        "MICR": 15, "MICR  261218C00520000": 2, "MICR  261218P00500000": -1,
    }  # fmt: skip
    assert desk.world.market.mark("MICR") == mark
    assert abs(desk.world.market.mark("MICR  261218C00520000") - option) < Decimal("0.1")
    await desk.get("/instruments/equities/MSFT", 404)
    assert (await desk.get("/instruments/equities/MICR"))["symbol"] == "MICR"
    frames = [f["data"] for f in desk.sent() if f["type"] == "CurrentPosition"]
    last = {f["symbol"]: f["quantity-direction"] for f in frames}
    assert (last["MSFT"], last["MICR"]) == ("Zero", "Long")


async def test_a_merger_for_shares_and_cash(desk: Desk) -> None:
    await stocked(desk)
    price, other = desk.world.market.mark("MSFT"), desk.world.market.mark("AAPL")
    ratio = ((price - 50) / other).quantize(Decimal("0.01"))
    rows = act(desk, "merger", into="AAPL", ratio=str(ratio), cash="50")
    assert {"Stock Merger", "Stock Merger Removal", "Cash Merger"} <= {r.sub_type for r in rows}
    cash = next(r for r in rows if r.sub_type == "Cash Merger")
    assert cash.net_value == 750
    assert desk.account.positions["AAPL"].quantity == int(15 * ratio)
    assert holdings(desk.account)["AAPL1 261218C00520000"] == 2
    desk.jump(datetime(2026, 12, 18, 23, tzinfo=UTC))
    check_account(desk.world, NUMBER)
    assert not [s for s in holdings(desk.account) if s.startswith("AAPL1")]


async def test_a_buy_out_ends_the_options_too(desk: Desk) -> None:
    await stocked(desk)
    price = desk.world.market.mark("MSFT").quantize(Decimal("0.01"))
    rows = act(desk, "merger", about=2500, cash=str(price))  # time value is lost
    assert {"Cash Merger"} < {r.sub_type for r in rows}
    assert holdings(desk.account) == {}
    assert desk.world.market.quote("MSFT") is None
    desk.jump(desk.world.clock.now() + timedelta(days=2))
    check_account(desk.world, NUMBER)


async def test_a_spin_off_shares_the_value(desk: Desk) -> None:
    await stocked(desk)
    price, average = desk.world.market.mark("MSFT"), desk.account.positions["MSFT"].average_open
    act(desk, "spin-off", to="SOFTY", ratio="2", part="0.25")
    held = desk.account.positions
    assert held["SOFTY"].quantity == 30
    assert held["MSFT"].average_open == (average * Decimal("0.75")).normalize()
    both = desk.world.market.mark("MSFT") + 2 * desk.world.market.mark("SOFTY")
    assert abs(both - price) < Decimal("0.1")
    assert holdings(desk.account)["MSFT1 261218C00520000"] == 2
    chain = await desk.get("/option-chains/MSFT/nested")
    adjusted = next(i for i in chain["items"] if i["root-symbol"] == "MSFT1")
    assert [d["symbol"] for d in adjusted["deliverables"]] == ["MSFT", "SOFTY"]


async def test_open_orders_are_removed_by_the_broker(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "MSFT", 5), order_type="Limit", price="300.00")
    other = await desk.place(("Buy to Open", "KO", 5), order_type="Limit", price="30.00")
    desk.pass_time(2)
    corporate.apply(desk.world, {"kind": "split", "symbol": "MSFT", "new": 2})
    assert desk.statuses(data["order"]["id"])[-1] == "Removed"
    assert desk.world.orders[other["order"]["id"]].status == "Live"


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "split", "symbol": "SPX", "new": 2},
        {"kind": "split", "symbol": "MSFT", "new": "NaN"},
        {"kind": "split", "symbol": "MSFT", "new": 1},
        {"kind": "split", "symbol": "ZZZZ", "new": 2},
        {"kind": "symbol-change", "symbol": "MSFT", "to": "AAPL"},
        {"kind": "symbol-change", "symbol": "MSFT", "to": "spxw"},
        {"kind": "symbol-change", "symbol": "MSFT", "to": "SPXW"},
        {"kind": "merger", "symbol": "MSFT"},
        {"kind": "merger", "symbol": "MSFT", "into": "MSFT", "ratio": 1},
        {"kind": "special-dividend", "symbol": "MSFT", "amount": 900},
        {"kind": "dividend", "symbol": "MSFT", "amount": 1, "pays-on": "yesterday"},
        {"kind": "spin-off", "symbol": "MSFT", "to": "NEWCO", "ratio": 1, "part": 1},
        {"kind": "bankruptcy", "symbol": "MSFT"},
    ],
)
async def test_what_cannot_be_done_changes_nothing(desk: Desk, action: dict[str, Any]) -> None:
    await desk.place(("Buy to Open", "MSFT", 5), order_type="Limit", price="300.00")
    desk.pass_time(2)
    before = desk.world.market.snapshot()
    with pytest.raises(ValueError, match=r"\w"):
        corporate.apply(desk.world, action)
    assert desk.world.market.snapshot() == before
    assert all(not o.terminal for o in desk.world.orders.values())


async def test_a_market_restored_before_the_action_knows_nothing_of_it(desk: Desk) -> None:
    market = desk.world.market
    before, mark = market.snapshot(), market.mark("MSFT")
    for action in (
        {"kind": "split", "symbol": "MSFT", "new": 3, "old": 2},
        {"kind": "symbol-change", "symbol": "MSFT", "to": "MICR"},
        {"kind": "spin-off", "symbol": "MICR", "to": "SOFTY", "ratio": 1, "part": "0.1"},
        {"kind": "merger", "symbol": "KO", "into": "PEP", "ratio": "0.5"},
    ):
        corporate.apply(desk.world, action)
    after, renamed = market.snapshot(), market.mark("MICR")
    market.restore(before)
    assert market.mark("MSFT") == mark
    assert market.quote("MICR") is None
    assert market.quote("KO") is not None
    market.restore(after)
    assert market.mark("MICR") == renamed
    assert market.quote("KO") is None
    assert market.quote("SOFTY") is not None


async def test_what_companies_did_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state"
    world = open_world(scenario="empty", seed=7, start=START, speed=0, state=file)
    account = world.accounts[NUMBER]
    lifecycle_options.receive(
        world, account, "MSFT", Decimal(10), Decimal(500), Decimal(-5000), START
    )
    corporate.apply(world, {"kind": "split", "symbol": "MSFT", "new": 3, "old": 2})
    corporate.apply(world, {"kind": "symbol-change", "symbol": "MSFT", "to": "MICR"})
    world.flush()
    again = open_world(scenario="empty", seed=7, speed=0, state=file)
    assert holdings(again.accounts[NUMBER]) == {"MICR": 15}
    assert again.market.mark("MICR") == world.market.mark("MICR")
    assert again.market.quote("MSFT") is None
    check_account(again, NUMBER)
