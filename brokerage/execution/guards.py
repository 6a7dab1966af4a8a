"""The guards: limits that a person has set for their own orders. Pure functions over given facts.

Unlike a check, a guard that is set and cannot be judged holds the order back. One that is not set
is named among those that did not run. An order that only closes is never held back by limits of
size: getting out must stay possible.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from math import gcd

from brokerage.execution import matrix
from brokerage.execution.check_facts import CheckReport, Finding, NotRun, leg_field, look_at
from brokerage.execution.commands import (
    BUY,
    CRYPTOCURRENCY,
    DEBIT,
    EQUITY,
    SELL,
    OrderLeg,
    SubmitOrder,
)
from brokerage.execution.guard_facts import GuardFacts, GuardRules, PowerFact, QuoteFact

__all__ = ["GuardFacts", "GuardRules", "PowerFact", "QuoteFact", "judge", "reduces"]


class NotSet(NotRun):
    """This guard does not bind; the text says why."""


OFF = "no limit is set"


def reduces(order: SubmitOrder, facts: GuardFacts) -> bool:
    """Whether every leg only makes a position smaller.

    A bare Buy or Sell of a future closes when the opposite is held in at least that size.
    """
    return bool(order.legs) and all(_leg_reduces(leg, facts) for leg in order.legs)


def _leg_reduces(leg: OrderLeg, facts: GuardFacts) -> bool:
    if leg.action not in (BUY, SELL):
        return leg.closes
    held = (facts.positions or {}).get((leg.instrument_type, leg.symbol), Decimal(0))
    available = -held if leg.buys else held
    return leg.quantity is not None and leg.quantity <= available


# --- the guards -------------------------------------------------------------------------------


def _closing_only(order: SubmitOrder, facts: GuardFacts) -> list[Finding]:
    if not facts.rules.closing_only:
        raise NotSet("closing-only mode is off")
    text = "Your guard lets this account close positions only; this leg opens."
    return [
        Finding(leg_field(index, "action"), text)
        for index, leg in enumerate(order.legs)
        if not _leg_reduces(leg, facts)
    ]


def _quantity(order: SubmitOrder, facts: GuardFacts) -> list[Finding]:
    caps = {kind: _cap(kind, facts.rules) for kind in {leg.instrument_type for leg in order.legs}}
    if all(cap is None for cap, _ in caps.values()):
        raise NotSet(OFF)
    if reduces(order, facts):
        return []
    found = []
    for index, leg in enumerate(order.legs):
        cap, words = caps[leg.instrument_type]
        if cap is not None and leg.quantity is not None and leg.quantity > cap:
            text = f"Your guard allows {_plain(cap)} {words} in one order."
            found.append(Finding(leg_field(index, "quantity"), text))
    return found


def _cap(instrument_type: str, rules: GuardRules) -> tuple[Decimal | None, str]:
    if instrument_type == EQUITY:
        return rules.max_shares, "shares"
    if instrument_type == CRYPTOCURRENCY:
        return rules.max_coins, "coins"
    return rules.max_contracts, "contracts"


def _notional(order: SubmitOrder, facts: GuardFacts) -> list[Finding]:
    cap = facts.rules.max_notional
    if cap is None:
        raise NotSet(OFF)
    if reduces(order, facts):
        return []
    value = notional(order, facts)
    if value is None:
        return [Finding("", "Your guard limits the amount of an order, and it cannot be told now.")]
    if value <= cap:
        return []
    text = f"This order moves {_dollars(value)}; your guard allows {_dollars(cap)}."
    return [Finding(_size_field(order), text)]


def _size_field(order: SubmitOrder) -> str:
    """Where the size of an order is typed; of several legs none alone is to blame."""
    if order.value is not None:
        return "value"
    return leg_field(0, "quantity") if len(order.legs) == 1 else ""


def notional(order: SubmitOrder, facts: GuardFacts) -> Decimal | None:
    """Dollars over all legs without netting: quantity × price × multiplier; None when unknown.

    The price is the mid, and for one leg its own limit where that is higher.
    """
    if order.value is not None:
        return order.value
    total = Decimal(0)
    for leg in order.legs:
        price, multiplier = _reference(order, leg, facts), facts.multiplier(leg)
        if price is None or multiplier is None or leg.quantity is None:
            return None
        total += leg.quantity * price * multiplier
    return total


def _reference(order: SubmitOrder, leg: OrderLeg, facts: GuardFacts) -> Decimal | None:
    quote = facts.quote(leg)
    mid = quote.mid if quote is not None else None
    own = (order.price, order.stop_trigger) if len(order.legs) == 1 else ()
    known = [price for price in (mid, *own) if price is not None]
    return max(known) if known else None


def _market(order: SubmitOrder, facts: GuardFacts) -> list[Finding]:
    if order.order_type not in (matrix.MARKET, matrix.NOTIONAL_MARKET, matrix.MARKETABLE_LIMIT):
        raise NotSet("this is no market order")
    if order.rules is not None and order.rules.conditions:
        raise NotSet("the order waits for a condition; the market then is not known now")
    found = []
    for index, leg in enumerate(order.legs):
        if text := _market_problem(leg, facts):
            found.append(Finding("order_type" if index == 0 else leg_field(index, "symbol"), text))
    return found


def _market_problem(leg: OrderLeg, facts: GuardFacts) -> str:
    label = " ".join(leg.symbol.split())
    quote = facts.quote(leg)
    if quote is None or quote.mid is None:
        return f"There is no present bid and ask of {label}: no market order without a quote."
    width = quote.spread_percent
    if width is None or width > facts.rules.wide_percent:
        shown = "very wide" if width is None else f"{_rounded(width)} % wide"
        return (
            f"The market of {label} is {shown} (bid {_plain(quote.bid)}, ask {_plain(quote.ask)}); "
            f"your guard calls {_plain(facts.rules.wide_percent)} % wide. Use a limit."
        )
    return ""


def _band(order: SubmitOrder, facts: GuardFacts) -> list[Finding]:
    band = facts.rules.limit_band_percent
    if band is None:
        raise NotSet(OFF)
    if order.price is None or order.order_type != matrix.LIMIT:
        raise NotSet("the order has no plain limit")
    mids = [quote.mid if (quote := facts.quote(leg)) else None for leg in order.legs]
    if any(mid is None for mid in mids):
        text = "Your guard compares the limit with the mid, and there is no present quote."
        return [Finding("price", text)]
    middle, scale = _net(order, [mid for mid in mids if mid is not None])
    price = order.price if order.price_effect == DEBIT else -order.price
    if abs(price - middle) <= scale * band / 100:
        return []
    side = "debit" if middle >= 0 else "credit"
    text = (
        f"The limit is more than {_plain(band)} % from the mid, which is "
        f"{_rounded(abs(middle))} {side} now."
    )
    return [Finding("price", text)]


def _net(order: SubmitOrder, mids: list[Decimal]) -> tuple[Decimal, Decimal]:
    """Net mid of one lot (paying is positive) and the sum of the legs' mids behind it."""
    quantities = [leg.quantity or Decimal(1) for leg in order.legs]
    lot = _lot(quantities)
    net = gross = Decimal(0)
    for leg, quantity, mid in zip(order.legs, quantities, mids, strict=True):
        part = quantity / lot * mid
        net += part if leg.buys else -part
        gross += part
    return net, gross


