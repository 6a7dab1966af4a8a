"""Margin: the requirements report, effective rates, public configuration, rows of risk files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of
from simulator.balances import values
from simulator.buying_power import (
    State,
    mark_of,
    rules_of,
    state,
)
from simulator.http import (
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
from simulator.margin import Facts, Strategy, totals
from simulator.margin_futures import FUTURES_INITIAL
from simulator.market.calendar import is_trading_day
from simulator.model import ZERO, Account
from simulator.rest.margin_dry_run import dry_run
from simulator.rest.margin_wire import entry_wire, underlying_type
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
    kind = underlying_type(symbol)
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
    """`GET /span/rows`: the day's risk file, its header and a row for each product."""
    day, exchange = query_date(request, "date"), query(request, "exchange")
    if day is None or exchange is None:
        name = "date" if day is None else "exchange"
        raise invalid((name, "is missing"))
    if exchange not in ("CME", "CFE"):
        raise invalid(("exchange", "does not have a valid value"))
    known = day <= world_of(request).today() and is_trading_day(day)
    rows = [
        {"file-date": day.isoformat(), "row-index": n, "exchange": exchange, "row-data": line}
        for n, line in enumerate(_span_lines(day, exchange) if known else [])
    ]
    chosen, block = page(request, rows, 1000)
    return items(chosen, context_of(request), pagination=block)


def _span_lines(day: date, exchange: str) -> list[str]:
    """Type 0 heads the file; type 4 has a product's requirement for one contract, in dollars."""
    products = {k: v for k, v in FUTURES_INITIAL.items() if (k == "/VX") == (exchange == "CFE")}
    rows = [f"4 {exchange:<7}{code[1:]:<6}USD{need:>14}" for code, need in products.items()]
    return [f"0 {exchange:<7}{day:%Y%m%d}  FINAL", *rows]


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/margin/accounts/{number}/requirements", requirements),
        Route("/margin/accounts/{number}/dry-run", dry_run, methods=["POST"]),
        Route("/accounts/{number}/margin-requirements/{symbol:path}/effective", effective),
        Route("/margin-requirements-public-configuration", configuration),
        Route("/span/rows", span_rows),
    ]
