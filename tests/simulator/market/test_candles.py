from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from simulator.market import calendar, candles
from simulator.market.candles import Bar
from simulator.market.market import Market

DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("asked", "normal"),
    [
        ("AAPL{=1d}", "AAPL{=d}"),
        ("AAPL{=5m,tho=true,a=s}", "AAPL{=5m,a=s,tho=true}"),
        ("AAPL{=1h,tho=true}", "AAPL{=h,tho=true}"),
        ("AAPL{=15m,tho=false,price=last,a=m}", "AAPL{=15m}"),
        ("/ESZ26:XCME{=2h}", "/ESZ26:XCME{=2h}"),
        ("AAPL&Q{=1m,price=mark}", "AAPL&Q{=m,price=mark}"),
        ("AAPL{=1mo}", "AAPL{=mo}"),
        ("AAPL{}", "AAPL{=t}"),
    ],
)
def test_symbols_are_normalised(asked: str, normal: str) -> None:
    spec = candles.parse(asked)
    assert spec is not None and spec.text == normal


@pytest.mark.parametrize("text", ["AAPL", "AAPL{", "{=1d}", "AAPL{=1x}", "A B{=1d}", "AAPL{=d"])
def test_what_is_no_candle_symbol(text: str) -> None:
    assert candles.parse(text) is None


def bars(market: Market, symbol: str, days: float) -> list[Bar]:
    spec = candles.parse(symbol)
    assert spec is not None
    line = market.line_of_streamer(spec.base)
    assert line is not None
    since = int((market.view.epoch - days * 86400) * 1000)
    found, cut = market.candles.history(line, spec, since)
    assert not cut
    assert all(b.time >= since for b in found)
    return found


@pytest.mark.parametrize(
    "symbol",
    [
        "AAPL{=1m}", "AAPL{=5m,tho=true}", "SPX{=h,tho=true}", "/ESZ26:XCME{=15m}",
        "BTC/USD:CXTALP{=h}", ".SPY261218P640{=15m}", "VIX{=d}", "AAPL{=w}", "AAPL{=mo}",
        "./EWZ26C6700:XCME{=h}", "AAPL{=30s}", "AAPL{=2h,a=s,tho=true}",
    ],
)  # fmt: skip
def test_bars_are_sane_and_newest_first(market: Market, symbol: str) -> None:
    found = bars(market, symbol, 200 if symbol.endswith(("d}", "w}", "mo}")) else 4)
    assert len(found) > 3
    times = [b.time for b in found]
    assert times == sorted(set(times), reverse=True)
    for b in found:
        assert 0 < b.low <= min(b.open, b.close) <= max(b.open, b.close) <= b.high
        assert b.low <= b.vwap <= b.high
        assert b.bid_volume + b.ask_volume == pytest.approx(b.volume)


def test_bars_begin_on_multiples_of_their_period(market: Market) -> None:
    assert all(b.time % 300_000 == 0 for b in bars(market, "AAPL{=5m}", 3))
    session = bars(market, "AAPL{=2h,a=s,tho=true}", 3)
    opened = calendar.session(date(2026, 11, 23)).open.timestamp() * 1000
    assert session[0].time == opened
    daily = bars(market, "AAPL{=d}", 10)
    assert datetime.fromtimestamp(daily[0].time / 1000, UTC) == datetime(2026, 11, 23, tzinfo=UTC)
    assert all(b.time % DAY_MS == 0 for b in daily)


def test_regular_bars_hold_the_regular_session_only(market: Market) -> None:
    for b in bars(market, "AAPL{=5m,tho=true}", 5):
        moment = datetime.fromtimestamp(b.time / 1000, UTC)
        running = calendar.session(calendar.new_york_date(moment))
        assert running.open <= moment < running.close
    extended = {b.time for b in bars(market, "AAPL{=5m}", 3)}
    assert extended > {b.time for b in bars(market, "AAPL{=5m,tho=true}", 3)}


def test_short_bars_make_up_long_ones(market: Market) -> None:
    market.advance(market.now + timedelta(minutes=44))
    minutes = bars(market, "AAPL{=m,tho=true}", 0.2)
    hour = bars(market, "AAPL{=h,tho=true}", 0.2)[0]
    parts = [b for b in minutes if hour.time <= b.time]
    assert hour.high == max(b.high for b in parts)
    assert hour.low == min(b.low for b in parts)
    assert hour.close == parts[0].close
    assert hour.volume == pytest.approx(sum(b.volume for b in parts), abs=len(parts))


def test_the_running_bar_grows_into_the_historic_one(market: Market) -> None:
    line, spec = market.line("AAPL"), candles.parse("AAPL{=5m,tho=true}")
    assert line is not None and spec is not None
    start = int(market.view.epoch * 1000)
    seen = []
    for seconds in range(5, 300, 15):
        market.advance(datetime.fromtimestamp(start / 1000 + seconds, UTC))
        running = market.candles.running(line, spec, start)
        assert [b.time for b in running] == [start]
        seen.append(running[0])
    highs, lows = [b.high for b in seen], [b.low for b in seen]
    assert highs == sorted(highs) and lows == sorted(lows, reverse=True)
    assert len({b.open for b in seen}) == 1
    market.advance(datetime.fromtimestamp(start / 1000 + 301, UTC))
    done = market.candles.running(line, spec, start)
    assert [b.time for b in done] == [start, start + 300_000]
    assert done[0].high >= seen[-1].high and done[0].open == seen[0].open


def test_daily_bars_agree_with_the_summary(market: Market) -> None:
    line = market.line("AAPL")
    assert line is not None
    day, found = market.days.summary(market.view, line), bars(market, "AAPL{=d}", 5)
    assert found[0].open == pytest.approx(day.open, abs=0.02)
    assert found[0].volume == day.volume
    assert found[1].close == pytest.approx(day.prev_close, abs=0.02)


def test_long_histories_are_cut(market: Market) -> None:
    spec, line = candles.parse("AAPL{=1m}"), market.line("AAPL")
    assert spec is not None and line is not None
    found, cut = market.candles.history(line, spec, 0)
    assert cut and len(found) == candles.MOST_BARS


@pytest.mark.parametrize("symbol", ["AAPL{=0t}", "AAPL{=1.5t}", "AAPL{=0.5d}", "AAPL{=0v}"])
def test_lengths_that_do_not_exist_are_empty(market: Market, symbol: str) -> None:
    spec, line = candles.parse(symbol), market.line("AAPL")
    assert spec is not None and line is not None
    assert market.candles.history(line, spec, 0) == ([], False)
