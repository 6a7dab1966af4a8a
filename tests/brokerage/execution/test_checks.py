"""Our own checks: each finding stands at its field, and a check without facts is skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from brokerage.execution import checks
from brokerage.execution.checks import AccountFacts, CheckFacts, Finding, InstrumentFacts
from brokerage.execution.commands import OrderLeg, SubmitOrder
from brokerage.execution.ticks import CENT, Tick

AAPL = ("Equity", "AAPL")
CALL = "AAPL  261218C00230000"
HIGHER = "AAPL  261218C00240000"
PENNY_NICKEL = (Tick(Decimal("0.05"), Decimal(3)), Tick(Decimal("0.10")))

FACTS = CheckFacts(
    account=AccountFacts(authority="owner", scopes="read trade", status_known=True),
    instruments={
        AAPL: InstrumentFacts(active=True, ticks=CENT, underlying="AAPL", fractional=True),
        ("Equity Option", CALL): InstrumentFacts(
            active=True, ticks=PENNY_NICKEL, underlying="AAPL"
        ),
        ("Equity Option", HIGHER): InstrumentFacts(
            active=True, ticks=PENNY_NICKEL, underlying="AAPL"
        ),
    },
    positions={},
    session="Regular",
)


def leg(action="Buy to Open", quantity="10", kind="Equity", symbol="AAPL") -> OrderLeg:
    return OrderLeg(kind, symbol, action, None if quantity is None else Decimal(quantity))


def limit(price="229.40", effect="Debit", legs=None, **changes) -> SubmitOrder:
    order = SubmitOrder(
        order_type="Limit",
        time_in_force="Day",
        legs=tuple(legs or (leg(),)),
        price=None if price is None else Decimal(price),
        price_effect=effect,
    )
    return replace(order, **changes)


def market(**changes) -> SubmitOrder:
    return limit(price=None, effect="", order_type="Market", **changes)


def vertical(**changes) -> SubmitOrder:
    legs = (
        leg("Buy to Open", "1", "Equity Option", CALL),
        leg("Sell to Open", "1", "Equity Option", HIGHER),
    )
    return replace(limit("1.37", legs=legs), **changes)


def where(order: SubmitOrder, facts: CheckFacts = FACTS) -> dict[str, str]:
    return {finding.field: finding.text for finding in checks.run(order, facts).findings}


def test_a_sound_order_passes_every_check_that_could_run():
    report = checks.run(limit(), FACTS)
    assert report.ok
    assert len(report.passed) == len(checks.CHECKS)
    # What nobody can check beforehand is always said.
    assert [item.check for item in report.skipped] == [item.check for item in checks.BEYOND]


def test_a_structure_of_two_legs_passes():
    assert checks.run(vertical(), FACTS).ok


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_quantity_must_be_positive(quantity):
    order = limit(legs=[leg(quantity=quantity)])
    assert where(order) == {"leg-0-quantity": "The quantity must be more than 0."}


def test_contracts_are_whole():
    order = limit("1.00", legs=[leg(quantity="1.5", kind="Equity Option", symbol=CALL)])
    assert "whole numbers" in where(order)["leg-0-quantity"]


def test_fractions_of_a_share_need_a_market_order():
    assert "market order" in where(limit(legs=[leg(quantity="0.5")]))["leg-0-quantity"]
    assert where(market(legs=(leg(quantity="0.5"),))) == {}


@pytest.mark.parametrize(
    ("kind", "symbol"),
    [
        ("Equity", "aapl"),
        ("Equity", "TOOLONGX"),
        ("Equity Option", "AAPL 261218C230"),
        ("Future", "ESZ6"),
        ("Future Option", "./ESZ6"),
        ("Cryptocurrency", "BTC"),
    ],
)
def test_malformed_symbols_are_named(kind, symbol):
    assert "leg-0-symbol" in where(limit(legs=[leg(kind=kind, symbol=symbol)]))


@pytest.mark.parametrize(
    ("kind", "symbol"),
    [
        ("Equity", "BRK/B"),
        ("Equity Option", "SPXW  250530C01400000"),
        ("Future", "/10YQ6"),
        ("Future Option", "./ESZ5 ESZ5  251219C800"),
        ("Future Option", "./MNQZ6MN5CU6260930P30675"),
        ("Cryptocurrency", "BTC/USD"),
    ],
)
def test_well_formed_symbols_pass(kind, symbol):
    from brokerage.execution.symbols import grammar_problem

    assert grammar_problem(kind, symbol) == ""


def test_unknown_instrument_is_said_at_its_leg():
    facts = replace(FACTS, instruments={("Equity", "NOPE"): InstrumentFacts(found=False)})
    assert where(limit(legs=[leg(symbol="NOPE")]), facts) == {
        "leg-0-symbol": "The broker does not know NOPE."
    }


def test_price_off_the_tick_names_the_neighbours():
    text = where(limit("229.405"))["price"]
    assert "229.40" in text and "229.41" in text
    single = limit("3.05", legs=[leg(quantity="1", kind="Equity Option", symbol=CALL)])
    assert "0.10" in where(single)["price"]


def test_net_price_of_a_structure_moves_by_cents():
    assert checks.run(vertical(), FACTS).ok


def test_increment_is_skipped_when_unknown():
    facts = replace(FACTS, instruments={AAPL: InstrumentFacts(active=True)})
    report = checks.run(limit("229.405"), facts)
    assert report.ok
    assert "Price increment" in [item.check for item in report.skipped]


def test_single_legs_have_their_side():
    assert where(limit(effect="Credit")) == {"price_effect": "A purchase cannot be for a credit."}
    sale = limit(effect="Debit", legs=[leg("Sell to Open")])
    assert where(sale) == {"price_effect": "A sale cannot be for a debit."}
    assert where(vertical(price_effect="Credit")) == {}


def test_price_presence_follows_the_order_type():
    assert where(limit(None)) == {"price": "Enter a limit price."}
    assert "price" in where(limit(order_type="Market"))
    assert "stop_trigger" in where(limit(order_type="Stop Limit"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"order_type": "Market", "price": None, "time_in_force": "GTC"}, "time_in_force"),
        ({"order_type": "Stop", "price": None, "stop_trigger": Decimal(9), "time_in_force": "GTC"},
         "time_in_force"),
        ({"time_in_force": "GTD"}, "gtc_date"),
        ({"gtc_date": date(2026, 12, 18)}, "gtc_date"),
        ({"time_in_force": "Forever"}, "time_in_force"),
        ({"order_type": "Stop Market"}, "order_type"),
    ],
)  # fmt: skip
def test_order_type_and_time_in_force(changes, field):
    assert field in where(limit(**changes))


def test_extended_hours_are_for_single_equities():
    assert where(limit(time_in_force="Ext")) == {}
    assert "time_in_force" in where(vertical(time_in_force="Ext"))


def test_market_orders_have_one_leg():
    assert "order_type" in where(vertical(order_type="Market", price=None, price_effect=""))


def test_more_legs_than_the_instrument_takes():
    legs = [leg(), leg(symbol="MSFT")]
    assert "at most one leg" in where(limit(legs=legs))[""]


def test_the_same_contract_twice():
    legs = [leg(kind="Equity Option", symbol=CALL), leg("Sell to Open", "1", "Equity Option", CALL)]
    assert "leg-1-symbol" in where(limit("1.00", legs=legs))


def test_market_order_cannot_open_while_closed():
    closed = replace(FACTS, session="Closed")
    assert "order_type" in where(market(), closed)
    assert where(limit(), closed) == {}
    held = replace(closed, positions={AAPL: Decimal(10)})
    assert where(market(legs=(leg("Sell to Close"),)), held) == {}
    assert "time_in_force" in where(limit(time_in_force="Ext"), closed)


@pytest.mark.parametrize(
    ("held", "action", "quantity", "field"),
    [
        ("10", "Sell to Open", "1", "leg-0-action"),
        ("-10", "Buy to Open", "1", "leg-0-action"),
        ("0", "Sell to Close", "1", "leg-0-action"),
        ("-10", "Sell to Close", "1", "leg-0-action"),
        ("10", "Sell to Close", "11", "leg-0-quantity"),
    ],
)
def test_opening_and_closing_fit_what_is_held(held, action, quantity, field):
    facts = replace(FACTS, positions={AAPL: Decimal(held)})
    effect = "Debit" if action.startswith("Buy") else "Credit"
    assert list(where(limit(effect=effect, legs=[leg(action, quantity)]), facts)) == [field]


def test_positions_never_read_skip_the_check():
    report = checks.run(
        limit(legs=[leg("Sell to Close")], effect="Credit"), replace(FACTS, positions=None)
    )
    assert report.ok
    assert any("held" in item.check for item in report.skipped)


@pytest.mark.parametrize(
    "account",
    [
        AccountFacts(authority="read-only", scopes="read trade", status_known=True),
        AccountFacts(authority="owner", scopes="read", status_known=True),
        AccountFacts(authority="owner", status_known=True, closed=True),
        AccountFacts(authority="owner", status_known=True, frozen=True),
        AccountFacts(authority="owner", status_known=True, closing_only=True),
        AccountFacts(authority="owner", status_known=True, risk_reducing_only=True),
    ],
)
def test_what_the_account_may_not_do(account):
    assert "account" in where(limit(), replace(FACTS, account=account))


def test_closing_only_accounts_may_close():
    account = AccountFacts(authority="owner", status_known=True, closing_only=True)
    facts = replace(FACTS, account=account, positions={AAPL: Decimal(10)})
    assert where(limit(legs=[leg("Sell to Close")], effect="Credit"), facts) == {}


def test_futures_need_their_permission():
    account = AccountFacts(authority="owner", status_known=True, futures_enabled=False)
    order = limit("6812.25", legs=[leg("Buy", "1", "Future", "/ESZ6")])
    assert where(order, replace(FACTS, account=account)) == {
        "account": "This account is not enabled for futures."
    }


def test_findings_of_one_field_are_kept_once():
    findings = checks.run(limit(order_type="Nothing"), FACTS).findings
    assert len(findings) == len(set(findings))
    assert Finding("order_type", "This order type does not exist.") in findings
