"""Money adds up: ledger, cash, positions, balance, margin report and history say the same."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from simulator.balances import futures_cash, net_liq
from simulator.market import corporate
from simulator.market.calendar import at
from simulator.model import Transaction
from simulator.world import World
from tests.simulator.conftest import NUMBER, Desk

ACCOUNTS = ("5WT00001", "5WT00002", "5WT00003", "5WT00004")
ZERO = Decimal(0)


def signed(row: dict[str, Any], key: str) -> Decimal:
    """Magnitude and effect as one number."""
    value = Decimal(row[key])
    return -value if row[f"{key}-effect"] == "Debit" else value


async def ledger(desk: Desk, number: str) -> list[dict[str, Any]]:
    """All transactions of an account over REST, page by page."""
    rows: list[dict[str, Any]] = []
    page = 0
    while True:
        answer = await desk.client.get(
            f"/accounts/{number}/transactions",
            params={"per-page": 10, "page-offset": page},
        )
        body = answer.json()
        rows += body["data"]["items"]
        page += 1
        if page >= body["pagination"]["total-pages"]:
            return rows


@pytest.mark.parametrize("number", ACCOUNTS)
async def test_cash_is_the_sum_of_the_ledger(demo: Desk, number: str) -> None:
    rows = await ledger(demo, number)
    balance = await demo.get(f"/accounts/{number}/balances/USD")
    assert sum(signed(row, "net-value") for row in rows) == Decimal(balance["cash-balance"])


@pytest.mark.parametrize("number", ACCOUNTS)
async def test_trades_reproduce_the_positions(demo: Desk, number: str) -> None:
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in await ledger(demo, number):
        if row["transaction-type"] == "Trade":
            sign = 1 if row["action"].startswith("Buy") else -1
            held[row["symbol"]] += sign * Decimal(row["quantity"])
    found = await demo.get(f"/accounts/{number}/positions")
    shown = {
        p["symbol"]: Decimal(p["quantity"]) * (1 if p["quantity-direction"] == "Long" else -1)
        for p in found["items"]
    }
    assert shown == {symbol: quantity for symbol, quantity in held.items() if quantity}


@pytest.mark.parametrize("number", ACCOUNTS)
async def test_net_value_is_value_less_fees(demo: Desk, number: str) -> None:
    keys = ("commission", "clearing-fees", "regulatory-fees", "proprietary-index-option-fees")
    for row in await ledger(demo, number):
        fees = sum((signed(row, key) for key in keys if key in row), ZERO)
        assert signed(row, "net-value") == signed(row, "value") + fees


@pytest.mark.parametrize("number", ACCOUNTS)
async def test_balance_identities(demo: Desk, number: str) -> None:
    b = await demo.get(f"/accounts/{number}/balances/USD")
    value = {k: Decimal(v) for k, v in b.items() if k.endswith("-value")}
    kinds = ("equity", "derivative", "futures-derivative", "cryptocurrency")
    worth = sum(value[f"long-{k}-value"] - value[f"short-{k}-value"] for k in kinds)
    intraday = signed_intraday(b)
    cash = Decimal(b["cash-balance"])
    assert value["net-liquidating-value"] == cash + worth + intraday
    stock = value["long-equity-value"] - value["short-equity-value"]
    assert Decimal(b["margin-equity"]) == cash + stock
    excess = Decimal(b["margin-equity"]) - Decimal(b["maintenance-requirement"])
    assert Decimal(b["maintenance-excess"]) == excess


def signed_intraday(balance: dict[str, Any]) -> Decimal:
    """Intraday futures cash, absent where futures are not enabled."""
    if "intraday-futures-cash-amount" not in balance:
        return ZERO
    amount = Decimal(balance["intraday-futures-cash-amount"])
    return -amount if balance["intraday-futures-cash-effect"] == "Debit" else amount


@pytest.mark.parametrize("number", ACCOUNTS)
async def test_margin_report_agrees_with_the_balance(demo: Desk, number: str) -> None:
    balance = await demo.get(f"/accounts/{number}/balances/USD")
    report = await demo.get(f"/margin/accounts/{number}/requirements")
    for key in ("margin-requirement", "maintenance-requirement"):
        groups = sum(signed(group, key) for group in report["groups"])
        assert signed(report, key) == groups
        for group in report["groups"]:
            assert sum(signed(inner, key) for inner in group["groups"]) == signed(group, key)
    shown = Decimal(balance["maintenance-requirement"])
    assert -signed(report, "maintenance-requirement") == shown
    power = Decimal(balance["derivative-buying-power"])
    assert signed(report, "option-buying-power") == power


@pytest.mark.parametrize("number", ACCOUNTS)
async def test_history_ends_with_the_present(demo: Desk, number: str) -> None:
    balance = await demo.get(f"/accounts/{number}/balances/USD")
    for back in ("1d", "1w", "1y", "all"):
        bars = await demo.get(f"/accounts/{number}/net-liq/history", **{"time-back": back})
        assert bars["items"][-1]["close"] == balance["net-liquidating-value"]
        times = [bar["time"] for bar in bars["items"]]
        assert times == sorted(times)
    for back in ("7d", ""):
        await demo.get(f"/accounts/{number}/net-liq/history", 400, **{"time-back": back})


async def test_position_marks_are_the_markets(demo: Desk) -> None:
    found = await demo.get(f"/accounts/{NUMBER}/positions", **{"include-marks": "true"})
    for p in found["items"]:
        assert Decimal(p["mark-price"]) == demo.world.market.mark(p["symbol"])
        whole = Decimal(p["mark-price"]) * Decimal(p["quantity"]) * Decimal(str(p["multiplier"]))
        assert Decimal(p["mark"]) == whole
        assert p["cost-effect"] == ("Credit" if p["quantity-direction"] == "Long" else "Debit")


async def test_snapshots(demo: Desk) -> None:
    path = f"/accounts/{NUMBER}/balance-snapshots"
    day = {"time-of-day": "EOD", "snapshot-date": "2026-11-17"}
    (row,) = (await demo.get(path, **day))["items"]
    assert (row["snapshot-date"], row["time-of-day"]) == ("2026-11-17", "EOD")
    morning = {"time-of-day": "BOD", "snapshot-date": "2026-11-18"}
    (after,) = (await demo.get(path, **morning))["items"]
    assert after["cash-balance"] == row["cash-balance"]
    latest = (await demo.get(path, **{"time-of-day": "EOD"}))["items"]
    assert [r["snapshot-date"] for r in latest] == ["2026-11-17", "2026-11-18"]
    missing = await demo.get(path, 400)
    assert missing["error"]["errors"] == [{"domain": "time-of-day", "reason": "is missing"}]
    await demo.get(path, 400, **{"time-of-day": "Noon"})
    await demo.get(path, 400, **day, **{"start-date": "2026-11-01"})


async def test_demo_holds_what_it_promises(demo: Desk) -> None:
    names: set[str] = set()
    kinds: set[str] = set()
    for number in ACCOUNTS:
        report = await demo.get(f"/margin/accounts/{number}/requirements")
        names |= {inner["description"] for g in report["groups"] for inner in g["groups"]}
        found = await demo.get(f"/accounts/{number}/positions")
        kinds |= {p["instrument-type"] for p in found["items"]}
    assert {"SHORT_VERTICAL", "SHORT_STRANGLE", "IRON_CONDOR", "COVERED_CALL", "FUTURES",
            "NAKED_OPTION"} <= names  # fmt: skip
    assert kinds == {"Equity", "Equity Option", "Future", "Future Option", "Cryptocurrency"}
    types = [i["account"]["account-type-name"]
             for i in (await demo.get("/customers/me/accounts"))["items"]]  # fmt: skip
    assert types == ["Individual", "Traditional IRA", "Roth IRA", "LLC"]


# -- trading ---------------------------------------------------------------------------------


async def test_a_round_trip(desk: Desk) -> None:
    bought = await desk.buy("MSFT", 10)
    await desk.place(("Sell to Close", "MSFT", 10), order_type="Market")
    desk.pass_time(3)
    sold = next(o for o in desk.world.orders.values() if o.id != bought.id)
    gain = (sold.legs[0].fills[0].price - bought.legs[0].fills[0].price) * 10
    path = f"/accounts/{NUMBER}/positions"
    assert (await desk.get(path))["items"] == []
    (row,) = (await desk.get(path, **{"include-closed-positions": "True"}))["items"]
    assert (row["quantity"], row["quantity-direction"], row["cost-effect"]) == (0, "Zero", "None")
    assert signed(row, "realized-today") == gain
    assert desk.account.cash == desk.cash_of_ledger()
    assert desk.account.status["day-trade-count"] == 1
    fees = await desk.get(f"/accounts/{NUMBER}/transactions/total-fees")
    assert -signed(fees, "total-fees") == 100_000 + gain - desk.account.cash


async def test_average_price_and_partial_close(desk: Desk) -> None:
    prices = []
    for _ in range(2):
        order = await desk.buy("KO", 10)
        prices.append(order.legs[0].fills[0].price)
        desk.pass_time(300)
    position = desk.account.positions["KO"]
    assert position.average_open == sum(prices, ZERO) / 2
    await desk.place(("Sell to Close", "KO", 5), order_type="Market")
    desk.pass_time(3)
    assert position.quantity == 15
    assert position.average_open == sum(prices, ZERO) / 2


async def test_futures_settle_in_cash_at_the_end_of_the_day(desk: Desk) -> None:
    await desk.place(("Buy", "/ESZ6", 1), order_type="Market")
    desk.pass_time(3)
    cash = desk.account.cash
    open_gain = futures_cash(desk.world, desk.account)
    assert open_gain != 0
    worth = net_liq(desk.world, desk.account)
    assert worth == cash + open_gain
    desk.jump(datetime(2026, 11, 18, 22, 0, 1, tzinfo=UTC))
    marked = [t for t in desk.world.transactions[NUMBER] if t.sub_type == "Mark to Market"]
    assert len(marked) == 1
    assert marked[0].executed_at == datetime(2026, 11, 18, 22, tzinfo=UTC)
    assert desk.account.cash == cash + marked[0].net_value == desk.cash_of_ledger()
    position = desk.account.positions["/ESZ6"]
    assert position.settle_basis == desk.world.market.mark("/ESZ6")


async def test_fees_of_an_order_in_parts_are_those_of_the_whole(desk: Desk) -> None:
    symbol = "MSFT  261218C00520000"
    data = await desk.place(("Buy to Open", symbol, 12), order_type="Market")
    desk.pass_time(60)
    order = desk.world.orders[data["order"]["id"]]
    assert order.status == "Filled"
    rows = [t for t in desk.world.transactions[NUMBER] if t.order_id == order.id]
    assert sum((t.commission or ZERO for t in rows), ZERO) == 10
    assert sum((t.clearing or ZERO for t in rows), ZERO) == Decimal("1.2")
    assert sum((t.quantity or ZERO for t in rows), ZERO) == 12


async def test_working_orders_reserve_buying_power(desk: Desk) -> None:
    async def power() -> Decimal:
        balance = await desk.get(f"/accounts/{NUMBER}/balances/USD")
        return Decimal(balance["derivative-buying-power"])

    before = await power()
    data = await desk.place(("Buy to Open", "KO", 100), order_type="Limit", price="50.00")
    effect = data["buying-power-effect"]
    change = Decimal(effect["change-in-buying-power"])
    assert effect["change-in-buying-power-effect"] == "Debit"
    assert change == Decimal("2500.08")
    desk.pass_time(2)
    assert await power() == before - change
    assert Decimal(effect["new-buying-power"]) == before - change
    await desk.send("DELETE", f"/accounts/{NUMBER}/orders/{data['order']['id']}", None, 200)
    desk.pass_time(2)
    assert await power() == before


async def test_buying_power_never_goes_below_zero(desk: Desk) -> None:
    for _ in range(12):
        body = desk.order_body(("Buy to Open", "MSFT", 60), order_type="Market")
        answer = await desk.client.post(f"/accounts/{NUMBER}/orders", json=body)
        desk.pass_time(5)
        if answer.status_code == 422:
            break
    assert answer.status_code == 422
    assert answer.json()["error"]["errors"][0]["code"] == "margin_check_failed"
    balance = await desk.get(f"/accounts/{NUMBER}/balances/USD")
    # marks move between check and execution: half a percent of the book is generous
    assert Decimal(balance["derivative-buying-power"]) > -1000


def _expiring(world: World) -> date:
    return date(2026, 11, 20)


@pytest.mark.parametrize(("strike", "sub_type"), [(400, "Exercise"), (640, "Expiration")])
async def test_options_end(desk: Desk, strike: int, sub_type: str) -> None:
    symbol = f"MSFT  {_expiring(desk.world):%y%m%d}C{strike:05d}000"
    await desk.place(("Buy to Open", symbol, 1), order_type="Market")
    desk.pass_time(3)
    assert desk.account.positions[symbol].quantity == 1
    desk.jump(datetime(2026, 11, 20, 23, tzinfo=UTC))
    ends: list[Transaction] = [
        t for t in desk.world.transactions[NUMBER] if t.type == "Receive Deliver"
    ]
    assert ends[0].sub_type == sub_type
    assert symbol not in desk.account.positions
    assert ("MSFT" in desk.account.positions) is (sub_type == "Exercise")
    assert desk.account.cash == desk.cash_of_ledger()


async def test_dividends_go_to_those_who_held_before_the_ex_date(desk: Desk) -> None:
    row = desk.world.market.line("KO").row
    payment = next(d for d in corporate.dividends(row) if d.ex_date > date(2026, 11, 20))
    await desk.buy("KO", 10)
    desk.jump(at(payment.ex_date, 12))
    await desk.sign_in()
    await desk.place(("Sell to Close", "KO", 10), order_type="Market")
    desk.pass_time(3)
    desk.jump(at(payment.pay_date, 18))
    (paid,) = [t for t in desk.world.transactions[NUMBER] if t.sub_type == "Dividend"]
    assert paid.net_value == Decimal(str(payment.amount)) * 10
    assert paid.on == payment.pay_date
    assert desk.account.cash == desk.cash_of_ledger()


async def test_transaction_filters(demo: Desk) -> None:
    path = f"/accounts/{NUMBER}/transactions"

    async def rows(**query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await demo.get(path, **query))["items"]
        return found

    money = await rows(**{"types[]": "Money Movement"})
    assert {r["transaction-type"] for r in money} == {"Money Movement"}
    assert await rows(type="Money Movement") == money
    assert {r["symbol"] for r in await rows(symbol="AAPL")} == {"AAPL"}
    assert {r["transaction-sub-type"] for r in await rows(**{"sub-type[]": "Deposit"})} == {
        "Deposit"
    }
    assert len(await rows(**{"start-date": "2026-11-18"})) == 2
    since = {"start-at": "2026-11-18 14:45:00+00:00", "end-at": "2026-11-18T23:00:00Z"}
    assert [r["transaction-sub-type"] for r in await rows(**since)] == ["Sell to Close"]
    both = await demo.get(path, 400, **{"type": "Trade", "types[]": "Trade"})
    assert both["error"]["errors"][0]["domain"] == "type"
    ascending = [r["id"] for r in await rows(sort="Asc")]
    assert ascending == [r["id"] for r in await rows()][::-1]
    one = await demo.get(f"{path}/{ascending[0]}")
    assert one["transaction-sub-type"] == "Deposit"
    await demo.get(f"{path}/1", 404)


async def test_position_filters(demo: Desk) -> None:
    path = f"/accounts/{NUMBER}/positions"

    async def symbols(**query: Any) -> set[str]:
        return {p["symbol"] for p in (await demo.get(path, **query))["items"]}

    assert await symbols(symbol="AAPL") == {"AAPL"}
    assert await symbols(symbol="ZZZZ") == set()
    assert await symbols(**{"instrument-type": "Future"}) == {"/ESZ6"}
    assert len(await symbols(**{"underlying-symbol[]": ["SPY", "NVDA"]})) == 4
    assert len(await symbols(**{"underlying-product-code": "ES"})) == 2
