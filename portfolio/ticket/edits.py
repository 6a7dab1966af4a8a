"""Changes to the values of a ticket: made whole, changed by buttons, split by order.

Values are flat, as a form posts them: those of the first order under plain names, those of the
others under o1- to o3-. Functions on one order take its own values under plain names.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from brokerage.execution import instruments, matrix
from brokerage.execution.commands import EQUITY, EQUITY_OPTION, FUTURE, FUTURE_OPTION
from brokerage.execution.instruments import Expiration
from brokerage.models import Connection
from portfolio.forms.ticket_groups import OTO, PartSpec, group_of, order_count, specs_of
from portfolio.forms.ticket_order import leg_count
from portfolio.forms.ticket_part import closed_index, own_values, part_shape
from portfolio.forms.ticket_rules import condition_count

# Changing one of these makes a typed price meaningless.
_PRICED = ("instrument_type", "symbol")
_PRICED_LEG = ("action", "expiration", "strike", "option_type", "contract", "quantity")
_ORDER_PREFIXES = ("o1-", "o2-", "o3-")


def take_ticket(values: dict[str, str]) -> None:
    """The ticket's own identifier: made here, carried to the broker, used once."""
    try:
        values["ticket"] = str(uuid.UUID(values.get("ticket", "")))
    except ValueError:
        values["ticket"] = str(uuid.uuid4())


# --- orders of a ticket ---------------------------------------------------------------------------


def parts_of(values: Mapping[str, str]) -> list[tuple[PartSpec, dict[str, str]]]:
    """Each order with its own values under plain names."""
    return [(spec, _own(values, spec)) for spec in specs_of(values)]


def _own(values: Mapping[str, str], spec: PartSpec) -> dict[str, str]:
    own = own_values(values, spec)
    return {key: value for key, value in own.items() if not key.startswith(_ORDER_PREFIXES)}


def put_back(values: dict[str, str], spec: PartSpec, own: Mapping[str, str]) -> None:
    """Replace the values of one order."""
    for key in _own(values, spec):
        del values[f"{spec.lead}{key}"]
    values.update({f"{spec.lead}{key}": value for key, value in own.items()})


def split_kinds(values: dict[str, str]) -> None:
    """Legs of several kinds become a group: the broker takes one kind of instrument per order.

    Stock goes first, so that no call is uncovered for a moment; what closes stock goes last.
    """
    count = leg_count(values)
    kinds = [values.get(f"leg-{n}-instrument_type", "") for n in range(count)]
    present = list(dict.fromkeys(kind for kind in kinds if kind))
    if group_of(values) or len(present) < 2 or "" in kinds:
        return
    legs = _take_legs(values, count)
    present.sort(key=lambda kind: _turn(kind, legs))
    for name in ("symbol", "instrument_type", "price", "price_effect", "stop_trigger"):
        values.pop(name, None)
    values |= {"group": OTO, "orders": str(len(present)), "split": "1"}
    for spec, kind in zip(specs_of(values), present, strict=False):
        own = [leg for leg in legs if leg["instrument_type"] == kind]
        _put_legs(values, spec.lead, own)
        values[f"{spec.lead}order_type"] = "Limit"
        values[f"{spec.lead}time_in_force"] = values.get("time_in_force", "Day")


def _turn(kind: str, legs: Sequence[Mapping[str, str]]) -> int:
    """When a kind is sent: options after the stock that covers them, before it is sold."""
    if kind.endswith("Option"):
        return 1
    closes = any(
        leg["instrument_type"] == kind and leg.get("action", "").endswith("to Close")
        for leg in legs
    )
    return 2 if closes else 0


def _take_legs(values: dict[str, str], count: int) -> list[dict[str, str]]:
    legs = []
    for index in range(count):
        lead = f"leg-{index}-"
        names = [key for key in values if key.startswith(lead)]
        legs.append({name.removeprefix(lead): values.pop(name) for name in names})
    return legs


