"""Our own checks of an order before anything leaves: pure functions over given facts.

Each check passes, finds something (at a field, in plain words) or says that it could not run.
A check never guesses: without its facts it is skipped, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from brokerage.execution import leg_checks, matrix, rule_checks, ticks
from brokerage.execution.check_facts import (
    AccountFacts,
    CannotRun,
    CheckFacts,
    CheckReport,
    Finding,
    InstrumentFacts,
    Skipped,
    leg_field,
    look_at,
)
from brokerage.execution.commands import (
    CREDIT,
    CRYPTOCURRENCY,
    DEBIT,
    FUTURE,
    FUTURE_OPTION,
    SubmitOrder,
)

__all__ = [
    "AccountFacts",
    "CheckFacts",
    "CheckReport",
    "Finding",
    "InstrumentFacts",
    "Skipped",
    "leg_field",
    "order_ticks",
    "run",
]

NOTIONAL_FLOOR = Decimal(5)


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
        raise CannotRun("the broker has not said what this login may do")
    return []


def _account_status(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    account = facts.account
    if not account.status_known:
        raise CannotRun("the account's trading status has not been read yet")
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
        raise CannotRun("the price increments of this instrument are not known")
    return [
        Finding(name, _increment_text(amount, increments))
        for name, amount in given.items()
        if not ticks.on_tick(amount, increments)
    ]


def _increment_text(amount: Decimal, increments: tuple[ticks.Tick, ...]) -> str:
    tick = ticks.tick_at(amount, increments)
    below, above = ticks.neighbours(amount, increments)
    return f"The price moves in steps of {tick:f} here: try {below:f} or {above:f}."


def _session(order: SubmitOrder, facts: CheckFacts) -> list[Finding]:
    """Only what the contract refuses while closed; a limit order may wait for the open."""
    if order.instrument_type in (FUTURE, FUTURE_OPTION, CRYPTOCURRENCY):
        raise CannotRun("this product has its own hours; the broker's check decides")
    if facts.session is None:
        raise CannotRun("the session calendar has not been read yet")
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
    ("Legs fit together", leg_checks.legs),
    ("Symbols are well formed", leg_checks.symbols),
    ("One underlying", leg_checks.one_underlying),
    ("Quantity", leg_checks.quantities),
    ("Order type", _order_type),
    ("Time in force", _time_in_force),
    ("Amounts", _amounts),
    ("Debit or credit", _side),
    ("Price increment", _increment),
    ("The broker trades it", leg_checks.instrument),
    ("Opening or closing fits what is held", leg_checks.position_effect),
    ("Session", _session),
    ("Conditions and times", rule_checks.rules),
)

# What neither we nor a clean dry run can know.
BEYOND = (
    Skipped("Exchange acceptance", "only the exchange decides, after the order is sent"),
    Skipped("Changes until the order is sent", "positions and prices may move meanwhile"),
)


def run(order: SubmitOrder, facts: CheckFacts) -> CheckReport:
    """All checks in order; findings of one field are kept once."""
    return look_at(order, facts, CHECKS, BEYOND)
