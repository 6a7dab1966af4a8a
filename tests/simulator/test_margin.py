"""Requirements by strategy: the contract's reference cases, and what the table adds to them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.margin import Facts, Holding, Rules, Strategy, strategies, totals

SAMPLES = Path(__file__).parents[1] / "contract" / "samples" / "orders"
CASES = {
    case["id"]: case
    for case in json.loads((SAMPLES / "reference_margin_cases.json").read_text())["cases"]
}
NEAR, FAR = date(2026, 12, 18), date(2027, 1, 15)
RULES = {"Reg T": Rules(), "Cash": Rules("Cash"), "IRA": Rules("IRA Margin")}
OPTION_CASES = (
    "naked-put", "naked-call", "iron-condor", "short-butterfly", "credit-vertical",
    "ira-cash-secured-put", "naked-index-put", "naked-call-floor", "covered-call",
    "option-buy-to-close", "long-stock-reg-t", "long-stock-cash", "close-stock-cash",
    "market-buy-mark-vs-ask", "ira-long-stock",
)  # fmt: skip


def option(right: str, strike: str, quantity: str, price: str = "0", end: date = NEAR) -> Holding:
    """An equity option on X."""
    return Holding(
        symbol=f"X{right}{strike}{end}",
        instrument_type="Equity Option",
        quantity=Decimal(quantity),
        price=Decimal(price),
        multiplier=Decimal(100),
        right=right,
        strike=Decimal(strike),
        expiration=end,
    )


def stock(quantity: str, price: str) -> Holding:
    """Shares of X."""
    return Holding("X", "Equity", Decimal(quantity), Decimal(price))


def _leg(case: dict[str, Any], leg: dict[str, Any]) -> Holding:
    sign = 1 if leg["action"].startswith("Buy") else -1
    price = leg.get("price", "0")
    if leg["type"] == "stock":
        mark = case.get("mark", price)
        return stock(str(sign * Decimal(str(leg["quantity"]))), mark)
    return option(leg["type"], leg["strike"], str(sign * leg["quantity"]), price)


def solve(case: dict[str, Any]) -> list[Strategy]:
    """Strategies of a case's legs, as if it were all that the account held."""
    symbol = case.get("symbol", "X")
    price = Decimal(case.get("underlying", case.get("mark", "50")))
    holdings = [_leg(case, leg) for leg in case["legs"]]
    if any("Close" in leg["action"] for leg in case["legs"]):
        holdings = []
    return strategies(holdings, Facts(symbol, price), RULES[case["account"]])


def cash(case: dict[str, Any]) -> Decimal:
    """What the legs pay (−) or bring (+)."""
    if "net-credit" in case:
        return Decimal(case["net-credit"]) * 100
    total = Decimal(0)
    for leg in case["legs"]:
        sign = -1 if leg["action"].startswith("Buy") else 1
        multiplier = 1 if leg["type"] == "stock" else 100
        price = Decimal(leg.get("price", case.get("ask", "0")))
        total += sign * price * Decimal(str(leg["quantity"])) * multiplier
    return total


def stock_value(case: dict[str, Any]) -> Decimal:
    """Stock that the legs add or remove, at the mark."""
    total = Decimal(0)
    for leg in case["legs"]:
        if leg["type"] == "stock":
            sign = 1 if leg["action"].startswith("Buy") else -1
            mark = Decimal(case.get("mark", leg.get("price", "0")))
            total += sign * mark * Decimal(str(leg["quantity"]))
    return total


@pytest.mark.parametrize("name", OPTION_CASES)
def test_reference_case(name: str) -> None:
    case = CASES[name]
    initial, _ = totals(solve(case))
    if "requirement" in case:
        assert initial == Decimal(case["requirement"])
    change = Decimal(case.get("requirement-change", initial))
    effect = cash(case) + stock_value(case) - change
    if "buying-power-effect" in case:
        assert effect == Decimal(case["buying-power-effect"])
    if "buying-power-effect-with-fees" in case:
        expected = Decimal(case["buying-power-effect-with-fees"])
        assert effect - Decimal(case["fees"]) == expected
    if "requirement-share-of-value" in case:
        assert initial == stock_value(case) * Decimal(case["requirement-share-of-value"])


