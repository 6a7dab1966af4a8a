"""Structures: what templates pick, how a whole moves, what an order makes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio.option_chain import math as chain_math
from portfolio.option_chain import structures
from portfolio.option_chain.facts import ChainExpiration, StrikeRow
from portfolio.option_chain.structures import NoStructure, Part, Parts
from portfolio.option_chain.templates import TEMPLATES, Wish, build
from tests.portfolio.chain_fixtures import STRIKES, chain, expiration, future_chain

SPOT = Decimal("100.40")


def deltas(item: ChainExpiration, right: str, row: StrikeRow) -> float | None:
    return chain_math.model_delta(right, float(SPOT), float(row.strike), 0.3, item.days)


def made(name: str, **wish: object) -> Parts:
    return build(chain(), Wish(name, **wish), SPOT, deltas)  # type: ignore[arg-type]


def shape(parts: Parts) -> list[tuple[int, str, int]]:
    """(ratio, right, strike) of each option, in order."""
    return [(part.ratio, part.right, int(part.at)) for part in parts if part.is_option]


WIDE = {"delta": 25, "width": Decimal(5)}


@pytest.mark.parametrize(
    ("name", "wish", "expected"),
    [
        ("put-credit", WIDE, [(-1, "P", 95), (1, "P", 90)]),
        ("call-credit", WIDE, [(-1, "C", 110), (1, "C", 115)]),
        ("call-debit", {"delta": 50, "width": 10}, [(1, "C", 100), (-1, "C", 110)]),
        ("put-debit", {"delta": 50, "width": 10}, [(1, "P", 100), (-1, "P", 90)]),
        ("iron-condor", WIDE, [(1, "P", 90), (-1, "P", 95), (-1, "C", 110), (1, "C", 115)]),
        (
            "iron-fly",
            {"width": Decimal(10)},
            [(1, "P", 90), (-1, "P", 100), (-1, "C", 100), (1, "C", 110)],
        ),
        (
            "call-butterfly",
            {"delta": 50, "width": 5},
            [(1, "C", 95), (-2, "C", 100), (1, "C", 105)],
        ),
        ("put-butterfly", {"delta": 50, "width": 5}, [(1, "P", 95), (-2, "P", 100), (1, "P", 105)]),
        ("strangle", {"delta": 25}, [(-1, "P", 95), (-1, "C", 110)]),
        ("straddle", {}, [(-1, "P", 100), (-1, "C", 100)]),
        ("jade-lizard", WIDE, [(-1, "P", 95), (-1, "C", 110), (1, "C", 115)]),
        ("covered-call", {"delta": 25}, [(-1, "C", 110)]),
        ("collar", {"delta": 25}, [(1, "P", 95), (-1, "C", 110)]),
        ("call-ratio", WIDE, [(1, "C", 110), (-2, "C", 115)]),
        ("put-ratio", WIDE, [(1, "P", 95), (-2, "P", 90)]),
        ("call-calendar", {"delta": 50}, [(-1, "C", 100), (1, "C", 100)]),
        ("put-diagonal", {"delta": 25, "width": 5}, [(-1, "P", 95), (1, "P", 100)]),
        ("call-diagonal", {"delta": 25, "width": 5}, [(-1, "C", 110), (1, "C", 105)]),
    ],
)
def test_templates(name, wish, expected):
    assert shape(made(name, **wish)) == expected


def test_every_template_of_the_list_can_be_built_with_what_is_usual():
    for name in TEMPLATES:
        parts = made(name)
        assert 2 <= len(parts) <= 4
        assert len({part.symbol for part in parts}) == len(parts)


def test_the_expiration_nearest_to_the_days_is_taken():
    assert {part.key for part in made("strangle", days=50)} == {chain().expirations[1].key}
    near, far = made("call-calendar", days=12)
    assert (near.key, far.key) == (chain().expirations[0].key, chain().expirations[1].key)
    assert made("call-calendar", days=12, far_days=80)[1].key == chain().expirations[2].key


def test_shares_or_the_future_stand_under_a_covered_call():
    assert made("covered-call")[0] == Part(100, "XYZ")
    on_future = build(future_chain(), Wish("covered-call"), SPOT, deltas)
    assert on_future[0] == Part(1, "/XYZ6")


def test_what_cannot_be_built_says_why():
    with pytest.raises(NoStructure, match="no strike that far out"):
        build(chain(expiration(45, [Decimal(100)])), Wish("put-credit"), SPOT, deltas)
    with pytest.raises(NoStructure, match="No deltas"):
        build(chain(), Wish("put-credit"), SPOT, lambda *_: None)
    with pytest.raises(NoStructure, match="later expiration"):
        build(chain(expiration(45)), Wish("call-calendar"), SPOT, deltas)
    odd = chain(expiration(45, shares=None))
    with pytest.raises(NoStructure, match="how many shares"):
        build(odd, Wish("collar"), SPOT, deltas)
    with pytest.raises(NoStructure, match="no such template"):
        build(chain(), Wish("wish"), SPOT, deltas)


# --- moves ------------------------------------------------------------------------------------


def test_up_and_down_move_every_strike_alike():
    condor = made("iron-condor", **WIDE)
    up = structures.shifted(chain(), condor, 1)
    assert [strike for *_, strike in shape(up)] == [95, 100, 115, 120]
    assert structures.shifted(chain(), up, -1) == condor


def test_up_skips_distances_at_which_a_strike_is_missing():
    gaps = chain(expiration(45, [Decimal(n) for n in (90, 95, 100, 102, 105, 110, 115)]))
    legs = tuple(
        part
        for strike, ratio in ((95, -1), (100, 1))
        if (
            part := structures.part_of(
                gaps, gaps.expirations[0].by_strike[strike].put.symbol, ratio
            )
        )
    )
    assert [strike for *_, strike in shape(structures.shifted(gaps, legs, 1))] == [100, 105]


def test_at_the_edge_there_is_nowhere_to_go():
    condor = made("iron-condor", **WIDE)
    with pytest.raises(NoStructure, match="move all legs"):
        for _ in STRIKES:
            condor = structures.shifted(chain(), condor, 1)


def test_shares_stay_where_they_are():
    covered = made("covered-call", delta=25)
    assert structures.shifted(chain(), covered, 1)[0] == covered[0]
    assert structures.rolled(chain(), covered, 1)[0] == covered[0]


def test_out_and_in():
    spread = made("put-credit", **WIDE)
    out = structures.rolled(chain(), spread, 1)
    assert {part.key for part in out} == {chain().expirations[2].key}
    assert shape(out) == shape(spread)
    assert structures.rolled(chain(), out, -1) == spread
    with pytest.raises(NoStructure, match="No later expiration"):
        structures.rolled(chain(), out, 1)


def test_out_moves_both_expirations_of_a_calendar():
    near, far = structures.rolled(chain(), made("call-calendar", days=10), 1)
    assert (near.key, far.key) == (chain().expirations[1].key, chain().expirations[2].key)


def test_out_passes_over_an_expiration_without_the_strikes():
    sparse = chain(expiration(10), expiration(45, [Decimal(100)]), expiration(75))
    spread = build(sparse, Wish("put-credit", days=10, delta=25), SPOT, deltas)
    assert {part.key for part in structures.rolled(sparse, spread, 1)} == {
        sparse.expirations[2].key
    }


@pytest.mark.parametrize(
    ("name", "wish", "wider"),
    [
        ("put-credit", WIDE, [95, 85]),
        ("call-debit", {"delta": 50, "width": 5}, [100, 110]),
        ("iron-condor", WIDE, [85, 95, 110, 120]),
        ("iron-fly", {"width": 10}, [85, 100, 100, 115]),
        ("call-butterfly", {"delta": 50, "width": 5}, [90, 100, 110]),
        ("strangle", {"delta": 25}, [90, 115]),
        ("straddle", {}, [95, 105]),
        ("jade-lizard", WIDE, [95, 110, 120]),
    ],
)
def test_wider_moves_the_outer_legs_and_narrower_takes_it_back(name, wish, wider):
    parts = made(name, **wish)
    found = structures.widened(chain(), parts, 1)
    assert [strike for *_, strike in shape(found)] == wider
    assert structures.widened(chain(), found, -1) == parts


def test_legs_never_meet():
    with pytest.raises(NoStructure, match="two legs would meet"):
        structures.widened(chain(), made("put-credit", **WIDE), -1)
    with pytest.raises(NoStructure, match="One strike alone"):
        structures.widened(chain(), made("call-calendar"), 1)


def test_a_leg_picked_again_adds_up_and_its_opposite_takes_it_away():
    (short, _) = made("put-credit")
    twice = structures.added((short,), short)
    assert [part.ratio for part in twice] == [-2]
    assert structures.added((short,), Part(1, short.symbol)) == ()


def test_a_fifth_leg_is_not_added():
    condor = made("iron-condor", **WIDE)
    other = structures.part_of(chain(), chain().expirations[0].rows[0].call.symbol, 1)
    with pytest.raises(NoStructure, match="four legs at most"):
        structures.added(condor, other)


# --- orders -----------------------------------------------------------------------------------


def test_an_order_opens_what_is_new_and_closes_what_is_held():
    short, long = made("put-credit", **WIDE)
    held = {short.symbol: Decimal(3), long.symbol: Decimal(2)}
    legs = structures.order_legs(chain(), (short, long), 2, held)
    assert [(leg.action, leg.quantity) for leg in legs] == [
        ("Sell to Close", Decimal(2)),
        ("Buy to Open", Decimal(2)),
    ]
    assert {leg.instrument_type for leg in legs} == {"Equity Option"}


def test_shares_and_futures_are_of_their_own_kind():
    covered = made("covered-call")
    (shares, _) = structures.order_legs(chain(), covered, 3, {})
    assert (shares.instrument_type, shares.action, shares.quantity) == (
        "Equity",
        "Buy to Open",
        Decimal(300),
    )
    on_future = build(future_chain(), Wish("covered-call"), SPOT, deltas)
    (future, option) = structures.order_legs(future_chain(), on_future, 1, {})
    assert (future.instrument_type, future.action) == ("Future", "Buy")
    assert option.instrument_type == "Future Option"


def test_figures_of_the_chain():
    assert chain_math.sigma_move(100, 0.30, 45) == pytest.approx(
        Decimal("10.53"), abs=Decimal("0.01")
    )
    pairs = [Decimal("3.20"), Decimal("2.50")]
    assert chain_math.quoted_move(Decimal("4.10"), pairs) == Decimal("3.67")
    assert chain_math.quoted_move(None, pairs) is None
    assert chain_math.model_delta("C", 100, 100, 0.3, 45) == pytest.approx(0.521, abs=0.001)
    assert chain_math.model_delta("P", 100, 100, 0.3, 45) == pytest.approx(-0.479, abs=0.001)
    assert chain_math.model_delta("C", 100, 100, 0, 45) is None
