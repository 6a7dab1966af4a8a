"""Which price a position is valued at."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio.analytics.marks import Market, Priced, Source, choose, mid

D = Decimal
LIMIT = 15.0


@pytest.mark.parametrize(
    ("bid", "ask", "expected"),
    [("1.00", "1.10", "1.05"), ("0", "0.05", "0.025"), ("1.2", "1.1", None), (None, "1", None),
     ("-1", "1", None), ("0", "0", None)],
)  # fmt: skip
def test_mid_wants_a_quote_that_is_not_crossed(
    bid: str | None, ask: str | None, expected: str | None
) -> None:
    market = Market(bid and D(bid), ask and D(ask), 0.0)
    assert mid(market) == (expected and D(expected))


def test_a_fresh_quote_comes_first() -> None:
    mark = choose(Market(D(1), D(2), 3.0), Priced(D("1.9"), 1), Priced(D(9), 0), limit=LIMIT)
    assert mark is not None
    assert (mark.price, mark.source, mark.is_stale) == (D("1.5"), Source.MID, False)


def test_the_last_trade_counts_inside_the_quote_alone() -> None:
    one_sided = Market(None, D(2), 1.0)
    inside = choose(one_sided, Priced(D("1.9"), 1), None, limit=LIMIT)
    assert inside is not None and inside.source is Source.LAST
    assert choose(one_sided, Priced(D("2.1"), 1), None, limit=LIMIT) is None


def test_of_two_old_inputs_the_newer_is_used_and_is_stale() -> None:
    old = Market(D(1), D(2), 40.0)
    assert choose(old, None, Priced(D("1.4"), 60), limit=LIMIT).source is Source.MID
    newer = choose(old, None, Priced(D("1.4"), 20), limit=LIMIT)
    assert newer is not None
    assert (newer.source, newer.is_stale, newer.age) == (Source.BROKER, True, 20)


def test_nothing_to_go_by_is_no_mark() -> None:
    assert choose(None, None, None, limit=LIMIT) is None
