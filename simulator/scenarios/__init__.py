"""Scenarios: worlds as they are when the simulator opens for the first time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.scenarios import demo, empty

if TYPE_CHECKING:
    from simulator.world import World

SCENARIOS: dict[str, Callable[[World], None]] = {"demo": demo.build, "empty": empty.build}
