"""Every labelled structure is put into accounts of the simulator, read over REST by the mirror, and
recognised again from the desk's legs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from math import gcd
from typing import Any

import pytest

from brokerage.enums import SyncKind
from brokerage.models import Account
from portfolio import selectors
from portfolio.analytics.strategies.legs import Form, StrategyLeg
from portfolio.facts import Desk
from portfolio.ledger.ledgers import Ledgers, load_ledgers
from portfolio.ledger.strategies import secured_by_cash, strategies_of
from portfolio.scope import Scope
from tests.portfolio.analytics.structures import Labelled, labelled
from tests.portfolio.ledger.conftest import Broker

pytestmark = pytest.mark.django_db(transaction=True)
NEAR, FAR, LAST = "2026-12-18", "2027-01-15", "2027-03-19"
FUTURE_DAYS = ("2026-12-04", "2026-12-11", "2026-12-18")
SHARE, INDEX, SPLIT, FUTURE = "SPY", "SPX", "KO", "/ESZ6"
# How far one rung of a labelled structure is on the board.
UNITS = {SHARE: Decimal(2), INDEX: Decimal(25), SPLIT: Decimal("2.5"), FUTURE: Decimal(25)}
Listed = dict[tuple[str, str, str, Decimal], str]


@dataclass
class Boards:
    """What is listed: the order symbol by class, date, right and strike."""

    listed: Listed = field(default_factory=dict)

    def read(self, broker: Broker) -> None:
        for symbol in (SHARE, INDEX, SPLIT):
            answer = broker.client.get(f"/option-chains/{symbol}/nested").json()["data"]
            for root in answer["items"]:
                self._add(root["root-symbol"], root["expirations"])
        answer = broker.client.get("/futures-option-chains/ES/nested").json()["data"]
        for chain in answer["option-chains"]:
            own = [e for e in chain["expirations"] if e["underlying-symbol"] == FUTURE]
            self._add(FUTURE, own)

    def _add(self, name: str, expirations: list[dict[str, Any]]) -> None:
        for end in expirations:
            for rung in end["strikes"]:
                strike = Decimal(rung["strike-price"])
                for right in ("call", "put"):
                    key = (name, end["expiration-date"], right[0].upper(), strike)
                    self.listed[key] = rung[right]


@dataclass
class Written:
    """A labelled structure in symbols of the simulated market."""

    case: Labelled
    boards: Boards
    spots: dict[str, float]

    @property
    def underlying(self) -> str:
        if self.case.legs[0].underlying.startswith("/"):
            return FUTURE
        if any(leg.deliverable == 150 for leg in self.case.legs):
            return SPLIT
        return INDEX if self.case.spot >= 1000 else SHARE

    @property
    def rung(self) -> Decimal:
        """The label's own step between strikes."""
        gaps = [int(abs(leg.strike - self.case.spot) * 10) for leg in self.case.legs if leg.strike]
        return Decimal(gcd(*gaps) or 10) / 10

    def symbol(self, leg: StrategyLeg) -> str:
        if leg.form in (Form.STOCK, Form.FUTURE):
            return self.underlying
        name, price, unit = self.option_class(leg)
        base = Decimal(price) // unit * unit
        assert leg.strike is not None and leg.expiration is not None
        strike = base + unit * int((leg.strike - self.case.spot) / self.rung)
        right = "C" if leg.form is Form.CALL else "P"
        return self.boards.listed[name, self.day(leg), right, strike]

    def option_class(self, leg: StrategyLeg) -> tuple[str, float, Decimal]:
        """The root, the price that its strikes stand around, and how far one rung is."""
        price, unit = self.spots[self.underlying], UNITS[self.underlying]
        if self.underlying == INDEX:
            return ("SPX" if leg.is_morning else "SPXW"), price, unit
        if leg.deliverable == 150:
            return "KO1", price * 1.5, Decimal(1)
        return self.underlying, price, unit

    def day(self, leg: StrategyLeg) -> str:
        assert leg.expiration is not None
        place = {4: 0, 5: 1, 6: 2}[leg.expiration.month]
        return (FUTURE_DAYS if self.underlying == FUTURE else (NEAR, FAR, LAST))[place]

    def sides(self) -> dict[str, list[StrategyLeg]]:
        """The legs by the label's account."""
        found: dict[str, list[StrategyLeg]] = {}
        for leg in self.case.legs:
            found.setdefault(leg.account, []).append(leg)
        return found


def open_accounts(broker: Broker, written: Written, username: str) -> list[str]:
    """The structure in accounts of its own: what an order opened is ordered, the rest is given."""
    numbers = []
    for legs in written.sides().values():
        plan = {
            "cash": "9000000",
            "calculation": "Cash" if written.case.has_cash else "Reg T",
            "holdings": [
                {"symbol": written.symbol(leg), "quantity": str(leg.quantity)}
                for leg in legs
                if not leg.order
            ],
        }
        (number,) = broker.control(f"customers/{username}/accounts", **plan)["accounts"]
        numbers.append(number)
        for order in sorted({leg.order for leg in legs if leg.order}):
            ordered = [
                (
                    "Buy to Open" if leg.quantity > 0 else "Sell to Open",
                    written.symbol(leg),
                    str(abs(leg.quantity)),
                )
                for leg in legs
                if leg.order == order
            ]
            broker.order(*ordered, number=number)
    return numbers


def named(
    desk: Desk, ledgers: Ledgers, accounts: list[Account], spots: dict[str, Decimal]
) -> Counter[str]:
    """Names of all groups in the accounts of one structure."""
    found: Counter[str] = Counter()
    for account in accounts:
        legs = desk.legs_of(account.pk)
        groups = strategies_of(
            legs,
            spots=spots,
            orders=ledgers.opening_orders(legs),
            is_cash=secured_by_cash(account),
        )
        for group in groups:
            found[group.name] += int(group.count)
    return found


def is_possible(case: Labelled) -> bool:
    """Not the same option bought and sold: a position is one or the other."""
    facts = [(leg.account, leg.form, leg.strike, leg.series, leg.deliverable) for leg in case.legs]
    return len(set(facts)) == len(facts)


def test_every_labelled_structure_is_recognised_from_positions(broker: Broker) -> None:
    cases = [case for case in labelled() if is_possible(case)]
    assert len(cases) == len(labelled()) - 1 >= 148
    broker.control("corporate-actions", kind="split", symbol=SPLIT, new="3", old="2")
    boards = Boards()
    boards.read(broker)
    marks = {name: broker.mark(name) for name in (SHARE, INDEX, SPLIT, FUTURE)}
    username = broker.told("accounts")["accounts"][0]["username"]
    written = [Written(case, boards, marks) for case in cases]
    opened = [open_accounts(broker, one, username) for one in written]
    broker.sync(SyncKind.ACCOUNTS, SyncKind.POSITIONS, SyncKind.TRANSACTIONS, SyncKind.INSTRUMENTS)
    accounts = {account.number: account for account in selectors.accounts_of(broker.person)}
    desk = selectors.load_desk(list(accounts.values()), Scope("simulator"))
    spots = {name: Decimal(str(price)) for name, price in marks.items()}
    ledgers = load_ledgers(desk.accounts)
    wrong = {
        one.case.text: found
        for one, numbers in zip(written, opened, strict=True)
        if (found := named(desk, ledgers, [accounts[n] for n in numbers], spots)) != one.case.names
    }
    assert wrong == {}
