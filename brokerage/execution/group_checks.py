"""Checks and guards over a whole command: one order, or each order of a group. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from brokerage.execution import checks, guards, matrix
from brokerage.execution import rules as rule_words
from brokerage.execution.check_facts import (
    CheckFacts,
    CheckReport,
    Finding,
    Skipped,
    order_field,
)
from brokerage.execution.commands import (
    OCO,
    OTO,
    OTOCO,
    PAIRS,
    Submission,
    SubmitComplexOrder,
    SubmitOrder,
)
from brokerage.execution.guard_facts import GuardFacts, Key

GROUP = "The orders fit together"
# Least and most orders beside the trigger.
SIZES = {OTO: (1, 3), OCO: (2, 2), OTOCO: (2, 2), PAIRS: (2, 2)}


def run(command: Submission, facts: CheckFacts) -> CheckReport:
    """Every check of every order; findings stand at the fields of their order."""
    if isinstance(command, SubmitOrder):
        return checks.run(command, facts)
    own = group_findings(command)
    reports = _each(command, lambda index, order: checks.run(order, _facts(command, index, facts)))
    first = CheckReport(() if own else (GROUP,), tuple(own))
    return merged([first, *reports])


def judge(command: Submission, facts: GuardFacts) -> CheckReport:
    """Every guard for every order; buying power is judged once, for the whole."""
    if isinstance(command, SubmitOrder):
        return guards.judge(command, facts)

    def one(index: int, order: SubmitOrder) -> CheckReport:
        own = facts if index == 0 else replace(facts, dry_run_done=False)
        return guards.judge(order, replace(own, positions=_held(command, index, facts.positions)))

    return merged(_each(command, one))


def _each(
    command: SubmitComplexOrder, look: Callable[[int, SubmitOrder], CheckReport]
) -> list[CheckReport]:
    return [_placed(index, look(index, order)) for index, order in enumerate(command.orders)]


def _placed(index: int, report: CheckReport) -> CheckReport:
    found = tuple(Finding(order_field(index, item.field), item.text) for item in report.findings)
    return replace(report, findings=found)


def merged(reports: Iterable[CheckReport]) -> CheckReport:
    """One report: passed is what passed wherever it ran, skipped is what ran nowhere."""
    reports = list(reports)
    passed = list(dict.fromkeys(name for report in reports for name in report.passed))
    findings = tuple(dict.fromkeys(item for report in reports for item in report.findings))
    skipped: dict[str, Skipped] = {}
    for item in (item for report in reports for item in report.skipped):
        if item.check not in passed:
            skipped.setdefault(item.check, item)
    return CheckReport(tuple(passed), findings, tuple(skipped.values()))


# --- an order that waits for another sees what that one will have done --------------------------


def _facts(command: SubmitComplexOrder, index: int, facts: CheckFacts) -> CheckFacts:
    return replace(facts, positions=_held(command, index, facts.positions))


def _held(
    command: SubmitComplexOrder, index: int, positions: Mapping[Key, Decimal] | None
) -> dict[Key, Decimal] | None:
    if positions is None:
        return None
    held = dict(positions)
    if index == 0 or command.trigger_order is None:
        return held
    for leg in command.trigger_order.legs:
        key = (leg.instrument_type, leg.symbol)
        held[key] = held.get(key, Decimal(0)) + (leg.signed_quantity or Decimal(0))
    return held


# --- the group's own rules ---------------------------------------------------------------------


def group_findings(command: SubmitComplexOrder) -> list[Finding]:
    """What is wrong with the group as such; fields as a ticket names them."""
    if command.kind not in SIZES:
        return [Finding("kind", "This kind of group does not exist.")]
    found = _sizes(command)
    if command.kind in (OCO, OTOCO) and not found:
        found += _pair(command)
    return found + (_ratio(command) if command.kind == PAIRS else [])


def _sizes(command: SubmitComplexOrder) -> list[Finding]:
    least, most = SIZES[command.kind]
    found = []
    if not least <= len(command.members) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        found.append(Finding("", f"{command.kind} takes {wanted} orders besides the first."))
    triggered = command.kind in (OTO, OTOCO)
    if triggered != (command.trigger_order is not None):
        word = "needs an order that comes first" if triggered else "has no order that comes first"
        found.append(Finding("", f"{command.kind} {word}."))
    return found


def _pair(command: SubmitComplexOrder) -> list[Finding]:
    """The two exits: a limit and a stop, both closing."""
    first = len(command.orders) - len(command.members)
    kinds = {order.order_type for order in command.members}
    found = []
    if not (matrix.LIMIT in kinds and len(kinds & {matrix.STOP, matrix.STOP_LIMIT}) == 1):
        text = "One of the two must be a Limit order and the other a Stop or Stop Limit order."
        found.append(Finding(order_field(first + 1, "order_type"), text))
    for index, order in enumerate(command.members, first):
        if any(leg.opens for leg in order.legs):
            text = "Both exits must close the position."
            found.append(Finding(order_field(index, "leg-0-action"), text))
    return found


def _ratio(command: SubmitComplexOrder) -> list[Finding]:
    found = []
    if command.ratio_comparator not in (rule_words.AT_LEAST, rule_words.AT_MOST):
        found.append(Finding("ratio_comparator", "Say whether the ratio must rise or fall to it."))
    if command.ratio_threshold is None or command.ratio_threshold <= 0:
        found.append(Finding("ratio_threshold", "Enter a ratio above 0."))
    return found