def _put_legs(values: dict[str, str], lead: str, legs: Sequence[Mapping[str, str]]) -> None:
    for index, leg in enumerate(legs):
        values.update({f"{lead}leg-{index}-{name}": value for name, value in leg.items()})
    values[f"{lead}legs"] = str(len(legs))


# --- buttons ----------------------------------------------------------------------------------


def act(values: dict[str, str]) -> None:
    """Buttons that change the form without a script.

    `add-leg@o1`, `remove-leg-2`, `add-order`, `remove-order-1`, `add-condition@o1`,
    `remove-condition-0`, `symbol:AAPL:Equity@o1`; anything else (`nat@o1`) is a wish about the
    price or the symbols offered.
    """
    wish, _, prefix = values.pop("do", "").partition("@")
    if wish.startswith(("add-order", "remove-order-")):
        _act_on_ticket(values, wish)
    elif wish.startswith(_ORDER_WISHES):
        _act_on_order(values, wish, prefix)
    elif wish:
        values["wish"], values["wish_for"] = wish, prefix


_ORDER_WISHES = ("add-leg", "remove-leg-", "symbol:", "add-condition", "remove-condition-")


def _act_on_order(values: dict[str, str], wish: str, prefix: str) -> None:
    spec = next((item for item in specs_of(values) if item.prefix == prefix), None)
    if spec is None:
        return
    own = _own(values, spec)
    if wish.startswith("symbol:"):
        _pick_symbol(own, *wish.removeprefix("symbol:").rsplit(":", 1))
    elif "condition" in wish:
        _act_on_conditions(own, wish)
    else:
        _act_on_legs(own, wish)
    put_back(values, spec, own)


# Kinds of option by the kind of what they are on.
_OPTION_ON = {EQUITY: EQUITY_OPTION, "Index": EQUITY_OPTION, FUTURE: FUTURE_OPTION}


def _pick_symbol(own: dict[str, str], symbol: str, kind: str = "") -> None:
    """A symbol found by the search; the instrument follows it, options stay options."""
    own["symbol"] = symbol
    chosen = own.get("instrument_type", "")
    if kind == "Index" or (chosen.endswith("Option") and kind in _OPTION_ON):
        own["instrument_type"] = _OPTION_ON[kind]
    elif kind in matrix.INSTRUMENTS:
        own["instrument_type"] = kind


def _act_on_ticket(values: dict[str, str], wish: str) -> None:
    number = int(wish[-1]) if wish[-1].isdigit() else 0
    if wish == "add-order":
        values["orders"] = str(order_count(values) + 1)
    elif wish.startswith("remove-order-") and order_count(values) > 2 and number:
        _remove_order(values, number)


def _act_on_conditions(own: dict[str, str], wish: str) -> None:
    count = condition_count(own)
    if wish == "add-condition":
        own |= {"conditional": "on", "conditions": str(count + 1)}
    else:
        gone = int(wish[-1]) if wish[-1].isdigit() else 0
        _remove_numbered(own, "cond", gone, count, "conditions")


def _remove_order(values: dict[str, str], gone: int) -> None:
    specs = specs_of(values)
    kept = [own for index, (_, own) in enumerate(parts_of(values)) if index != gone]
    for spec in specs[1:]:
        put_back(values, spec, {})
    for spec, own in zip(specs[1:], kept[1:], strict=False):
        put_back(values, spec, own)
    values["orders"] = str(len(kept))


def _act_on_legs(own: dict[str, str], wish: str) -> None:
    count = leg_count(own)
    if wish == "add-leg":
        own["legs"] = str(count + 1)
    elif count > 1:
        gone = int(wish[-1]) if wish[-1].isdigit() else count - 1
        _remove_numbered(own, "leg", gone, count, "legs")


