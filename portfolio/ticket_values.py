"""The values of a ticket as they travel: typed, changed by buttons, taken from an earlier order."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from brokerage.execution import instruments
from brokerage.execution.commands import EQUITY_OPTION, OrderLeg, amount_text
from brokerage.execution.instruments import Expiration
from brokerage.models import Account, Connection, OrderIntent, OrderPreview
from portfolio.forms.ticket import OPTION_TYPES, account_key, leg_count, shape_of

# Changing one of these makes a typed price meaningless.
_PRICED = ("instrument_type", "symbol")
_PRICED_LEG = ("action", "expiration", "strike", "option_type", "contract", "quantity")


def normalise(values: dict[str, str]) -> None:
    if not values.get("instrument_type"):
        values["instrument_type"] = values.get("leg-0-instrument_type", "")
    shape = shape_of(values)
    values["instrument_type"] = shape.instrument_type
    if values.get("symbol"):
        values["symbol"] = instruments.normalise(shape.instrument_type, values["symbol"])


def take_ticket(values: dict[str, str]) -> None:
    """The ticket's own identifier: made here, carried to the broker, used once."""
    try:
        values["ticket"] = str(uuid.UUID(values.get("ticket", "")))
    except ValueError:
        values["ticket"] = str(uuid.uuid4())


def act(values: dict[str, str]) -> None:
    """Buttons that change the form without a script: legs added and taken away."""
    wish = values.pop("do", "")
    count = leg_count(values)
    if wish == "add-leg":
        values["legs"] = str(count + 1)
    elif wish.startswith("remove-leg-") and count > 1:
        _remove_leg(values, int(wish[-1]) if wish[-1].isdigit() else count - 1, count)
    elif wish:
        values["wish"] = wish


def _remove_leg(values: dict[str, str], gone: int, count: int) -> None:
    legs = [
        {
            key.split("-", 2)[2]: value
            for key, value in values.items()
            if key.startswith(f"leg-{n}-")
        }
        for n in range(count)
        if n != gone
    ]
    for key in [key for key in values if key.startswith("leg-")]:
        del values[key]
    for index, leg in enumerate(legs):
        values.update({f"leg-{index}-{name}": value for name, value in leg.items()})
    values["legs"] = str(count - 1)


def _priced_for(values: Mapping[str, str]) -> str:
    """A fingerprint of what a price was set for."""
    names = list(_PRICED)
    for index in range(leg_count(values)):
        names += [f"leg-{index}-{name}" for name in _PRICED_LEG]
    if leg_count(values) == 1:
        names.remove("leg-0-quantity")
    text = "|".join(values.get(name, "") for name in names)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def drop_stale_price(values: dict[str, str]) -> None:
    """A price typed for another contract must not slip into this order."""
    now = _priced_for(values)
    if values.get("priced_for", now) != now:
        for name in ("price", "price_effect", "stop_trigger"):
            values.pop(name, None)
    values["priced_for"] = now


def place_contracts(values: dict[str, str], chain: Mapping[str, Expiration]) -> None:
    """A leg given by its symbol (from a position, an order) fills in the choices."""
    for index in range(leg_count(values)):
        prefix = f"leg-{index}"
        symbol = values.get(f"{prefix}-contract", "")
        place = None
        if symbol and chain and not values.get(f"{prefix}-expiration"):
            place = instruments.contract_place(chain, symbol)
        if place is not None:
            key, strike, option_type = place
            values[f"{prefix}-expiration"] = key
            values[f"{prefix}-strike"] = f"{strike.normalize():f}"
            values[f"{prefix}-option_type"] = option_type
            values[f"{prefix}-contract"] = ""


def decimal_of(text: str | None) -> Decimal | None:
    try:
        number = Decimal((text or "").replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


# --- as an address ------------------------------------------------------------------------------


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
) -> str:
    """The address of a ticket filled with these legs, each named by its own symbol.

    Legs may differ in kind (stock and option). Without an account the ticket takes the usual one.
    `origin` says where it came from: chain, position:<pk>, order:<pk>.
    """
    values = {"order_type": order_type, "time_in_force": time_in_force}
    if account is not None:
        values["account"] = account_key(account.environment, account.number)
    amounts = {"price": price, "stop_trigger": stop_trigger}
    values |= {name: amount_text(item) for name, item in amounts.items() if item is not None}
    values |= {"price_effect": price_effect, "origin": origin}
    return _url({name: value for name, value in values.items() if value} | leg_values(legs))


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


def take_symbol(values: dict[str, str], connection: Connection | None) -> None:
    """The ticket's symbol where only its legs are named: the underlying of the first."""
    contract, kind = values.get("leg-0-contract", ""), values["instrument_type"]
    if values.get("symbol") or not contract:
        return
    known = instruments.facts(connection, kind, contract) if connection else None
    named = known.underlying if known and kind == EQUITY_OPTION else ""
    environment = connection.environment if connection else ""
    symbol = named or instruments.underlying_of(environment, kind, contract)
    values["symbol"] = instruments.normalise(kind, symbol)


# --- from an earlier order ----------------------------------------------------------------------


def values_of(account: Account, body: Mapping[str, Any]) -> dict[str, str]:
    """Form values that make this order again; contracts by their symbol."""
    legs = body["legs"]
    kind = legs[0]["instrument-type"]
    values = {
        "account": account_key(account.environment, account.number),
        "instrument_type": kind,
        "symbol": instruments.underlying_of(account.environment, kind, legs[0]["symbol"]),
        "legs": str(len(legs)),
        "order_type": body["order-type"],
        "time_in_force": body["time-in-force"],
    }
    for key in ("price", "price-effect", "stop-trigger", "value", "gtc-date"):
        if body.get(key):
            values[key.replace("-", "_")] = str(body[key])
    for index, leg in enumerate(legs):
        values[f"leg-{index}-action"] = leg["action"]
        if leg.get("quantity") is not None:
            values[f"leg-{index}-quantity"] = str(leg["quantity"])
        if kind in OPTION_TYPES:
            values[f"leg-{index}-contract"] = leg["symbol"]
    return values


def _url(values: Mapping[str, str]) -> str:
    return f"{reverse('portfolio:ticket')}?{urlencode(values)}"


def ticket_url(shown: OrderPreview) -> str:
    """A new ticket with what a preview showed."""
    return _url(values_of(shown.account, shown.body))


def resend_url(intent: OrderIntent) -> str:
    """A new ticket, with an identifier of its own, for the same order."""
    return _url(values_of(intent.account, intent.body)) if intent.kind == "submit" else ""
