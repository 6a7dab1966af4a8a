"""Play one round: show, press, kill, press again. Settling and judging come later, for many."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from brokerage.enums import IntentState
from brokerage.execution import boot, reconciliation
from brokerage.models import Account, OrderIntent
from tests.exactly_once import children, plans, verdict
from tests.exactly_once import desk as ours
from tests.exactly_once.broker import Broker
from tests.exactly_once.desk import Button, Desk
from tests.exactly_once.plans import Round

METHODS = {
    plans.SUBMIT: "POST",
    plans.GROUP: "POST",
    plans.REPLACE: "PATCH",
    plans.CANCEL: "DELETE",
}


@dataclass
class Played:
    """A round that was played and is being settled."""

    plan: Round
    account: Account
    buttons: list[Button]
    # Web processes that were to be killed and were; a point that is not reached kills nobody.
    killed: int = 0
    began: float = field(default_factory=time.monotonic)

    def is_settled(self) -> bool:
        """Whether no intent of the round is open and each one taken has its order's row."""
        open_states = (IntentState.SENDING, IntentState.UNKNOWN)
        rows = OrderIntent.objects.filter(account=self.account)
        return not (rows.filter(state__in=open_states).exists() or verdict.orphans(rows).exists())


def play(plan: Round, desk: Desk, account: Account, broker: Broker) -> Played:
    """Everything up to the last press; what is unknown then is for the workers."""
    buttons = ours.show(desk, account, plan.kind, plan.size)
    played = Played(plan, account, buttons)
    if plan.trouble:
        broker.trouble(plan.trouble, account.number, METHODS[plan.kind], plan.troubled)
    played.killed = _press(plan, desk, buttons, broker)
    if plan.restart:
        boot.announce_restart()
    # The person presses again, or the browser sends the form once more.
    children.wait([_start(desk, buttons, 0, plan, arm=False)])
    if plan.worker_point:
        _kill_workers(plan)
    return played


def _press(plan: Round, desk: Desk, buttons: list[Button], broker: Broker) -> int:
    """All web processes at the same moment; how many were killed at their point."""
    read, write = os.pipe()
    pids = [_fork_web(desk, buttons, (read, write), web, plan) for web in range(plan.webs)]
    os.close(read)
    os.close(write)
    if plan.broker_killed:
        time.sleep(0.05 * (1 + plan.number % 5))
        broker.kill()
        broker.restart()
    return sum(children.was_killed(status) for status in children.wait(pids))


def _fork_web(
    desk: Desk, buttons: list[Button], pipe: tuple[int, int], web: int, plan: Round
) -> int:
    read, write = pipe
    press = children.web(desk, buttons, read, web)

    def work() -> None:
        os.close(write)
        press()

    return children.fork(work, plan.point if web == 0 else "", plan.nth)


def _start(desk: Desk, buttons: list[Button], web: int, plan: Round, *, arm: bool) -> int:
    read, write = os.pipe()
    os.close(write)
    try:
        point = plan.point if arm else ""
        return children.fork(children.web(desk, buttons, read, web), point, plan.nth)
    finally:
        os.close(read)


def _kill_workers(plan: Round) -> None:
    """One worker dies in the middle, then the task is delivered again, twice at once."""
    children.wait([children.fork(children.worker, plan.worker_point, 1)])
    children.wait([children.fork(children.worker) for _ in range(2)])


def settle_once() -> None:
    """One turn of the worker, in the parent."""
    reconciliation.reconcile_due()
