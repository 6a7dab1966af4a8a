"""What must hold of a broker at any time."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from simulator.buying_power import State, mark_of, state
from simulator.fees import Rates, leg_fees
from simulator.market.market import exact
from simulator.model import TERMINAL, ZERO, Account, Order
from simulator.orders.request import read_order
from simulator.orders.standing import terms_in
from simulator.terms import terms_of
from simulator.world import World
from tests.simulator.books import check_account

ENDS = {"Removed", "Partially Removed"}
LEGAL = {
    None: {"Received", "Routed", "Contingent", "Rejected", "Cancelled"},
    "Received": {"Received", "Routed", "Cancelled", "Expired"},
    "Contingent": {"Contingent", "Routed", "Received", "Cancelled", "Expired", "Rejected"},
    "Routed": {"In Flight", "Rejected", "Cancel Requested", "Replace Requested", "Expired"},
    "In Flight": {"Live", "Cancel Requested", "Replace Requested", "Expired", "Rejected"},
    "Live": {"Live", "Filled", "Cancel Requested", "Replace Requested", "Expired", "Cancelled"},
    "Cancel Requested": {"Cancel Requested", "Cancelled", "Filled", "Expired"},
    "Replace Requested": {"Replace Requested", "Cancelled", "Filled", "Expired"},
    "Filled": {"Filled"},
}
STEP = 50_000
"""Microseconds between two states of the market."""
EXEMPT = ("immediate", "partial", "delayed", "scheduled")
"""Scripts that execute whatever the market says."""


def orders_moved(frames: list[dict[str, Any]], states: dict[int, str]) -> None:
    """Every published change of state is one of the status machine; `states` is kept up."""
    for frame in frames:
        if frame["type"] != "Order":
            continue
        number, status = frame["data"]["id"], frame["data"]["status"]
        before = states.get(number)
        allowed = LEGAL.get(before, set()) | (ENDS if before not in TERMINAL else set())
        assert before is None or status in allowed, (number, before, status)
        states[number] = status


def accounts_balance(world: World) -> None:
    """Cash and positions equal the sums of the transactions, in every account."""
    for number in world.accounts:
        check_account(world, number)
        for row in world.transactions[number][-8:]:
            parts = (row.commission, row.clearing, row.regulatory, row.proprietary)
            assert row.net_value == row.value - sum((p for p in parts if p), ZERO)


def parts_add_up(world: World) -> None:
    """Executed and unexecuted parts make the whole; legs go in step; nothing twice."""
    for order in world.orders.values():
        for leg in order.legs:
            done = sum((fill.quantity for fill in leg.fills), ZERO)
            assert leg.quantity is not None
            assert done + leg.remaining == leg.quantity
            assert leg.remaining >= 0
            assert all(fill.quantity > 0 for fill in leg.fills)
        shares = {(leg.remaining / leg.quantity) for leg in order.legs if leg.quantity}
        assert len(shares) <= 1, order
        assert (order.status == "Filled") <= order.filled
    booked = [row.exec_id for rows in world.transactions.values() for row in rows if row.exec_id]
    assert len(booked) == len(set(booked))


def fills_in_the_market(world: World, since: int) -> None:
    """Executions since a place in the journal happened at the far side of the quote, in limits."""
    for entry in world.journal[since:]:
        if entry["kind"] != "fills":
            continue
        order = world.orders[entry["order-id"]]
        within_limit(order, entry["fills"])
        if (order.script or "").split(":")[0] in EXEMPT:
            continue
        for fill in entry["fills"]:
            line = world.market.line(fill["symbol"])
            if line is None:
                continue
            buys = next(leg.buys for leg in order.legs if leg.symbol == fill["symbol"])
            assert fill["price"] in far_prices(world, line, fill["at"], buys), (order, fill)


def far_prices(world: World, line: Any, when: datetime, buys: bool) -> set[Decimal]:
    """The far side at an instant, and at the market's step that the instant lies in."""
    step = when.replace(microsecond=when.microsecond // STEP * STEP)
    views = [world.market.view_at(at) for at in (when, step)]  # type: ignore[attr-defined]
    prices = [view.price(line) for view in views]
    return {exact(price.ask if buys else price.bid) for price in prices}


def within_limit(order: Order, fills: list[dict[str, Any]]) -> None:
    """A limit is never passed, per lot and net over the legs."""
    if order.price is None or not order.size or order.order_type not in ("Limit", "Stop Limit"):
        return
    limit = order.price if order.price_effect == "Debit" else -order.price
    net = lots = ZERO
    for leg, fill in zip(order.legs, fills, strict=True):
        assert leg.quantity is not None
        net += leg.sign * fill["quantity"] * fill["price"]
        lots = fill["quantity"] / (leg.quantity / order.size)
    assert net <= limit * lots, (order, fills)


def power(world: World, account: Account) -> State:
    """Requirement and buying power now."""
    return state(world, account)


def order_accepted(
    world: World, account: Account, body: dict[str, Any], done: dict[str, Any], before: State
) -> None:
    """An accepted opening order was affordable, and the identity holds to the last digit.

    change of buying power = cash flow + change of stock value − change of requirement − fees
    """
    effect, after = done["buying-power-effect"], state(world, account)
    change, new = signed(effect, "change-in-buying-power"), signed(effect, "new-buying-power")
    opening = any(leg["action"].endswith("Open") for leg in body["legs"])
    assert not opening or new >= 0 or change >= 0, effect
    assert signed(effect, "current-buying-power") == before.buying_power
    assert new - change == before.buying_power
    if opening and all(leg["action"].endswith("Open") for leg in body["legs"]):
        assert after.buying_power == new
        assert after.initial - before.initial == -signed(effect, "change-in-margin-requirement")
    if body["order-type"] == "Limit" and len(body["legs"]) == 1:
        cash, stock = flows(world, body)
        fees = -signed(done["fee-calculation"], "total-fees")
        assert fees == fees_of(world, body)
        margin = -signed(effect, "change-in-margin-requirement")
        assert change == cash + stock - margin - fees, (body, done)


def fees_of(world: World, body: dict[str, Any]) -> Decimal:
    """Fees of a limit order of one leg by the dated tables."""
    (leg,) = body["legs"]
    terms = terms_of(world, leg["symbol"])
    assert terms is not None
    quantity = Decimal(str(leg["quantity"]))
    notional = quantity * Decimal(body["price"]) * terms.multiplier
    kind, rates = leg["instrument-type"], Rates.on(world.today())
    return leg_fees(kind, leg["action"], quantity, notional, rates, terms.fee_root).total


def flows(world: World, body: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """(cash flow, change of stock value) of a limit order of one leg, by its limit."""
    order = read_order(body)
    (leg,) = body["legs"]
    price, symbol = Decimal(body["price"]), leg["symbol"]
    terms = world.market.multiplier(symbol)  # type: ignore[attr-defined]
    units = Decimal(str(leg["quantity"])) * (1 if leg["action"].startswith("Buy") else -1)
    assert order.legs[0].symbol == symbol
    if leg["instrument-type"] == "Future":
        return ZERO, ZERO
    cash = -units * price * terms
    if leg["instrument-type"] not in ("Equity", "Cryptocurrency"):
        return cash, ZERO
    each = price if leg["action"].endswith("Open") else mark_of(world, symbol)
    return cash, units * each


def signed(found: dict[str, Any], key: str) -> Decimal:
    """Magnitude and effect as one number."""
    value = Decimal(found[key])
    return -value if found[f"{key}-effect"] == "Debit" else value


def all_ended(world: World) -> None:
    """Every order is in a terminal state that fits what was executed."""
    for order in world.orders.values():
        assert order.status in TERMINAL, order
        if order.status == "Filled":
            assert order.filled
        if order.status == "Rejected":
            assert not any(leg.fills for leg in order.legs)


def standing_orders(world: World) -> None:
    """The open orders in their groups are the open orders, each among those of its terms."""
    for number, orders in world.open_orders.items():
        groups = world.standing[number]._groups
        assert {n for group in groups.values() for n in group} == orders.keys()
        for terms, group in groups.items():
            assert group and all(terms_in(order) == terms for order in group.values())


def the_same(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    """Two accounts of what followed are alike in every record and frame."""
    names = sorted(first.keys() | second.keys())
    differing = [n for n in names if first.get(n) != second.get(n)]
    assert not differing, [(n, first.get(n), second.get(n)) for n in differing[:5]]
