"""Recorded fee calculations of the contract are reproduced to the last digit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.fees import Fees, Rates, leg_fees

SAMPLES = Path(__file__).parents[1] / "contract" / "samples" / "orders"
CASES = json.loads((SAMPLES / "reference_fee_cases.json").read_text())["cases"]
OVERRIDES = {"sec-per-million": "sec_per_million", "taf-share": "taf_share", "orf": "orf",
             "taf-option": "taf_option"}  # fmt: skip
MULTIPLIER = {"Equity": Decimal(1), "Equity Option": Decimal(100)}


def calculate(case: dict[str, Any]) -> Fees:
    """The fees of a case's legs, with the rates that the case names."""
    given = case.get("rates", {})
    rates = Rates.on(date.fromisoformat(case["date"]))
    rates = replace(
        rates, **{name: Decimal(given[key]) for key, name in OVERRIDES.items() if key in given}
    )
    total = Fees()
    for leg in case["legs"]:
        quantity = Decimal(leg["quantity"])
        price = Decimal(leg.get("price", "2.00"))
        notional = price * quantity * MULTIPLIER[leg["type"]]
        total += leg_fees(leg["type"], leg["action"], quantity, notional, rates, "MSFT")
    if "sec-amount" in given:
        total = replace(total, sec=Decimal(given["sec-amount"]))
    return total


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_reference_case(case: dict[str, Any]) -> None:
    fees = calculate(case)
    for name, expected in case["expect"].items():
        assert getattr(fees, name) == Decimal(expected), name


def test_index_options_have_no_cap_and_pay_the_index() -> None:
    rates = Rates.on(date(2026, 11, 18))
    fees = leg_fees("Equity Option", "Buy to Open", Decimal(25), Decimal(2500), rates, "SPX")
    assert fees.commission == 25
    assert fees.proprietary == Decimal("15.00")


@pytest.mark.parametrize(
    ("root", "action", "kind", "commission"),
    [
        ("/ES", "Buy", "Future", "1.25"),
        ("/MES", "Sell", "Future", "0.85"),
        ("/ES", "Sell to Open", "Future Option", "2.50"),
        ("/MES", "Buy to Open", "Future Option", "1.50"),
        ("/ES", "Buy to Close", "Future Option", "0"),
    ],
)
def test_futures(root: str, action: str, kind: str, commission: str) -> None:
    rates = Rates.on(date(2026, 11, 18))
    fees = leg_fees(kind, action, Decimal(2), Decimal(0), rates, root)
    assert fees.commission == Decimal(commission) * 2
    assert fees.clearing == Decimal("0.60")


def test_a_fractional_share_costs_ten_cents_to_clear() -> None:
    rates = Rates.on(date(2026, 11, 18))
    fees = leg_fees("Equity", "Buy to Open", Decimal("0.5"), Decimal(100), rates)
    assert fees.total == Decimal("0.10")
