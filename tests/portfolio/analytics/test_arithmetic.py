"""Formulas: worked out, written down, and never anything but arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio.analytics.arithmetic import (
    BadFormula,
    Input,
    Unit,
    added,
    evaluate,
    given,
    substituted,
    worked,
    written,
)

D = Decimal
PUTS = {"q": D(-2), "m": D("0.80"), "p": D("1.20"), "M": D(100)}


def test_decimals_stay_exact() -> None:
    assert evaluate("q*(m-p)*M", PUTS) == D("80.00")
    assert evaluate("a/3", {"a": D(1)}) == D(1) / D(3)


def test_one_float_makes_all_of_them_floats() -> None:
    assert evaluate("q*M*g", {"q": D(-2), "M": D(100), "g": -0.25}) == 50.0


def test_what_is_missing_is_not_nought() -> None:
    assert evaluate("q*(m-p)*M", {**PUTS, "m": None}) is None


@pytest.mark.parametrize(
    "expression", ["q**", "__import__('os')", "q.real", "z+1", "[q]", "q if q else 1", "N(x=1)"]
)
def test_only_arithmetic_is_worked_out(expression: str) -> None:
    with pytest.raises(BadFormula):
        evaluate(expression, {"q": D(1), "x": D(1)})


def test_a_formula_is_written_as_people_do() -> None:
    assert written("q*(m-p)*M") == "q × (m − p) × M"
    assert written("-q*p*M") == "−q × p × M"
    texts = {"q": "−2", "m": "0.80", "p": "1.20", "M": "100"}
    assert substituted("q*(m-p)*M", texts) == "(−2) × (0.80 − 1.20) × 100"


def test_a_sum_leaves_out_what_is_missing_and_names_it() -> None:
    parts = [given("one", D("1.10"), Unit.MONEY, "x"), given("two", None, Unit.MONEY, "x")]
    whole = added("both", parts, D("1.10"), Unit.MONEY)
    assert whole.again() == D("1.10")
    assert whole.missing == ("two",)


def test_a_price_of_the_model() -> None:
    inputs = [
        Input(name, name, value)
        for name, value in {
            "S": 100.0, "K": 100.0, "T": 0.5, "s": 0.3, "r": 0.04, "d": 0.0, "c": 1.0,
        }.items()
    ]  # fmt: skip
    figure = worked("Call", "european(S,K,T,s,r,d,c)", inputs, 9.3, Unit.PRICE)
    assert figure.again() == pytest.approx(9.39, abs=0.01)
