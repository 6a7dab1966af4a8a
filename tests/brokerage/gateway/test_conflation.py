"""Many events in, the latest cell per symbol and kind out."""

from __future__ import annotations

from brokerage import market
from brokerage.gateway.conflation import Conflator
from brokerage.tastytrade.streaming import (
    Greeks,
    Order,
    Profile,
    Quote,
    Summary,
    TheoPrice,
    TimeAndSale,
    Trade,
    TradeETH,
    Underlying,
)


def test_the_last_of_many_ticks_is_sent_once_with_its_own_time():
    conflator = Conflator()
    for tick in range(1000):
        conflator.apply([Quote("SPY", float(tick), tick + 0.5)], received_at=100.0 + tick)
    assert conflator.take() == {"SPY": market.Cells(quote=market.Quote(1099.0, 999.0, 999.5))}
    assert conflator.take() == {}


def test_every_kind_of_event_fills_its_own_cell_and_keeps_its_own_age():
    conflator = Conflator()
    events = [
        Quote("S", 1.0, 2.0, 3.0, None, "Q", "K"),
        Trade("S", 1.5, 10.0, 99, -0.1, 5000.0, "Q", "UP"),
        TradeETH("S", 1.4),
        Summary("S", 1.0, 2.0, 0.5, None, 1.1, 7, 20780),
        Greeks(
            "S", price=6.4, volatility=0.27, delta=0.5, gamma=0.1, theta=-0.2, vega=0.3, rho=0.4
        ),
        TheoPrice("S", 6.4, 231.4),
        Underlying("S", 0.27, 0.26, 0.28, 4.0, 2.0, 0.5),
        Profile("S", "A stock", "ACTIVE"),
    ]
    for number, event in enumerate(events):
        conflator.apply([event], received_at=float(number))
    cells = conflator.take()["S"]
    assert cells.quote == market.Quote(0.0, 1.0, 2.0, 3.0, None, "Q", "K")
    assert cells.trade == market.Trade(1.0, 1.5, 10.0, 99, -0.1, 5000.0, "Q", "UP")
    assert cells.trade_eth == market.Trade(2.0, 1.4)
    assert cells.summary == market.Summary(3.0, 1.0, 2.0, 0.5, None, 1.1, 7, 20780)
    assert cells.greeks == market.Greeks(4.0, 0.5, 0.1, -0.2, 0.3, 0.4, 0.27, 6.4)
    assert cells.theo == market.Theo(5.0, 6.4, 231.4)
    assert cells.underlying == market.Underlying(6.0, 0.27, 0.26, 0.28, 4.0, 2.0, 0.5)
    assert cells.profile == market.Profile(7.0, "A stock", "ACTIVE")
    assert (cells.depth, cells.tape) == (None, None)


def test_a_missing_price_replaces_a_known_one():
    conflator = Conflator()
    conflator.apply([Quote("SPY", 1.0, 2.0), Quote("SPY", None, 2.0)], 5.0)
    quote = conflator.take()["SPY"].quote
    assert quote is not None and quote.bid is None and quote.mid is None


def test_the_tape_keeps_every_sale_corrects_and_cancels():
    conflator = Conflator()
    sales = [
        TimeAndSale("SPY", index=n, time=n, price=float(n), size=1.0, type="NEW") for n in range(80)
    ]
    conflator.apply(sales, 5.0)
    conflator.apply(
        [
            TimeAndSale("SPY", index=79, time=79, price=70.5, type="CORRECTION"),
            TimeAndSale("SPY", index=78, time=78, type="CANCEL"),
        ],
        6.0,
    )
    tape = conflator.take()["SPY"].tape
    assert tape is not None and tape.received_at == 6.0
    assert [sale.price for sale in tape.sales[:3]] == [70.5, 77.0, 76.0]
    assert len(tape.sales) == market.TAPE_LENGTH - 1


def test_depth_appears_when_its_snapshot_is_whole_and_sources_stand_side_by_side():
    conflator = Conflator()
    rows = [
        Order("SPY", 4, 3, "ntv", "SELL", 10.2, 5.0, 2),
        Order("SPY", 0, 2, "ntv", "BUY", 10.0, 7.0, 3),
    ]
    conflator.apply(rows, 1.0)
    assert conflator.take() == {}
    conflator.apply([Order("SPY", 8, 1, "ntv", "BUY", 9.9, 1.0, 1)], 2.0)
    conflator.apply([Order("SPY", 0x0C, 9, "memx", "BUY", 10.1, 4.0, 1)], 3.0)
    depth = conflator.take()["SPY"].depth
    assert depth == market.Depth(
        3.0,
        [market.Level(10.1, 4.0, 1), market.Level(10.0, 7.0, 3), market.Level(9.9, 1.0, 1)],
        [market.Level(10.2, 5.0, 2)],
    )


def test_a_large_first_frame_is_spread_and_nothing_is_lost():
    conflator = Conflator()
    conflator.apply([Quote(f"S{n}", float(n)) for n in range(250)], 1.0)
    frames = [conflator.take(limit=100) for _ in range(4)]
    assert [len(frame) for frame in frames] == [100, 100, 50, 0]
    assert len({symbol for frame in frames for symbol in frame}) == 250


def test_a_frame_that_was_not_published_is_due_again_unless_newer_came():
    conflator = Conflator()
    conflator.apply([Quote("A", 1.0), Quote("B", 1.0)], 1.0)
    frame = conflator.take()
    conflator.apply([Quote("B", 2.0)], 2.0)
    conflator.put_back(frame)
    again = conflator.take()
    assert (again["A"].quote.bid, again["B"].quote.bid) == (1.0, 2.0)


def test_forgotten_symbols_leave_nothing_behind():
    conflator = Conflator()
    conflator.apply([Quote("A", 1.0), TimeAndSale("A", index=1, price=1.0)], 1.0)
    conflator.forget(["A"])
    assert conflator.take() == {}
    conflator.apply([Quote("A", 1.0)], 1.0)
    conflator.clear()
    assert conflator.take() == {}
