"""The margin dry run: what an order would do to the requirement of its underlying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from simulator.access import account_of
from simulator.buying_power import Effect, State, effect, mark_of, rules_of, state, tickets_of
from simulator.http import body_json, context_of, invalid, ok, signed, text, world_of
from simulator.margin import Holding, Strategy, totals
from simulator.market.calendar import NEW_YORK
from simulator.model import ZERO, Account
from simulator.orders.build import build
from simulator.orders.case import Case
from simulator.orders.request import OrderRequest, read_order
from simulator.orders.wire import number
from simulator.rest.margin_wire import entry_wire, underlying_type

if TYPE_CHECKING:
    from simulator.world import World


async def dry_run(request: Request) -> Response:
    """`POST /margin/accounts/{number}/dry-run`: an estimate; nothing is checked or routed."""
    world, account = world_of(request), account_of(request)
    body = await body_json(request)
    missing = [
        (key, "is missing")
        for key in ("account-number", "underlying-symbol", "order-type", "time-in-force")
        if not body.get(key)
    ]
    if missing:
        raise invalid(*missing)
    asked = read_order(body)
    case = Case(world, account, asked, without=_replaced(body))
    if any(terms is None for terms in case.terms):
        raise invalid(("legs", "does not have a valid value"))
    order = build(case)
    tickets = tickets_of(world, order)
    measured = effect(world, account, tickets, case.without)
    before = state(world, account, (), case.without)
    after = state(world, account, tickets, case.without)
    group = case.first.group
    data = {
        "orders": [_order(account, asked, body)],
        "last-results": _impact(world, account, group, before, []),
        "base-results": _impact(world, account, group, before, []),
        "new-order-results": _impact(world, account, group, after, ["dry-run-0"]),
        **_changes(measured),
        "order-ids": ["dry-run-0"],
    }
    return ok(data, context_of(request))


def _replaced(body: dict[str, Any]) -> int | None:
    value = body.get("replaces-order-id")
    return int(value) if isinstance(value, (int, str)) and str(value).isdigit() else None


def _changes(measured: Effect) -> dict[str, Any]:
    alone = measured.isolated_margin
    return {
        **signed("change-in-margin-requirement", -measured.change_in_margin),
        **signed("change-in-buying-power", measured.change),
        **signed("current-buying-power", measured.current),
        **signed("new-buying-power", measured.new),
        **signed("isolated-order-margin-requirement", -alone),
        **signed("isolated-order-buying-power-effect", measured.change),
        "is-spread": measured.is_spread,
    }


def _order(account: Account, asked: OrderRequest, body: dict[str, Any]) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "id": "dry-run-0",
        "account-number": account.number,
        "time-in-force": asked.time_in_force,
        "order-type": asked.order_type,
        "size": "0",
    }
    if asked.price is not None:
        wire |= {"price": text(asked.price), "price-effect": asked.price_effect}
    return wire | {
        "value": "0.0",
        "value-effect": "None",
        "cancellable": False,
        "editable": False,
        "underlying-symbol": body["underlying-symbol"],
        "legs": [
            {
                "symbol": leg.symbol,
                "instrument-type": leg.instrument_type,
                "quantity": str(number(leg.quantity or ZERO)),
                "remaining-quantity": "0",
                "action": leg.action,
            }
            for leg in asked.legs
        ],
    }


def _impact(
    world: World, account: Account, group: str, found: State, order_ids: list[str]
) -> dict[str, Any]:
    strategies = found.groups.get(group, [])
    initial, maintenance = totals(strategies)
    worth = {"long": ZERO, "short": ZERO}
    for s in strategies:
        for h in s.entries:
            if not h.is_option and h.instrument_type == "Equity":
                worth["long" if h.quantity > 0 else "short"] += abs(h.quantity) * h.price
    now = world.clock.now().astimezone(NEW_YORK)
    zero_pairs = ("cash-adjustment", "working-margin", "position-equity-adjustment",
                  "cash-settlement-value")  # fmt: skip
    wire: dict[str, Any] = {
        "code": group,
        "description": group,
        "entity-count": len(strategies),
        "underlying-symbol": group,
        "underlying-type": underlying_type(group),
        "underlying-price": text(mark_of(world, group)),
        **signed("margin-requirement", -initial),
        **signed("maintenance-requirement", -maintenance),
        **signed("buying-power-impact", -initial),
        **signed("base-margin-requirement", -initial),
        "margin-calculation-type": rules_of(account).calculation,
        **signed("position-margin", -initial),
    }
    for key in zero_pairs:
        wire |= signed(key, ZERO)
    wire |= signed("long-equity-value", worth["long"])
    wire |= signed("short-equity-value", -worth["short"])
    for key in ("long-derivative", "short-derivative", "long-cryptocurrency",
                "short-cryptocurrency"):  # fmt: skip
        wire[f"{key}-value"] = "0.0"
    return wire | {
        "group-results": [_result(s) for s in strategies],
        "order-ids": order_ids,
        "calculated-at": now.isoformat(timespec="milliseconds"),
        "marks": {group: text(mark_of(world, group))},
    }


def _result(strategy: Strategy) -> dict[str, Any]:
    """A strategy as the dry run tells it: the entry of a stock alone, else all entries."""
    entries = [_entry(entry) for entry in strategy.entries]
    alone = len(entries) == 1 and not strategy.entries[0].is_option
    held = {"underlying-entry": entries[0]} if alone else {"position-entries": entries}
    return {
        "group": {"margin-strategy": strategy.name, **held},
        "margin": text(strategy.initial),
        **signed("maintenance-requirement", -strategy.maintenance),
        "net-liq-result": _values(strategy),
    }


def _entry(entry: Holding) -> dict[str, Any]:
    wire = entry_wire(entry)
    del wire["average-open-price"]
    close = entry.close_price
    return wire | {"close-price": "0.0" if close is None else text(close)}


def _values(strategy: Strategy) -> dict[str, str]:
    """What the entries are worth, by kind and side."""
    kinds = {"Equity": "equity", "Cryptocurrency": "cryptocurrency"}
    found = {
        f"{side}-{kind}-value": ZERO
        for kind in ("equity", "derivative", "cryptocurrency")
        for side in ("long", "short")
    }
    for entry in strategy.entries:
        side = "long" if entry.quantity > 0 else "short"
        kind = kinds.get(entry.instrument_type, "derivative")
        worth = abs(entry.quantity) * entry.price * entry.multiplier
        found[f"{side}-{kind}-value"] += worth
    return {key: text(value) for key, value in found.items()}
