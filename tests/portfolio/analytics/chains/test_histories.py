"""Generated histories on the simulated broker: a chain's P&L is its cash, to the cent, and chains
and what is in none make up the account.

`CHAIN_HISTORIES` says how many; the named target runs two hundred.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from brokerage.tastytrade.payloads.transactions import Transaction as Payload
from portfolio.analytics.chains import figures
from portfolio.analytics.chains.build import rebuild
from portfolio.analytics.chains.events import Chain
from portfolio.analytics.chains.events import History as Chains
from portfolio.analytics.chains.figures import Price
from portfolio.analytics.chains.transactions import Booked, events
from simulator.model import Account, Transaction
from tests.portfolio.analytics.chains.campaigns import KINDS, Campaign
from tests.portfolio.analytics.chains.history import History, plan

COUNT = int(os.environ.get("CHAIN_HISTORIES", "18"))
ZERO = Decimal(0)
CENT = Decimal("0.01")
FINE = Decimal("1e-15")


def booked(wire: dict[str, Any], multiplier: Decimal | None) -> Booked:
    """A row of the REST answer, read by the adapter."""
    row = Payload.read(wire)
    assert row.executed_at is not None
    return Booked(
        key=row.id,
        at=row.executed_at,
        account=row.account_number,
        type=row.transaction_type,
        sub_type=row.transaction_sub_type,
        action=row.action,
        symbol=row.symbol,
        instrument_type=row.instrument_type,
        underlying=row.underlying_symbol,
        quantity=row.quantity,
        price=row.price,
        value=row.value,
        net_value=row.net_value,
        order=row.order_id,
        reverses=row.reverses_id,
        multiplier=multiplier,
    )


class Played:
    """A history, and what was rebuilt of it from the REST answers."""

    def __init__(self, number: int) -> None:
        self.history = History(number)
        wires = [w for a in self.history.broker.accounts for w in self.history.broker.wire(a)]
        self.history.draw.shuffle(wires)
        points = self.history.broker.market.multiplier
        rows = [
            booked(wire, points(wire["symbol"]) if "symbol" in wire else None) for wire in wires
        ]
        self.chains = rebuild(events(rows))

    def keys(self, rows: Iterable[Transaction]) -> set[str]:
        return {str(row.id) for row in rows}

    def chain_of(self, rows: list[Transaction]) -> Chain:
        """The one chain that is made of exactly these rows."""
        wanted = self.keys(rows)
        found = {
            chain.key: {entry.event.key for entry in chain.entries}
            for chain in self.chains.chains
            if {entry.event.key for entry in chain.entries} & wanted
        }
        assert list(found.values()) == [wanted], (found, wanted)
        return next(chain for chain in self.chains.chains if chain.key in found)

    def prices(self, account: Account) -> dict[str, Price]:
        return {
            symbol: Price(
                Decimal(self.history.broker.market.mark(symbol)),
                position.multiplier,
                position.settle_basis or ZERO,
            )
            for symbol, position in account.positions.items()
            if position.quantity
        }


@pytest.mark.parametrize("number", range(COUNT))
def test_chains_are_their_cash_and_make_up_the_account(number: int) -> None:
    played = Played(number)
    assert played.history.campaigns
    for campaign, rows in zip(played.history.campaigns, played.history.rows, strict=True):
        check_campaign(played, campaign, rows)
    for account in played.history.broker.accounts:
        check_account(played, account)
    check_corrections(played)


def check_campaign(played: Played, campaign: Campaign, rows: list[Transaction]) -> None:
    """What was done as one trade is one chain, with its cash, its holdings and its P&L."""
    for word in campaign.seen:
        assert any(word in row.sub_type for row in rows), (type(campaign).__name__, word)
    chain = played.chain_of(rows)
    cash = sum((row.net_value for row in rows), ZERO)
    in_kind = sum((e.event.cash for e in chain.entries if e.event.kind.name == "TRANSFER"), ZERO)
    assert round(chain.cash - chain.fees - in_kind - cash, 12) == 0
    value = ZERO
    for symbol, quantity in chain.holdings.items():
        held = campaign.account.positions[symbol]
        assert held.quantity == quantity, symbol
        value += played.history.value(campaign.account, symbol)
    found = figures.pnl(chain, played.prices(campaign.account))
    assert found.net.value is not None and found.open.value is not None
    assert round(found.net.value - in_kind, 2) == round(cash + value, 2)
    assert abs(found.net.value - in_kind - cash - value) < FINE
    assert abs(found.realized + found.open.value - chain.fees - found.net.value) < FINE
    assert chain.rolls == campaign.rolls


def check_account(played: Played, account: Account) -> None:
    """Every cent and every unit is in a chain or in none; with what is open all of it is the
    broker's net liq; what is realized is what the lots of the whole account say."""
    chains = [chain for chain in played.chains.chains if chain.account == account.number]
    loose = [event for event in played.chains.unchained if event.account == account.number]
    outside = sum((event.cash - event.fees for event in loose), ZERO)
    cash = sum((chain.cash - chain.fees for chain in chains), outside)
    assert abs(cash - account.cash) < FINE
    prices = played.prices(account)
    made = [figures.pnl(chain, prices) for chain in chains]
    assert all(one.net.value is not None for one in made)
    total = sum((one.net.value or ZERO for one in made), outside)
    assert abs(total - played.history.worth(account)) < FINE
    held: dict[str, Decimal] = defaultdict(Decimal)
    for chain in chains:
        for symbol, quantity in chain.holdings.items():
            held[symbol] += quantity
    assert held == {s: p.quantity for s, p in account.positions.items() if p.quantity}
    realized = sum((one.realized - one.fees for one in made), outside)
    assert abs(realized - realized_of(played.history.broker.rows(account))) < FINE


