"""Our own checks of an order before anything leaves: pure functions over given facts.

Each check passes, finds something (at a field, in plain words) or says that it could not run.
A check never guesses: without its facts it is skipped, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from brokerage.execution import matrix, ticks
from brokerage.execution.commands import (
    CREDIT,
    CRYPTOCURRENCY,
    DEBIT,
    EQUITY,
    FUTURE,
    FUTURE_OPTION,
    OrderLeg,
    SubmitOrder,
)
from brokerage.execution.symbols import grammar_problem

NOTIONAL_FLOOR = Decimal(5)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong; `field` is the form's field name, empty for the order as a whole."""

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


class _CannotRun(Exception):
    """The facts this check needs are not there; the text says which."""


def leg_field(index: int, name: str) -> str:
    return f"leg-{index}-{name}"


def order_ticks(
    order: SubmitOrder, instruments: Mapping[tuple[str, str], InstrumentFacts]
) -> tuple[ticks.Tick, ...]:
    """Increments that hold for the order's price; empty when unknown.

    A net price of several equity options moves by cents whatever the legs do.
    """
    if len(order.legs) > 1 and order.instrument_type != FUTURE_OPTION:
        return ticks.CENT
    if not order.legs:
        return ()
    leg = order.legs[0]
    facts = instruments.get((leg.instrument_type, leg.symbol))
    return facts.ticks if facts else ()


# --- the checks -----------------------------------------------------------------------------


