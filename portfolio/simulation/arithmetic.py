"""The figures of the simulator page: what its control API tells, family `sim`."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from brokerage.access import NotFound
from brokerage.simulated import control_for
from portfolio import formats
from portfolio.analytics.arithmetic import Unit, Worked, given
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.simulation.page import State, read_state

SOURCE = "control API of the simulator"
_COUNTS = {"orders": "Orders", "subscribers": "Listeners", "faults": "Faults in force"}
_ACCOUNT = {
    "cash": ("Cash", Unit.MONEY),
    "net_liquidating_value": ("Net liq", Unit.MONEY),
    "positions": ("Positions", Unit.COUNT),
}


@explains("sim")
def simulated(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`sim-accounts`, `sim-orders`, …; `sim-<account number>-cash` of the table."""
    try:
        with control_for(desk.user) as control:
            state = read_state(control)
    except NotFound:
        return None
    if state.failure:
        return None
    number, _, field = rest.partition("-")
    return _account(state, number, field, desk.now) if field else _count(state, rest, desk.now)


def _count(state: State, name: str, now: float) -> Worked | None:
    if name == "accounts":
        return given("Accounts", len(state.accounts), Unit.COUNT, SOURCE, now)
    if name not in _COUNTS:
        return None
    return given(_COUNTS[name], _number(state.overview.get(name)), Unit.COUNT, SOURCE, now)


def _account(state: State, number: str, field: str, now: float) -> Worked | None:
    row = next((row for row in state.rows if str(row["account_number"]) == number), None)
    if row is None or field not in _ACCOUNT:
        return None
    word, unit = _ACCOUNT[field]
    return given(f"{word}: {number}", _number(row.get(field)), unit, SOURCE, now)


def _number(value: Any) -> Any:
    return None if value is None else formats.decimal(str(value))