def _remove_numbered(values: dict[str, str], what: str, gone: int, count: int, total: str) -> None:
    """Take one of `what-0-…`, `what-1-…` away; those behind it move up."""
    kept = []
    for index in range(count):
        lead = f"{what}-{index}-"
        names = [key for key in values if key.startswith(lead)]
        item = {name.removeprefix(lead): values.pop(name) for name in names}
        if index != gone:
            kept.append(item)
    for index, item in enumerate(kept):
        values.update({f"{what}-{index}-{name}": value for name, value in item.items()})
    values[total] = str(max(0, count - 1))


# --- one order --------------------------------------------------------------------------------


def normalise(own: dict[str, str], spec: PartSpec, first: Mapping[str, str]) -> None:
    """The instrument and the symbol as the broker spells them; a new order's time in force."""
    own.setdefault("time_in_force", spec.time)
    if spec.own_legs and not own.get("instrument_type"):
        own["instrument_type"] = own.get("leg-0-instrument_type", "")
    shape = part_shape(own, spec, first)
    own["instrument_type"] = shape.instrument_type
    if own.get("symbol"):
        own["symbol"] = instruments.normalise(shape.instrument_type, own["symbol"])


def take_closed(own: dict[str, str], spec: PartSpec, entry: Mapping[str, str]) -> None:
    """Which leg of the first order a stop closes, where there is a choice."""
    count = part_shape(own, spec, entry).entry_legs
    if spec.one_leg and count > 1:
        fallback = (specs_of(entry)[0].actions or ("",))[0]
        actions = [entry.get(f"leg-{n}-action") or fallback for n in range(count)]
        own["closes"] = str(closed_index(actions, own.get("closes")))


def take_symbol(own: dict[str, str], connection: Connection | None) -> None:
    """The order's symbol where only its legs are named: the underlying of the first."""
    contract, kind = own.get("leg-0-contract", ""), own["instrument_type"]
    if own.get("symbol") or not contract:
        return
    known = instruments.facts(connection, kind, contract) if connection else None
    named = known.underlying if known and kind == EQUITY_OPTION else ""
    environment = connection.environment if connection else ""
    symbol = named or instruments.underlying_of(environment, kind, contract)
    own["symbol"] = instruments.normalise(kind, symbol)


def place_contracts(own: dict[str, str], chain: Mapping[str, Expiration]) -> None:
    """A leg given by its symbol (from a position, an order) fills in the choices."""
    for index in range(leg_count(own)):
        prefix = f"leg-{index}"
        symbol = own.get(f"{prefix}-contract", "")
        place = None
        if symbol and chain and not own.get(f"{prefix}-expiration"):
            place = instruments.contract_place(chain, symbol)
        if place is not None:
            key, strike, option_type = place
            own[f"{prefix}-expiration"] = key
            own[f"{prefix}-strike"] = f"{strike.normalize():f}"
            own[f"{prefix}-option_type"] = option_type
            own[f"{prefix}-contract"] = ""


def _priced_for(own: Mapping[str, str], entry: Mapping[str, str]) -> str:
    """A fingerprint of what a price was set for; that of an exit for what it closes."""
    text = f"{own.get('closes', '')}|{_named(entry)}" if entry else _named(own)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _named(own: Mapping[str, str]) -> str:
    names = list(_PRICED)
    for index in range(leg_count(own)):
        names += [f"leg-{index}-{name}" for name in _PRICED_LEG]
    if leg_count(own) == 1:
        names.remove("leg-0-quantity")
    return "|".join(own.get(name, "") for name in names)


def drop_stale_price(own: dict[str, Any], entry: Mapping[str, str]) -> None:
    """A price typed for another contract must not slip into this order.

    `entry`: the values of the order that this one closes; empty for one with legs of its own.
    """
    now = _priced_for(own, entry)
    if own.get("priced_for", now) != now:
        for name in ("price", "price_effect", "stop_trigger"):
            own.pop(name, None)
    own["priced_for"] = now
