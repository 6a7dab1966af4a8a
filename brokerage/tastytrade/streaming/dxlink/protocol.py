"""DXLink without a socket: frames in, events out, frames to send, and the next deadline.

The handshake is strict: each step waits for the answer to the one before, and each wait is
bounded. Time is given by the caller (seconds of a steady clock), so tests need no waiting.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec
import orjson

from brokerage.tastytrade.streaming.dxlink import frames
from brokerage.tastytrade.streaming.dxlink.channel import ChannelStep, FeedChannel
from brokerage.tastytrade.streaming.dxlink.decode import MalformedData
from brokerage.tastytrade.streaming.dxlink.events import ACCEPT_FIELDS, Event
from brokerage.tastytrade.streaming.errors import (
    HandshakeTimeout,
    PeerError,
    Silence,
    TokenExpired,
    TokenRefused,
)
from brokerage.tastytrade.streaming.messages import StreamNotice
from brokerage.tastytrade.streaming.subscriptions import (
    CHANNELS,
    MAX_FRAME_BYTES,
    Subscription,
    Subscriptions,
    subscription_frames,
)

Output = Event | StreamNotice

VERSION = "0.1-strikedesk/0.1"
# How often a channel that the server closed is opened again before the connection is given up.
MAX_REOPENED = 3


class Timings(msgspec.Struct, frozen=True):
    """Seconds. ``watchdog_margin`` is added to the silence the server promised to keep below."""

    answer: float = 10.0
    keepalive: float = 30.0
    keepalive_timeout: float = 60.0
    watchdog_margin: float = 3.0
    aggregation: float = 0.1
    # At most ``burst`` subscription frames per ``pace``.
    pace: float = 0.1
    burst: int = 10


class Phase(Enum):
    """What is awaited."""

    SETUP = "the server's SETUP"
    AUTH_STATE = "the first AUTH_STATE"
    AUTHORIZED = "the answer to AUTH"
    OPEN = "nothing"


class DXLinkProtocol:
    """One connection's worth of protocol.

    ``receive`` and ``tick`` raise a StreamError when the connection must be given up; the caller
    then closes the socket. ``opened`` turns True with the first AUTHORIZED.
    """

    def __init__(
        self,
        token: str,
        subscriptions: Subscriptions,
        now: float,
        *,
        timings: Timings | None = None,
        fields: Mapping[str, Sequence[str]] = ACCEPT_FIELDS,
        max_frame_bytes: int = MAX_FRAME_BYTES,
    ) -> None:
        self.timings = timings or Timings()
        self.opened = False
        self.last_frame = now
        self.last_data: float | None = None
        self._token = token
        self._fields = fields
        self._max_frame_bytes = max_frame_bytes
        self._subscriptions = subscriptions
        self._channels: dict[int, FeedChannel] = {}
        self._phase = Phase.SETUP
        self._server_timeout = self.timings.keepalive_timeout
        self._waits: dict[str, float] = {}
        self._outgoing: list[str] = []
        self._paced: deque[str] = deque()
        self._pace_at, self._pace_left = now, 0
        self._keepalive_at = now + self.timings.keepalive
        self._told: set[tuple[str, str]] = set()
        self._await(Phase.SETUP, now)
        limit = self.timings.keepalive_timeout
        self._outgoing.append(frames.setup(VERSION, limit, limit))

    def __repr__(self) -> str:
        return f"<DXLinkProtocol awaiting {self._phase.value}>"

    # --- The caller's side --------------------------------------------------------------------

    def receive(self, frame: str | bytes, now: float) -> Sequence[Output]:
        """What one frame of the server means."""
        self.last_frame = now
        try:
            message = orjson.loads(frame)
            kind, channel = message["type"], message["channel"]
        except (ValueError, TypeError, KeyError):
            return self._notice("malformed", "a frame that is no DXLink message")
        if kind == "FEED_DATA":
            self.last_data = now
            return self._data(channel, message.get("data"))
        handler = self._handlers.get(kind)
        if handler is None:
            return self._notice("unknown-type", f"unknown message type {str(kind)[:40]}", str(kind))
        return handler(self, channel, message, now)

    def tick(self, now: float) -> None:
        """Do what is due at this time; raises when an awaited answer or any frame is overdue."""
        for awaited, until in self._waits.items():
            if now >= until:
                self._outgoing.append(frames.error("TIMEOUT", "No answer in time."))
                raise HandshakeTimeout(awaited)
        silent = now - self.last_frame
        if silent >= self._server_timeout + self.timings.watchdog_margin:
            raise Silence(silent)
        if now >= self._keepalive_at:
            self._outgoing.append(frames.keepalive())
            self._keepalive_at = now + self.timings.keepalive
        self._send_paced(now)

    def touch(self, now: float) -> None:
        """The reader was held up by its consumer: its silence is not the server's."""
        self.last_frame = now

    def deadline(self) -> float:
        """When ``tick`` must be called at the latest."""
        moments = [
            self._keepalive_at,
            self.last_frame + self._server_timeout + self.timings.watchdog_margin,
            *self._waits.values(),
        ]
        if self._paced:
            moments.append(self._pace_at)
        return min(moments)

    def outgoing(self) -> list[str]:
        """Frames to send, in order; each is handed out once."""
        ready, self._outgoing = self._outgoing, []
        return ready

    def update(
        self, added: Iterable[Subscription], removed: Iterable[Subscription], now: float
    ) -> None:
        """Tell the server of changes that the subscriptions have already taken over."""
        adds, removals = list(added), list(removed)
        for contract, number in CHANNELS.items():
            add = [each for each in adds if each.contract == contract]
            remove = [each for each in removals if each.contract == contract]
            channel = self._channels.get(number)
            if channel is None and add and self.opened:
                self._request(number, contract, now)
            elif channel is not None and channel.step is ChannelStep.READY:
                self._subscribe(number, add=add, remove=remove)
        self._send_paced(now)

    def renew(self, token: str, now: float) -> None:
        """Authorize again with a new token on the open connection."""
        self._token = token
        self._outgoing.append(frames.auth(token))
        self._await(Phase.AUTHORIZED, now)

    # --- Handshake ----------------------------------------------------------------------------

    def _await(self, phase: Phase, now: float) -> None:
        self._phase = phase
        self._waits.clear()
        if phase is not Phase.OPEN:
            self._waits[phase.value] = now + self.timings.answer

    def _on_setup(self, _channel: int, message: dict[str, Any], now: float) -> Sequence[Output]:
        promised = message.get("keepaliveTimeout")
        if isinstance(promised, int | float) and promised > 0:
            self._server_timeout = float(promised)
        if self._phase is Phase.SETUP:
            self._await(Phase.AUTH_STATE, now)
        return ()

    def _on_auth_state(
        self, _channel: int, message: dict[str, Any], now: float
    ) -> Sequence[Output]:
        if message.get("state") == "AUTHORIZED":
            self._authorized(now)
        elif self._phase in (Phase.SETUP, Phase.AUTH_STATE):
            # The first UNAUTHORIZED asks for the token; it refuses nothing.
            self._outgoing.append(frames.auth(self._token))
            self._await(Phase.AUTHORIZED, now)
        elif self._phase is Phase.AUTHORIZED:
            raise TokenRefused("the quote token is not accepted")
        else:
            raise TokenExpired("the quote token has expired")
        return ()

    def _authorized(self, now: float) -> None:
        if self._phase is Phase.OPEN:
            return
        self._await(Phase.OPEN, now)
        self.opened = True
        for contract, number in CHANNELS.items():
            if number in self._channels or self._subscriptions.of(contract):
                self._request(number, contract, now)

    # --- Channels -----------------------------------------------------------------------------

    def _request(self, number: int, contract: str, now: float) -> None:
        channel = self._channels.setdefault(number, FeedChannel(number, contract))
        channel.step = ChannelStep.REQUESTED
        self._waits[f"channel {number}"] = now + self.timings.answer
        self._outgoing.append(frames.channel_request(number, contract))

    def _on_channel_opened(
        self, number: int, _message: dict[str, Any], now: float
    ) -> Sequence[Output]:
        channel = self._channels.get(number)
        if channel is None or channel.step is not ChannelStep.REQUESTED:
            return ()
        channel.step = ChannelStep.OPENED
        self._waits.pop(f"channel {number}", None)
        self._waits[f"the set-up of channel {number}"] = now + self.timings.answer
        wished = {
            name: fields
            for name, fields in self._fields.items()
            if Subscription(name, "").contract == channel.contract
        }
        self._outgoing.append(frames.feed_setup(number, self.timings.aggregation, wished))
        return ()

    def _on_feed_config(self, number: int, message: dict[str, Any], now: float) -> Sequence[Output]:
        channel = self._channels.get(number)
        if channel is None:
            return ()
        try:
            channel.configure(message)
        except MalformedData as error:
            return self._notice("malformed", str(error))
        if channel.step is ChannelStep.OPENED:
            channel.step = ChannelStep.READY
            self._waits.pop(f"the set-up of channel {number}", None)
            self._subscribe(number, add=self._subscriptions.of(channel.contract), reset=True)
            self._send_paced(now)
        return ()

    def _on_channel_closed(
        self, number: int, _message: dict[str, Any], now: float
    ) -> Sequence[Output]:
        channel = self._channels.get(number)
        if channel is None:
            return ()
        channel.reopened += 1
        if channel.reopened > MAX_REOPENED:
            raise PeerError(f"the broker keeps closing channel {number}")
        self._request(number, channel.contract, now)
        return self._notice("error", f"the broker closed channel {number}; opened again")

    def _subscribe(
        self,
        number: int,
        *,
        add: Iterable[Subscription] = (),
        remove: Iterable[Subscription] = (),
        reset: bool = False,
    ) -> None:
        self._paced.extend(
            subscription_frames(
                number, add=add, remove=remove, reset=reset, max_bytes=self._max_frame_bytes
            )
        )

    def _send_paced(self, now: float) -> None:
        if self._paced and now >= self._pace_at:
            self._pace_at, self._pace_left = now + self.timings.pace, self.timings.burst
        while self._paced and self._pace_left > 0:
            self._outgoing.append(self._paced.popleft())
            self._pace_left -= 1

    # --- Data and errors ----------------------------------------------------------------------

    def _data(self, number: int, data: Any) -> Sequence[Output]:
        channel = self._channels.get(number)
        if channel is None:
            return ()
        if not isinstance(data, list):
            return self._notice("malformed", "feed data that is no list")
        try:
            events, unknown = channel.decode(data)
        except MalformedData as error:
            return self._notice("malformed", str(error), str(data[0])[:40])
        if not unknown:
            return events
        notices = [
            notice
            for name in sorted(unknown)
            for notice in self._notice("unknown-type", f"events of type {name[:40]}", name)
        ]
        return [*events, *notices]

    def _on_error(self, number: int, message: dict[str, Any], now: float) -> Sequence[Output]:
        kind, text = str(message.get("error", "")), str(message.get("message", ""))[:200]
        if kind == "UNAUTHORIZED":
            raise TokenRefused("the quote token is not accepted")
        if kind in ("TIMEOUT", "UNSUPPORTED_PROTOCOL"):
            raise PeerError(f"the broker gives up: {kind}")
        if "subscription size" in text.lower():
            return self._notice("capacity", text, text)
        if "not exists" in text and number in self._channels:
            return self._on_channel_closed(number, message, now)
        return self._notice("error", f"{kind}: {text}", kind + text)

    def _on_keepalive(
        self, _number: int, _message: dict[str, Any], _now: float
    ) -> Sequence[Output]:
        return ()

    def _notice(self, kind: Any, text: str, subject: str = "") -> Sequence[Output]:
        """The notice, the first time only; data that goes on being bad must not flood anyone."""
        key = (kind, subject or text)
        if key in self._told or len(self._told) > 200:
            return ()
        self._told.add(key)
        return (StreamNotice(kind, text, subject),)

    _handlers: dict[
        str, Callable[[DXLinkProtocol, int, dict[str, Any], float], Sequence[Output]]
    ] = {
        "SETUP": _on_setup,
        "AUTH_STATE": _on_auth_state,
        "CHANNEL_OPENED": _on_channel_opened,
        "CHANNEL_CLOSED": _on_channel_closed,
        "FEED_CONFIG": _on_feed_config,
        "ERROR": _on_error,
        "KEEPALIVE": _on_keepalive,
    }
