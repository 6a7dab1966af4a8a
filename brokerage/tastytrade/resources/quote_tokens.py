"""The token of the market data stream."""

from __future__ import annotations

from brokerage.tastytrade import calls
from brokerage.tastytrade.payloads.tokens import QuoteToken


def get() -> calls.Call[QuoteToken]:
    """Raises NotFound with code quote_streamer.customer_not_found_error for a mere user."""
    return calls.get("/api-quote-tokens", parse=calls.one(QuoteToken))
