"""The fast way reads what the tolerant way reads, or leaves the answer to it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from brokerage.tastytrade import wire
from brokerage.tastytrade.calls import Many
from brokerage.tastytrade.payloads.positions import Position
from tests.contract.sampling import SAMPLES

SAMPLE: dict[str, Any] = {
    "symbol": "AAPL",
    "instrument-type": "Equity",
    "quantity": 100,
    "quantity-direction": "Short",
    "average-open-price": "212.40",
    "multiplier": "1.0",
    "realized-day-gain": "12.5",
    "realized-day-gain-effect": "Debit",
    "updated-at": "2026-01-20T15:02:11.204+00:00",
}


def content(*rows: Any) -> bytes:
    return json.dumps({"data": {"items": list(rows)}, "context": "/positions"}).encode()


def both(raw: bytes) -> tuple[Any, Any]:
    reader = Many(Position)
    return reader.of_bytes(raw), reader(wire.decode(raw))


def same(fast: Any, slow: Any) -> None:
    assert len(fast) == len(slow)
    for ours, theirs in zip(fast, slow, strict=True):
        for name in Position.__struct_fields__:
            one, other = getattr(ours, name), getattr(theirs, name)
            assert (type(one), one) == (type(other), other), name
        assert ours.signed_quantity == theirs.signed_quantity
        assert repr(ours) == repr(theirs)


def test_the_contracts_samples_are_read_alike():
    answers = json.loads((SAMPLES / "positions.json").read_text())
    read = 0
    for name, answer in answers.items():
        if name == "_about" or answer["status"] != 200:
            continue
        fast, slow = both(json.dumps(answer["body"]).encode())
        if fast is not None:
            same(fast, slow)
            read += len(fast)
    assert read > 10


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"realized-day-gain-effect": "Credit", "realized-day-gain": "-3"},
        {"realized-day-gain-effect": "None", "realized-day-gain": "0.0"},
        {"mark": 12.10, "mark-price": 0.1},
        {"quantity": 12345678901234567890},
        {"quantity": 0, "multiplier": 1e2, "mark": 12.0},
        {"average-open-price": "NaN", "close-price": "Infinity"},
        {"unheard-of": {"a": [1]}},
        {"streamer-symbol": "é"},
        {"realized-day-gain-date": "2026-03-10"},
    ],
)
def test_values(changes):
    fast, slow = both(content(SAMPLE | changes, SAMPLE))
    assert fast is not None
    if "close-price" in changes:
        assert fast[0].close_price is None and fast[0].average_open_price is None
        return
    same(fast, slow)


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": ""},
        {"symbol": None},
        {"average-open-price": ""},
        {"updated-at": "2026-01-20T15:02:11"},
        {"is-frozen": "true"},
        {"streamer-symbol": None},
        {"symbol": 7},
    ],
)
def test_odd_answers_are_left_to_the_tolerant_way(changes):
    assert Many(Position).of_bytes(content(SAMPLE, SAMPLE | changes)) is None


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"data": {}}', b'{"data": null}', b"<html>"])
def test_what_is_no_list_in_an_envelope_is_left_to_the_tolerant_way(raw):
    assert Many(Position).of_bytes(raw) is None


def test_the_raw_object_is_exact():
    fast, _ = both(content(SAMPLE | {"mark": 12.10}))
    assert fast is not None
    assert fast[0].raw["mark"] == Decimal("12.1")
