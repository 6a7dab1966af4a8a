"""Ends of options and futures, and what happens before the end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from simulator import lifecycle_options
from simulator.lifecycle_cash import rate_of
from simulator.market import calendar, corporate
from simulator.market.calendar import at
from simulator.model import Transaction
from simulator.transfers import transfer
from tests.simulator.books import check_account, holdings
from tests.simulator.conftest import NUMBER, Desk

FRIDAY = date(2026, 11, 20)
EVENING = at(FRIDAY, 18)
ZERO = Decimal(0)


def give(desk: Desk, symbol: str, quantity: int, price: str = "1") -> None:
    """Put a holding into the account, paid for."""
    each, terms = Decimal(price), desk.world.market.multiplier(symbol)
    value = ZERO if symbol.startswith("/") else -each * quantity * terms
    lifecycle_options.receive(
        desk.world, desk.account, symbol, Decimal(quantity), each, value, desk.world.clock.now()
    )


def set_close(desk: Desk, symbol: str, price: str, day: date = FRIDAY) -> None:
    """Let a share close at a price to the cent on a day."""
    market, end = desk.world.market, calendar.session(day).close
    desk.jump(end - timedelta(minutes=1))
    level = market.view_at(end).levels.spot(symbol, end.timestamp())
    market.move(symbol, float(price) / level, end - timedelta(seconds=1))


def ends(desk: Desk) -> list[Transaction]:
    """Rows of deliveries that were not put there by `give`, in order."""
    given = desk.world.transactions[NUMBER]
    return [t for t in given if t.type == "Receive Deliver" and t.on >= FRIDAY]


def occ(day: date, side: str, strike: str, root: str = "MSFT") -> str:
    """An option symbol."""
    return f"{root:<6}{day:%y%m%d}{side}{int(Decimal(strike) * 1000):08d}"


@pytest.mark.parametrize(
    ("close", "quantity", "names"),
    [
        ("520.01", 2, ["Exercise", "Buy to Open"]),
        ("520.00", 2, ["Expiration"]),
        ("519.99", 2, ["Expiration"]),
        ("520.01", -2, ["Assignment", "Sell to Open"]),
        ("519.99", -2, ["Expiration"]),
    ],
)
async def test_a_cent_decides(desk: Desk, close: str, quantity: int, names: list[str]) -> None:
    symbol = occ(FRIDAY, "C", "520")
    give(desk, symbol, quantity)
    set_close(desk, "MSFT", close)
    desk.jump(EVENING)
    rows = ends(desk)
    assert [r.sub_type for r in rows] == names
    assert rows[0].action is None
    assert rows[0].value == 0
    if len(rows) == 2:
        assert rows[1].price == 520
        assert rows[1].net_value == -520 * 100 * quantity
        assert holdings(desk.account) == {"MSFT": 100 * quantity}
    check_account(desk.world, NUMBER)
    frames = [f["data"] for f in desk.sent() if f["type"] == "CurrentPosition"]
    last = [f for f in frames if f["symbol"] == symbol][-1]
    assert last["quantity-direction"] == "Zero"


async def test_at_the_strike_some_sold_contracts_are_assigned(desk: Desk) -> None:
    strikes = ["500", "520"]
    for strike in strikes:
        give(desk, occ(FRIDAY, "P", strike), -20)
    set_close(desk, "MSFT", "520.00")
    desk.jump(EVENING)
    assigned = [r for r in ends(desk) if r.sub_type == "Assignment"]
    lapsed = {r.symbol: r.quantity for r in ends(desk) if r.sub_type == "Expiration"}
    assert lapsed[occ(FRIDAY, "P", "500")] == 20
    (row,) = assigned
    assert row.symbol == occ(FRIDAY, "P", "520")
    assert 0 < row.quantity < 20
    assert row.quantity + lapsed[row.symbol] == 20
    assert desk.account.positions["MSFT"].quantity == row.quantity * 100
    check_account(desk.world, NUMBER)


async def test_a_holder_may_decide_otherwise(desk: Desk) -> None:
    inside, outside = occ(FRIDAY, "C", "500"), occ(FRIDAY, "C", "540")
    give(desk, inside, 1)
    give(desk, outside, 1)
    lifecycle_options.instruct(desk.world, desk.account, inside, "lapse")
    lifecycle_options.instruct(desk.world, desk.account, outside, "exercise")
    with pytest.raises(ValueError, match="exercise, lapse"):
        lifecycle_options.instruct(desk.world, desk.account, inside, "perhaps")
    set_close(desk, "MSFT", "520.00")
    desk.jump(EVENING)
    assert [r.sub_type for r in ends(desk)] == ["Expiration", "Exercise", "Buy to Open"]
    assert desk.account.positions["MSFT"].average_open == 540
    assert desk.account.instructions == {}


async def test_index_options_settle_in_cash_at_the_close(desk: Desk) -> None:
    long, short = occ(FRIDAY, "C", "6000", "SPXW"), occ(FRIDAY, "P", "7500", "SPXW")
    give(desk, long, 1, "500")
    give(desk, short, -1, "900")
    close = calendar.session(FRIDAY).close
    desk.jump(EVENING)
    level = Decimal(str(round(desk.world.market.levels.spot("SPX", close.timestamp()), 2)))
    rows = {r.symbol: r for r in ends(desk)}
    assert rows[long].sub_type == "Cash Settled Exercise"
    assert rows[long].net_value == (level - 6000) * 100
    assert rows[short].sub_type == "Cash Settled Assignment"
    assert rows[short].net_value == (level - 7500) * 100
    assert holdings(desk.account) == {}
    check_account(desk.world, NUMBER)


async def test_am_settlement_takes_the_opening(desk: Desk) -> None:
    symbol = occ(FRIDAY, "C", "6000", "SPX")
    give(desk, symbol, 1, "500")
    desk.jump(calendar.session(FRIDAY).open + timedelta(hours=3))
    desk.world.market.move("SPX", 1.05)  # too late for this one
    desk.jump(EVENING)
    opened = calendar.session(FRIDAY).open.timestamp()
    level = Decimal(str(round(desk.world.market.levels.spot("SPX", opened), 2)))
    (row,) = ends(desk)
    assert row.net_value == (level - 6000) * 100


async def test_calls_are_assigned_for_the_dividend(desk: Desk) -> None:
    row = desk.world.market.line("KO").row
    payment = next(d for d in corporate.dividends(row) if d.ex_date > FRIDAY)
    eve = calendar.previous_trading_day(payment.ex_date)
    day = next(d for d in _fridays(payment.ex_date) if d > payment.ex_date)
    deep, far = occ(day, "C", "50", "KO"), occ(day, "C", "90", "KO")
    bought = occ(day, "C", "51", "KO")
    desk.jump(at(eve, 12))
    give(desk, "KO", 100, "70")
    give(desk, deep, -1, "20")
    give(desk, far, -1, "0.05")
    give(desk, bought, 1, "19")
    desk.jump(at(eve, 18))
    assert set(holdings(desk.account)) == {far, bought}
    assert desk.account.positions.get("KO") is None
    assert desk.account.entitlements == []
    desk.jump(at(payment.pay_date, 18))
    assert not [t for t in desk.world.transactions[NUMBER] if t.sub_type == "Dividend"]
    check_account(desk.world, NUMBER)


def _fridays(day: date) -> list[date]:
    return [d for n in range(30) if (d := day + timedelta(days=n)).weekday() == 4]


async def test_exercise_and_assignment_before_the_end(desk: Desk) -> None:
    put, call = occ(date(2026, 12, 18), "P", "560"), occ(date(2026, 12, 18), "C", "480")
    give(desk, put, 3, "45")
    give(desk, call, -2, "40")
    world, account = desk.world, desk.account
    lifecycle_options.exercise(world, account, put, Decimal(1))
    assert account.positions["MSFT"].quantity == -100
    lifecycle_options.assign(world, account, call, Decimal(2))
    assert holdings(account) == {put: 2, "MSFT": -300}
    check_account(world, NUMBER)
    for act, symbol, quantity in (
        (lifecycle_options.exercise, call, "1"),
        (lifecycle_options.assign, put, "1"),
        (lifecycle_options.exercise, put, "3"),
        (lifecycle_options.exercise, put, "0.5"),
        (lifecycle_options.exercise, "MSFT", "1"),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            act(world, account, symbol, Decimal(quantity))
    european = occ(FRIDAY, "C", "6000", "SPXW")
    give(desk, european, 1, "500")
    with pytest.raises(ValueError, match="European"):
        lifecycle_options.exercise(world, account, european, Decimal(1))


async def test_a_future_is_settled_for_good(desk: Desk) -> None:
    give(desk, "/ESZ6", 2, "6600")
    expires = desk.world.market.expires_at("/ESZ6")
    assert expires is not None
    desk.jump(expires - timedelta(days=1))
    desk.jump(at(expires.date(), 18))
    rows = [t for t in desk.world.transactions[NUMBER] if t.symbol == "/ESZ6"]
    final = rows[-1]
    assert final.sub_type == "Futures Settlement"
    price = desk.world.market.settlement("/ESZ6")
    total = sum((r.net_value for r in rows), ZERO)
    assert total == (price - 6600) * 50 * 2
    assert holdings(desk.account) == {}
    assert desk.account.futures_day_cash == 0
    check_account(desk.world, NUMBER)


async def test_orders_on_what_has_ended_expire(desk: Desk) -> None:
    symbol = occ(FRIDAY, "C", "560")
    data = await desk.place(
        ("Buy to Open", symbol, 1), order_type="Limit", price="0.01", time_in_force="GTC"
    )
    desk.pass_time(2)
    desk.jump(EVENING)
    assert desk.world.orders[data["order"]["id"]].status in ("Expired", "Filled")
    assert not desk.world.open_orders.get(NUMBER)


async def test_margin_interest_is_charged_monthly(desk: Desk) -> None:
    transfer(desk.world, desk.account, Decimal("-90000"))
    give(desk, "KO", 500, "70")
    assert desk.account.cash == -25_000
    desk.jump(datetime(2026, 11, 25, 23, tzinfo=UTC))
    owed = desk.account.interest
    nights = 9  # from the 18th to the 27th: Thursday the 26th is a holiday
    charged = [t for t in desk.world.transactions[NUMBER] if t.sub_type == "Debit Interest"]
    rate = rate_of(Decimal(25_000))
    assert rate == Decimal("0.105")
    assert charged[0].on == date(2026, 11, 18)
    assert charged[0].net_value == -(25_000 * rate / 360).quantize(Decimal("0.01"))
    assert abs(owed - charged[0].net_value - 25_000 * rate * nights / 360) < Decimal("0.3")
    await desk.sign_in()
    balance = await desk.get(f"/accounts/{NUMBER}/balances/USD")
    assert Decimal(balance["pending-margin-interest"]) > 0
    desk.jump(datetime(2026, 12, 17, 23, tzinfo=UTC))
    charged = [t for t in desk.world.transactions[NUMBER] if t.sub_type == "Debit Interest"]
    assert [t.on for t in charged] == [date(2026, 11, 18), date(2026, 12, 16)]
    check_account(desk.world, NUMBER)


async def test_deposits_and_withdrawals(desk: Desk) -> None:
    transfer(desk.world, desk.account, Decimal("250.129"))
    transfer(desk.world, desk.account, Decimal(-100))
    rows = desk.world.transactions[NUMBER][-2:]
    assert [(r.sub_type, r.net_value) for r in rows] == [
        ("Deposit", Decimal("250.13")), ("Withdrawal", Decimal(-100)),
    ]  # fmt: skip
    frames = [f["data"] for f in desk.sent() if f["type"] == "ExternalTransaction"]
    assert [(f["direction"], f["amount"]) for f in frames] == [
        ("Deposit", "250.13"), ("Withdrawal", "100.0"),
    ]  # fmt: skip
    for wrong in ("0", "NaN", "-1000000"):
        with pytest.raises(ValueError, match=r"\w"):
            transfer(desk.world, desk.account, Decimal(wrong))
    check_account(desk.world, NUMBER)
