"""Steering the whole: overview, behaviour, ledger, transcript, snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulator import anew, snapshots
from simulator.control_api import Table
from simulator.control_clock import clock_state
from simulator.fills.scripts import read as read_script
from simulator.http import invalid, not_found, parse_time, stamp
from simulator.matching import FILL_MODELS
from simulator.model import Settings
from simulator.orders.wire import order_wire
from simulator.scenarios import SCENARIOS

if TYPE_CHECKING:
    from simulator.world import World

LINES = "application/x-ndjson"
LONGEST_NAME = 100
table = Table()


class TranscriptSwitch(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Whether the transcript is kept from now on; switching on starts an empty one."""

    on: bool = True


class Beginning(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """The scenario that everything begins anew with."""

    name: str
    start: str | None = None
    """An ISO time; without it when the simulator was started with."""


class SnapshotName(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Under which name a snapshot is kept."""

    name: str = "default"


@table.add("GET", "/control")
async def overview(world: World, request: Request, body: None) -> Any:
    """What the simulator is doing."""
    return {
        "seed": world.seed,
        "clock": clock_state(world),
        "settings": _settings(world),
        "users": list(world.users),
        "accounts": list(world.accounts),
        "orders": len(world.orders),
        "filled": sum(order.status == "Filled" for order in world.orders.values()),
        "subscribers": len(world.hub.subscribers),
        "faults": len(world.faults.entries),
        "snapshots": sorted(world.snapshots),
        "transcript": world.transcript.on,
        "state-file": world.records.store is not None,
    }


def _settings(world: World) -> dict[str, Any]:
    shown = msgspec.to_builtins(world.settings)
    return {k.replace("_", "-"): v for k, v in shown.items()}


@table.add("GET", "/control/settings")
async def settings(world: World, request: Request, body: None) -> Any:
    """Fill model, scripted behaviour, limits and switches."""
    return _settings(world) | {"fill-models": FILL_MODELS}


@table.add("POST", "/control/settings", dict, shown=Settings)
async def change_settings(world: World, request: Request, body: dict[str, Any]) -> Any:
    """Change some of the settings; the others stay."""
    named = {key.replace("-", "_"): value for key, value in body.items()}
    merged = {**msgspec.to_builtins(world.settings), **named}
    script = merged.get("script")
    if merged["fill_model"] not in FILL_MODELS or set(merged) != set(Settings.__struct_fields__):
        raise invalid(("settings", "does not have a valid value"))
    if script is not None and read_script(str(script)) is None:
        raise invalid(("script", "is no script"))
    try:
        world.settings = msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as failure:
        raise invalid(("settings", str(failure))) from None
    world.flush()
    return _settings(world)


@table.add("GET", "/control/ledger")
async def ledger(world: World, request: Request, body: None) -> Any:
    """Every accepted order request and every execution, in order; orders as they stand."""
    return {
        "entries": world.journal,
        "orders": [order_wire(order) for order in world.orders.values()],
        "fill-model": world.settings.fill_model,
        "frames-sent": world.hub.sent,
    }


# -- transcript ------------------------------------------------------------------------------


@table.add("GET", "/control/transcript", answers=LINES)
async def transcript(world: World, request: Request, body: None) -> Any:
    """What was said since the switch, one JSON object a line."""
    return Response(world.transcript.text(), media_type=LINES)


@table.add("POST", "/control/transcript", TranscriptSwitch)
async def switch_transcript(world: World, request: Request, body: TranscriptSwitch) -> Any:
    """Keep a transcript from now on, or stop keeping it."""
    if body.on and not world.transcript.on:
        world.transcript.clear()
    world.transcript.on = body.on
    return {"on": body.on, "lines": len(world.transcript)}


@table.add("DELETE", "/control/transcript")
async def clear_transcript(world: World, request: Request, body: None) -> Any:
    """Throw away what was kept."""
    world.transcript.clear()
    return {"on": world.transcript.on, "lines": 0}


# -- scenarios -------------------------------------------------------------------------------


@table.add("GET", "/control/scenario")
async def list_scenarios(world: World, request: Request, body: None) -> Any:
    """The scenarios that there are."""
    return {"scenarios": sorted(SCENARIOS), "start": stamp(world.clock.base.start)}


@table.add("POST", "/control/scenario", Beginning)
async def load_scenario(world: World, request: Request, body: Beginning) -> Any:
    """Begin anew with a scenario, as after a start of the process; snapshots are kept."""
    if body.name not in SCENARIOS:
        raise invalid(("name", f"is one of {', '.join(sorted(SCENARIOS))}"))
    try:
        start = parse_time(body.start) if body.start else world.clock.base.start
    except (ValueError, OverflowError):
        raise invalid(("start", "must be a date time")) from None
    if not anew.EARLIEST <= start <= anew.LATEST:
        raise invalid(("start", f"must lie from {anew.EARLIEST:%Y} to {anew.LATEST:%Y}"))
    anew.begin(world, body.name, start)
    return {"name": body.name, "clock": clock_state(world), **anew.credentials(world)}


# -- snapshots -------------------------------------------------------------------------------


@table.add("GET", "/control/snapshots")
async def list_snapshots(world: World, request: Request, body: None) -> Any:
    """The snapshots that are kept, with the virtual time of each."""
    return {"snapshots": [_named(world, name) for name in sorted(world.snapshots)]}


def _named(world: World, name: str) -> dict[str, Any]:
    return {"name": name, "at": snapshots.instant(world.snapshots[name])}


def _kept(world: World, request: Request) -> tuple[str, Any]:
    name = request.path_params["name"]
    if name not in world.snapshots:
        raise not_found("snapshot")
    return name, world.snapshots[name]


@table.add("POST", "/control/snapshots", SnapshotName)
async def take_snapshot(world: World, request: Request, body: SnapshotName) -> Any:
    """Keep the whole state under a name; one of the same name is replaced."""
    if not 0 < len(body.name) <= LONGEST_NAME or "/" in body.name:
        raise invalid(("name", "does not have a valid value"))
    world.catch_up()
    world.snapshots[body.name] = snapshots.take(world)
    return _named(world, body.name)


@table.add("GET", "/control/snapshots/{name}")
async def export_snapshot(world: World, request: Request, body: None) -> Any:
    """A snapshot as a document that can be put back, here or into another simulator."""
    _, found = _kept(world, request)
    return Response(msgspec.json.encode(found), media_type="application/json")


@table.add("PUT", "/control/snapshots/{name}", dict)
async def import_snapshot(world: World, request: Request, body: dict[str, Any]) -> Any:
    """Take over an exported snapshot under a name."""
    name = request.path_params["name"]
    try:
        world.snapshots[name] = snapshots.read(world, body)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise invalid(("snapshot", "is not a snapshot of this seed")) from None
    return _named(world, name)


@table.add("DELETE", "/control/snapshots/{name}")
async def drop_snapshot(world: World, request: Request, body: None) -> Any:
    """Forget a snapshot."""
    name, _ = _kept(world, request)
    del world.snapshots[name]
    return {"snapshots": sorted(world.snapshots)}


@table.add("POST", "/control/snapshots/{name}/restore")
async def restore_snapshot(world: World, request: Request, body: None) -> Any:
    """Go back to a snapshot: time, prices, accounts, orders, tokens, faults, counters."""
    name, found = _kept(world, request)
    snapshots.restore(world, found)
    return {**_named(world, name), "clock": clock_state(world)}
