"""Stories of the simulated broker, mirrored and told as chains: every cent is in one or in none."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from brokerage.models import Account
from portfolio import selectors
from portfolio.live.hub import hub
from portfolio.live.valuation import Valuation
from portfolio.scope import Scope
from portfolio.trade_chains import histories
from portfolio.trade_chains.summary import Status, Summary, summaries
from portfolio.trade_chains.worth import Pricer
from tests.portfolio.trade_chains.street import FRIDAY, LATER, NEXT_FRIDAY, Street

pytestmark = pytest.mark.django_db(transaction=True)
ZERO = Decimal(0)
FINE = Decimal("1e-6")


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

    @property
    def one(self) -> Summary:
        (only,) = self.chains
        return only

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


@pytest.fixture
def told(user: Any, street: Street, account: Account) -> Callable[[], Told]:
    def tell() -> Told:
        street.sync_all()
        return Told(user, account)

    return tell


def test_a_roll_and_a_partial_roll_are_one_chain(street: Street, told: Any) -> None:
    put = street.option("KO", NEXT_FRIDAY, "P", -2)
    street.order(("Sell to Open", put, 3))
    lower = street.option("KO", LATER, "P", -3)
    street.wait(3600)
    street.order(("Buy to Close", put, 1), ("Sell to Open", lower, 1))
    street.jump("next-open")
    street.wait(1800)
    street.order(("Buy to Close", put, 2), ("Sell to Open", lower, 2))
    found = told()
    found.adds_up(street)
    one = found.one
    assert (one.chain.rolls, one.status, one.days) == (2, Status.OPEN, 1)
    assert (one.at_open, one.now) == ("3 Short put", "3 Short put")
    assert one.chain.holdings == {lower: Decimal(-3)}


def test_assignment_goes_on_in_shares_until_they_are_called_away(street: Street, told: Any) -> None:
    put = street.option("KO", FRIDAY, "P", 1)
    strike = Decimal(put[-8:]) / 1000
    street.order(("Sell to Open", put, 1))
    street.move("KO", strike * Decimal("0.98"))
    street.jump("2026-11-23T15:30:00+00:00")
    found = told()
    found.adds_up(street)
    assert found.one.now == "Long stock"
    assert found.one.chain.holdings == {"KO": Decimal(100)}
    street.order(("Sell to Close", "KO", 100))
    found = told()
    found.adds_up(street)
    assert (found.one.status, found.one.now) == (Status.CLOSED, "")


def test_cash_settlement_of_an_index_option(street: Street, told: Any) -> None:
    call = street.option("XSP", FRIDAY, "C", 2)
    street.order(("Sell to Open", call, 1))
    street.move("XSP", Decimal(call[-8:]) / 1000 * Decimal("1.05"))
    street.jump("2026-11-23T15:30:00+00:00")
    found = told()
    found.adds_up(street)
    assert found.one.status is Status.SETTLED


def test_what_expires_worthless_has_made_its_credit(street: Street, told: Any) -> None:
    put = street.option("KO", FRIDAY, "P", -4)
    street.order(("Sell to Open", put, 2))
    street.jump("2026-11-23T15:30:00+00:00")
    found = told()
    found.adds_up(street)
    one = found.one
    assert (one.status, one.of_max) == (Status.EXPIRED, Decimal(1))
    assert one.worth.pnl.realized == one.chain.cash


def test_a_split_carries_cost_and_chain_over(street: Street, told: Any) -> None:
    street.order(("Buy to Open", "KO", 100))
    call = street.option("KO", LATER, "C", 2)
    street.order(("Sell to Open", call, 1))
    street.control("corporate-actions", kind="split", symbol="KO", new="2", old="1")
    found = told()
    found.adds_up(street)
    shares = next(one for one in found.chains if "KO" in one.chain.holdings)
    assert shares.chain.holdings["KO"] == 200
    assert shares.worth.pnl.realized == ZERO


def test_a_future_before_and_after_its_settlement(street: Street, told: Any) -> None:
    answer = street.client.get("/instruments/futures", params={"product-code[]": "MES"}).json()
    contract = sorted(row["symbol"] for row in answer["data"]["items"] if row["active"])[0]
    street.order(("Buy", contract, 2))
    street.move(contract, street.mark(contract) * Decimal("1.01"))
    found = told()
    found.adds_up(street)
    street.order(("Sell", contract, 1))
    told().adds_up(street)
    street.jump("2026-11-18T23:30:00+00:00")
    told().adds_up(street)
    street.jump("next-open")
    street.order(("Sell", contract, 1))
    found = told()
    found.adds_up(street)
    assert found.one.status is Status.CLOSED
