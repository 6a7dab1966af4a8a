"""Random histories of a broker: 10,000 steps, or as many as SIMULATOR_STEPS says.

SIMULATOR_SEED asks for other histories, SIMULATOR_NO_SHRINK leaves a failing one as long as it was.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulator.properties import trading

STEPS = int(os.environ.get("SIMULATOR_STEPS", "10000"))
SEED = int(os.environ.get("SIMULATOR_SEED", "1"))
SHARDS, LENGTH = 4, 100
PHASES = (Phase.generate,) if "SIMULATOR_NO_SHRINK" in os.environ else tuple(Phase)


@pytest.mark.timeout(max(600, STEPS // 5))
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_broker_stays_right(shard: int) -> None:
    aim, turn = trading.steps + STEPS // SHARDS, 0
    while trading.steps < aim:
        # a history may end early: what is missing is made up with others
        run(SEED * 1_000_000 + turn * SHARDS + shard, aim - trading.steps)
        turn += 1


def run(number: int, count: int) -> None:
    """About `count` steps, at least one history."""
    machine = seed(number)(type(f"Broker{number}", (trading.Broker,), {}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(count // LENGTH, 2),
            stateful_step_count=LENGTH,
            deadline=None,
            database=None,
            print_blob=True,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
