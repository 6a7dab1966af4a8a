"""Three hundred intents through kills, lost answers and restarts: one order each, or none."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.exactly_once import plans
from tests.exactly_once.broker import Broker
from tests.exactly_once.records import Records

RUNS = int(os.environ.get("EXACTLY_ONCE_RUNS", "300"))


def test_each_intent_is_one_order_or_none():
    command = [sys.executable, "-m", "tests.exactly_once", "--runs", str(RUNS), "--seed", "2"]
    # Its own PostgreSQL and Valkey: other tests void previews and empty tables.
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    ran = subprocess.run(
        command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=900
    )
    assert ran.stdout, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    figures = {name: told[name] for name in ("runs", "duplicates", "lost", "undecided", "reposts")}
    expected = {"runs": RUNS, "duplicates": 0, "lost": 0, "undecided": 0, "reposts": 0}
    assert figures == expected, ran.stdout[-4000:]


@pytest.mark.parametrize("runs", [1, 20, 305])
def test_plans_follow_from_the_seed_and_add_up(runs):
    found = plans.rounds(7, runs)
    assert found == plans.rounds(7, runs)
    assert sum(plan.size for plan in found) == runs
    # A longer run begins with the shorter one, so that it can be resumed.
    assert plans.rounds(7, runs + 20)[: len(found) - 1] == found[:-1]


def test_three_hundred_intents_meet_every_way_to_die():
    found = plans.rounds(2, 300)
    points = {plan.point for plan in found if plan.point}
    assert len(points) >= 5
    assert {plan.kind for plan in found} >= {plans.SUBMIT, plans.GROUP, plans.REPLACE, plans.CANCEL}
    many = plans.rounds(1, 10_000)
    assert {plan.point for plan in many} >= set(plans.WEB_POINTS)
    assert {plan.trouble for plan in many} >= set(plans.TROUBLES)
    assert {plan.worker_point for plan in many} >= set(plans.WORKER_POINTS)
    assert any(plan.broker_killed for plan in many)


def test_a_line_that_was_cut_off_is_not_a_finished_round(tmp_path):
    records = Records(tmp_path / "run.jsonl")
    records.add(0, runs=20)
    with records.path.open("a") as file:
        file.write('{"round": 1, "ru')
    assert list(Records(records.path).finished()) == [0]


def test_no_broker_of_a_run_gives_out_the_account_numbers_of_an_earlier_one(tmp_path):
    seen = set()
    for number in range(2):
        (folder := tmp_path / str(number)).mkdir()
        broker = Broker(folder, seed=1 + number)
        broker.start()
        try:
            numbers = broker.open_accounts(3, earlier=number)["accounts"]
        finally:
            broker.stop()
        assert len(numbers) == 3
        assert not seen & set(numbers)
        seen |= set(numbers)
