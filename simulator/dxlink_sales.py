"""The tape of all options on an underlying.

The same trades as in the options' own time and sales. It covers the nearest expirations and the
strikes around the money, where nearly all is traded.
"""

from __future__ import annotations

import math

from simulator.dxlink_events import Event
from simulator.market import chains, expirations, future_options, volumes
from simulator.market.lines import FUTURE, Line
from simulator.market.market import Market
from simulator.market.tape import Print, prints
from simulator.market.view import View

BEAT = 15.0
ENDS = 3
REACH = 0.04
MOST_BEATS = 240
"""An hour."""


def option_sales(
    market: Market, view: View, line: Line, symbol: str, since: float, most: int
) -> list[Event]:
    """Trades after `since` up to the view's instant, oldest first, the last `most` at most."""
    last = math.floor(view.epoch / BEAT)
    first = max(math.floor(since / BEAT) + 1, last - MOST_BEATS)
    options = _options(market, view, line) if first <= last else []
    found: list[Event] = []
    for beat in range(last, first - 1, -1):
        found = _beat(market, view, options, symbol, beat) + found
        if len(found) >= most:
            break
    return found[-most:]


def _options(market: Market, view: View, line: Line) -> list[Line]:
    if not chains.has_options(market, line):
        return []
    spot = view.price(line).mid
    if line.kind == FUTURE and line.product is not None:
        listed = [e for e in future_options.listed(line.product, view.moment)
                  if e.future == line.future]  # fmt: skip
        found = [x for end in listed[:ENDS] for x in chains.future_option_lines(market, end)]
    else:
        found = [
            x
            for root in chains.roots(market, line.symbol)
            for end in expirations.listed(root, view.moment)[:ENDS]
            for x in chains.option_lines(market, root, end)
        ]
    return [x for x in found if abs(x.k / spot - 1) <= REACH]


def _beat(market: Market, view: View, options: list[Line], symbol: str, beat: int) -> list[Event]:
    at = beat * BEAT
    traded = [x for x in options if volumes.done(x, at + BEAT) > volumes.done(x, at)]
    if not traded:
        return []
    then = market.days._view(at)
    then.price_all(traded)
    then.greek_all(traded)
    rows = [
        (p, x) for x in traded for p in prints(market.days, view, x, at - 1, at, 4)
    ]  # fmt: skip
    rows.sort(key=lambda row: row[0].time)
    return [_event(then, symbol, p, x, beat, n) for n, (p, x) in enumerate(rows)]


def _event(then: View, symbol: str, p: Print, line: Line, beat: int, n: int) -> Event:
    greek, price = then.greek(line), then.price(line)
    return {
        "eventType": "OptionSale", "eventSymbol": symbol, "eventFlags": 0,
        "index": beat << 16 | n, "time": int(p.time * 1000), "sequence": n,
        "exchangeCode": p.venue, "price": p.price, "size": p.size, "bidPrice": p.bid,
        "askPrice": p.ask, "exchangeSaleConditions": "I", "aggressorSide": p.aggressor,
        "spreadLeg": False, "extendedTradingHours": False, "validTick": True, "type": "NEW",
        "underlyingPrice": round(price.forward, 4), "volatility": round(greek.iv, 6),
        "delta": round(greek.delta, 6), "optionSymbol": line.streamer,
    }  # fmt: skip
