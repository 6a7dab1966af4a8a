"""Corporate actions that are announced today and take effect on a later date.

An announced action waits under a number and happens at four in the morning, New York time, of its
date, before anybody trades: who held at the close before is concerned. Until then it can be taken
back. A dividend is known from its announcement on: metrics show it, and sold calls are assigned
early for it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator import corporate
from simulator.market.calendar import at, is_trading_day, new_york_date
from simulator.market.corporate import Dividend
from simulator.model import Announcement

if TYPE_CHECKING:
    from simulator.world import World

HOUR = 4
FURTHEST = timedelta(days=1100)
EVENT = "corporate"
DIVIDENDS = ("dividend", "special-dividend")


def announce(world: World, action: dict[str, Any], on: date) -> Announcement:
    """Enter an action for a date; ValueError for a date or an action that cannot be."""
    now = world.clock.now()
    due = at(on, HOUR)
    if not is_trading_day(on):
        raise ValueError(f"{on} is no trading day")
    if not now < due < now + FURTHEST:
        raise ValueError("the date must lie ahead, by three years at most")
    corporate.check(world, action)
    if action["kind"] in DIVIDENDS:
        action = {"pays-on": on.isoformat()} | action
        if date.fromisoformat(str(action["pays-on"])) < on:
            raise ValueError("pays-on must not be before the ex-date")
    made = Announcement(
        id=world.ids.next("announcement"), action=action, announced_at=now, on=on, due=due
    )
    world.announcements[made.id] = made
    world.journal.append({"kind": "corporate-announcement", "at": now, **shown(made)})
    enter(world, made)
    world.touch(made)
    return made


def enter(world: World, made: Announcement) -> None:
    """Put an announcement on the agenda."""
    world.agenda.at(made.due, EVENT, str(made.id))


def enter_all(world: World) -> None:
    """All that still wait, after a restart."""
    for made in world.announcements.values():
        if made.state == "Announced":
            enter(world, made)


def due(world: World, number: int) -> None:
    """The date has come: carry it out, or note why it could not be."""
    made = world.announcements.get(number)
    if made is None or made.state != "Announced":
        return
    made.state = "Effective"
    try:
        corporate.apply(world, made.action)
    except ValueError as failure:
        made.state, made.reason = "Failed", str(failure)
    world.touch(made)


def withdraw(world: World, number: int) -> Announcement:
    """Take an announcement back; LookupError when there is none, ValueError when it is over."""
    made = world.announcements[number]
    if made.state != "Announced":
        raise ValueError(f"it is {made.state.lower()} already")
    made.state = "Withdrawn"
    world.touch(made)
    return made


def shown(made: Announcement) -> dict[str, Any]:
    """An announcement as the steering tells it."""
    told: dict[str, Any] = {
        "id": made.id,
        "state": made.state,
        "effective": made.on.isoformat(),
        "announced-at": made.announced_at,
        "action": made.action,
    }
    return told | ({"reason": made.reason} if made.reason else {})


def dividends(world: World, symbol: str, special: bool = True) -> list[Dividend]:
    """The announced payments of a share that have not gone ex yet, nearest first."""
    kinds = DIVIDENDS if special else DIVIDENDS[:1]
    return _payments(world, symbol, "Announced", kinds)


def paid_dividends(world: World, symbol: str) -> list[Dividend]:
    """Those that have gone ex, oldest first."""
    return _payments(world, symbol, "Effective", DIVIDENDS)


def _payments(world: World, symbol: str, state: str, kinds: tuple[str, ...]) -> list[Dividend]:
    found = [
        Dividend(
            made.on,
            date.fromisoformat(made.action["pays-on"]),
            float(Decimal(str(made.action["amount"]))),
        )
        for made in world.announcements.values()
        if made.state == state and made.action["kind"] in kinds and made.action["symbol"] == symbol
    ]
    return sorted(found, key=lambda payment: payment.ex_date)


def rename(world: World, symbol: str, to: str) -> None:
    """What is still to come for a share comes for its new symbol."""
    for made in world.announcements.values():
        for key in ("symbol", "into"):
            if made.state == "Announced" and made.action.get(key) == symbol:
                made.action = made.action | {key: to}
                world.touch(made)


def read_day(text: str, now: datetime) -> date:
    """A date, or an ISO time of which the New York date counts; ValueError otherwise."""
    if len(text) == 10:
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return new_york_date(moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo))
