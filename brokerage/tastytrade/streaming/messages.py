"""What a stream yields besides its events: changes of state, and notices."""

from __future__ import annotations

from typing import Literal

import msgspec

StateName = Literal["connecting", "up", "down"]


class StreamState(msgspec.Struct, frozen=True):
    """The stream went into this state; ``reason`` is plain words for people.

    ``attempt`` counts failed attempts since it was last up; ``retry_in`` is in seconds.
    """

    state: StateName
    reason: str = ""
    attempt: int = 0
    retry_in: float | None = None


class StreamNotice(msgspec.Struct, frozen=True):
    """Something worth knowing that does not end the stream; told once per connection and key.

    ``kind``: unknown-type, malformed, error, or capacity (the service takes no more
    subscriptions, all others go on).
    """

    kind: Literal["unknown-type", "malformed", "error", "capacity"]
    text: str
    # What it is about: an event type, an error type.
    subject: str = ""


class StreamGap(msgspec.Struct, frozen=True):
    """Something was said that did not arrive or could not be read: what it was about is to be
    read again. Told every time.
    """

    text: str
