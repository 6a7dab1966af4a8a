"""Numbers as the desk writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portfolio import formats

D = Decimal


@pytest.mark.parametrize(
    ("value", "text"),
    [("1240.5", "+1,240.50"), ("-87", "−87.00"), ("0", "0.00"), (None, "—"), ("-0.004", "0.00"),
     ("0.005", "+0.01"), ("-0.005", "−0.01"), ("1234567.891", "+1,234,567.89"),
     (float("nan"), "—"), (float("inf"), "—")],
)  # fmt: skip
def test_signed_money(value: object, text: str) -> None:
    assert formats.signed_money(value) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "tick", "text"),
    [("1.05", "0.05", "1.05"), ("0.3", None, "0.30"), ("6010.25", "0.25", "6,010.25"),
     ("1.08535", "0.00005", "1.08535"), ("64880", None, "64,880.00"),
     ("118.5625", "0.03125", "118'18"), ("110.515625", "0.015625", "110'165"),
     ("-0.15625", "0.03125", "−0'05"), (None, "0.01", "—"), ("0", "0.01", "0.00")],
)  # fmt: skip
def test_prices_follow_their_tick(value: str | None, tick: str | None, text: str) -> None:
    assert formats.price(value and D(value), tick and D(tick)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("2", "+2"), ("-3", "−3"), ("0.05000000", "+0.05"), ("0", "0"), ("1000", "+1,000"),
     ("42.16807", "+42.16807"), ("0.00000001", "+0.00000001"), (None, "—")],
)  # fmt: skip
def test_quantities_keep_eight_places_and_no_needless_zeros(value: str | None, text: str) -> None:
    assert formats.quantity(value and D(value)) == text


@pytest.mark.parametrize(
    ("value", "effect", "text"),
    [("1.35", "Credit", "1.35 cr"), ("0.4", "Debit", "0.40 db"), ("0", "None", "0.00 even"),
     ("0", "Credit", "0.00 even"), ("1.35", "", "1.35"), (None, "Credit", "—")],
)  # fmt: skip
def test_structure_prices_say_credit_or_debit(value: str | None, effect: str, text: str) -> None:
    assert formats.structure_price(value and D(value), effect) == text


def test_a_signed_net_reads_the_same() -> None:
    assert formats.structure_net(D("1.35")) == "1.35 cr"
    assert formats.structure_net(D("-0.4")) == "0.40 db"


@pytest.mark.parametrize(
    ("symbol", "label"),
    [("SPY   260117P00590000", "SPY 17 Jan 26 590 P"), ("KO    260417C00072500",
      "KO 17 Apr 26 72.5 C"), ("F     250620C00002020", "F 20 Jun 25 2.02 C"),
     ("./ESM6 EW2J6 260410P5400", "/ESM6 10 Apr 26 5400 P"),
     ("./MNQZ6MN5CU6260930P30675", "/MNQZ6 30 Sep 26 30675 P"), ("BRK/B", "BRK/B"),
     ("SPY   269917P00590000", "SPY   269917P00590000")],
)  # fmt: skip
def test_legs_as_traders_write_them(symbol: str, label: str) -> None:
    assert formats.symbol_label(symbol) == label
    assert formats.leg_label(D(-1), symbol) == f"−1 {label}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3_600, "1 h"), (172_800, "2 d"), (None, "—"),
     (-3, "0 s")],
)  # fmt: skip
def test_ages(seconds: float | None, text: str) -> None:
    assert formats.age(seconds) == text


@pytest.mark.parametrize(
    ("days", "left", "text"),
    [(45, None, "45d"), (0, 22_800, "6h 20m"), (0, None, "0d"), (0, -1, "expired"),
     (-1, None, "expired"), (None, None, "—"), (1, 86_500, "1d")],
)  # fmt: skip
def test_days_to_expiration(days: int | None, left: float | None, text: str) -> None:
    assert formats.dte(days, left) == text


def test_ratios() -> None:
    assert formats.percent(D("0.64")) == "64%"
    assert formats.volatility(0.2341) == "23.4%"
    assert formats.signed_percent(D("-0.0125")) == "−1.3%"


def test_times_are_the_market_s() -> None:
    at = datetime(2026, 7, 1, 14, 42, 7, tzinfo=UTC)
    assert formats.market_time(at) == "10:42:07 ET"
    assert formats.market_datetime(at) == "1 Jul 10:42 ET"
    assert formats.short_date(date(2026, 1, 17), year=True) == "17 Jan 26"


def test_copies_carry_a_plain_minus() -> None:
    assert formats.plain(formats.signed_money(-87)) == "-87.00"


def test_tone_follows_what_is_shown() -> None:
    assert [formats.tone(value) for value in ("0.01", "-0.01", "0.004", None)] == [
        "gain",
        "loss",
        "",
        "missing",
    ]
