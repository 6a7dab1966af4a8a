"""uvicorn's WebSocket protocol, with a note of the last ping: pings count as life."""

from __future__ import annotations

import time

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LAST_PING = "simulator.last-ping"


class PingAware(WebSocketsSansIOProtocol):
    """Writes the time of each ping into the connection's scope, where the streams look."""

    def handle_ping(self) -> None:
        """Answer as usual, and note the time."""
        super().handle_ping()
        scope = getattr(self, "scope", None)
        if scope is not None:
            scope[LAST_PING] = time.monotonic()
