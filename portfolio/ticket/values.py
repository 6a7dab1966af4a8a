"""A ticket as an address: from legs picked elsewhere, from a preview, from an earlier order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from brokerage.enums import IntentKind
from brokerage.execution import instruments
from brokerage.execution.amounts import amount_text
from brokerage.execution.commands import OrderLeg
from brokerage.models import Account, OrderIntent, OrderPreview
from portfolio.formats import NEW_YORK
from portfolio.forms.ticket import account_key
from portfolio.forms.ticket_fields import OPTION_TYPES
from portfolio.forms.ticket_rules import watched_text

_AMOUNTS = ("price", "price-effect", "stop-trigger", "value", "gtc-date")


def decimal_of(text: str | None) -> Decimal | None:
    try:
        number = Decimal((text or "").replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def order_url(
    account: Account | None,
    legs: Sequence[OrderLeg],
    *,
    order_type: str = "Limit",
    time_in_force: str = "Day",
    price: Decimal | None = None,
    price_effect: str = "",
    stop_trigger: Decimal | None = None,
    origin: str = "",
    group: str = "",
) -> str:
    """The address of a ticket filled with these legs, each named by its own symbol.

    Legs may differ in kind (stock and option); the ticket then makes a group of them. Without an
    account the ticket takes the usual one. `origin` says where it came from: chain,
    position:<pk>, order:<pk>. `group` OTOCO makes the legs the entry of a bracket, OCO the exits
    of what is held.
    """
    values = {"group": group, "order_type": order_type, "time_in_force": time_in_force}
    if account is not None:
        values["account"] = account_key(account.environment, account.number)
    values |= amount_values({"price": price, "stop_trigger": stop_trigger})
    values |= {"price_effect": price_effect, "origin": origin}
    return _url({name: value for name, value in values.items() if value} | leg_values(legs))


def amount_values(amounts: Mapping[str, Decimal | None]) -> dict[str, str]:
    """Form values of the amounts that there are."""
    return {name: amount_text(item) for name, item in amounts.items() if item is not None}


def leg_values(legs: Sequence[OrderLeg]) -> dict[str, str]:
    """Form values of legs: kind, contract, action, quantity of each."""
    values = {"legs": str(len(legs))}
    for index, leg in enumerate(legs):
        values[f"leg-{index}-instrument_type"] = leg.instrument_type
        values[f"leg-{index}-contract"] = leg.symbol
        values[f"leg-{index}-action"] = leg.action
        if leg.quantity is not None:
            values[f"leg-{index}-quantity"] = f"{leg.quantity.normalize():f}"
    return values


# --- from an earlier order ----------------------------------------------------------------------


def values_of(account: Account, body: Mapping[str, Any]) -> dict[str, str]:
    """Form values that make this order, or this group of orders, again."""
    values = {"account": account_key(account.environment, account.number)}
    if "orders" not in body:
        return values | _order_values(account, body)
    trigger = body.get("trigger-order")
    orders = [*([trigger] if trigger else []), *body["orders"]]
    values |= {"group": body["type"], "orders": str(len(orders))} | _ratio_values(body)
    for index, order in enumerate(orders):
        lead = f"o{index}-" if index else ""
        own = _order_values(account, order) | closes_value(symbols_of(orders[0]), symbols_of(order))
        values |= {f"{lead}{name}": value for name, value in own.items()}
    return values


def _order_values(account: Account, body: Mapping[str, Any]) -> dict[str, str]:
    legs = body["legs"]
    kind = legs[0]["instrument-type"]
    values = {
        "instrument_type": kind,
        "symbol": instruments.underlying_of(account.environment, kind, legs[0]["symbol"]),
        "legs": str(len(legs)),
        "order_type": body["order-type"],
        "time_in_force": body["time-in-force"],
    }
    values |= {key.replace("-", "_"): str(body[key]) for key in _AMOUNTS if body.get(key)}
    for index, leg in enumerate(legs):
        values[f"leg-{index}-action"] = leg["action"]
        if leg.get("quantity") is not None:
            values[f"leg-{index}-quantity"] = str(leg["quantity"])
        if kind in OPTION_TYPES:
            values[f"leg-{index}-contract"] = leg["symbol"]
    return values | rule_values(body.get("rules") or {})


def symbols_of(body: Mapping[str, Any]) -> list[str]:
    return [str(leg["symbol"]) for leg in body["legs"]]


def closes_value(entry: Sequence[str], exits: Sequence[str]) -> dict[str, str]:
    """Which of the first order's legs an order closes, where it closes one of several."""
    one = exits[0] if len(exits) == 1 < len(entry) else ""
    return {"closes": str(entry.index(one))} if one in entry else {}


def _ratio_values(body: Mapping[str, Any]) -> dict[str, str]:
    values = {
        key.replace("-", "_"): str(body[key])
        for key in ("ratio-price-comparator", "ratio-price-threshold")
        if body.get(key)
    }
    if body.get("ratio-price-is-threshold-based-on-notional"):
        values["ratio_price_is_threshold_based_on_notional"] = "on"
    return values


def rule_values(rules: Mapping[str, Any]) -> dict[str, str]:
    """Form values of conditions and times, from a request's `rules`."""
    if not rules:
        return {}
    values = {"conditional": "on"}
    for key in ("route-after", "cancel-at"):
        if rules.get(key):
            moment = datetime.fromisoformat(rules[key]).astimezone(NEW_YORK)
            values[key.replace("-", "_")] = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return values | _condition_values(rules.get("conditions") or ())


def _condition_values(conditions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    values = {}
    for index, item in enumerate(conditions):
        whole = [{"symbol": item["symbol"]}]
        row = {name: str(item[name]) for name in ("action", "indicator", "comparator", "threshold")}
        row["watched"] = watched_text(item.get("price-components") or whole)
        values |= {f"cond-{index}-{name}": value for name, value in row.items()}
        values["conditions"] = str(index + 1)
    return values


def _url(values: Mapping[str, str]) -> str:
    return f"{reverse('portfolio:ticket')}?{urlencode(values)}"


def ticket_url(shown: OrderPreview) -> str:
    """A new ticket with what a preview showed."""
    return _url(values_of(shown.account, shown.body))


def resend_url(intent: OrderIntent) -> str:
    """A new ticket, with an identifier of its own, for the same order."""
    known = intent.kind in (IntentKind.SUBMIT, IntentKind.COMPLEX)
    return _url(values_of(intent.account, intent.body)) if known else ""
