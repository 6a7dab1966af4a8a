from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerage.tastytrade import wire
from brokerage.tastytrade.errors import MalformedAnswer


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("212.4", "212.4"),
        ("0.0", "0.0"),
        ("-0.5", "-0.5"),
        ("4012.831401355", "4012.831401355"),
        (100, "100"),
        (Decimal("1.10"), "1.10"),
        (0.1, "0.1"),
        ("1E+2", "1E+2"),
    ],
)
def test_numbers_are_exact(value: Any, number: str) -> None:
    assert str(wire.number(value)) == number


@pytest.mark.parametrize("value", ["NaN", "nan", "", "  ", Decimal("NaN"), float("nan"), "null"])
def test_what_is_no_number_is_none_and_not_zero(value: Any) -> None:
    assert wire.number(value) is None


@pytest.mark.parametrize(
    "value", ["abc", "1,000.0", True, [], {}, "Infinity", float("inf"), "0x10"]
)
def test_nonsense_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="number"):
        wire.number(value)


def test_json_fractions_keep_every_digit() -> None:
    assert wire.decode(b'{"x": 1234567890123456.7891}')["x"] == Decimal("1234567890123456.7891")


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_survive_the_wire(value: Decimal) -> None:
    written = wire.plain(value)
    assert "E" not in written
    assert wire.number(written) == value
    assert wire.number(wire.decode(written.encode())) == value


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-03-11T18:30:00.000+00:00", datetime(2026, 3, 11, 18, 30, tzinfo=UTC)),
        ("2026-03-11T18:30:00.214Z", datetime(2026, 3, 11, 18, 30, 0, 214000, tzinfo=UTC)),
        ("2026-03-11T14:30:00.120-04:00", datetime(2026, 3, 11, 18, 30, 0, 120000, tzinfo=UTC)),
        ("2026-03-11 13:30:00+00", datetime(2026, 3, 11, 13, 30, tzinfo=UTC)),
        ("2026-04-10 00:00:00 UTC", datetime(2026, 4, 10, tzinfo=UTC)),
        ("2011-12-03T10:15:30+01:00[Europe/Paris]", datetime(2011, 12, 3, 9, 15, 30, tzinfo=UTC)),
        (1688584052750, datetime(2023, 7, 5, 19, 7, 32, 750000, tzinfo=UTC)),
        ("1688584052750", datetime(2023, 7, 5, 19, 7, 32, 750000, tzinfo=UTC)),
        (-1, None),
        ("0", None),
        ("", None),
    ],
)
def test_moments(value: Any, moment: datetime | None) -> None:
    assert wire.moment(value) == moment


def test_moments_out_of_this_world() -> None:
    for value in ("tomorrow", 10**20, True, []):
        with pytest.raises(ValueError, match=r"time|isoformat|Invalid"):
            wire.moment(value)


def test_epochs() -> None:
    assert wire.epoch_ms(0) == 0
    assert wire.epoch_ms("1688584052750") == 1688584052750
    assert wire.epoch_ms("2023-07-05T19:07:32.750+00:00") == 1688584052750


def test_days_keep_the_part_before_the_time() -> None:
    assert wire.day("2026-04-10 00:00:00 UTC") == date(2026, 4, 10)
    assert wire.day("2026-04-10") == date(2026, 4, 10)
    assert wire.day("") is None


@pytest.mark.parametrize(
    ("amount", "effect", "value"),
    [
        ("2.0", "Debit", "-2.0"),
        ("2.0", "Credit", "2.0"),
        ("-2.0", "Debit", "-2.0"),
        ("-2.0", "Credit", "2.0"),
        ("0.0", "None", "0.0"),
        ("0.0", "Debit", "0.0"),
        ("-2.0", None, "-2.0"),
        ("-2.0", "", "-2.0"),
    ],
)
def test_signs(amount: str, effect: str | None, value: str) -> None:
    assert str(wire.signed(Decimal(amount), effect)) == value


@pytest.mark.parametrize(
    ("key", "kebab"),
    [
        ("pending_cash", "pending-cash"),
        ("pendingCashOpen", "pending-cash-open"),
        ("is-closed", "is-closed"),
        ("instrument_type", "instrument-type"),
        ("close", "close"),
    ],
)
def test_keys(key: str, kebab: str) -> None:
    assert wire.kebab(key) == kebab


def test_outgoing_bodies() -> None:
    body = {
        "order_type": "Limit",
        "price": Decimal("1E+2"),
        "gtc_date": date(2026, 3, 11),
        "rules": {"route_after": datetime(2026, 3, 11, 10, tzinfo=UTC), "cancel_at": None},
        "legs": [{"quantity": 1}],
    }
    assert wire.outgoing(body) == {
        "order-type": "Limit",
        "price": "100",
        "gtc-date": "2026-03-11",
        "rules": {"route-after": "2026-03-11T10:00:00.000Z"},
        "legs": [{"quantity": 1}],
    }
    with pytest.raises(ValueError, match="zone"):
        wire.outgoing({"at": datetime(2026, 3, 11)})


def test_storable_is_plain_json() -> None:
    raw = wire.decode(b'{"a": 1.10, "b": [{"c": 2}], "d": null, "e": true}')
    assert wire.storable(raw) == {"a": "1.10", "b": [{"c": 2}], "d": None, "e": True}


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"data": {"items": []}}, 0),
        ({"data": {"items": [1, 2]}}, 2),
        ({"data": {"items": None}}, 0),
        ({"data": {"account-number": "5"}}, 1),
        ({"data": [1]}, 1),
        ({"items": [1]}, 1),
        ([1, 2, 3], 3),
        ({"data": None}, 0),
    ],
)
def test_lists_in_all_their_envelopes(body: Any, count: int) -> None:
    assert len(wire.items(body)) == count


@pytest.mark.parametrize("body", [None, "text", 3])
def test_no_list(body: Any) -> None:
    with pytest.raises(MalformedAnswer):
        wire.items(body)


@pytest.mark.parametrize("body", [None, [], {"data": None}, {"data": []}, {}, "text"])
def test_no_object(body: Any) -> None:
    with pytest.raises(MalformedAnswer):
        wire.one(body)


def test_paging_block_beside_or_inside_the_data() -> None:
    block = {"page-offset": 0, "total-pages": "7", "per-page": 250, "next-link": None}
    for body in ({"data": {}, "pagination": block}, {"data": {"pagination": block}}):
        found = wire.pagination(body)
        assert found is not None
        assert (found.page_offset, found.total_pages, found.per_page) == (0, 7, 250)
        assert found.total_items is None
    assert wire.pagination({"data": {}, "pagination": None}) is None
