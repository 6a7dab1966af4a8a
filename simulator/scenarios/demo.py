"""The demo: one customer, four accounts, half a year of trades, today a busy morning."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from simulator import lifecycle
from simulator.market.calendar import at
from simulator.scenarios.people import open_account, open_application, open_customer
from simulator.scenarios.replay import Replay

if TYPE_CHECKING:
    from simulator.market.market import Market
    from simulator.world import World

MARGIN, IRA, ROTH, ENTITY = "5WT00001", "5WT00002", "5WT00003", "5WT00004"
BTO, STO, BTC, STC = "Buy to Open", "Sell to Open", "Buy to Close", "Sell to Close"
FIRST_DAY = 90
WATCHLIST = (
    ("SPY", "Equity"), ("QQQ", "Equity"), ("AAPL", "Equity"), ("NVDA", "Equity"),
    ("SPX", "Equity"), ("BTC/USD", "Cryptocurrency"),
)  # fmt: skip


def build(world: World) -> None:
    """Open the accounts and live through their past."""
    replay = Replay(world, world.clock.now(), cast("Market", world.market))
    _people(world, replay)
    for part in (_margin, _ira, _roth, _entity):
        part(replay)
    replay.run()
    world.settings.depth = True
    lifecycle.schedule(world)


def _people(world: World, replay: Replay) -> None:
    opened = replay.when(FIRST_DAY, 9) - timedelta(days=60)
    user = open_customer(world, "demo", opened)
    entries = [{"symbol": s, "instrument-type": t} for s, t in WATCHLIST]
    user.watchlists["My watchlist"] = {
        "id": 7000,
        "name": "My watchlist",
        "watchlist-entries": [*entries, {"symbol": replay.future("ES"),
                                         "instrument-type": "Future"}],
        "group-name": "main",
        "order-index": 1,
        "created-at": "2025-01-02T15:00:00.000+00:00",
        "updated-at": "2025-01-02T15:00:00.000+00:00",
    }  # fmt: skip
    open_application(world, user)
    free, defined = "No Restrictions", "Defined Risk Spreads"
    plans = (
        (MARGIN, "Individual", "Individual", "Reg T", free, True, True),
        (IRA, "Traditional IRA", "Traditional IRA", "IRA Margin", defined, False, False),
        (ROTH, "Roth IRA", "Roth IRA", "IRA Margin", defined, False, False),
        (ENTITY, "LLC", "Trading company", "Reg T", free, True, True),
    )
    for number, kind, name, calculation, level, futures, crypto in plans:
        open_account(
            world, user, number, kind, opened, calculation=calculation, level=level,
            futures=futures, crypto=crypto, nickname=name,
        )  # fmt: skip


def _margin(r: Replay) -> None:
    """Stocks, a put vertical, a strangle, a condor, a future, a short future option, coins."""
    n = MARGIN
    r.deposit(n, FIRST_DAY, 150_000)
    r.deposit(n, 41, 25_000)
    r.trade(n, r.when(72, 10, 2), (BTO, "AAPL", "150"))
    r.trade(n, r.when(70, 11, 40), (BTO, "BRK/B", "10"))
    r.trade(n, r.when(55, 14, 31), (BTO, "BTC/USD", "0.05"))
    r.trade(n, r.when(38, 13, 12), (STC, "AAPL", "50"))
    _closed_vertical(r, n, "QQQ", 48, 30)
    spy = r.monthly("SPY", 30)
    short, long = (r.option("SPY", spy, "P", d, 12) for d in (-0.03, -0.045))
    r.trade(n, r.when(12, 10, 33), (STO, short, "2"), (BTO, long, "2"))
    nvda = r.monthly("NVDA", 38)
    call, put = r.option("NVDA", nvda, "C", 0.12, 9), r.option("NVDA", nvda, "P", -0.12, 9)
    r.trade(n, r.when(9, 13, 10), (STO, call, "1"), (STO, put, "1"))
    _condor(r, n, "IWM", 7, 0.045, 0.02, "3")
    r.trade(n, r.when(5, 10, 5), ("Buy", r.future("ES"), "1"))
    r.trade(n, r.when(4, 11, 20), (STO, r.future_option("ES", "P", -0.06, 24), "1"))
    _today(r, n)
    r.rest(n, 22, "1.12", (STC, "AAPL", "100"))
    r.rest(n, 15, "0.93", (BTO, "QQQ", "10"))


def _today(r: Replay, number: str) -> None:
    """A round trip of this morning."""
    opening = at(r.start.date(), 9, 30)
    if r.start < opening + timedelta(minutes=40):
        return
    r.trade(number, opening + timedelta(minutes=8), (BTO, "TSLA", "10"))
    r.trade(number, opening + timedelta(minutes=36), (STC, "TSLA", "10"))


def _ira(r: Replay) -> None:
    """A fund, a covered call, a cash-secured put that was closed."""
    n = IRA
    r.deposit(n, FIRST_DAY, 45_000)
    r.trade(n, r.when(66, 10, 10), (BTO, "VTI", "42"))
    r.trade(n, r.when(52, 14, 25), (BTO, "KO", "200"))
    day = r.monthly("KO", 35)
    r.trade(n, r.when(13, 11, 55), (STO, r.option("KO", day, "C", 0.03, 13), "2"))
    r.trade(n, r.when(20, 12, 1), (BTO, "PEP", "40"))


def _roth(r: Replay) -> None:
    """Growth shares and defined-risk spreads."""
    n = ROTH
    r.deposit(n, FIRST_DAY, 38_000)
    r.trade(n, r.when(60, 10, 45), (BTO, "GOOGL", "40"))
    r.trade(n, r.when(44, 13, 3), (BTO, "AMD", "30"))
    _condor(r, n, "QQQ", 10, 0.05, 0.012, "1")
    day = r.monthly("AMD", 40)
    long, short = r.option("AMD", day, "C", 0.0, 6), r.option("AMD", day, "C", 0.06, 6)
    r.trade(n, r.when(6, 11, 11), (BTO, long, "1"), (STO, short, "1"))


def _entity(r: Replay) -> None:
    """Blue chips with a covered call, index spreads, a micro future, ether."""
    n = ENTITY
    r.deposit(n, FIRST_DAY, 220_000)
    r.trade(n, r.when(75, 10, 20), (BTO, "MSFT", "100"))
    r.trade(n, r.when(63, 12, 30), (BTO, "JPM", "80"))
    r.trade(n, r.when(31, 15, 15), (BTO, "ETH/USD", "1.5"))
    day = r.monthly("MSFT", 30)
    r.trade(n, r.when(14, 10, 50), (STO, r.option("MSFT", day, "C", 0.05, 14), "1"))
    spx = r.monthly("SPX", 28, weekly=True)
    short, long = (r.option("SPX", spx, "P", d, 8) for d in (-0.05, -0.058))
    r.trade(n, r.when(8, 11, 2), (STO, short, "1"), (BTO, long, "1"))
    r.trade(n, r.when(6, 9, 58), ("Sell", r.future("MES"), "2"))
    r.rest(n, 19, "0.92", (BTO, "JPM", "20"))
    gold = r.monthly("GLD", 60)
    r.trade(n, r.when(16, 13, 45), (BTO, r.option("GLD", gold, "C", 0.02, 16), "3"))


def _condor(
    r: Replay, number: str, underlying: str, back: int, reach: float, wing: float, lots: str
) -> None:
    """An iron condor sold `back` days ago."""
    day = r.monthly(underlying, 35)
    legs = [
        (BTO, r.option(underlying, day, "P", -reach - wing, back), lots),
        (STO, r.option(underlying, day, "P", -reach, back), lots),
        (STO, r.option(underlying, day, "C", reach, back), lots),
        (BTO, r.option(underlying, day, "C", reach + wing, back), lots),
    ]
    r.trade(number, r.when(back, 12, 20), *legs)


def _closed_vertical(r: Replay, number: str, underlying: str, opened: int, closed: int) -> None:
    """A put vertical that was bought back."""
    day = r.monthly(underlying, 45, opened)
    short = r.option(underlying, day, "P", -0.04, opened)
    long = r.option(underlying, day, "P", -0.06, opened)
    r.trade(number, r.when(opened, 10, 40), (STO, short, "2"), (BTO, long, "2"))
    r.trade(number, r.when(closed, 14, 5), (BTC, short, "2"), (STC, long, "2"))
