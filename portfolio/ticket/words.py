"""An order to be confirmed, in words: each order of a group, its conditions, the one button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from math import gcd
from typing import Any

from brokerage.execution import matrix, rules
from brokerage.execution.rules import Condition, OrderRules
from portfolio import formats
from portfolio.figures.marked import Marked
from portfolio.forms.ticket_rules import watched_text
from portfolio.orders import words as order_words
from portfolio.ticket.payoff import PayoffLeg, name_of

Body = Mapping[str, Any]
TITLES = {
    "OTOCO": ("Entry", "Take profit", "Stop"),
    "OCO": ("Take profit", "Or stop"),
    "OTO": ("First", "Then", "Then", "Then"),
    "PAIRS": ("First side", "Second side"),
}
GROUP_NAMES = {"OTOCO": "bracket", "OCO": "exits", "OTO": "group", "PAIRS": "pair"}
_COMPARED = {"gte": "at or above", "lte": "at or below"}
_PRICES = {"last": "last price", "nat": "natural price"}


@dataclass(frozen=True, slots=True)
class OrderWords:
    """One order as the confirmation shows it."""

    title: str
    legs: list[str]
    price: str
    money: str
    order_type: str
    time_in_force: str
    conditions: list[str]


def orders_of(body: Body) -> list[Body]:
    """The orders of a body, the trigger first."""
    if "orders" not in body:
        return [body]
    trigger = body.get("trigger-order")
    return [*([trigger] if trigger else []), *body["orders"]]


def order_words_of(
    body: Body, multipliers: Sequence[Decimal | None], lead: str = ""
) -> list[OrderWords]:
    """`multipliers`: units of one lot of each order, None where unknown; `lead`: where the
    arithmetic of its figures is found, `preview-<id>` or `intent-<id>`."""
    titles = TITLES.get(str(body.get("type")), ("",))
    found = []
    for index, order in enumerate(orders_of(body)):
        multiplier = multipliers[index] if index < len(multipliers) else None
        own = lead and f"{lead}-{index}"
        found.append(
            OrderWords(
                title=titles[index] if index < len(titles) else "",
                legs=order_words.body_legs(dict(order)),
                price=order_words.body_price(order, own),
                money=money_words(order, multiplier, own),
                order_type=order["order-type"],
                time_in_force=_time_words(order),
                conditions=condition_words(order),
            )
        )
    return found


def _time_words(body: Body) -> str:
    date = body.get("gtc-date")
    return f"{body['time-in-force']} {date}" if date else str(body["time-in-force"])


def money_words(body: Body, multiplier: Decimal | None, lead: str = "") -> str:
    """The limit multiplied out, in words; empty where it is not known."""
    total = money(body, multiplier)
    if total is None:
        return ""
    verb = "you pay at most" if body.get("price-effect") == "Debit" else "you receive at least"
    return Marked(
        (f"{verb} $", ""), (formats.money(total), lead and f"{lead}-money@{multiplier:f}")
    )


def money(body: Body, multiplier: Decimal | None) -> Decimal | None:
    """Price × lots × units of a lot."""
    if not body.get("price") or multiplier is None or not lots(body):
        return None
    return Decimal(str(body["price"])) * lots(body) * multiplier


def lots(body: Body) -> Decimal:
    """How often the order's unit is in it; zero without quantities."""
    quantities = [Decimal(str(leg.get("quantity") or 0)) for leg in body["legs"]]
    if not all(item and item == item.to_integral_value() for item in quantities):
        return quantities[0] if len(quantities) == 1 else Decimal(0)
    return Decimal(reduce(gcd, (int(item) for item in quantities)))


# --- conditions -----------------------------------------------------------------------------------


def condition_words(body: Body) -> list[str]:
    """The conditions of one order, one sentence each."""
    found = rules.from_body(body.get("rules"))
    return [] if found is None else _rule_words(found, (body.get("rules") or {}))


def ratio_words(body: Body, lead: str = "") -> list[str]:
    """When a pair is sent; nothing for other orders."""
    if not body.get("ratio-price-threshold"):
        return []
    by = "amounts" if body.get("ratio-price-is-threshold-based-on-notional") else "prices"
    compared = _COMPARED.get(str(body.get("ratio-price-comparator")), "at")
    level = formats.quantity(str(body["ratio-price-threshold"]), sign=False)
    sentence = f"Both are sent once the ratio of their {by} is {compared} "
    return [Marked((sentence, ""), (level, lead and f"{lead}-0-ratio"), (".", ""))]


