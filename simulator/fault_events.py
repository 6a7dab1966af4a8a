"""Faults on the world itself: tokens that end, grants that are taken back, the sandbox's reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.faults import DAY

if TYPE_CHECKING:
    from simulator.world import World


def due(world: World, number: int) -> None:
    """A fault on the world happens now, and again tomorrow where it is daily."""
    fault = world.faults.find(number)
    if fault is None:
        return
    fault.hits += 1
    play(world, fault.action)
    if fault.daily:
        world.agenda.at(world.clock.now() + DAY, "fault", number)


def play(world: World, action: str) -> None:
    """One of `faults.WORLD`."""
    if action == "midnight-reset":
        from simulator.reset import reset

        reset(world)
    elif action == "revoke-grants":
        for grant in world.grants.values():
            grant.revoked = True
            world.touch(grant)
    else:
        kind = action.partition("-")[2]
        for token in world.tokens.values():
            if token.kind == kind:
                token.revoked = True
                world.touch(token)
