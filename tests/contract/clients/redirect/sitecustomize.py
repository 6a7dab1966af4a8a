"""Read by a client's interpreter at its start: the broker's addresses become the simulator's.

Nothing else of a client is touched. `SIMULATED_CLIENT` says which client it is.
"""

from __future__ import annotations

import os
from typing import Any

API, STREAM = os.environ.get("SIMULATOR_API", ""), os.environ.get("SIMULATOR_STREAM", "")
CLIENT = os.environ.get("SIMULATED_CLIENT", "")

if CLIENT == "tastytrade":
    import tastytrade.session
    import tastytrade.streamer

    tastytrade.session.API_URL = API
    tastytrade.streamer.STREAMER_URL = STREAM

if CLIENT == "tastytrade-sdk":
    import requests

    _request = requests.Session.request

    def request(self: requests.Session, method: str, url: str, *args: Any, **more: Any) -> Any:
        """The client writes https:// itself; the simulator speaks plain HTTP on loopback."""
        return _request(self, method, url.replace("https://", "http://", 1), *args, **more)

    requests.Session.request = request  # type: ignore[method-assign]
