"""The credential of the market data stream."""

from __future__ import annotations

from brokerage.tastytrade.payloads.base import Moment, Payload, RequiredSecret, RequiredText


class QuoteToken(Payload, frozen=True):
    """Valid for 24 hours where `expires_at` does not say. Check `dxlink_url` with
    Environment.check_streamer_url before sending the token there.
    """

    token: RequiredSecret = ""
    dxlink_url: RequiredText = ""
    level: str = ""
    websocket_url: str = ""
    issued_at: Moment = None
    expires_at: Moment = None

    @property
    def is_delayed(self) -> bool:
        """Fifteen minutes late: the level says so, or the address does."""
        return self.level == "demo" or "delayed" in self.dxlink_url

    def __repr__(self) -> str:
        return f"QuoteToken(level={self.level!r})"
