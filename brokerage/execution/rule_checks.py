"""Checks of conditional and timed orders. Pure."""

from __future__ import annotations

from brokerage.execution import rules as words
from brokerage.execution.check_facts import CheckFacts, Finding
from brokerage.execution.commands import SubmitOrder
from brokerage.execution.rules import Condition, OrderRules
from brokerage.execution.symbols import grammar_problem

FIELD = "rules"
_ALLOWED = {
    "action": (words.ROUTE, words.CANCEL),
    "indicator": (words.LAST, words.NATURAL),
    "comparator": (words.AT_LEAST, words.AT_MOST),
}


def rules(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    if order.rules is None:
        return []
    found = _times(order.rules, facts)
    for condition in order.rules.conditions:
        found += [Finding(FIELD, text) for text in _condition_problems(condition)]
    if not order.rules.body():
        found.append(Finding(FIELD, "Enter a condition or a time, or take the rule away."))
    return found


def _times(rule: OrderRules, facts: CheckFacts) -> list[Finding]:
    route, cancel = rule.route_after, rule.cancel_at
    if cancel is not None and facts.now is not None and cancel <= facts.now:
        return [Finding(FIELD, "The time to cancel has passed already.")]
    if route is not None and cancel is not None and cancel <= route:
        return [Finding(FIELD, "The order would be cancelled before it is routed.")]
    return []


def _condition_problems(condition: Condition) -> list[str]:
    found = [
        f"A condition cannot have the {name} “{getattr(condition, name)}”."
        for name, allowed in _ALLOWED.items()
        if getattr(condition, name) not in allowed
    ]
    if problem := grammar_problem(condition.instrument_type, condition.symbol):
        found.append(problem)
    if condition.threshold <= 0:
        found.append("The threshold must be more than 0.")
    found += [
        "A part of the compared price needs a quantity above 0."
        for part in condition.components
        if part.quantity <= 0
    ]
    return found
