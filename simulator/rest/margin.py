"""Margin: the requirements report, the margin dry run, effective rates, public configuration."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of
from simulator.balances import values
from simulator.buying_power import (
    Effect,
    State,
    effect,
    mark_of,
    rules_of,
    state,
    tickets_of,
)
from simulator.http import (
    body_json,
    context_of,
    invalid,
    items,
    millis,
    not_found,
    ok,
    page,
    query,
    query_date,
    signed,
    text,
    world_of,
)
from simulator.margin import Facts, Holding, Strategy, totals
from simulator.market.calendar import NEW_YORK
from simulator.model import ZERO, Account
from simulator.orders.build import build
from simulator.orders.case import Case
from simulator.orders.request import OrderRequest, read_order
from simulator.orders.wire import number
from simulator.terms import terms_of

if TYPE_CHECKING:
    from simulator.world import World

RISK_FREE_RATE = "0.0385"


async def requirements(request: Request) -> Response:
    """`GET /margin/accounts/{number}/requirements`: totals, underlyings, strategies."""
    world, account = world_of(request), account_of(request)
    return ok(report(world, account), context_of(request))


def report(world: World, account: Account) -> dict[str, Any]:
    """The margin report; its totals are those of the balance."""
    found = state(world, account)
    parts = values(world, account)
    equity = account.cash + parts["long-equity-value"] - parts["short-equity-value"]
    stock = _stock_initial(found)
    return {
        "account-number": account.number,
        "description": "Total",
        "margin-calculation-type": rules_of(account).calculation,
        "option-level": account.status["options-level"],
        **signed("margin-requirement", -found.initial),
        **signed("initial-requirement", -found.initial),
        **signed("maintenance-requirement", -found.maintenance),
        **signed("margin-equity", equity),
        **signed("option-buying-power", found.buying_power),
        **signed("reg-t-margin-requirement", -stock),
        **signed("reg-t-option-buying-power", found.buying_power),
        **signed("maintenance-excess", equity - found.maintenance),
        "groups": [
            group_wire(world, account, symbol, strategies)
            for symbol, strategies in found.groups.items()
        ],
        "last-state-timestamp": millis(world.clock.now()),
    }


def _stock_initial(found: State) -> Decimal:
    return sum(
        (
            s.initial
            for symbol, strategies in found.groups.items()
            for s in strategies
            if s.name.endswith("_UNDERLYING") and "/USD" not in symbol
        ),
        ZERO,
    )


def group_wire(
    world: World, account: Account, symbol: str, strategies: list[Strategy]
) -> dict[str, Any]:
    """All strategies of one underlying."""
    initial, maintenance = totals(strategies)
    kind = _underlying_type(symbol)
    calculation = "SPAN" if kind == "Future" else rules_of(account).calculation
    return {
        "description": symbol,
        "code": symbol,
        "underlying-symbol": symbol,
        "underlying-type": kind,
        "expected-price-range-up-percent": "0.15",
        "expected-price-range-down-percent": "0.15",
        "point-of-no-return-percent": "1.01",
        "margin-calculation-type": calculation,
        **signed("margin-requirement", -initial),
        **signed("initial-requirement", -initial),
        **signed("maintenance-requirement", -maintenance),
        **signed("buying-power", initial),
        "groups": [strategy_wire(s) for s in strategies],
        "price-increase-percent": "0.5",
        "price-decrease-percent": "-0.5",
    }


def _underlying_type(symbol: str) -> str:
    if symbol.startswith("/"):
        return "Future"
    return "Cryptocurrency" if symbol.endswith("/USD") else "Equity"


def strategy_wire(strategy: Strategy) -> dict[str, Any]:
    """One strategy and its entries."""
    return {
        "description": strategy.name,
        **signed("margin-requirement", -strategy.initial),
        **signed("initial-requirement", -strategy.initial),
        **signed("maintenance-requirement", -strategy.maintenance),
        "includes-working-order": strategy.working,
        **signed("buying-power", strategy.initial),
        "position-entries": [entry_wire(entry) for entry in strategy.entries],
    }


def entry_wire(entry: Holding) -> dict[str, Any]:
    """A holding inside a strategy; what does not apply is the text NaN."""
    wire: dict[str, Any] = {
        "instrument-symbol": entry.symbol,
        "instrument-type": entry.instrument_type,
        "quantity": text(entry.quantity),
        "average-open-price": "NaN",
        "close-price": text(entry.close_price) if entry.close_price is not None else "NaN",
        "fixing-price": "NaN",
    }
    if entry.is_option and entry.strike is not None and entry.expiration is not None:
        wire |= {"strike-price": text(entry.strike), "option-type": entry.right}
        if entry.instrument_type == "Equity Option":
            side = 1 if entry.right == "C" else -1
            wire["deliverable-quantity"] = text(side * entry.quantity * entry.multiplier)
        wire["expiration-date"] = entry.expiration.isoformat()
    return wire


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
        "underlying-type": _underlying_type(group),
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
        "group-results": [strategy_wire(s) for s in strategies],
        "order-ids": order_ids,
        "calculated-at": now.isoformat(timespec="milliseconds"),
        "marks": {group: text(mark_of(world, group))},
    }


async def effective(request: Request) -> Response:
    """`GET /accounts/{number}/margin-requirements/{underlying}/effective`: rates."""
    world, account = world_of(request), account_of(request)
    symbol = request.path_params["symbol"]
    if terms_of(world, symbol) is None:
        raise not_found("Margin requirement")
    standard, minimum = Facts(symbol, mark_of(world, symbol)).standard
    long = ("0.5", "0.25") if rules_of(account).leverage else ("1.0", "1.0")
    data = {
        "underlying-symbol": symbol,
        "long-equity-initial": long[0],
        "short-equity-initial": "0.5",
        "long-equity-maintenance": long[1],
        "short-equity-maintenance": "0.3",
        "naked-option-standard": text(standard),
        "naked-option-minimum": text(minimum),
        "naked-option-floor": "250.0",
    }
    return ok(data, context_of(request))


async def configuration(request: Request) -> Response:
    """`GET /margin-requirements-public-configuration`: no token needed."""
    return ok({"risk-free-rate": RISK_FREE_RATE}, context_of(request))


async def span_rows(request: Request) -> Response:
    """`GET /span/rows`: the header row of a risk file."""
    day, exchange = query_date(request, "date"), query(request, "exchange")
    if day is None or exchange is None:
        name = "date" if day is None else "exchange"
        raise invalid((name, "is missing"))
    if exchange not in ("CME", "CFE"):
        raise invalid(("exchange", "does not have a valid value"))
    known = day <= world_of(request).today() + timedelta(days=0)
    row = {
        "file-date": day.isoformat(),
        "row-index": 0,
        "exchange": exchange,
        "row-data": f"0 {exchange:<7}{day:%Y%m%d}  FINAL",
    }
    chosen, block = page(request, [row] if known else [], 1000)
    return items(chosen, context_of(request), pagination=block)


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/margin/accounts/{number}/requirements", requirements),
        Route("/margin/accounts/{number}/dry-run", dry_run, methods=["POST"]),
        Route("/accounts/{number}/margin-requirements/{symbol:path}/effective", effective),
        Route("/margin-requirements-public-configuration", configuration),
        Route("/span/rows", span_rows),
    ]
