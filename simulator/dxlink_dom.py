"""The DOM service of one channel: whole books, best price first."""

from __future__ import annotations

from typing import Any

from simulator.market.depth import book
from simulator.market.market import Market
from simulator.market.view import View

Frame = dict[str, Any]
FIELDS = ("price", "size")


class Dom:
    """State of one DOM channel; silent until DOM_SETUP."""

    def __init__(self, channel: int, parameters: Frame) -> None:
        self.channel = channel
        self.symbol = str(parameters.get("symbol", ""))
        self.sources = [s for s in parameters.get("sources") or [] if isinstance(s, str)]
        self.period = 0.5
        self.depth = 10
        self.fields = list(FIELDS)
        self.ready = False
        self.next_flush = 0.0
        self._last: Any = None

    def setup(self, message: Frame) -> Frame:
        """Take over the wishes and answer DOM_CONFIG."""
        period, depth = message.get("acceptAggregationPeriod"), message.get("acceptDepthLimit")
        if isinstance(period, int | float) and not isinstance(period, bool):
            self.period = min(max(float(period), 0.0), 60.0)
        if isinstance(depth, int) and not isinstance(depth, bool):
            self.depth = min(max(depth, 1), 10)
        wanted = message.get("acceptOrderFields")
        if isinstance(wanted, list):
            self.fields = [f for f in wanted if f in FIELDS] or list(FIELDS)
        self.ready, self._last = True, None
        return {
            "type": "DOM_CONFIG", "channel": self.channel, "aggregationPeriod": self.period,
            "depthLimit": self.depth, "dataFormat": "FULL", "orderFields": self.fields,
        }  # fmt: skip

    def collect(self, market: Market, view: View) -> list[Frame]:
        """A snapshot when the book has changed."""
        line = market.line_of_streamer(self.symbol)
        if not self.ready or line is None or line.kind == "Index":
            return []
        bids, asks = book(view, line, self.depth)
        if (bids, asks) == self._last:
            return []
        self._last = (bids, asks)
        sides = [
            [{f: float(getattr(level, f)) for f in self.fields} for level in side]
            for side in (bids, asks)
        ]
        return [
            {
                "type": "DOM_SNAPSHOT",
                "channel": self.channel,
                "time": int(view.epoch * 1000),
                "bids": sides[0],
                "asks": sides[1],
            }
        ]
