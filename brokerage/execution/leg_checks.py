"""Checks of an order's legs: symbols, quantities, instruments, what is held. Pure."""

from __future__ import annotations

from decimal import Decimal

from brokerage.execution import matrix
from brokerage.execution.check_facts import (
    CannotRun,
    CheckFacts,
    Finding,
    InstrumentFacts,
    leg_field,
)
from brokerage.execution.commands import EQUITY, OrderLeg, SubmitOrder
from brokerage.execution.symbols import grammar_problem


def legs(order: SubmitOrder, _facts: CheckFacts) -> list[Finding]:
    if not order.legs:
        return [Finding("", "An order needs at least one leg.")]
    rule = matrix.INSTRUMENTS.get(order.instrument_type)
    if rule is None:
        return [
            Finding(leg_field(0, "instrument_type"), "This kind of instrument cannot be traded.")
        ]
    found = []
    if len({leg.instrument_type for leg in order.legs}) > 1:
        found.append(Finding("", "All legs must be of the same kind of instrument."))
    if len(order.legs) > rule.max_legs:
        words = "one leg" if rule.max_legs == 1 else f"{rule.max_legs} legs"
        found.append(Finding("", f"An order of this kind has at most {words}."))
    return found + _repeated_symbols(order) + _actions(order, rule)


def _repeated_symbols(order: SubmitOrder) -> list[Finding]:
    seen: set[str] = set()
    found = []
    for index, leg in enumerate(order.legs):
        if leg.symbol in seen:
            text = "Another leg has this contract already; each leg needs one of its own."
            found.append(Finding(leg_field(index, "symbol"), text))
        seen.add(leg.symbol)
    return found


def _actions(order: SubmitOrder, rule: matrix.InstrumentRule) -> list[Finding]:
    return [
        Finding(leg_field(index, "action"), f"“{leg.action}” does not exist for this instrument.")
        for index, leg in enumerate(order.legs)
        if leg.action not in rule.actions
    ]


def symbols(order: SubmitOrder, _facts: CheckFacts) -> list[Finding]:
    return [
        Finding(leg_field(index, "symbol"), problem)
        for index, leg in enumerate(order.legs)
        if (problem := grammar_problem(leg.instrument_type, leg.symbol))
    ]


def one_underlying(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    known = [facts.instruments.get((leg.instrument_type, leg.symbol)) for leg in order.legs]
    names = {item.underlying for item in known if item and item.underlying}
    if len(names) > 1:
        return [Finding("", "All legs must be on the same underlying.")]
    return []


def quantities(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    found = []
    for index, leg in enumerate(order.legs):
        text = _quantity_problem(order, leg, facts)
        if text:
            found.append(Finding(leg_field(index, "quantity"), text))
    return found


def _quantity_problem(order: SubmitOrder, leg: OrderLeg, facts: CheckFacts) -> str:
    if order.order_type == matrix.NOTIONAL_MARKET:
        return "A notional order has an amount instead of a quantity." if leg.quantity else ""
    if leg.quantity is None:
        return "Enter a quantity."
    if leg.quantity <= 0:
        return "The quantity must be more than 0."
    if leg.quantity == leg.quantity.to_integral_value():
        return ""
    return _fraction_problem(order, leg, facts)


def _fraction_problem(order: SubmitOrder, leg: OrderLeg, facts: CheckFacts) -> str:
    rule = matrix.INSTRUMENTS.get(leg.instrument_type)
    if rule is None or rule.whole:
        return "Contracts come in whole numbers."
    if leg.instrument_type != EQUITY:
        return ""
    instrument = facts.instruments.get((leg.instrument_type, leg.symbol))
    if instrument and instrument.fractional is False:
        return f"{leg.symbol} is sold in whole shares only."
    if order.order_type != matrix.MARKET:
        return "Fractions of a share can be traded with a market order only."
    return ""


def instrument(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    found = []
    unread = []
    for index, leg in enumerate(order.legs):
        instrument = facts.instruments.get((leg.instrument_type, leg.symbol))
        if instrument is None:
            unread.append(leg.symbol)
            continue
        text = _instrument_problem(leg, instrument)
        if text:
            found.append(Finding(leg_field(index, "symbol"), text))
    if unread and not found:
        raise CannotRun(f"{', '.join(unread)} could not be read from the broker")
    return found


def _instrument_problem(leg: OrderLeg, instrument: InstrumentFacts) -> str:
    label = " ".join(leg.symbol.split())
    if not instrument.found:
        return f"The broker does not know {label}."
    if instrument.active is False:
        return f"{label} cannot be traded here (the broker lists it as inactive)."
    if instrument.closing_only and not leg.closes:
        return f"{label} may only be closed, not opened."
    return ""


def position_effect(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    if facts.positions is None:
        raise CannotRun("positions have not been read yet")
    found = []
    for index, leg in enumerate(order.legs):
        held = facts.positions.get((leg.instrument_type, leg.symbol), Decimal(0))
        where, text = _position_problem(leg, held)
        if text:
            found.append(Finding(leg_field(index, where), text))
    return found


def _position_problem(leg: OrderLeg, held: Decimal) -> tuple[str, str]:
    shown = f"{abs(held).normalize():f} {'long' if held > 0 else 'short'}"
    if leg.opens and held > 0 and not leg.buys:
        return "action", f"You hold {shown}: that is Sell to Close, not Sell to Open."
    if leg.opens and held < 0 and leg.buys:
        return "action", f"You hold {shown}: that is Buy to Close, not Buy to Open."
    if not leg.closes:
        return "", ""
    if held == 0 or (held > 0) == leg.buys:
        return "action", "There is no such position to close in this account."
    if leg.quantity is not None and leg.quantity > abs(held):
        return "quantity", f"You hold {shown}; more than that cannot be closed."
    return "", ""
