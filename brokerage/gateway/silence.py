"""Telling a stream that has fallen silent from a market that has nothing to say. Pure."""

from __future__ import annotations

# Silence after which a feed that was lively counts as quiet.
QUIET_SECONDS = 15.0
# Lively: data in at least so many different seconds of the last LIVELY_WINDOW.
LIVELY_WINDOW = 20.0
LIVELY_COUNT = 4


class SilenceWatch:
    """Quiet when nothing at all came for a while from a feed that had been delivering.

    After the close, a feed sends keep-alives at its own pace and no data: such a feed was not
    lively, and is not called quiet for the pauses between them.
    """

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self.last_frame: float | None = None

    def heard(self, last_frame: float | None, last_data: float | None) -> None:
        """What the stream says of itself now (a steady clock)."""
        self.last_frame = last_frame
        if last_frame is None:
            self._seconds.clear()
        if last_data is None:
            return
        if not self._seconds or last_data - self._seconds[-1] >= 1.0:
            self._seconds.append(last_data)
        del self._seconds[: -int(LIVELY_WINDOW)]

    def quiet(self, now: float) -> bool:
        if self.last_frame is None or now - self.last_frame < QUIET_SECONDS:
            return False
        since = self.last_frame - LIVELY_WINDOW
        return sum(1 for second in self._seconds if second >= since) >= LIVELY_COUNT
