"""What the simulator page shows: the state of the simulator, and a form for each action."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from brokerage.simulated import Control, SimulatorError
from portfolio.simulation import catalogue
from portfolio.simulation.actions import Action, ActionForm

WORKING = frozenset({"Received", "Routed", "In Flight", "Live", "Contingent", "Cancel Requested"})
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class State:
    """What the control API told, or why it did not."""

    overview: dict[str, Any]
    clock: dict[str, Any]
    settings: dict[str, Any]
    faults: dict[str, Any]
    accounts: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    announcements: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""

    @property
    def now(self) -> datetime | None:
        """The virtual time."""
        told = self.clock.get("now")
        return datetime.fromisoformat(told) if told else None

    @property
    def speed(self) -> str:
        """The pace in words."""
        speed = float(self.clock.get("speed") or 0)
        return f"×{speed:,.10g}" if speed else "paused"

    @property
    def fill_model(self) -> str:
        """Its name, which a template cannot read under its own key."""
        return str(self.settings.get("fill-model", "—"))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Accounts with keys that a template can read."""
        return [{k.replace("-", "_"): v for k, v in row.items()} for row in self.accounts]

    @property
    def snapshots(self) -> list[str]:
        """Names of what is kept."""
        return [name_of(row) for row in self.overview.get("snapshots", [])]


def read_state(control: Control) -> State:
    """Everything at once; a simulator that does not answer gives an empty state with a reason."""
    try:
        return State(
            control.read(""),
            control.read("/clock"),
            control.read("/settings"),
            control.read("/faults"),
            control.read("/accounts").get("accounts", []),
            control.read("/orders").get("orders", []),
            control.read("/corporate-actions").get("announcements", []),
        )
    except SimulatorError as failure:
        return State({}, {}, {}, {}, [], [], failure=str(failure))


def choices(state: State) -> dict[str, Any]:
    """Live choices by the name of an entry."""
    places = state.faults.get("actions", {})
    return {
        "number": _pairs(row["account-number"] for row in state.accounts),
        "account": _pairs(row["account-number"] for row in state.accounts),
        "username": _pairs(state.overview.get("users", [])),
        "snapshot": _pairs(name_of(row) for row in state.overview.get("snapshots", [])),
        "fill-model": _pairs(state.settings.get("fill-models", [])),
        "fault": [(str(f["id"]), fault_words(f)) for f in state.faults.get("faults", [])],
        "announcement": [
            (
                str(row["id"]),
                f"{row['action']['kind']} {row['action']['symbol']}, {row['effective']}",
            )
            for row in state.announcements
            if row["state"] == "Announced"
        ],
        "order": [order_pair(row) for row in state.orders if row.get("status") in WORKING],
        "what": [
            (place, [(f"{place}:{action}", action) for action in actions])
            for place, actions in places.items()
        ],
    }


def name_of(snapshot: Any) -> str:
    """A snapshot is told as its name or as an object with one."""
    return str(snapshot["name"] if isinstance(snapshot, dict) else snapshot)


def fault_words(fault: dict[str, Any]) -> str:
    """One line: where, what, how often."""
    status = f" {fault.get('status')}" if fault.get("action") == "status" else ""
    met = f", met {fault.get('hits', 0)} of {fault.get('count') or 'all'}"
    return f"{fault['id']}: {fault.get('on', 'rest')} {fault.get('action')}{status}{met}"


def order_pair(order: dict[str, Any]) -> tuple[str, str]:
    """An order in the choice: number, account, legs, state."""
    legs = ", ".join(
        f"{leg.get('action')} {leg.get('quantity', '')} {leg.get('symbol')}"
        for leg in order.get("legs", [])
    )
    words = f"{order['id']} · {order.get('account-number')} · {legs} · {order.get('status')}"
    return str(order["id"]), words


def _pairs(words: Iterable[Any]) -> Pairs:
    return [(str(word), str(word)) for word in words]


def initial(state: State) -> dict[str, Any]:
    """What the settings form starts with."""
    return {key: value for key, value in state.settings.items() if value is not None}


def form_for(action: Action, state: State, data: Any = None) -> ActionForm:
    """The form of one action; bound when there is data."""
    form = ActionForm(action, choices(state), data)
    if action.slug == "settings":
        form.initial = initial(state)
    return form


def sections(state: State, bound: ActionForm | None = None) -> list[dict[str, Any]]:
    """Every section with its forms; a refused form keeps what was typed."""
    return [
        {
            "title": title,
            "id": catalogue.section_id(title),
            "forms": [
                bound if bound is not None and bound.deed is action else form_for(action, state)
                for action in catalogue.ACTIONS
                if action.section == title
            ],
        }
        for title in catalogue.SECTIONS
    ]
