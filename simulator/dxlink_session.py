"""The server's side of one market data connection, without any I/O.

`receive` takes a decoded client message and returns frames to send; `tick` returns what time and
market have made due. Times are seconds of any monotonic wall clock. When `closing` is set the
caller sends the frames, then closes with (code, reason).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.dxlink_dom import Dom
from simulator.dxlink_events import Events
from simulator.dxlink_feed import Feed, Limits
from simulator.market.market import Market
from simulator.market.view import View

Frame = dict[str, Any]
VERSION = "1.0-sim"
SETUP_WAIT = 10.0
LINGER = 3.0  # seconds between the end of a token and the close
BYE = (1000, "Bye")
KNOWN = frozenset(
    {
        "SETUP",
        "AUTH",
        "KEEPALIVE",
        "ERROR",
        "CHANNEL_REQUEST",
        "CHANNEL_CANCEL",
        "FEED_SETUP",
        "FEED_SUBSCRIPTION",
        "DOM_SETUP",
    }
)
FOR_FEED = frozenset({"FEED_SETUP", "FEED_SUBSCRIPTION"})
CONTRACTS = frozenset({"TICKER", "STREAM", "HISTORY", "AUTO"})


@dataclass(frozen=True, slots=True)
class Grant:
    """A quote token that was accepted: whose it is, and whether it is the delayed level."""

    user: str
    delayed: bool = False


Authorize = Callable[[str], Grant | None]


class Session:
    """One connection's protocol state."""

    def __init__(
        self, market: Market, authorize: Authorize, now: float, limits: Limits | None = None
    ) -> None:
        self.market = market
        self.limits = limits or Limits()
        self.channels: dict[int, Feed | Dom] = {}
        self.closing: tuple[int, str] | None = None
        self.promised = 60.0  # our own keepalive timeout
        self.client_timeout = 60.0
        self._authorize = authorize
        self._token: str | None = None
        self._grant: Grant | None = None
        self._set_up = False
        self._opened = now
        self._heard = now
        self._said = now
        self._checked = now
        self._ending: float | None = None
        self._events: Events | None = None

    @property
    def authorized(self) -> bool:
        """Whether data may flow."""
        return self._grant is not None and self._ending is None

    @property
    def username(self) -> str:
        """Whose token it is, empty before one was accepted."""
        return self._grant.user.removeprefix("U-") if self._grant is not None else ""

    # -- what the client says ----------------------------------------------------------------

    def receive(self, message: Any, now: float) -> list[Frame]:
        """Handle one client message."""
        self._heard = now
        if not isinstance(message, dict):
            return [_error(0, "INVALID_MESSAGE", "The message is not a JSON object")]
        kind, channel = message.get("type"), message.get("channel", 0)
        if not isinstance(kind, str) or not isinstance(channel, int) or isinstance(channel, bool):
            return [_error(0, "INVALID_MESSAGE", "The message has no type or channel")]
        if kind not in KNOWN:
            return [_error(0, "INVALID_MESSAGE", f"Unknown message type {kind}")]
        if kind in ("KEEPALIVE", "ERROR"):
            return []
        if kind == "SETUP":
            return self._setup(message)
        if not self._set_up:
            return [_error(0, "BAD_ACTION", "SETUP step missing")]
        if kind == "AUTH":
            return self._auth(message)
        if not self.authorized:
            return [_error(0, "BAD_ACTION", "AUTH step missing")]
        return self._channel(kind, channel, message)

    def invalid(self, now: float) -> list[Frame]:
        """A frame that is not JSON."""
        self._heard = now
        return [_error(0, "INVALID_MESSAGE", "The message could not be parsed")]

    def _setup(self, message: Frame) -> list[Frame]:
        version = message.get("version")
        if not isinstance(version, str):
            return [_error(0, "INVALID_MESSAGE", "SETUP needs a version")]
        if version.split("-")[0].split(".")[0] not in ("0", "1"):
            self.closing = BYE
            return [_error(0, "UNSUPPORTED_PROTOCOL", f"Protocol {version} is not served")]
        self.client_timeout = _timeout(message.get("keepaliveTimeout"))
        self.promised = _timeout(message.get("acceptKeepaliveTimeout"))
        answer = {
            "type": "SETUP", "channel": 0, "keepaliveTimeout": _plain(self.promised),
            "acceptKeepaliveTimeout": _plain(self.client_timeout), "version": VERSION,
        }  # fmt: skip
        if self._set_up:
            return [answer]
        self._set_up = True
        return [answer, _auth_state("UNAUTHORIZED")]

    def _auth(self, message: Frame) -> list[Frame]:
        token = message.get("token")
        grant = self._authorize(token) if isinstance(token, str) else None
        if grant is None:
            self.closing = BYE
            return [_auth_state("UNAUTHORIZED")]
        self._token, self._grant, self._ending = token, grant, None
        return [{**_auth_state("AUTHORIZED"), "userId": grant.user}]

    def _channel(self, kind: str, channel: int, message: Frame) -> list[Frame]:
        if channel % 2 == 0:
            text = "Protocol violation with an even channel usage."
            return [_error(0, "BAD_ACTION", text)]
        if kind == "CHANNEL_REQUEST":
            return self._open(channel, message)
        found = self.channels.get(channel)
        if found is None:
            return [_error(channel, "BAD_ACTION", f"Channel with id {channel} not exists")]
        if kind == "CHANNEL_CANCEL":
            return self.close_channel(channel)
        if isinstance(found, Feed) != (kind in FOR_FEED):
            return [_error(channel, "BAD_ACTION", f"{kind} does not fit the channel's service")]
        if kind == "FEED_SUBSCRIPTION":
            assert isinstance(found, Feed)
            texts = found.subscribe(message, self.market)
            found.next_flush = 0.0  # last values at once
            return [_error(channel, "BAD_ACTION", text) for text in texts]
        return [found.setup(message)]

    def _open(self, channel: int, message: Frame) -> list[Frame]:
        service = message.get("service")
        parameters = message.get("parameters")
        parameters = parameters if isinstance(parameters, dict) else {}
        if channel not in self.channels:
            if service == "FEED":
                contract = parameters.get("contract", "AUTO")
                if contract not in CONTRACTS:
                    return [_error(channel, "BAD_ACTION", f"Unknown contract {contract}")]
                self.channels[channel] = Feed(channel, contract, self.limits)
            elif service == "DOM" and self.limits.depth:
                self.channels[channel] = Dom(channel, parameters)
            else:
                return [_error(channel, "BAD_ACTION", f"Unknown service {service}")]
        echo = {**parameters, "subFormat": "LIST"} if service == "FEED" else parameters
        return [
            {
                "type": "CHANNEL_OPENED",
                "channel": channel,
                "service": service,
                "parameters": echo,
            }
        ]

    def close_channel(self, channel: int) -> list[Frame]:
        """End a channel, by the client's wish or our own decision."""
        found = self.channels.pop(channel, None)
        if isinstance(found, Feed):
            found.clear()
        return [{"type": "CHANNEL_CLOSED", "channel": channel}]

    # -- what time brings --------------------------------------------------------------------

    def tick(self, now: float) -> list[Frame]:
        """Time-outs, keepalives, expired tokens and due data."""
        frames = self._time_outs(now)
        if self.closing is not None:
            return frames
        frames += self._check_token(now)
        if self.authorized:
            frames += self._data(now)
        if now - self._said >= self.promised / 3:
            frames.append({"type": "KEEPALIVE", "channel": 0})
        if any(f["type"] == "KEEPALIVE" for f in frames):
            self._said = now
        return frames

    def _time_outs(self, now: float) -> list[Frame]:
        if not self._set_up and now - self._opened > SETUP_WAIT:
            self.closing = BYE
            return [_error(0, "TIMEOUT", "SETUP was not received in time")]
        silent = now - self._heard
        if self._set_up and silent > self.client_timeout:
            self.closing = BYE
            text = f"The timeout has been reached. The message was last received {silent:.0f} seconds ago."  # noqa: E501
            return [_error(0, "TIMEOUT", text)]
        if self._ending is not None and now >= self._ending:
            self.closing = BYE
        return []

    def _check_token(self, now: float) -> list[Frame]:
        if not self.authorized or now - self._checked < 1.0:
            return []
        self._checked = now
        if self._token is not None and self._authorize(self._token) is not None:
            return []
        self._ending = now + LINGER
        return [_auth_state("UNAUTHORIZED")]

    def _data(self, now: float) -> list[Frame]:
        view = self._view()
        frames: list[Frame] = []
        for channel in self.channels.values():
            if now < channel.next_flush:
                continue
            if isinstance(channel, Feed):
                found = channel.collect(self.market, view, self._events_of(view))
            else:
                found = channel.collect(self.market, view)
            if found:
                channel.next_flush = now + channel.period
            frames += found
        return frames

    def _view(self) -> View:
        delayed = self._grant is not None and self._grant.delayed
        return self.market.delayed_view() if delayed else self.market.view

    def _events_of(self, view: View) -> Events:
        if self._events is None or self._events.view is not view:
            self._events = Events(self.market, view)
        return self._events


def _auth_state(state: str) -> Frame:
    return {"type": "AUTH_STATE", "channel": 0, "state": state}


def _error(channel: int, kind: str, text: str) -> Frame:
    return {"type": "ERROR", "channel": channel, "error": kind, "message": text}


def _timeout(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 60.0
    return min(max(float(value), 1.0), 300.0)


def _plain(seconds: float) -> int | float:
    return int(seconds) if seconds == int(seconds) else seconds
