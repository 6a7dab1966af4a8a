"""A stopped market on a Monday morning, shared by the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.dxlink_session import Grant
from simulator.faults import Faults
from simulator.ids import Ids
from simulator.market.market import Market

SEED = 7
START = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


class Tokens:
    """Quote tokens: `good` is good until it is revoked, `slow` is the delayed level."""

    def __init__(self) -> None:
        self.good = {"good", "slow"}

    def authorize(self, token: str) -> Grant | None:
        return Grant("U-TEST", delayed=token == "slow") if token in self.good else None


@pytest.fixture(scope="session")
def _shared_market() -> Market:
    return Market(SEED, Clock(START, speed=0))


@pytest.fixture
def market(_shared_market: Market) -> Market:
    """The market at `START`; a test may move it, the next one starts at `START` again."""
    _shared_market.advance(START)
    return _shared_market


@pytest.fixture
def world(market: Market) -> Any:
    """What the stream and the REST families need of a world."""
    clock = Clock(START, speed=0)
    world = SimpleNamespace(market=market, clock=clock, quote_tokens=Tokens(), ids=Ids(7))
    world.faults = Faults(world)  # type: ignore[arg-type]
    return world