def _permission(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    account = facts.account
    if account.authority.lower().replace("_", "-") in {"read-only", "readonly"}:
        return [Finding("account", "Your login may look at this account but not trade in it.")]
    if account.scopes and "trade" not in account.scopes.split():
        return [
            Finding("account", "This connection was made for reading only; it may not send orders.")
        ]
    if not account.authority and not account.scopes:
        raise _CannotRun("the broker has not said what this login may do")
    return []


def _account_status(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    account = facts.account
    if not account.status_known:
        raise _CannotRun("the account's trading status has not been read yet")
    texts = []
    if account.closed:
        texts.append("The broker says this account is closed.")
    if account.frozen:
        texts.append("The broker has frozen this account.")
    if (account.closing_only or account.risk_reducing_only) and not order.only_closes:
        texts.append("The broker lets this account close positions only.")
    return [Finding("account", text) for text in texts + _product_status(order, account)]


def _product_status(order: SubmitOrder, account: AccountFacts) -> list[str]:
    kinds = {leg.instrument_type for leg in order.legs}
    texts = []
    if kinds & {FUTURE, FUTURE_OPTION}:
        if account.futures_enabled is False:
            texts.append("This account is not enabled for futures.")
        elif account.futures_closing_only and not order.only_closes:
            texts.append("The broker lets this account close futures only.")
    if CRYPTOCURRENCY in kinds:
        if account.crypto_enabled is False:
            texts.append("This account is not enabled for cryptocurrency.")
        elif account.crypto_closing_only and not order.only_closes:
            texts.append("The broker lets this account close cryptocurrency only.")
    return texts


def _legs(order: SubmitOrder, _facts: CheckFacts) -> list[Finding]:
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


def _symbols(order: SubmitOrder, _facts: CheckFacts) -> list[Finding]:
    return [
        Finding(leg_field(index, "symbol"), problem)
        for index, leg in enumerate(order.legs)
        if (problem := grammar_problem(leg.instrument_type, leg.symbol))
    ]


def _one_underlying(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    known = [facts.instruments.get((leg.instrument_type, leg.symbol)) for leg in order.legs]
    names = {item.underlying for item in known if item and item.underlying}
    if len(names) > 1:
        return [Finding("", "All legs must be on the same underlying.")]
    return []


def _quantities(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
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


def _order_type(order: SubmitOrder, _facts: CheckFacts) -> list[Finding]:
    rule = matrix.ORDER_TYPES.get(order.order_type)
    if rule is None:
        return [Finding("order_type", "This order type does not exist.")]
    if len(order.legs) > rule.max_legs:
        return [Finding("order_type", f"A {order.order_type} order has exactly one leg.")]
    instrument = matrix.INSTRUMENTS.get(order.instrument_type)
    documented = (matrix.MARKETABLE_LIMIT, *(instrument.order_types if instrument else ()))
    if instrument and order.order_type not in documented:
        text = f"{order.order_type} orders do not exist for {order.instrument_type}."
        return [Finding("order_type", text)]
    return _amount_presence(order, rule)


_AMOUNT_WORDS = {
    "price": ("price", "Enter a limit price.", "has no limit price"),
    "stop_trigger": ("stop_trigger", "Enter a stop trigger.", "has no stop trigger"),
    "value": ("value", "Enter an amount in dollars.", "has no dollar amount"),
}


def _amount_presence(order: SubmitOrder, rule: matrix.OrderTypeRule) -> list[Finding]:
    found = []
    for name, (where, missing, surplus) in _AMOUNT_WORDS.items():
        amount = getattr(order, name)
        if name in rule.requires and amount is None:
            found.append(Finding(where, missing))
        if name not in rule.requires and amount is not None:
            found.append(Finding(where, f"A {order.order_type} order {surplus}."))
    return found


def _time_in_force(order: SubmitOrder, _facts: CheckFacts) -> list[Finding]:
    if order.order_type not in matrix.ORDER_TYPES:
        return []
    found = []
    allowed = matrix.permitted(
        order.order_type,
        order.time_in_force,
        order.instrument_type,
        len(order.legs),
        closing=order.only_closes,
    )
    if not allowed:
        text = f"“{order.time_in_force}” cannot be combined with this {order.order_type} order."
        found.append(Finding("time_in_force", text))
    if order.time_in_force == "GTD" and order.gtc_date is None:
        found.append(Finding("gtc_date", "Enter the date until which the order is good."))
    if order.time_in_force != "GTD" and order.gtc_date is not None:
        found.append(Finding("gtc_date", "Only GTD orders have a date."))
    return found


def _amounts(order: SubmitOrder, _facts: CheckFacts) -> list[Finding]:
    found = []
    single = len(order.legs) <= 1
    if order.price is not None and (order.price < 0 or (order.price == 0 and single)):
        found.append(Finding("price", "The price must be more than 0."))
    if order.stop_trigger is not None and order.stop_trigger <= 0:
        found.append(Finding("stop_trigger", "The stop trigger must be more than 0."))
    if order.value is not None and order.value < NOTIONAL_FLOOR:
        found.append(Finding("value", "The amount must be at least $5."))
    return found


def _side(order: SubmitOrder, _facts: CheckFacts) -> list[Finding]:
    """A single buy is paid for, a single sale is paid out; a structure may be either."""
    found = []
    pairs = (("price", order.price, order.price_effect), ("value", order.value, order.value_effect))
    for name, amount, effect in pairs:
        if amount is None:
            continue
        if effect not in (DEBIT, CREDIT):
            found.append(Finding(f"{name}_effect", "Say whether it is a debit or a credit."))
        elif len(order.legs) == 1 and order.legs[0].buys and effect == CREDIT:
            found.append(Finding(f"{name}_effect", "A purchase cannot be for a credit."))
        elif len(order.legs) == 1 and not order.legs[0].buys and effect == DEBIT:
            found.append(Finding(f"{name}_effect", "A sale cannot be for a debit."))
    return found


def _increment(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    """The broker accepts a price off the tick and the exchange rejects it later."""
    amounts = {"price": order.price, "stop_trigger": order.stop_trigger}
    given = {name: amount for name, amount in amounts.items() if amount is not None}
    if not given:
        return []
    increments = order_ticks(order, facts.instruments)
    if not increments:
        raise _CannotRun("the price increments of this instrument are not known")
    return [
        Finding(name, _increment_text(amount, increments))
        for name, amount in given.items()
        if not ticks.on_tick(amount, increments)
    ]


def _increment_text(amount: Decimal, increments: tuple[ticks.Tick, ...]) -> str:
    tick = ticks.tick_at(amount, increments)
    below, above = ticks.neighbours(amount, increments)
    return f"The price moves in steps of {tick:f} here: try {below:f} or {above:f}."


def _instrument(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
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
        raise _CannotRun(f"{', '.join(unread)} could not be read from the broker")
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


def _position_effect(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    if facts.positions is None:
        raise _CannotRun("positions have not been read yet")
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


def _session(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    """Only what the contract refuses while closed; a limit order may wait for the open."""
    if order.instrument_type in (FUTURE, FUTURE_OPTION, CRYPTOCURRENCY):
        raise _CannotRun("this product has its own hours; the broker's check decides")
    if facts.session is None:
        raise _CannotRun("the session calendar has not been read yet")
    market = order.order_type in (matrix.MARKET, matrix.NOTIONAL_MARKET)
    opening = any(not leg.closes for leg in order.legs)
    if market and opening and facts.session != "Regular":
        text = "A market order cannot open a position while the market is closed. Use a limit."
        return [Finding("order_type", text)]
    if order.time_in_force in ("Ext", "GTC Ext") and facts.session == "Closed":
        return [Finding("time_in_force", "The extended session is closed now. Choose Day or GTC.")]
    return []


Check = Callable[[SubmitOrder, CheckFacts], list[Finding]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("Your login may trade in this account", _permission),
    ("The account may trade this", _account_status),
    ("Legs fit together", _legs),
    ("Symbols are well formed", _symbols),
    ("One underlying", _one_underlying),
    ("Quantity", _quantities),
    ("Order type", _order_type),
    ("Time in force", _time_in_force),
    ("Amounts", _amounts),
    ("Debit or credit", _side),
    ("Price increment", _increment),
    ("The broker trades it", _instrument),
    ("Opening or closing fits what is held", _position_effect),
    ("Session", _session),
)

# What neither we nor a clean dry run can know.
BEYOND = (
    Skipped("Exchange acceptance", "only the exchange decides, after the order is sent"),
    Skipped("Changes until the order is sent", "positions and prices may move meanwhile"),
)


def run(order: SubmitOrder, facts: CheckFacts) -> CheckReport:
    """All checks in order; findings of one field are kept once."""
    passed: list[str] = []
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    for name, check in CHECKS:
        try:
            found = check(order, facts)
        except _CannotRun as reason:
            skipped.append(Skipped(name, str(reason)))
            continue
        if found:
            findings += [item for item in found if item not in findings]
        else:
            passed.append(name)
    return CheckReport(tuple(passed), tuple(findings), (*skipped, *BEYOND))
