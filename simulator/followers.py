"""What people wrote down under a symbol follows it when it changes: watchlists and quote alerts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.world import World

OCC = re.compile(r"^(?P<root>[A-Z0-9]{1,6}) *(?P<rest>\d{6}[CP]\d{8})$")


def rename(world: World, symbol: str, to: str, roots: dict[str, str]) -> None:
    """A share and its option classes (`roots`: old name → new one) have other names now."""

    def new(name: str) -> str:
        if name == symbol:
            return to
        match = OCC.match(name)
        root = roots.get(match["root"]) if match and len(name) == 21 else None
        return f"{root:<6}{match['rest']}" if match and root is not None else name

    for user in world.users.values():
        rows = [row for kept in user.watchlists.values()
                for row in kept.get("watchlist-entries") or []]  # fmt: skip
        for row in [*rows, *user.alerts.values()]:
            name = new(row["symbol"])
            if name != row["symbol"]:
                row["symbol"] = name
                if "dx-symbol" in row:
                    known = world.market.instrument(name) or {}
                    row["dx-symbol"] = known.get("streamer-symbol") or name
                world.touch(user)