def realized_of(rows: Iterable[Transaction]) -> Decimal:
    """All cash of an account less what opened the lots that are still there, first in, first out;
    an exchange hands the cost on; a transfer costs what its row says."""
    lots: dict[str, list[list[Decimal]]] = defaultdict(list)
    total = carried = ZERO
    for row in rows:
        total += row.net_value
        if row.symbol is None or not row.quantity:
            continue
        held = lots[row.symbol]
        long = held[0][0] > 0 if held else False
        side = (1 if row.action.startswith("Buy") else -1) if row.action else (-1 if long else 1)
        quantity, cash = row.quantity * side, row.value
        exchange = row.sub_type.startswith(("Forward", "Reverse", "Symbol Change", "Stock Merger"))
        if row.sub_type == "ACAT":
            cash = -quantity * (row.price or ZERO)
        spent, quantity, cash = used_up(held, quantity, cash)
        if exchange and not quantity:
            carried = spent
        elif quantity:
            held.append([quantity, carried if exchange else cash])
            carried = ZERO
    return total - sum((cash for held in lots.values() for _, cash in held), ZERO)


def used_up(
    held: list[list[Decimal]], quantity: Decimal, cash: Decimal
) -> tuple[Decimal, Decimal, Decimal]:
    """Lots go, oldest first: (what they had cost, what is left of the row, and of its cash)."""
    spent = ZERO
    while quantity and held and (held[0][0] > 0) != (quantity > 0):
        lot = held[0]
        part = min(abs(lot[0]), abs(quantity))
        gone = lot[1] if part == abs(lot[0]) else lot[1] * part / abs(lot[0])
        spent += gone
        rest = quantity - part.copy_sign(quantity)
        cash = cash * rest / quantity
        quantity = rest
        lot[0] -= part.copy_sign(lot[0])
        lot[1] -= gone
        if not lot[0]:
            held.pop(0)
    return spent, quantity, cash


def check_corrections(played: Played) -> None:
    """Chains of one underlying are merged and parted by chance: no cent and no unit moves."""
    before, history = played.chains, played.chains
    draw = played.history.draw
    families: dict[tuple[str, str], list[str]] = defaultdict(list)
    for chain in history.chains:
        families[chain.account, chain.underlying].append(chain.key)
    for keys in families.values():
        history = figures.merge(history, keys)
    assert len(history.chains) == len(families)
    assert sums(history) == sums(before)
    for chain in history.chains:
        own = sorted({entry.event.key for entry in chain.entries})
        if len(own) > 1:
            history = figures.split(history, chain.key, draw.sample(own, len(own) // 2))
    assert sums(history) == sums(before)


def sums(history: Chains) -> tuple[Decimal, Decimal, dict[tuple[str, str], Decimal]]:
    """Cash, fees and units of everything, rounded where thirds were made."""
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for chain in history.chains:
        for symbol, quantity in chain.holdings.items():
            held[chain.account, symbol] += quantity
    fees = sum((chain.fees for chain in history.chains), ZERO)
    kept = {key: quantity for key, quantity in held.items() if quantity}
    return round(history.cash, 12), round(fees, 12), kept


def test_two_hundred_histories_have_every_kind_often_enough() -> None:
    counts = Counter(kind for number in range(200) for kind in plan(number))
    assert set(counts) >= set(KINDS)
    assert min(counts[kind] for kind in KINDS) >= 15
