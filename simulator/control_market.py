"""Steering prices."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request

from simulator.control_api import Table
from simulator.http import invalid, query_list

if TYPE_CHECKING:
    from simulator.world import World

table = Table()


class Move(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """A jump of one underlying: by a factor, or to a price."""

    symbol: str = ""
    factor: float | None = None
    price: Decimal | None = None


class PriceChange(Move, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """One jump, or several at the same instant."""

    moves: list[Move] = []


@table.add("GET", "/control/prices")
async def show(world: World, request: Request, body: None) -> Any:
    """Quotes of the symbols in the query (`symbols=SPY,AAPL`), as the matching sees them."""
    found = {}
    for symbol in query_list(request, "symbols"):
        quote = world.market.quote(symbol)
        if quote is not None:
            found[symbol] = {
                "bid": quote.bid, "ask": quote.ask, "last": quote.last, "mark": quote.mark,
            }  # fmt: skip
    return {"prices": found}


@table.add("POST", "/control/prices", PriceChange)
async def move(world: World, request: Request, body: PriceChange) -> Any:
    """Move underlyings from now on; everything that is priced from them follows."""
    jumps: list[Move] = body.moves or [body]
    try:
        factors = [(jump.symbol, _factor(world, jump)) for jump in jumps]
        for symbol, factor in factors:
            # From the market's own present instant on, so that the answer shows it already.
            world.market.move(symbol, factor)  # type: ignore[attr-defined]
    except (KeyError, ValueError, ArithmeticError, TypeError):
        raise invalid(("symbol", "cannot be moved so")) from None
    world.market_moved()
    world.flush()
    marks = {symbol: world.market.mark(symbol) for symbol, _ in factors}
    if body.moves:
        return {"marks": marks}
    return {"symbol": body.symbol, "mark": marks[body.symbol]}


def _factor(world: World, jump: Move) -> float:
    if world.market.line(jump.symbol) is None and world.market.mark(jump.symbol) is None:
        raise KeyError(jump.symbol)
    if jump.factor is not None:
        factor = jump.factor
    elif jump.price is not None:
        factor = float(jump.price / Decimal(world.market.mark(jump.symbol)))
    else:
        raise ValueError("factor or price")
    if not 0.01 <= factor <= 100:
        raise ValueError("factor")
    return factor
