"""Market figures between the gateway and the pages: cells, frames, the latest book, interest.

One **feed** belongs to one connection: two logins never share a cell, so one person's real-time
token serves nobody else's page, and simulator and live figures cannot meet. When the level of a
feed's token changes (delayed to real time) the gateway empties its book.

The gateway publishes one **frame** per ``MARKET_FRAME_SECONDS`` on the feed's channel, with the
symbols that changed, and keeps every latest cell in a hash, so that a process that starts later
starts full. Each cell carries the local time of its receipt in its own event type. Web processes
say what they want to see through **interest**, which runs out by itself.

Symbols are streamer symbols. Prices, sizes and Greeks are floats; a missing one is None.
"""

from __future__ import annotations

from brokerage.market.cells import (
    CELL_TYPES,
    DEPTH_LEVELS,
    EVENT_TYPES,
    TAPE_LENGTH,
    Cell,
    Cells,
    Depth,
    Greeks,
    Level,
    Profile,
    Quote,
    Sale,
    Summary,
    Tape,
    Theo,
    Trade,
    Underlying,
)
from brokerage.market.feed import (
    HEALTH_SECONDS,
    FeedHealth,
    Frame,
    StreamHealth,
    async_valkey,
    book_key,
    channel,
    decode_frame,
    feed_key,
    health,
    health_key,
    load_book,
    load_health,
    load_quotes,
    parse_book,
    parse_health,
    publish,
)
from brokerage.market.interest import (
    INTEREST_SECONDS,
    current_interest,
    interest_channel,
    register_interest,
    register_interest_async,
    withdraw_interest,
)

__all__ = [
    "CELL_TYPES",
    "DEPTH_LEVELS",
    "EVENT_TYPES",
    "HEALTH_SECONDS",
    "INTEREST_SECONDS",
    "TAPE_LENGTH",
    "Cell",
    "Cells",
    "Depth",
    "FeedHealth",
    "Frame",
    "Greeks",
    "Level",
    "Profile",
    "Quote",
    "Sale",
    "StreamHealth",
    "Summary",
    "Tape",
    "Theo",
    "Trade",
    "Underlying",
    "async_valkey",
    "book_key",
    "channel",
    "current_interest",
    "decode_frame",
    "feed_key",
    "health",
    "health_key",
    "interest_channel",
    "load_book",
    "load_health",
    "load_quotes",
    "parse_book",
    "parse_health",
    "publish",
    "register_interest",
    "register_interest_async",
    "withdraw_interest",
]
