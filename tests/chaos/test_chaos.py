"""A short chaos run: whatever was dropped, doubled, refused or killed, the books end equal."""

from __future__ import annotations

import os

import pytest

from tests.chaos.__main__ import run

SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))


@pytest.mark.timeout(900)
def test_after_the_faults_one_sync_makes_the_books_equal():
    told = run(8, SECONDS)
    assert told["differences"] == []
    assert told["lines"] > 60
    assert told["matching"] == told["lines"]
    assert told["orders"] > 10
    assert told["endings"] == {}
    shocks = told["shocks"]
    assert {"kill postgres", "restart postgres", "kill valkey"} <= set(shocks)
    assert {"kill gateway", "kill worker", "freeze streams"} <= set(shocks)
    hits = told["fault_hits"]
    # How much the stream has to say in so short a time depends on the machine.
    assert hits["account-stream drop"] > 0
    assert sum(count for name, count in hits.items() if name.startswith("account-stream")) > 5
