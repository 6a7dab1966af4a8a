"""What the checks look at and what they say: plain values, nothing is read here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from brokerage.execution import ticks

_Order = TypeVar("_Order", contravariant=True)
_Facts = TypeVar("_Facts", contravariant=True)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong; `field` is the form's field name, empty for the order as a whole.

    Fields of the second and later orders of a group have a prefix, see `order_field`.
    """

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Skipped:
    check: str
    why: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    passed: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class InstrumentFacts:
    """What is known of one instrument; None where the broker said nothing."""

    found: bool = True
    active: bool | None = None
    closing_only: bool | None = None
    fractional: bool | None = None
    ticks: tuple[ticks.Tick, ...] = ()
    multiplier: Decimal | None = None
    streamer_symbol: str = ""
    underlying: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Trading status flags and authority; None where unknown."""

    authority: str = ""
    scopes: str = ""
    status_known: bool = False
    closed: bool | None = None
    frozen: bool | None = None
    closing_only: bool | None = None
    risk_reducing_only: bool | None = None
    futures_enabled: bool | None = None
    futures_closing_only: bool | None = None
    crypto_enabled: bool | None = None
    crypto_closing_only: bool | None = None


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """Everything the checks may look at.

    `instruments` and `positions` are keyed by (instrument type, symbol); an instrument that is
    absent could not be read. `positions` None: never synced. `session` is the label of the
    equities session, None when unknown.
    """

    account: AccountFacts = field(default_factory=AccountFacts)
    instruments: Mapping[tuple[str, str], InstrumentFacts] = field(default_factory=dict)
    positions: Mapping[tuple[str, str], Decimal] | None = None
    session: str | None = None
    # The broker's present time; None when nothing depends on it.
    now: datetime | None = None


class NotRun(Exception):
    """A check or guard did not run; the text says why."""


class CannotRun(NotRun):
    """The facts a check needs are not there; the text says which."""


class Look(Protocol[_Order, _Facts]):
    """One check or guard of an order; raises NotRun."""

    def __call__(self, order: _Order, facts: _Facts, /) -> list[Finding]: ...


def look_at(
    order: _Order,
    facts: _Facts,
    looks: Iterable[tuple[str, Look[_Order, _Facts]]],
    beyond: tuple[Skipped, ...] = (),
) -> CheckReport:
    """Every look in order: passed, found (each finding once) or skipped; `beyond` is never run."""
    passed: list[str] = []
    findings: dict[Finding, None] = {}
    skipped: list[Skipped] = []
    for name, look in looks:
        try:
            found = look(order, facts)
        except NotRun as reason:
            skipped.append(Skipped(name, str(reason)))
            continue
        findings |= dict.fromkeys(found)
        if not found:
            passed.append(name)
    return CheckReport(tuple(passed), tuple(findings), (*skipped, *beyond))


def leg_field(index: int, name: str) -> str:
    return f"leg-{index}-{name}"


def order_field(index: int, name: str) -> str:
    """Where a finding about one order of a group stands: the first has no prefix."""
    if index == 0:
        return name
    return f"order-{index}-{name}" if name else f"order-{index}"
