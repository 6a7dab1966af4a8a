"""The price of what a position stands on, at the moment of a valuation."""

from __future__ import annotations

from portfolio.analytics.marks import mid
from portfolio.live.valuation import LegValue, Valuation, quote_of


def spot_of(value: LegValue, valuation: Valuation, now: float) -> float | None:
    """Of an option the price of its underlying (middle of the quote, else last trade); of anything
    else its own mark. None when nothing ever came."""
    leg = value.leg
    if not leg.is_option:
        return float(value.mark.price) if value.mark is not None else None
    book = valuation.book(leg.feed)
    for symbol in dict.fromkeys((leg.underlying_streamer, leg.contract)):
        price = mid(quote_of(book.quote(symbol), now))
        if price is not None:
            return float(price)
        trade = book.trade(symbol)
        if trade is not None and trade.price is not None:
            return trade.price
    return None
