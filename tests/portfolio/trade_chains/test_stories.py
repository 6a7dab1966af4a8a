"""Stories of the simulated broker, mirrored and told as chains: every cent is in one or in none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from brokerage.models import Account, Transaction
from portfolio import selectors
from portfolio.live.hub import hub
from portfolio.live.valuation import Valuation
from portfolio.scope import Scope
from portfolio.trade_chains import histories
from portfolio.trade_chains.summary import Status, Summary, summaries
from portfolio.trade_chains.worth import Pricer
from tests.portfolio.analytics.chains.test_histories import realized_of
from tests.portfolio.trade_chains.street import FRIDAY, LATER, NEXT_FRIDAY, Street

pytestmark = pytest.mark.django_db(transaction=True)
ZERO = Decimal(0)
FINE = Decimal("1e-6")


@dataclass(frozen=True)
class Ledgered:
    """A mirrored booking as the lots of a whole account are counted from."""

    symbol: str | None
    sub_type: str
    action: str
    quantity: Decimal | None
    price: Decimal | None
    value: Decimal
    net_value: Decimal

    @classmethod
    def of(cls, row: Transaction) -> Ledgered:
        return cls(
            row.symbol or None,
            row.transaction_sub_type,
            row.action,
            row.quantity,
            row.price,
            row.value or ZERO,
            row.net_value or ZERO,
        )


class Told:
    """The chains of the desk after a sync, valued at the broker's marks."""

    def __init__(self, user: Any, account: Account) -> None:
        accounts = selectors.accounts_of(user)
        desk = selectors.load_desk(accounts, Scope("simulator"))
        valuation = Valuation(desk, hub.book)
        valuation.update(time.time())
        self.histories = histories.load(user, accounts)
        self.pricer = Pricer(self.histories, valuation, time.time())
        self.account = account
        self.chains = list(summaries(self.histories, self.pricer, desk.accounts))

    def adds_up(self, street: Street) -> None:
        """Cash is the broker's; with what is open all of it is the net liq; no unit is missing."""
        loose = self.histories.accounts[0].history.unchained
        outside = sum((event.cash - event.fees for event in loose), ZERO)
        cash = sum((one.chain.cash - one.chain.fees for one in self.chains), outside)
        assert abs(cash - street.cash) < FINE
        assert not self.pricer.mismatches()
        worth = outside
        for one in self.chains:
            assert one.worth.pnl.net.value is not None, (one.chain.key, one.worth.pnl)
            worth += one.worth.pnl.net.value
        assert abs(worth - street.net_liq) < Decimal("0.01"), (worth, street.net_liq)
        made = [one.worth.pnl.realized - one.worth.pending - one.chain.fees for one in self.chains]
        rows = [
            Ledgered.of(row) for row in Transaction.objects.order_by("executed_at", "broker_id")
        ]
        assert abs(sum(made, outside) - realized_of(rows)) < FINE

    def chain(self, underlying: str) -> Summary:
        (only,) = [one for one in self.chains if one.chain.underlying == underlying]
        return only


def test_a_week_told_as_chains(mirrored: Street, account: Account, user: Any) -> None:
    """Six stories side by side in one account, looked at on five days."""
    street = mirrored

    def told() -> Told:
        street.sync_all()
        found = Told(user, account)
        found.adds_up(street)
        return found

    mes = contract(street, "MES")
    puts = roll_begins(street)
    begin_others(street, mes)
    street.wait(3600)
    street.order(("Buy to Close", puts[0], 1), ("Sell to Open", puts[1], 1))
    street.order(("Sell", mes, 1))
    a_future_is_worth_what_is_not_settled_yet(told(), mes)

    street.control("corporate-actions", kind="split", symbol="AAPL", new="2", old="1")
    street.jump("2026-11-18T23:30:00+00:00")
    a_split_moves_no_money(told())

    street.jump("next-open")
    street.wait(1800)
    street.order(("Buy to Close", puts[0], 2), ("Sell to Open", puts[1], 2))
    street.order(("Sell", mes, 1))
    two_rolls_are_one_chain(told(), puts[1])

    lead_over_the_strikes(street)
    street.jump("2026-11-23T15:30:00+00:00")
    found = told()
    the_end_of_the_week(found)
    street.order(("Sell to Close", "MSFT", 100))
    assigned = told().chain("MSFT")
    assert (assigned.status, assigned.now) == (Status.CLOSED, "")


def contract(street: Street, product: str) -> str:
    """The front month of a future."""
    answer = street.client.get("/instruments/futures", params={"product-code[]": product}).json()
    return sorted(row["symbol"] for row in answer["data"]["items"] if row["active"])[0]


def roll_begins(street: Street) -> tuple[str, str]:
    """Three puts sold; the strike they will go to."""
    put, lower = street.option("KO", NEXT_FRIDAY, "P", -2), street.option("KO", LATER, "P", -3)
    street.order(("Sell to Open", put, 3))
    return put, lower


def begin_others(street: Street, mes: str) -> None:
    street.order(("Sell to Open", street.option("MSFT", FRIDAY, "P", 0), 1))
    street.order(("Sell to Open", street.option("XSP", FRIDAY, "C", 2), 1))
    street.order(("Sell to Open", street.option("IWM", FRIDAY, "P", -12), 2))
    street.order(("Buy to Open", "AAPL", 100))
    street.order(("Buy", mes, 2))
    street.move(mes, street.mark(mes) * Decimal("1.01"))


def a_future_is_worth_what_is_not_settled_yet(found: Told, mes: str) -> None:
    future = found.chain("/MES")
    assert future.chain.cash == ZERO
    assert future.worth.pnl.total.value
    assert future.chain.holdings == {mes: Decimal(1)}


def a_split_moves_no_money(found: Told) -> None:
    shares = found.chain("AAPL")
    assert shares.chain.holdings == {"AAPL": Decimal(200)}
    assert shares.worth.pnl.realized == ZERO


def two_rolls_are_one_chain(found: Told, lower: str) -> None:
    one = found.chain("KO")
    assert (one.chain.rolls, one.status, one.days) == (2, Status.OPEN, 1)
    assert (one.at_open, one.now) == ("3 Short put", "3 Short put")
    assert one.chain.holdings == {lower: Decimal(-3)}
    assert found.chain("/MES").status is Status.CLOSED


def lead_over_the_strikes(street: Street) -> None:
    """What ends on Friday ends beyond doubt."""
    for root, factor in (("MSFT", "0.9"), ("XSP", "1.1"), ("IWM", "1.02")):
        street.move(root, street.mark(root) * Decimal(factor))


def the_end_of_the_week(found: Told) -> None:
    assigned, settled, expired = (found.chain(name) for name in ("MSFT", "XSP", "IWM"))
    assert (assigned.now, assigned.status) == ("Long stock", Status.OPEN)
    assert assigned.chain.holdings == {"MSFT": Decimal(100)}
    assert settled.status is Status.SETTLED
    assert (expired.status, expired.of_max) == (Status.EXPIRED, Decimal(1))
    assert expired.worth.pnl.realized == expired.chain.cash