def _lot(quantities: list[Decimal]) -> Decimal:
    """The common size that the net price is for: 2 and 4 make two lots of 1 and 2."""
    if len(quantities) == 1 or any(value != int(value) for value in quantities):
        return quantities[0]
    return Decimal(gcd(*(int(value) for value in quantities)))


def _buying_power(order: SubmitOrder, facts: GuardFacts) -> list[Finding]:
    cap = facts.rules.max_buying_power_percent
    if cap is None:
        raise NotSet(OFF)
    if not facts.dry_run_done:
        raise NotSet("judged after the dry run")
    if reduces(order, facts):
        return []
    if facts.power is None:
        text = "Your guard limits the use of buying power, and the broker did not tell it."
        return [Finding("", text)]
    used = -facts.power.change
    if used <= 0 or used <= facts.power.current * cap / 100:
        return []
    text = (
        f"This order takes {_dollars(used)} of {_dollars(facts.power.current)} buying power; "
        f"your guard allows {_plain(cap)} %."
    )
    return [Finding("", text)]


Guard = Callable[[SubmitOrder, GuardFacts], list[Finding]]

GUARDS: tuple[tuple[str, Guard], ...] = (
    ("Closing-only mode", _closing_only),
    ("Largest quantity", _quantity),
    ("Largest amount", _notional),
    ("Market orders only with a quote that is not wide", _market),
    ("Limit near the mid", _band),
    ("Use of buying power", _buying_power),
)


def judge(order: SubmitOrder, facts: GuardFacts) -> CheckReport:
    """All guards in order; what is not set is named as not run."""
    return look_at(order, facts, GUARDS)


def _plain(value: Decimal | None) -> str:
    if value is None:
        return "—"
    return f"{value.normalize():f}" if value else "0"


def _rounded(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.01'), ROUND_HALF_UP):f}"


def _dollars(value: Decimal) -> str:
    return f"${value.quantize(Decimal('0.01'), ROUND_HALF_UP):,f}"
