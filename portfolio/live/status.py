"""The state of a page's feeds in one word, for its lamp."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portfolio.live.hub import Hub

# The worst feed speaks for the page.
_RANK = {"up": 0, "quiet": 1, "connecting": 2, "off": 3, "down": 4}


def stream_status(hub: Hub, feeds: Iterable[str]) -> dict[str, Any]:
    """``{"state", "reason", "age", "delayed"}``; age in whole seconds since the last frame.

    ``state``: up, quiet, connecting, down, or none when the page shows no feed.
    """
    now = time.time()
    reports = [hub.book(feed).health(now) for feed in feeds]
    if not reports:
        return {"state": "none"}
    worst = max(reports, key=lambda report: _RANK.get(report.market.state, 4))
    heard = worst.market.last_frame_at
    return {
        "state": worst.market.state,
        "reason": worst.market.reason,
        "age": None if heard is None else int(max(0.0, now - heard)),
        "delayed": any(report.delayed for report in reports),
    }
