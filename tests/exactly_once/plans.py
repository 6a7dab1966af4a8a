"""What happens in each round, from the seed alone. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass

# Where a process that stands for web is killed; see `failpoints`.
WEB_POINTS = (
    "before-commit",
    "after-commit",
    "before-start",
    "after-start",
    "request-sent",
    "answer-received",
    "outcome-uncommitted",
)
WORKER_POINTS = ("worker-read", "worker-uncommitted", "worker-settled")

# What the broker does to some of the requests of a round.
TROUBLES = ("drop", "refuse", "hang", "429", "502", "504", "401", "cut")

SUBMIT, GROUP, REPLACE, CANCEL = "submit", "group", "replace", "cancel"


@dataclass(frozen=True, slots=True)
class Round:
    """One round: so many intents of a kind, and what gets in their way.

    `webs` processes press every button; the first is killed at `point` with its `nth` arrival
    there. `restart` voids what was shown before the second press, as a new web process does.
    """

    number: int
    kind: str
    size: int
    webs: int = 1
    point: str = ""
    nth: int = 1
    restart: bool = False
    trouble: str = ""
    troubled: int = 0
    broker_killed: bool = False
    worker_point: str = ""

    @property
    def title(self) -> str:
        parts = (self.point, self.trouble, "broker killed" if self.broker_killed else "")
        worker = f"worker killed: {self.worker_point}" if self.worker_point else ""
        named = [part for part in (*parts, worker) if part]
        return f"{self.kind} ×{self.webs}" + (f" ({', '.join(named)})" if named else "")


def rounds(seed: int, runs: int, size: int = 20) -> list[Round]:
    """Rounds of together exactly `runs` intents; the same seed gives the same rounds."""
    found = []
    left = runs
    while left > 0:
        number = len(found)
        dice = random.Random(f"{seed}:{number}")
        found.append(_round(dice, number, min(size, left)))
        left -= found[-1].size
    return found


def _round(dice: random.Random, number: int, size: int) -> Round:
    kind = dice.choices((SUBMIT, GROUP, REPLACE, CANCEL), (70, 10, 12, 8))[0]
    way = dice.choices(("clean", "killed", "trouble", "worker", "broker"), (15, 40, 25, 12, 8))[0]
    webs = dice.choice((1, 2))
    plain = {"number": number, "kind": kind, "size": size}
    if way == "killed":
        nth = dice.randint(1, max(1, size // 2))
        again = dice.random() < 0.3
        point = dice.choice(WEB_POINTS)
        return Round(**plain, webs=webs, point=point, nth=nth, restart=again)
    if way == "broker":
        return Round(**plain, webs=webs, broker_killed=True)
    if way == "clean":
        return Round(**plain, webs=2)
    troubled = dice.randint(1, max(1, size // 3))
    worker = dice.choice(WORKER_POINTS) if way == "worker" else ""
    # A worker has work only where outcomes are unknown.
    trouble = dice.choice(("drop", "502")) if worker else dice.choice(TROUBLES)
    return Round(**plain, webs=webs, trouble=trouble, troubled=troubled, worker_point=worker)
