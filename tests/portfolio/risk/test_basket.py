"""What is only thought of: typed legs, orders as if filled, positions as if closed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portfolio.risk import basket
from portfolio.risk.basket import Added, BadLeg

FIELDS = {
    "new_symbol": "spy", "new_quantity": "−2", "new_day": "2026-12-18", "new_strike": "592.5",
    "new_right": "P",
}  # fmt: skip


def test_a_typed_option() -> None:
    leg = basket.typed(FIELDS)
    assert leg == Added(Decimal(-2), "SPY   261218P00592500")
    assert leg.kind == "Equity Option"
    assert leg.text == "-2 SPY   261218P00592500"


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [("SPY", "Equity"), ("/ESZ6", "Future"), ("BTC/USD", "Cryptocurrency"),
     ("./ESZ6 E1AZ6 261204P6000", "Future Option")],
)  # fmt: skip
def test_kinds_by_their_symbols(symbol: str, kind: str) -> None:
    found = basket.typed({"new_symbol": symbol, "new_quantity": "1", "new_right": ""})
    assert found is not None and found.kind == kind


def test_nothing_typed_is_no_leg() -> None:
    assert basket.typed({"new_quantity": "1"}) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"new_quantity": "two"}, "quantity"),
        ({"new_quantity": "0"}, "quantity"),
        ({"new_quantity": "NaN"}, "quantity"),
        ({"new_day": "18 Dec"}, "date"),
        ({"new_strike": "high"}, "strike"),
        ({"new_strike": "-5"}, "strike"),
        ({"new_strike": "Infinity"}, "strike"),
        ({"new_symbol": "/ES"}, "whole symbol"),
    ],
)
def test_what_cannot_be_read_is_told(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadLeg, match=words):
        basket.typed({**FIELDS, **change})


def test_an_address_is_read_back() -> None:
    lists: dict[str, Any] = {
        "add": ["-2 SPY   261218P00592500"], "off": ["5", "x", "²"], "order": ["7"],
    }  # fmt: skip
    wish = basket.parse(lists)
    assert wish.added == (Added(Decimal(-2), "SPY   261218P00592500"),)
    assert wish.off == {5} and wish.orders == {7}
    with pytest.raises(BadLeg):
        basket.parse({"add": ["x SPY"]})
    with pytest.raises(BadLeg):
        basket.parse({"add": ["1 SPY"] * (basket.MOST_LEGS + 1)})
