"""Some lives of a token, with trading and without: nobody is asked for anything."""

from __future__ import annotations

import os
import sys

import pytest

from tests.chaos.__main__ import last_line

HOURS = float(os.environ.get("DAY_HOURS", "0.5"))
SPEED = float(os.environ.get("DAY_SPEED", "120"))


@pytest.mark.timeout(900)
def test_tokens_are_refreshed_ahead_with_trading_and_without():
    command = [sys.executable, "-m", "tests.chaos.day"]
    told = last_line([*command, "--hours", str(HOURS), "--speed", str(SPEED)], 840)
    assert told["differences"] == []
    assert told["refused_tokens"] == 0
    assert [phase["name"] for phase in told["phases"]] == ["busy", "idle"]
    assert all(phase["refreshes"] >= 1 for phase in told["phases"])
    busy, idle = told["phases"]
    assert busy["orders"] > 5
    assert idle["orders"] == 0
    assert told["matching"] == told["lines"] > 60
