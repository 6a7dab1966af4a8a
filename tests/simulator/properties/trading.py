"""A broker at the mercy of random customers, time, prices and companies."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import hypothesis.strategies as st
import orjson
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator import corporate, lifecycle_options, snapshots
from simulator.clock import Clock
from simulator.http import ApiError, text
from simulator.ledger import movement
from simulator.market.calendar import at, current_session, next_trading_day, state
from simulator.market.market import Market
from simulator.model import ZERO, Account, Order
from simulator.notices import Subscriber
from simulator.orders import complex_desk, desk
from simulator.scenarios import SCENARIOS
from simulator.scenarios.people import open_account
from simulator.transfers import transfer
from simulator.world import World
from tests.simulator.conftest import START
from tests.simulator.properties import checks

SHARES = ("KO", "MSFT", "F", "IWM")
OPTIONS = (
    "MSFT  261218C00520000", "MSFT  261218C00540000", "MSFT  261218P00500000",
    "MSFT  261218P00480000", "MSFT  261120C00515000", "KO    261120P00071000",
    "SPXW  261120P06600000", "SPXW  261120P06500000", "SPX   261218C06700000",
)  # fmt: skip
OTHERS = ("/MESZ6", "/ESZ6", "BTC/USD")
SYMBOLS = SHARES + OPTIONS + OTHERS
KINDS = (("Reg T", "No Restrictions"), ("Cash Secured Margin", "Covered And Cash Secured"),
         ("IRA Margin", "Defined Risk Spreads"))  # fmt: skip
SCRIPTS = ("partial:1", "delayed:4", "never", "reject:no", "ledger-lag:3", "immediate")
NEW_NAMES = ("NEWA", "NEWB", "NEWC", "NEWD")
WHOSE = st.sampled_from((0, 0, 0, 1, 2))
steps = 0
"""Rules that were run in this process."""


@cache
def market() -> tuple[Market, dict[str, Any]]:
    """One market for all examples, and its beginning."""
    made = Market(7, Clock(START, speed=0))
    return made, made.snapshot()


def effect_of(leg: dict[str, Any]) -> str:
    """The price effect that goes with an action."""
    return "Debit" if leg["action"].startswith("Buy") else "Credit"


class Broker(RuleBasedStateMachine):
    """Every rule is something that may happen to a broker; the invariants hold after each."""

    world: World

    @initialize()
    def open(self) -> None:
        """Three accounts of different kinds, each with 100,000 dollars; a market that is open."""
        prices, beginning = market()
        prices.restore(beginning)
        self.world = World(7, Clock(START, speed=0), prices)
        SCENARIOS["empty"](self.world)
        user = next(iter(self.world.users.values()))
        for index, (calculation, level) in enumerate(KINDS[1:], 2):
            opened = START - timedelta(days=30)
            made = open_account(
                self.world, user, f"5WT0000{index}", "Individual", opened,
                calculation=calculation, level=level, futures=False, crypto=True,
            )  # fmt: skip
            movement(self.world, made, "Deposit", Decimal(100_000), opened, "ACH deposit")
        self.frames = Subscriber("test")
        self.frames.accounts = frozenset(self.world.accounts)
        self.world.hub.subscribers.add(self.frames)
        self.states: dict[int, str] = {}
        self.seen_fills = len(self.world.journal)

    # -- orders ------------------------------------------------------------------------------

    @rule(
        account=WHOSE, symbol=st.sampled_from(SYMBOLS), side=st.booleans(),
        quantity=st.sampled_from((1, 2, 5, 40)),
        kind=st.sampled_from(("Market", "Limit", "Limit", "Limit", "Stop")),
        offset=st.sampled_from(("0.9", "0.99", "1", "1.01", "1.1")),
        life=st.sampled_from(("Day", "Day", "Day", "GTC", "IOC")),
        script=st.sampled_from((None,) * 12 + SCRIPTS),
    )  # fmt: skip
    def single(self, account: int, symbol: str, side: bool, quantity: int, kind: str,
               offset: str, life: str, script: str | None) -> None:  # fmt: skip
        """An order of one leg that fits the position."""
        owner = self.account(account)
        leg = self.leg(owner, symbol, side, quantity)
        price = self.near(symbol, offset)
        body: dict[str, Any] = {"order-type": kind, "time-in-force": life, "legs": [leg]}
        if kind == "Limit":
            body |= {"price": price, "price-effect": effect_of(leg)}
        elif kind == "Stop":
            body["stop-trigger"] = price
        if kind == "Market" and life == "GTC":
            body["time-in-force"] = "Day"
        if script is not None:
            body["external-identifier"] = script
        self.place(owner, body)

    @rule(
        account=WHOSE, pair=st.sampled_from(((0, 1), (2, 3), (6, 7), (0, 2))),
        side=st.booleans(), price=st.sampled_from(("0.50", "3.00", "9.00")),
        credit=st.booleans(), quantity=st.integers(1, 4),
    )  # fmt: skip
    def spread(self, account: int, pair: tuple[int, int], side: bool, price: str, credit: bool,
               quantity: int) -> None:  # fmt: skip
        """Two option legs at a net price."""
        owner = self.account(account)
        legs = [
            self.leg(owner, OPTIONS[pair[0]], side, quantity),
            self.leg(owner, OPTIONS[pair[1]], not side, quantity),
        ]
        self.place(owner, {
            "order-type": "Limit", "time-in-force": "Day", "legs": legs, "price": price,
            "price-effect": "Credit" if credit else "Debit",
        })  # fmt: skip

    @rule(symbol=st.sampled_from(SHARES), quantity=st.integers(1, 20), wide=st.booleans())
    def either_or(self, symbol: str, quantity: int, wide: bool) -> None:
        """An OCO around what is held: a higher and a lower sale."""
        owner = self.account(0)
        held = owner.positions.get(symbol)
        if held is None or held.quantity < quantity or not self.listed(symbol):
            return
        leg = {"instrument-type": "Equity", "symbol": symbol, "action": "Sell to Close",
               "quantity": quantity}  # fmt: skip
        high, low = ("1.1", "0.9") if wide else ("1.0005", "0.9995")
        body = {"type": "OCO", "orders": [
            {"order-type": "Limit", "time-in-force": "Day", "price": self.near(symbol, high),
             "price-effect": "Credit", "legs": [leg]},
            {"order-type": "Stop", "time-in-force": "Day", "legs": [leg],
             "stop-trigger": self.near(symbol, low)},
        ]}  # fmt: skip
        self.attempt(lambda: complex_desk.place(self.world, owner, body, owner.owner))

    @rule(pick=st.integers(0, 1000))
    def cancel(self, pick: int) -> None:
        """A cancel of any order that has not ended."""
        order = self.some(pick)
        if order is not None:
            self.attempt(lambda: desk.cancel(self.world, order, "customer"))

    @rule(pick=st.integers(0, 1000), offset=st.sampled_from(("0.98", "1", "1.02")))
    def replace(self, pick: int, offset: str) -> None:
        """A limit is moved."""
        order = self.some(pick)
        if order is None or order.price is None or len(order.legs) != 1:
            return
        leg = order.legs[0]
        body = {
            "order-type": order.order_type, "time-in-force": order.time_in_force,
            "price": self.near(leg.symbol, offset), "price-effect": order.price_effect,
        }  # fmt: skip
        owner = self.world.accounts[order.account]
        self.attempt(lambda: desk.replace(self.world, owner, order, body, owner.owner))

    # -- time and prices ---------------------------------------------------------------------

    @rule(seconds=st.sampled_from((0.05, 0.15, 0.4, 1, 5, 5, 30)))
    def wait(self, seconds: float) -> None:
        """Some time passes."""
        self.world.jump(self.world.clock.now() + timedelta(seconds=seconds))

    @rule(symbol=st.sampled_from((*SHARES, *OPTIONS[:4])), side=st.booleans(), more=st.booleans())
    def at_once(self, symbol: str, side: bool, more: bool) -> None:
        """A market order and the time that it needs."""
        owner = self.account(0)
        leg = self.leg(owner, symbol, side, 12 if more else 3)
        self.place(owner, {"order-type": "Market", "time-in-force": "Day", "legs": [leg]})
        self.wait(3)

    @rule(hours=st.sampled_from((0, 0, 0, 1, 1, 4, 9)))
    def sleep(self, hours: int) -> None:
        """Much time passes, now and then over a close."""
        if hours == 9:
            close = current_session(self.world.clock.now()).close
            self.world.jump(max(close, self.world.clock.now()) + timedelta(hours=2))
            self.morning()
        else:
            self.wait(hours * 3600 or 60)
            if state(self.world.clock.now()) != "Open":
                self.morning()

    @rule(
        symbol=st.sampled_from((*SHARES, "SPX")), factor=st.sampled_from((0.97, 0.995, 1.005, 1.04))
    )
    def shock(self, symbol: str, factor: float) -> None:
        """A price jumps."""
        if self.listed(symbol):
            self.world.market.move(symbol, factor, self.world.clock.now())  # type: ignore[attr-defined]
            self.world.market_moved()

    # -- companies and money -----------------------------------------------------------------

    @rule(
        kind=st.sampled_from(("split", "split", "special-dividend", "dividend", "symbol-change",
                              "merger", "spin-off")),
        symbol=st.sampled_from(SHARES), ratio=st.sampled_from(((2, 1), (3, 2), (1, 10))),
        name=st.sampled_from(NEW_NAMES), rare=st.integers(0, 5),
    )  # fmt: skip
    def company(self, kind: str, symbol: str, ratio: tuple[int, int], name: str, rare: int) -> None:
        """A corporate action, now and then."""
        if rare:
            return
        action: dict[str, Any] = {"kind": kind, "symbol": symbol, "new": ratio[0],
                                  "old": ratio[1], "amount": "1.25", "to": name, "into": "AAPL",
                                  "ratio": "0.37", "part": "0.2", "cash": "4.5"}  # fmt: skip
        try:
            corporate.apply(self.world, action)
        except ValueError:
            assert not self.listed(symbol) or self.listed(name)

    @rule(account=st.integers(0, 2), pick=st.integers(0, 100), holder=st.booleans())
    def early(self, account: int, pick: int, holder: bool) -> None:
        """Exercise or assignment of a contract before its end."""
        owner = self.account(account)
        options = [p.symbol for p in owner.positions.values()
                   if p.instrument_type == "Equity Option" and p.quantity]  # fmt: skip
        if options:
            act = lifecycle_options.exercise if holder else lifecycle_options.assign
            try:
                act(self.world, owner, options[pick % len(options)], Decimal(1))
            except ValueError:
                return

    @rule(account=st.integers(0, 2), amount=st.sampled_from(("-500", "0.01", "1234.56")))
    def move_money(self, account: int, amount: str) -> None:
        """A deposit or a withdrawal."""
        owner = self.account(account)
        if owner.cash > 600:
            transfer(self.world, owner, Decimal(amount))

    @rule(
        symbol=st.sampled_from(SHARES), rare=st.integers(0, 3),
        seconds=st.lists(st.sampled_from((0.1, 0.5, 3, 40)), min_size=1, max_size=4),
    )  # fmt: skip
    def twice(self, symbol: str, rare: int, seconds: list[float]) -> None:
        """What follows a snapshot follows again after going back to it."""
        if rare:
            return
        before = snapshots.take(self.world)
        checks.orders_moved(self.sent(), self.states)
        known = dict(self.states)
        first = self.episode(symbol, seconds)
        snapshots.restore(self.world, before)
        self.states = known
        checks.the_same(first, self.episode(symbol, seconds))

    def episode(self, symbol: str, seconds: list[float]) -> dict[str, bytes]:
        """An order and some time; everything that is known and was sent afterwards."""
        owner = self.account(0)
        if self.listed(symbol):
            leg = self.leg(owner, symbol, True, 3)
            body = {
                "order-type": "Limit", "time-in-force": "Day", "legs": [leg],
                "price": self.near(symbol, "1.001"), "price-effect": effect_of(leg),
            }  # fmt: skip
            self.attempt(lambda: desk.place(self.world, owner, body, owner.owner))
        for one in seconds:
            self.world.jump(self.world.clock.now() + timedelta(seconds=one))
        frames = self.sent()
        checks.orders_moved(frames, self.states)
        found = {f"frame {n}": orjson.dumps(frame) for n, frame in enumerate(frames)}
        for kind, rows in snapshots.take(self.world).items():
            found |= {f"{kind} {key}": bytes(value) for key, value in rows.items()}
        return found

    # -- what holds --------------------------------------------------------------------------

    @invariant()
    def books(self) -> None:
        """Ledger, positions, fills and states agree."""
        global steps
        steps += 1
        checks.orders_moved(self.sent(), self.states)
        checks.fills_in_the_market(self.world, self.seen_fills)
        self.seen_fills = len(self.world.journal)
        checks.accounts_balance(self.world)
        checks.parts_add_up(self.world)
        checks.standing_orders(self.world)

    def teardown(self) -> None:
        """In the end every order is in a terminal state that its history allows."""
        if not hasattr(self, "world"):
            return
        for order in list(self.world.orders.values()):
            if not order.terminal and order.complex_id is None:
                self.attempt(lambda order=order: desk.cancel(self.world, order, "customer"))
        self.world.jump(self.world.clock.now() + timedelta(days=1))
        self.morning()
        self.world.jump(current_session(self.world.clock.now()).close + timedelta(hours=6))
        checks.orders_moved(self.sent(), self.states)
        checks.accounts_balance(self.world)
        checks.all_ended(self.world)

    # -- helpers -----------------------------------------------------------------------------

    def account(self, index: int) -> Account:
        """One of the three."""
        return list(self.world.accounts.values())[index]

    def listed(self, symbol: str) -> bool:
        """Whether the market still knows a symbol."""
        return self.world.market.line(symbol) is not None

    def some(self, pick: int) -> Order | None:
        """Any order that has not ended."""
        alive = [o for o in self.world.orders.values() if not o.terminal]
        return alive[pick % len(alive)] if alive else None

    def near(self, symbol: str, factor: str) -> str:
        """A price on the increment near the mark."""
        mark = Decimal(self.world.market.mark(symbol) or 1) * Decimal(factor)
        tick = Decimal("0.25") if symbol.startswith("/") else Decimal("0.1")
        return text(max((mark / tick).to_integral_value() * tick, tick))

    def leg(self, owner: Account, symbol: str, side: bool, quantity: int) -> dict[str, Any]:
        """A leg that opens or closes as the position allows."""
        kind = self.world.market.instrument(symbol) or {}
        held = owner.positions.get(symbol)
        has = held.quantity if held is not None else ZERO
        if symbol.startswith("/"):
            action = "Buy" if side else "Sell"
        elif has == 0:
            action = "Buy to Open" if side or symbol == "BTC/USD" else "Sell to Open"
        elif has > 0:
            action = "Buy to Open" if side else "Sell to Close"
        else:
            action = "Buy to Close" if side else "Sell to Open"
        size: Any = min(quantity, 2) if symbol.startswith("/") else quantity
        if symbol == "BTC/USD":
            size = "0.003"
        return {"instrument-type": kind.get("instrument-type", "Equity"), "symbol": symbol,
                "action": action, "quantity": size}  # fmt: skip

    def place(self, owner: Account, body: dict[str, Any]) -> None:
        """Send an order; when it is taken, the money was there and the sums are right."""
        before = checks.power(self.world, owner)
        done = self.attempt(lambda: desk.place(self.world, owner, body, owner.owner))
        if done is not None:
            checks.order_accepted(self.world, owner, body, done, before)

    def attempt(self, act: Any) -> Any:
        """What the act answers; None when the broker refuses in the way of its contract."""
        try:
            return act()
        except ApiError as refusal:
            assert 400 <= refusal.status < 500, refusal
            return None

    def sent(self) -> list[dict[str, Any]]:
        """Frames since the last look."""
        found = [orjson.loads(frame) for frame in self.frames.queue]
        self.frames.queue.clear()
        return found

    def morning(self) -> None:
        """Go on to half past ten of the next session."""
        now: datetime = self.world.clock.now()
        self.world.jump(at(next_trading_day(self.world.today()), 10, 30))
        assert self.world.clock.now() > now
