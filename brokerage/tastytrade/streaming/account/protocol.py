"""The account streamer without a socket: actions out, acknowledgements and notifications in.

Every message carries the access token of its moment. After ``connect`` is acknowledged the
connection is open; a heartbeat keeps it so and, being acknowledged, proves that the peer lives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from brokerage.tastytrade.streaming.errors import HandshakeTimeout, TokenExpired, TokenRefused
from brokerage.tastytrade.streaming.messages import StreamGap, StreamNotice

SOURCE = "strikedesk/0.1"


class AccountMessage(msgspec.Struct, frozen=True):
    """One notification. ``data`` is the whole object as the REST resource shows it.

    Numbers in ``data`` that were not integers are Decimals. ``timestamp`` is epoch milliseconds.
    Unknown types are kept as they are.
    """

    type: str
    data: dict[str, Any]
    timestamp: int | None = None
    sequence: int | None = None


Output = AccountMessage | StreamGap | StreamNotice

_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class AccountTimings(msgspec.Struct, frozen=True):
    """Seconds: how long an acknowledgement may take, and between heartbeats (2 to 60)."""

    answer: float = 10.0
    heartbeat: float = 15.0


class AccountProtocol:
    """One connection's worth of protocol; raises a StreamError when it must be given up."""

    def __init__(
        self,
        accounts: Iterable[str],
        now: float,
        *,
        timings: AccountTimings | None = None,
        source: str = SOURCE,
    ) -> None:
        self.timings = timings or AccountTimings()
        self.opened = False
        self.session_id = ""
        self.last_frame = now
        self._accounts = list(accounts)
        self._source = source
        self._outgoing: list[str] = []
        self._awaited: dict[int, tuple[str, float]] = {}
        self._next_id = 1
        self._told: set[str] = set()
        self._sequence: int | None = None

    def __repr__(self) -> str:
        return f"<AccountProtocol {'open' if self.opened else 'connecting'}>"

    # --- The caller's side ----------------------------------------------------------------------

    def connect(self, access_token: str, now: float) -> None:
        """Ask for the notifications of the accounts."""
        self._send("connect", access_token, now, value=self._accounts)

    def heartbeat(self, access_token: str, now: float) -> None:
        """To be called every ``timings.heartbeat`` seconds with the current access token."""
        self._send("heartbeat", access_token, now)

    def subscribe(self, action: str, access_token: str, now: float) -> None:
        """Another action, such as ``quote-alerts-subscribe``; after ``connect`` only."""
        self._send(action, access_token, now)

    def receive(self, frame: str | bytes, now: float) -> Sequence[Output]:
        """What one frame of the server means; batches are unwrapped."""
        self.last_frame = now
        try:
            message = _decode(frame)
        except msgspec.DecodeError:
            return self._malformed("a frame that is no JSON")
        return [item for single in _singles(message) for item in self._take(single)]

    def tick(self, now: float) -> None:
        """Raises HandshakeTimeout when an acknowledgement is overdue."""
        for action, until in self._awaited.values():
            if now >= until:
                raise HandshakeTimeout(f"the acknowledgement of {action}")

    def deadline(self) -> float:
        return min((until for _, until in self._awaited.values()), default=float("inf"))

    def touch(self, now: float) -> None:
        """The reader was held up by its consumer: acknowledgements may lie unread."""
        self.last_frame = now
        self._awaited = {
            number: (action, max(until, now + self.timings.answer))
            for number, (action, until) in self._awaited.items()
        }

    def outgoing(self) -> list[str]:
        """Frames to send, in order; each is handed out once."""
        ready, self._outgoing = self._outgoing, []
        return ready

    # --- The rest ---------------------------------------------------------------------------------

    def _send(self, action: str, access_token: str, now: float, **extra: object) -> None:
        number, self._next_id = self._next_id, self._next_id + 1
        body = {
            "action": action,
            **extra,
            "auth-token": f"Bearer {access_token}",
            "request-id": number,
            "source": self._source,
        }
        self._outgoing.append(msgspec.json.encode(body).decode())
        self._awaited[number] = (action, now + self.timings.answer)

    def _take(self, message: Any) -> Sequence[Output]:
        if not isinstance(message, dict):
            return self._malformed("a message that is no object")
        if "status" in message:
            return self._answered(message)
        kind, data = message.get("type"), message.get("data")
        if not isinstance(kind, str) or not isinstance(data, dict):
            return self._malformed("a message without type or data")
        found = AccountMessage(kind, data, *(_whole(message, k) for k in _ENVELOPE))
        return [*self._skipped(found.sequence), found]

    def _answered(self, message: dict[str, Any]) -> Sequence[Output]:
        action = str(message.get("action", ""))
        self._settle(message.get("request-id"), action)
        self.session_id = str(message.get("web-socket-session-id", self.session_id))
        if message["status"] == "ok":
            self.opened = self.opened or action in ("connect", "account-subscribe")
            return ()
        text = str(message.get("message", ""))[:200]
        if action in ("connect", "account-subscribe"):
            raise TokenRefused(f"the broker refused to connect the account stream ({text})")
        if action == "heartbeat" and text == "failed":
            raise TokenExpired("the access token of the account stream is no longer accepted")
        return self._notice("error", f"{action}: {text}", action)

    def _settle(self, number: object, action: str) -> None:
        """Stop waiting; an answer without a number settles the oldest request of its action."""
        if isinstance(number, int) and number in self._awaited:
            del self._awaited[number]
            return
        for waiting, (awaited, _) in self._awaited.items():
            if awaited == action:
                del self._awaited[waiting]
                return

    def _skipped(self, sequence: int | None) -> Sequence[StreamGap]:
        """A gap where the broker numbers its messages and some numbers did not come."""
        last = self._sequence
        if sequence is None:
            return ()
        self._sequence = sequence
        if last is None or sequence <= last + 1:
            return ()
        return (StreamGap(f"{sequence - last - 1} messages did not arrive"),)

    def _malformed(self, text: str) -> Sequence[Output]:
        return (StreamGap(text), *self._notice("malformed", text))

    def _notice(self, kind: Any, text: str, subject: str = "") -> Sequence[Output]:
        if text in self._told or len(self._told) > 200:
            return ()
        self._told.add(text)
        return (StreamNotice(kind, text, subject),)


_ENVELOPE = ("timestamp", "ws-sequence")


def _whole(message: dict[str, Any], key: str) -> int | None:
    value = message.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _singles(message: Any) -> Iterator[Any]:
    """The message, or the messages of a batch."""
    if isinstance(message, dict) and isinstance(message.get("results"), list):
        for each in message["results"]:
            yield from _singles(each)
    else:
        yield message
