"""The public `tastytrade` package against the simulator: nothing is changed but two addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
import tastytrade.session
import tastytrade.streamer
from tastytrade import Account, AlertStreamer, DXLinkStreamer, Session
from tastytrade.account import AccountBalance, CurrentPosition
from tastytrade.dxfeed import Greeks, Quote
from tastytrade.instruments import Equity
from tastytrade.order import (
    LimitOrder,
    MarketOrder,
    OrderAction,
    OrderStatus,
    OrderTimeInForce,
    PlacedOrder,
)
from tastytrade.utils import TastytradeError

from simulator.boot import open_world
from simulator.world import World
from tests.simulator.running import serving

START = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
PATIENCE = 20


@dataclass
class Broker:
    """A served demo and a session of the package."""

    world: World
    told: dict[str, Any]
    session: Session

    async def account(self) -> Account:
        """The margin account."""
        return await Account.get(self.session, "5WT00001")


@pytest.fixture(scope="module")
def world() -> World:
    """One demo for the module."""
    return open_world(scenario="demo", seed=7, start=START, speed=0)


@pytest_asyncio.fixture
async def broker(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broker]:
    """The simulator on a free port, the package pointed at it."""
    world.clock.base.set_speed(4)
    async with serving(world) as told:
        monkeypatch.setattr(tastytrade.session, "API_URL", told["api_url"])
        monkeypatch.setattr(tastytrade.streamer, "STREAMER_URL", told["account_stream_url"])
        async with Session(told["client_secret"], told["refresh_token"]) as session:
            yield Broker(world, told, session)
    world.clock.base.set_speed(0)


async def test_login_and_customer(broker: Broker) -> None:
    await broker.session.refresh(force=True)
    assert await broker.session.validate()
    customer = await broker.session.get_customer()
    assert customer.id == "me"


async def test_a_wrong_secret_is_refused(broker: Broker) -> None:
    async with Session("wrong", broker.told["refresh_token"]) as session:
        with pytest.raises(TastytradeError):
            await session.refresh(force=True)


async def test_reading(broker: Broker) -> None:
    accounts = await Account.get(broker.session)
    assert [a.account_number for a in accounts] == broker.told["accounts"]
    for account in accounts:
        balance = await account.get_balances(broker.session)
        assert balance.net_liquidating_value > 0
        positions = await account.get_positions(broker.session, include_marks=True)
        assert positions
        assert all(p.mark_price is not None for p in positions)
        assert (await account.get_trading_status(broker.session)).is_closed is False
        history = await account.get_history(broker.session)
        assert sum(t.net_value for t in history) == balance.cash_balance
        report = await account.get_margin_requirements(broker.session)
        # the market moves between two requests
        apart = abs(report.option_buying_power - balance.derivative_buying_power)
        assert apart < balance.net_liquidating_value / 100
        bars = await account.get_net_liquidating_value_history(broker.session, time_back="1y")
        assert bars[-1].close > 0
        assert await account.get_order_history(broker.session)
    snapshots = await accounts[0].get_balance_snapshots(
        broker.session, start_date=datetime(2026, 11, 9).date()
    )
    assert snapshots


async def test_quotes_and_greeks_stream(broker: Broker) -> None:
    account = await broker.account()
    positions = await account.get_positions(broker.session)
    option = next(p for p in positions if p.instrument_type == "Equity Option")
    streamer_symbol = broker.world.market.instrument(option.symbol)["streamer-symbol"]
    async with DXLinkStreamer(broker.session) as streamer:
        await streamer.subscribe(Quote, ["SPY", streamer_symbol])
        await streamer.subscribe(Greeks, [streamer_symbol])
        quote = await asyncio.wait_for(streamer.get_event(Quote), PATIENCE)
        greeks = await asyncio.wait_for(streamer.get_event(Greeks), PATIENCE)
    assert quote.ask_price >= quote.bid_price > 0
    assert greeks.event_symbol == streamer_symbol
    assert greeks.volatility > 0


async def _filled(orders: AsyncIterator[PlacedOrder], number: int) -> list[OrderStatus]:
    states = []
    async for order in orders:
        if order.id == number:
            states.append(order.status)
            if order.status == OrderStatus.FILLED:
                return states
    return states


async def test_an_order_is_placed_and_seen_filled(broker: Broker) -> None:
    account = await broker.account()
    share = await Equity.get(broker.session, "MSFT")
    order = MarketOrder(
        time_in_force=OrderTimeInForce.DAY,
        legs=[share.build_leg(Decimal(2), OrderAction.BUY_TO_OPEN)],
    )
    checked = await account.place_order(broker.session, order, dry_run=True)
    assert checked.buying_power_effect.change_in_buying_power < 0
    async with AlertStreamer(broker.session) as streamer:
        await streamer.subscribe_accounts([account])
        placed = await account.place_order(broker.session, order, dry_run=False)
        assert placed.order.status == OrderStatus.ROUTED
        states = await asyncio.wait_for(
            _filled(streamer.listen(PlacedOrder), placed.order.id), PATIENCE
        )
        position = await asyncio.wait_for(anext(streamer.listen(CurrentPosition)), PATIENCE)
        balance = await asyncio.wait_for(anext(streamer.listen(AccountBalance)), PATIENCE)
    assert states[-1] == OrderStatus.FILLED
    assert (position.symbol, position.quantity) == ("MSFT", 2)
    assert balance.account_number == account.account_number
    found = await account.get_order(broker.session, placed.order.id)
    assert found.legs[0].fills
    assert found.average_fill_price() == found.legs[0].fills[0].fill_price


async def test_an_order_is_replaced_and_cancelled(broker: Broker) -> None:
    account = await broker.account()
    share = await Equity.get(broker.session, "KO")
    order = LimitOrder(
        time_in_force=OrderTimeInForce.DAY,
        price=Decimal("-2.00"),
        legs=[share.build_leg(Decimal(1), OrderAction.BUY_TO_OPEN)],
    )
    placed = (await account.place_order(broker.session, order, dry_run=False)).order
    await asyncio.sleep(0.5)
    fresh = await account.replace_order(
        broker.session, placed.id, order.model_copy(update={"price": Decimal("-2.50")})
    )
    assert fresh.id != placed.id
    await asyncio.sleep(0.6)
    live = await account.get_live_orders(broker.session)
    assert {fresh.id, placed.id} <= {o.id for o in live}
    await account.delete_order(broker.session, fresh.id)
    await asyncio.sleep(0.4)
    done = await account.get_order(broker.session, fresh.id)
    assert done.status == OrderStatus.CANCELLED


async def test_a_refusal_carries_its_codes(broker: Broker) -> None:
    account = await broker.account()
    share = await Equity.get(broker.session, "KO")
    order = MarketOrder(
        time_in_force=OrderTimeInForce.GTC,
        legs=[share.build_leg(Decimal(1), OrderAction.BUY_TO_OPEN)],
    )
    with pytest.raises(TastytradeError, match="gtc_market_orders_not_supported"):
        await account.place_order(broker.session, order, dry_run=False)
