"""Events built from the market: one dictionary per event, values already in wire form.

Each builder returns `(key, event)`: a subscription sends an event when its key has changed.
None means that the symbol has no event of the type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from datetime import date
from typing import Any

from simulator.dxlink_fields import NAN, NO_CHAR, day_id, time_index
from simulator.market import calendar, corporate, rng, volumes
from simulator.market.days import Summary
from simulator.market.levels import RATE
from simulator.market.lines import CRYPTO, FUTURE, INDEX, Line
from simulator.market.market import Market
from simulator.market.tape import OPTION_VENUES, STOCK_VENUES
from simulator.market.view import View

Event = dict[str, Any]
Built = tuple[Hashable, Event] | None


class Events:
    """Builds the last-value events of a market as seen by one view (live or delayed)."""

    def __init__(self, market: Market, view: View) -> None:
        self.market = market
        self.view = view
        self._summaries: dict[str, Summary] = {}
        self._aggregates: dict[str, tuple[float, ...]] = {}

    def build(self, event_type: str, line: Line, symbol: str) -> Built:
        """The event of a type for a line, under the symbol that was asked for."""
        maker = BUILDERS.get(event_type)
        found = maker(self, line) if maker else None
        if found is None:
            return None
        found[1]["eventType"] = event_type
        found[1]["eventSymbol"] = symbol
        return found

    def _summary(self, line: Line) -> Summary:
        found = self._summaries.get(line.symbol)
        if found is None:
            found = self._summaries[line.symbol] = self.market.days.summary(self.view, line)
        return found

    def _ended(self, line: Line) -> bool:
        return bool(line.expires) and line.expires <= self.view.epoch

    # -- level 1 -----------------------------------------------------------------------------

    def quote(self, line: Line) -> Built:
        """Best bid and ask; an index has no sizes and no venue."""
        if self._ended(line):
            return None
        price = self.view.price(line)
        second = int(self.view.resting(line.hours)) * 1000
        index = line.kind == INDEX
        sizes = (NAN, NAN) if index else (price.bid_size, price.ask_size)
        venue = _venue(line, int(second / 3000))
        event = {
            "bidTime": 0 if index else second, "bidExchangeCode": venue[0],
            "bidPrice": price.bid, "bidSize": sizes[0],
            "askTime": 0 if index else second, "askExchangeCode": venue[1],
            "askPrice": price.ask, "askSize": sizes[1],
        }  # fmt: skip
        return (price.bid, price.ask, *sizes), event

    def trade(self, line: Line) -> Built:
        """The last print of the regular session and the day's totals."""
        if self._ended(line):
            return None
        price, when = self.market.days.regular_last(self.view, line)
        at = self.view.resting(line.hours)
        day = volumes.trade_day(line.hours, at)
        volume = volumes.done(line, at)
        if line.kind == INDEX:
            stamp = int(at * 1000)
            return (price,), _trade(line, price, 0.0, stamp, NAN, day, NAN, NAN, False)
        if line.is_option and volume < 1:
            return (price, day), _trade(line, price, 0.0, int(when * 1000), 0.0, day, 0.0, 0.0,
                                        False)  # fmt: skip
        before = self._before(line, when)
        size = _lot(line, when)
        turnover = round(volume * price, 2)
        return (price, volume), _trade(
            line, price, round(price - before, 9), int(when * 1000), size, day, volume, turnover,
            False,
        )  # fmt: skip

    def trade_eth(self, line: Line) -> Built:
        """The last print outside the regular session, for shares and funds only."""
        if line.hours != calendar.STOCK:
            return None
        at = self.view.resting(line.hours)
        day = volumes.trade_day(line.hours, at)
        span = calendar.regular_hours(line.hours, day)
        assert span is not None
        start, end = span[0].timestamp(), span[1].timestamp()
        when = at if at < start or at >= end else start - 0.5
        beat = math.floor(when * 2)
        price = self.market.days.print_at(line, beat)
        import numpy as np

        volume = float(volumes.extended(line, day, np.array([at]))[0] // 1)
        event = _trade(
            line, price, 0.0, beat * 500, _lot(line, beat / 2), day, volume,
            round(volume * price, 2), True,
        )  # fmt: skip
        return (price, volume), event

    def _before(self, line: Line, when: float) -> float:
        if line.is_option:
            return self.market.days.mark(line, math.floor((when - 60) / 15) * 15.0)
        return self.market.days.print_at(line, math.floor(when * 2) - 1)

    def summary(self, line: Line) -> Built:
        """Prices of the day and the close of the day before."""
        day = self._summary(line)
        close = NAN if day.close is None else day.close
        event = {
            "dayId": day_id(day.day), "dayOpenPrice": day.open, "dayHighPrice": day.high,
            "dayLowPrice": day.low, "dayClosePrice": close, "dayClosePriceType": "REGULAR",
            "prevDayId": day_id(day.prev_day), "prevDayClosePrice": day.prev_close,
            "prevDayClosePriceType": "FINAL",
            "prevDayVolume": NAN if line.kind == INDEX else day.prev_volume,
            "openInterest": day.open_interest,
        }  # fmt: skip
        return (day.day, day.open, day.high, day.low, close), event

    def profile(self, line: Line) -> Built:
        """What the instrument is."""
        event: Event = {
            "description": describe(self.market, line), "shortSaleRestriction": "INACTIVE",
            "tradingStatus": "ACTIVE", "statusReason": None,
        }  # fmt: skip
        row = line.row if not line.is_option else None
        if row is not None:
            day = calendar.new_york_date(self.view.moment)
            high, low = self.market.candles.year_range(line, day)
            event |= {"high52WeekPrice": high, "low52WeekPrice": low, "beta": row.beta}
            paid = corporate.last_dividend(row, day)
            if row.kind == "Equity":
                event |= {"earningsPerShare": row.eps}
            if row.shares:
                event |= {"shares": row.shares, "freeFloat": float(round(row.shares * 0.97))}
            if paid:
                event |= {
                    "dividendFrequency": float(row.frequency),
                    "exDividendAmount": paid.amount,
                    "exDividendDayId": day_id(paid.ex_date),
                }
        return (calendar.new_york_date(self.view.moment),), event

    # -- models ------------------------------------------------------------------------------

    def greeks(self, line: Line) -> Built:
        """Model values of an option."""
        if not line.is_option or self._ended(line):
            return None
        g = self.view.greek(line)
        stamp = int(self.view.resting(line.hours) * 1000)
        event = {
            "eventFlags": 0, "index": time_index(stamp), "time": stamp, "sequence": 0,
            "price": _r(g.price), "volatility": _r(g.iv), "delta": _r(g.delta),
            "gamma": _r(g.gamma, 8), "theta": _r(g.theta), "rho": _r(g.rho), "vega": _r(g.vega),
        }  # fmt: skip
        return (event["price"], event["volatility"], event["delta"]), event

    def theo(self, line: Line) -> Built:
        """Theoretical price for extrapolation."""
        if not line.is_option or self._ended(line):
            return None
        g, price = self.view.greek(line), self.view.price(line)
        stamp = int(self.view.resting(line.hours) * 1000)
        years = max((line.expires - self.view.epoch) / 31536000, 0.0)
        spot = price.forward * math.exp(-_carry(line) * years)
        event = {
            "eventFlags": 0, "index": time_index(stamp), "time": stamp, "sequence": 0,
            "price": _r(g.price), "underlyingPrice": _r(spot), "delta": _r(g.delta),
            "gamma": _r(g.gamma, 8), "dividend": _r((RATE - _carry(line)) * years),
            "interest": _r(RATE * years),
        }  # fmt: skip
        return (event["price"], event["underlyingPrice"]), event

    def underlying(self, line: Line) -> Built:
        """Aggregates over all options of an underlying."""
        from simulator.market import chains

        if line.is_option or not chains.has_options(self.market, line):
            return None
        vol, front, back = chains.volatilities(self.market, self.view, line)
        at = self.view.resting(calendar.OPTION)
        calls, puts = chains.option_volumes(self.market, line, at)
        stamp = int(at * 1000)
        event = {
            "eventFlags": 0, "index": time_index(stamp), "time": stamp, "sequence": 0,
            "volatility": _r(vol), "frontVolatility": _r(front), "backVolatility": _r(back),
            "callVolume": calls, "putVolume": puts, "optionVolume": calls + puts,
            "putCallRatio": _r(puts / calls) if calls else NAN,
        }  # fmt: skip
        return (event["volatility"], calls, puts), event


BUILDERS: dict[str, Callable[[Events, Line], Built]] = {
    "Quote": Events.quote,
    "Trade": Events.trade,
    "TradeETH": Events.trade_eth,
    "Summary": Events.summary,
    "Profile": Events.profile,
    "Greeks": Events.greeks,
    "TheoPrice": Events.theo,
    "Underlying": Events.underlying,
}


def describe(market: Market, line: Line) -> str:
    """A description for people."""
    if line.is_option:
        end = line.expiration
        assert end is not None
        side = "Call" if line.call else "Put"
        return f"{line.underlying} {end.date:%d %b %y} {line.strike.normalize():f} {side}"
    if line.kind == FUTURE:
        assert line.future is not None
        month = date(line.future.year, line.future.month, 1)
        return f"{line.future.product.name} {month:%B %Y}"
    if line.kind == CRYPTO:
        return f"{market.levels.coins[line.symbol].name} to USD"
    assert line.row is not None
    return line.row.name


def series_rows(market: Market, view: View, line: Line) -> list[Event]:
    """One row per expiration of an underlying, nearest last."""
    from simulator.market import chains

    stamp = int(view.resting(calendar.OPTION) * 1000)
    found = []
    ends = chains.term_structure(market, view, line)
    at = view.resting(calendar.OPTION)
    volumes_of = chains.series_volumes(market, line, at, [end.date for end, _, _ in ends])
    for (end, vol, forward), (calls, puts) in zip(
        reversed(ends), reversed(volumes_of), strict=True
    ):
        years = max((end.expires.timestamp() - view.epoch) / 31536000, 0.0)
        found.append(
            {
                "eventFlags": 0,
                "index": day_id(end.date),
                "time": stamp,
                "sequence": 0,
                "expiration": day_id(end.date),
                "volatility": _r(vol),
                "callVolume": calls,
                "putVolume": puts,
                "putCallRatio": _r(puts / calls) if calls else NAN,
                "forwardPrice": _r(forward),
                "dividend": 0.0,
                "interest": _r(RATE * years),
            }
        )
    return found


def _carry(line: Line) -> float:
    return RATE - line.row.dividend_yield if line.row and line.row.symbol != "VIX" else 0.0


def _r(value: float, digits: int = 6) -> float | str:
    return round(float(value), digits) if math.isfinite(value) else NAN


def _venue(line: Line, beat: int) -> tuple[str, str]:
    if line.kind in (INDEX, CRYPTO) or line.future is not None:
        return NO_CHAR, NO_CHAR
    venues = OPTION_VENUES if line.is_option else STOCK_VENUES
    pick = (line.key ^ beat * 2654435761) & 0xFFFF
    return venues[pick % len(venues)], venues[pick // 16 % len(venues)]


def _lot(line: Line, when: float) -> float:
    draw = rng.uniform("lot", line.symbol, int(when * 2))
    if line.kind == CRYPTO:
        return round(0.001 + draw**3, 4)
    if line.is_option or line.kind == FUTURE:
        return float(1 + int(9 * draw**3))
    return float((1 + int(5 * draw**4)) * 100) if draw > 0.4 else float(1 + int(90 * draw))


def _trade(
    line: Line, price: float, change: float, stamp: int, size: float | str, day: date,
    volume: float | str, turnover: float | str, extended: bool,
) -> Event:  # fmt: skip
    word = "UP" if change > 0 else "DOWN" if change < 0 else "ZERO"
    return {
        "time": stamp, "timeNanoPart": 0, "sequence": stamp // 500 % 1_000_000,
        "exchangeCode": _venue(line, stamp // 500)[0], "price": price, "change": change,
        "size": size, "dayId": day_id(day), "dayVolume": volume, "dayTurnover": turnover,
        "tickDirection": word, "extendedTradingHours": extended,
    }  # fmt: skip
