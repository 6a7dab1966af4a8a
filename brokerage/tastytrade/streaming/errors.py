"""Why a stream ended. Texts are plain words for people and never carry a token."""

from __future__ import annotations


class StreamError(Exception):
    """Base of everything that ends one socket; the stream reconnects after it."""


class AddressRefused(StreamError):
    """The address may not be used: not allow-listed, or in clear text beyond this machine."""


class ConnectFailed(StreamError):
    """The socket could not be opened."""


class ConnectionEnded(StreamError):
    """The peer closed, also in the clean way (code 1000), or the network broke."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        self.code = code
        words = f"code {code}" if code is not None else "without a word"
        detail = f", {reason[:80]}" if reason else ""
        super().__init__(f"the broker closed the stream ({words}{detail})")


class HandshakeTimeout(StreamError):
    """An awaited answer did not come in time."""

    def __init__(self, awaited: str) -> None:
        self.awaited = awaited
        super().__init__(f"no answer in time: {awaited}")


class Silence(StreamError):
    """Not one frame, keep-alives included, for longer than the peer promised."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"no frame for {seconds:.0f} s")


class SendStalled(StreamError):
    """The peer takes no more bytes."""


class TokenRefused(StreamError):
    """The token is not accepted: a new one is needed before the next attempt."""


class TokenExpired(TokenRefused):
    """A token that was accepted has reached its end."""


class TokenUnavailable(StreamError):
    """No token could be had for now."""


class PeerError(StreamError):
    """The peer reported that it gives the connection up."""


class GiveUp(StreamError):
    """No further attempt makes sense: a token provider raises it, and iteration ends with it."""