def test_strangle_is_the_greater_side_and_the_other_premium() -> None:
    case = CASES["short-strangle"]
    # the call side requires 910: (0.2 × 50 − 3 + 2.1) × 100; the put's premium is 1.20
    legs = [option("C", "53", "-1", "2.10"), option("P", "42", "-1", case_premium(case))]
    found = strategies(legs, Facts("X", Decimal(50)), Rules())
    assert [s.name for s in found] == ["SHORT_STRANGLE"]
    assert found[0].initial == Decimal(case["requirement"])


def case_premium(case: dict[str, Any]) -> str:
    """Premium per share of the other side."""
    return str(Decimal(case["other-side-premium"]) / 100)


def test_intraday_future_is_a_quarter() -> None:
    contract = Holding("/QQZ6", "Future", Decimal(1), Decimal(6380), Decimal(10))
    facts = Facts("/QQ", Decimal(6380), "Future")
    (whole,) = strategies([contract], facts, Rules())
    (part,) = strategies([contract], facts, Rules(intraday=True))
    assert whole.initial == Decimal(CASES["future-intraday"]["initial"])
    assert part.initial == Decimal(CASES["future-intraday"]["requirement-intraday"])


@pytest.mark.parametrize(
    ("holdings", "names", "initial"),
    [
        ([option("C", "55", "1"), option("C", "50", "-1")], ["SHORT_VERTICAL"], 500),
        ([option("C", "50", "1"), option("C", "55", "-1")], ["LONG_VERTICAL"], 0),
        (
            [option("P", "45", "1"), option("P", "50", "-2"), option("P", "55", "1")],
            ["LONG_BUTTERFLY"],
            0,
        ),
        ([option("C", "50", "-1"), option("C", "50", "1", end=FAR)], ["CALENDAR"], 0),
        ([option("C", "50", "-1"), option("C", "55", "1", end=FAR)], ["CALENDAR"], 500),
        ([option("P", "50", "1", "2")], ["LONG_OPTION"], 0),
        ([stock("100", "50"), option("C", "45", "-1", "6")], ["COVERED_CALL"], 2250),
    ],
)
def test_shapes(holdings: list[Holding], names: list[str], initial: int) -> None:
    found = strategies(holdings, Facts("X", Decimal(50)), Rules())
    assert [s.name for s in found] == names
    assert totals(found)[0] == initial


def test_a_ratio_spread_leaves_one_short_naked() -> None:
    legs = [option("C", "50", "1", "3"), option("C", "55", "-2", "1")]
    found = strategies(legs, Facts("X", Decimal(50)), Rules())
    assert sorted(s.name for s in found) == ["LONG_VERTICAL", "NAKED_OPTION"]


def test_a_short_calendar_gets_no_relief() -> None:
    legs = [option("C", "50", "1", "2"), option("C", "50", "-1", "4", end=FAR)]
    found = strategies(legs, Facts("X", Decimal(50)), Rules())
    assert sorted(s.name for s in found) == ["LONG_OPTION", "NAKED_OPTION"]


def test_a_calendar_in_a_cash_settled_index_is_not_recognised() -> None:
    legs = [option("C", "50", "-1", "2"), option("C", "50", "1", "4", end=FAR)]
    found = strategies(legs, Facts("SPX", Decimal(50), cash_settled=True), Rules())
    assert "NAKED_OPTION" in {s.name for s in found}


def test_every_share_and_contract_is_in_exactly_one_strategy() -> None:
    legs = [
        stock("250", "50"),
        option("C", "55", "-3", "1"),
        option("C", "60", "1", "0.5"),
        option("P", "45", "-2", "1"),
        option("P", "40", "1", "0.5"),
    ]
    found = strategies(legs, Facts("X", Decimal(50)), Rules())
    for leg in legs:
        placed = sum(e.quantity for s in found for e in s.entries if e.symbol == leg.symbol)
        assert placed == leg.quantity, leg.symbol
