"""The two streams of the broker: market data (DXLink) and account notifications.

::

    async with DXLinkStream(token_provider, environment) as stream:
        await stream.subscribe({"Quote": ["SPY"]})
        async for item in stream:
            ...  # events, StreamState, StreamNotice

    async with AccountStream(environment.account_stream_url, numbers, access_token) as stream:
        async for item in stream:
            ...  # AccountMessage, StreamState, StreamGap, StreamNotice
"""

from brokerage.tastytrade.streaming.account.protocol import (
    AccountMessage,
    AccountProtocol,
    AccountTimings,
)
from brokerage.tastytrade.streaming.account.stream import AccessTokenProvider, AccountStream
from brokerage.tastytrade.streaming.backoff import Backoff
from brokerage.tastytrade.streaming.dxlink.candles import normalise, parse_candle_symbol
from brokerage.tastytrade.streaming.dxlink.events import (
    Candle,
    Event,
    Greeks,
    IndexedEvent,
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
from brokerage.tastytrade.streaming.dxlink.indexed import IndexedEvents, depth
from brokerage.tastytrade.streaming.dxlink.protocol import DXLinkProtocol, Timings
from brokerage.tastytrade.streaming.dxlink.stream import (
    DXLinkStream,
    QuoteToken,
    QuoteTokenProvider,
)
from brokerage.tastytrade.streaming.errors import GiveUp, StreamError, TokenUnavailable
from brokerage.tastytrade.streaming.messages import StreamGap, StreamNotice, StreamState
from brokerage.tastytrade.streaming.subscriptions import Subscription, Subscriptions

__all__ = [
    "AccessTokenProvider",
    "AccountMessage",
    "AccountProtocol",
    "AccountStream",
    "AccountTimings",
    "Backoff",
    "Candle",
    "DXLinkProtocol",
    "DXLinkStream",
    "Event",
    "GiveUp",
    "Greeks",
    "IndexedEvent",
    "IndexedEvents",
    "Order",
    "Profile",
    "Quote",
    "QuoteToken",
    "QuoteTokenProvider",
    "StreamError",
    "StreamGap",
    "StreamNotice",
    "StreamState",
    "Subscription",
    "Subscriptions",
    "Summary",
    "TheoPrice",
    "TimeAndSale",
    "Timings",
    "TokenUnavailable",
    "Trade",
    "TradeETH",
    "Underlying",
    "depth",
    "normalise",
    "parse_candle_symbol",
]