def _rule_words(found: OrderRules, raw: Body) -> list[str]:
    words = []
    if found.route_after:
        words.append(f"Not sent before {formats.market_datetime(found.route_after)}.")
    pairs = zip(found.conditions, raw.get("conditions") or (), strict=True)
    words += [_condition_words(condition, item) for condition, item in pairs]
    if found.cancel_at:
        words.append(f"Cancelled at {formats.market_datetime(found.cancel_at)}.")
    return words


def _condition_words(condition: Condition, raw: Body) -> str:
    verb = "Sent" if condition.action == rules.ROUTE else "Cancelled"
    what = watched_text(raw.get("price-components") or [{"symbol": condition.symbol}])
    price = _PRICES.get(condition.indicator, condition.indicator)
    level = formats.price(condition.threshold)
    return f"{verb} once the {price} of {what} is {_COMPARED[condition.comparator]} {level}."


# --- the button ---------------------------------------------------------------------------------


def send_words(body: Body, number: str) -> str:
    """What the one button does: `Send: sell 1 MSFT put credit spread for 1.35 cr to …0001`."""
    orders = orders_of(body)
    tail = f"to …{number[-4:]}"
    if len(orders) == 1:
        comma = "," if body.get("rules") else ""
        return f"Send: {_phrase(orders[0])}{comma} {tail}"
    name = GROUP_NAMES.get(str(body.get("type")), "group")
    joint = " or " if body.get("type") == "OCO" else ", then "
    if body.get("type") == "PAIRS":
        joint = " and "
    phrases = [_phrase(order) for order in orders]
    if body.get("type") == "OTOCO":
        return f"Send: {name}, {phrases[0]}, then {phrases[1]} or {phrases[2]} {tail}"
    return f"Send: {name}, {joint.join(phrases)} {tail}"


def _phrase(body: Body) -> str:
    """What one order does, and that it waits where it has conditions."""
    waits = " once its conditions are met" if body.get("rules") else ""
    return f"{_deed(body)}{waits}"


def _deed(body: Body) -> str:
    """`buy 10 AAPL for 229.40 db`, `close 1 SPY put credit spread for 0.40 db`, `roll …`."""
    price = order_words.body_price(dict(body))
    joined = _what(body)
    if body["order-type"] == matrix.MARKETABLE_LIMIT:
        return f"{joined} at a limit that the broker sets,"
    if price in ("at the market",) or price.startswith("stop"):
        return f"{joined} {price if price.startswith('at') else 'at ' + price}"
    return f"{joined} for {price}"


def _what(body: Body) -> str:
    legs = body["legs"]
    if len(legs) == 1:
        leg = legs[0]
        verb = "buy" if leg["action"].startswith("Buy") else "sell"
        amount = f"{formats.quantity(leg['quantity'], sign=False)} " if "quantity" in leg else ""
        return f"{verb} {amount}{formats.symbol_label(leg['symbol'], leg['instrument-type'])}"
    closing = [leg["action"].endswith("to Close") for leg in legs]
    if any(closing) and not all(closing):
        return "roll " + " ".join(order_words.body_legs(dict(body)))
    name = structure_name(body)
    if not name or name[0].isdigit():
        return " ".join(order_words.body_legs(dict(body)))
    parts = formats.option_parts(legs[0]["symbol"])
    verb = "close" if all(closing) else "sell" if body.get("price-effect") == "Credit" else "buy"
    root = f"{parts.root} " if parts else ""
    return f"{verb} {formats.quantity(lots(body), sign=False)} {root}{name}"


def structure_name(body: Body) -> str:
    """What traders call the legs; closing legs are named by what they close. Empty for none."""
    legs = []
    for leg in body["legs"]:
        parts = formats.option_parts(leg["symbol"])
        if parts is None or leg.get("quantity") is None:
            return ""
        sign = 1 if leg["action"].startswith("Buy") else -1
        sign = -sign if leg["action"].endswith("to Close") else sign
        ratio = sign * Decimal(str(leg["quantity"]))
        legs.append(PayoffLeg(ratio, parts.right, parts.strike, parts.day))
    return name_of(legs)
