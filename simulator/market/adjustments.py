"""What corporate actions change in the market: price scales, names, option classes.

Each change is one plain dictionary; the list of them is all that has to be kept, since applying
them in order to a fresh market gives the same market again. Prices of the past are shown as today's
shares would have had them, as feeds do it.

    {"kind": "split", "symbol", "factor"}                    prices × factor, at all times
    {"kind": "rename", "symbol", "to"}
    {"kind": "delist", "symbol"}                             its option classes end with it
    {"kind": "spin-off", "symbol", "to", "name", "factor"}   a new share that follows the old one
    {"kind": "root", "symbol": root, …fields of a Root}      a new or changed option class
    {"kind": "drop-root", "symbol": root}
    {"kind": "strikes", "root", "strikes": [text, …]}        strikes beside the grid
"""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from simulator.market.expirations import Root
from simulator.market.levels import Levels
from simulator.market.lines import Registry

Entry = dict[str, Any]


class Adjustments:
    """The changes of one market so far."""

    def __init__(self, levels: Levels, registry: Registry) -> None:
        self.levels, self.registry = levels, registry
        self.entries: list[Entry] = []
        self._rows, self._roots = dict(levels.equities), dict(registry.roots)
        self._steps = {
            "split": self._split,
            "rename": self._rename,
            "delist": self._delist,
            "spin-off": self._spin_off,
            "root": self._root,
            "drop-root": self._drop_root,
            "strikes": self._strikes,
        }

    def apply(self, entry: Entry) -> None:
        """Make one change and remember it."""
        self._steps[entry["kind"]](entry)
        self.entries.append(entry)
        self.registry.forget()

    def restore(self, entries: list[Entry]) -> None:
        """Go back to the beginning and make these changes instead."""
        if entries == self.entries:
            return
        self._reset()
        for entry in entries:
            self.apply(entry)

    def _reset(self) -> None:
        self.entries = []
        _refill(self.levels.equities, self._rows)
        _refill(self.registry.roots, self._roots)
        self.registry.extra.clear()
        self.levels.forget_adjustments()
        self.registry.forget()

    # -- one kind each -----------------------------------------------------------------------

    def _split(self, entry: Entry) -> None:
        name, factor = entry["symbol"], float(entry["factor"])
        row = self.levels.equities[name]
        self.levels.rescale(name, math.log(factor))
        self.levels.equities[name] = replace(
            row, price=row.price * factor, dividend=round(row.dividend * factor, 6),
            eps=row.eps * factor, adv=row.adv / factor, shares=row.shares / factor,
        )  # fmt: skip

    def _rename(self, entry: Entry) -> None:
        old, new = entry["symbol"], entry["to"]
        row = self.levels.equities.pop(old)
        renamed = replace(row, symbol=new, origin=row.origin or old)
        self.levels.equities[new] = renamed
        self.levels.rename(old, new)

    def _delist(self, entry: Entry) -> None:
        del self.levels.equities[entry["symbol"]]
        for root in self.registry.roots_on(entry["symbol"]):
            del self.registry.roots[root.symbol]

    def _spin_off(self, entry: Entry) -> None:
        parent, child = self.levels.equities[entry["symbol"]], entry["to"]
        factor = float(entry["factor"])
        self.levels.add(child, entry["symbol"], math.log(factor))
        self.levels.equities[child] = replace(
            parent, symbol=child, name=entry["name"], price=parent.price * factor, dividend=0.0,
            frequency=0, eps=parent.eps * factor, cycle="none", reports=False, tracks=None,
            origin=parent.origin or parent.symbol,
        )  # fmt: skip

    def _root(self, entry: Entry) -> None:
        fields = {k: v for k, v in entry.items() if k != "kind"}
        fields["also"] = tuple((s, float(n)) for s, n in fields.get("also", ()))
        self.registry.roots[entry["symbol"]] = Root(**fields)

    def _drop_root(self, entry: Entry) -> None:
        del self.registry.roots[entry["symbol"]]

    def _strikes(self, entry: Entry) -> None:
        found = {Decimal(text) for text in entry["strikes"]}
        name = entry["root"]
        self.registry.extra[name] = self.registry.extra.get(name, frozenset()) | found


def root_entry(root: Root, **changes: Any) -> Entry:
    """The entry that lists a class like `root` with other fields."""
    return {"kind": "root", **asdict(replace(root, **changes))}


def free_root(registry: Registry, name: str) -> str:
    """The first `ABC1`, `ABC2`, … that is not in use."""
    base = name.replace("/", "").rstrip("0123456789")[:5]
    return next(f"{base}{n}" for n in range(1, 1000) if f"{base}{n}" not in registry.roots)


def known_name(levels: Levels, name: str) -> bool:
    """Whether a symbol is or was in use."""
    return name in levels.names or name in levels.equities


def _refill(target: dict[Any, Any], source: dict[Any, Any]) -> None:
    target.clear()
    target.update(source)
