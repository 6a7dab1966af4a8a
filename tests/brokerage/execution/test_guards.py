"""The guards one by one: pure judgement over given facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from brokerage.execution import group_checks, guards
from brokerage.execution.check_facts import InstrumentFacts
from brokerage.execution.commands import OTO, OrderLeg, SubmitComplexOrder, SubmitOrder
from brokerage.execution.guard_facts import GuardFacts, GuardRules, PowerFact, QuoteFact
from brokerage.execution.rules import Condition, OrderRules

NOW = datetime(2026, 11, 18, 15, tzinfo=UTC)
CALL, PUT = "SPY   261218C00600000", "SPY   261218P00500000"


def stock(quantity="10", action="Buy to Open", **more):
    leg = OrderLeg("Equity", "AAPL", action, Decimal(quantity))
    values = {"price": Decimal("100.00"), "price_effect": "Debit"} | more
    return SubmitOrder("Limit", "Day", (leg,), **values)


def market(**more):
    return replace(stock(), order_type="Market", price=None, price_effect="", **more)


def spread(price="1.00", quantities=("1", "1"), effect="Debit"):
    legs = (
        OrderLeg("Equity Option", CALL, "Buy to Open", Decimal(quantities[0])),
        OrderLeg("Equity Option", PUT, "Sell to Open", Decimal(quantities[1])),
    )
    return SubmitOrder("Limit", "Day", legs, Decimal(price), effect)


def quote(bid, ask):
    return QuoteFact(Decimal(bid), Decimal(ask), NOW)


def facts(rules=None, *, quotes=None, positions=None, power=None):
    aapl = ("Equity", "AAPL")
    options = {
        ("Equity Option", name): InstrumentFacts(multiplier=Decimal(100)) for name in (CALL, PUT)
    }
    return GuardFacts(
        rules=GuardRules(**(rules or {})),
        quotes={aapl: quote("99.90", "100.10")} if quotes is None else quotes,
        instruments={aapl: InstrumentFacts()} | options,
        positions=positions,
        power=power,
        dry_run_done=power is not None,
    )


def said(order, seen):
    return [(item.field, item.text) for item in guards.judge(order, seen).findings]


def test_without_settings_nothing_binds_and_the_page_is_told():
    report = guards.judge(stock(), facts())
    assert report.ok
    assert {item.check for item in report.skipped} == {
        "Closing-only mode",
        "Largest quantity",
        "Largest amount",
        "Market orders only with a quote that is not wide",
        "Limit near the mid",
        "Use of buying power",
    }


@pytest.mark.parametrize(("quantity", "ok"), [("10", True), ("10.5", False), ("11", False)])
def test_quantity(quantity, ok):
    found = said(stock(quantity), facts({"max_shares": Decimal(10)}))
    assert (found == []) is ok
    assert ok or found[0][0] == "leg-0-quantity"


def test_caps_are_of_their_own_kind():
    assert said(stock("99"), facts({"max_contracts": Decimal(1)})) == []
    assert said(spread(quantities=("2", "1")), facts({"max_contracts": Decimal(1)}))


def test_getting_out_is_not_held_back_by_size():
    leaving = stock("99", "Sell to Close", price_effect="Credit")
    limits = {"max_shares": Decimal(1), "max_notional": Decimal(1), "closing_only": True}
    assert said(leaving, facts(limits)) == []


def test_closing_only_refuses_an_opening():
    assert "close positions only" in said(stock(), facts({"closing_only": True}))[0][1]


@pytest.mark.parametrize(("held", "ok"), [("-2", True), ("-1", False), ("2", False), (None, False)])
def test_a_bare_buy_of_a_future_closes_what_is_short(held, ok):
    leg = OrderLeg("Future", "/ESZ6", "Buy", Decimal(2))
    order = SubmitOrder("Limit", "Day", (leg,), Decimal("6000"), "Debit")
    positions = None if held is None else {("Future", "/ESZ6"): Decimal(held)}
    assert (said(order, facts({"closing_only": True}, positions=positions)) == []) is ok


def test_notional_counts_all_legs_with_their_multiplier():
    quotes = {
        ("Equity Option", CALL): quote("4.90", "5.10"),
        ("Equity Option", PUT): quote("2", "2"),
    }
    seen = facts({"max_notional": Decimal(700)}, quotes=quotes)
    assert guards.notional(spread(), seen) == 700
    assert said(spread(), seen) == []
    assert "$1,400.00" in said(spread(quantities=("2", "2")), seen)[0][1]


def test_notional_takes_the_dearer_of_limit_and_mid():
    seen = facts({"max_notional": Decimal(1000)})
    assert guards.notional(stock(price=Decimal("250")), seen) == 2500
    assert guards.notional(stock(price=Decimal("1")), seen) == 1000


def test_a_cap_that_cannot_be_judged_holds_the_order_back():
    seen = facts({"max_notional": Decimal(10**9)}, quotes={})
    assert "cannot be told" in said(market(), seen)[0][1]
    assert said(stock(), seen) == []


@pytest.mark.parametrize(
    ("bid", "ask", "ok"),
    [
        ("99.90", "100.10", True),
        ("90", "110", True),
        ("90", "110.01", False),
        ("101", "100", False),
    ],
)
def test_market_orders_need_a_quote_that_is_not_wide(bid, ask, ok):
    seen = facts(quotes={("Equity", "AAPL"): quote(bid, ask)})
    assert (said(market(), seen) == []) is ok


def test_no_market_order_without_a_quote():
    assert said(market(), facts(quotes={}))[0][0] == "order_type"
    assert said(market(), facts(quotes={("Equity", "AAPL"): QuoteFact(None, Decimal(1), NOW)}))
    wide = facts({"wide_percent": Decimal("0.1")})
    assert "0.20 % wide" in said(market(), wide)[0][1]


def test_a_market_order_that_waits_for_a_condition_is_not_judged_by_todays_quote():
    fall = Condition("route", "AAPL", "Equity", "last", "lte", Decimal(90))
    waiting = market(rules=OrderRules(conditions=(fall,)))
    assert said(waiting, facts(quotes={})) == []


@pytest.mark.parametrize(
    ("price", "ok"), [("98.00", True), ("102.00", True), ("97.99", False), ("102.01", False)]
)
def test_a_limit_stays_in_the_band(price, ok):
    found = said(stock(price=Decimal(price)), facts({"limit_band_percent": Decimal(2)}))
    assert (found == []) is ok
    assert ok or found[0][0] == "price"


@pytest.mark.parametrize(
    ("price", "effect", "ok"),
    [("3.00", "Debit", True), ("3.70", "Debit", True), ("3.71", "Debit", False),
     ("2.29", "Debit", False), ("3.00", "Credit", False)],
)  # fmt: skip
def test_the_band_of_a_spread_is_of_what_its_legs_cost(price, effect, ok):
    quotes = {("Equity Option", CALL): quote("5", "5"), ("Equity Option", PUT): quote("2", "2")}
    seen = facts({"limit_band_percent": Decimal(10)}, quotes=quotes)
    assert (said(spread(price, effect=effect), seen) == []) is ok


def test_the_net_mid_is_per_lot():
    quotes = {("Equity Option", CALL): quote("5", "5"), ("Equity Option", PUT): quote("2", "2")}
    seen = facts({"limit_band_percent": Decimal(1)}, quotes=quotes)
    assert said(spread("4.00", quantities=("4", "6")), seen) == []


def test_a_band_without_a_quote_refuses():
    assert said(stock(), facts({"limit_band_percent": Decimal(2)}, quotes={}))


@pytest.mark.parametrize(("change", "ok"), [("-500", True), ("-500.01", False), ("900", True)])
def test_buying_power_is_judged_by_the_dry_run(change, ok):
    power = PowerFact(Decimal(change), Decimal(1000))
    seen = facts({"max_buying_power_percent": Decimal(50)}, power=power)
    assert (said(stock(), seen) == []) is ok


def test_buying_power_that_the_broker_did_not_tell_refuses():
    seen = replace(facts({"max_buying_power_percent": Decimal(50)}), dry_run_done=True)
    assert "did not tell" in said(stock(), seen)[0][1]


def test_each_order_of_a_group_is_judged_and_named():
    group = SubmitComplexOrder(OTO, (stock("11"),), trigger_order=stock("1"))
    report = group_checks.judge(group, facts({"max_shares": Decimal(10)}))
    assert [item.field for item in report.findings] == ["order-1-leg-0-quantity"]
    assert "Largest quantity" in report.passed


def test_a_cap_stands_where_the_size_is_typed():
    one = facts({"max_notional": Decimal(1), "closing_only": True})
    places = [place for place, _ in said(stock(), one)]
    assert places == ["leg-0-action", "leg-0-quantity"]
    quotes = {("Equity Option", name): quote("4.90", "5.10") for name in (CALL, PUT)}
    several = said(spread(), facts({"max_notional": Decimal(1)}, quotes=quotes))
    assert [place for place, _ in several] == [""], "of several legs none alone is too large"
