"""Which legs are worth a look as one structure: those whose series, rights and signs fit a shape.

Whatever `names.name_of` has a name for is tried here; what can have none is left out early, so
that five hundred legs take milliseconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations, pairwise, product

from portfolio.analytics.strategies.legs import Form, StrategyLeg

# With more options than this in one underlying, only neighbouring series are tried together.
MANY = 16
Series = tuple[date, bool]
Trial = tuple[tuple[StrategyLeg, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A leg by what decides: its sign and right."""

    leg: StrategyLeg
    sign: int
    is_call: bool


def trials(legs: Sequence[StrategyLeg], left: Mapping[str, Decimal]) -> Iterator[Trial]:
    """Legs with their signed sizes in one unit. ``legs`` are sorted by series and strike."""
    shares = [leg for leg in legs if not leg.is_option]
    by_series: dict[Series, list[_Seen]] = defaultdict(list)
    for leg in legs:
        if leg.is_option:
            sign = 1 if left[leg.key] > 0 else -1
            by_series[leg.series].append(_Seen(leg, sign, leg.form is Form.CALL))
    for same in by_series.values():
        yield from _at_once(same)
        for share in shares:
            yield from _covered(share, 1 if left[share.key] > 0 else -1, same)
    count = sum(len(same) for same in by_series.values())
    series = sorted(by_series)
    pairs = combinations(series, 2) if count <= MANY else pairwise(series)
    for near, far in pairs:
        yield from _over_time(by_series[near], by_series[far])


def _trial(chosen: Sequence[_Seen], sizes: Sequence[int]) -> Trial:
    signed = tuple(seen.sign * size for seen, size in zip(chosen, sizes, strict=True))
    return tuple(seen.leg for seen in chosen), signed


def _at_once(same: Sequence[_Seen]) -> Iterator[Trial]:
    """Two to four options of one series."""
    for pair in combinations(same, 2):
        yield _trial(pair, (1, 1))
        if pair[0].is_call is pair[1].is_call and pair[0].sign != pair[1].sign:
            yield _trial(pair, (1, 2))
            yield _trial(pair, (2, 1))
    for three in combinations(same, 3):
        calls = sum(seen.is_call for seen in three)
        if calls in (1, 2):
            yield _trial(three, (1, 1, 1))
        elif (three[0].sign, three[1].sign, three[2].sign) == (1, -1, 1):
            yield _trial(three, (1, 2, 1))
    for four in combinations(same, 4):
        if _is_balanced(four):
            yield _trial(four, (1, 1, 1, 1))


def _is_balanced(four: Sequence[_Seen]) -> bool:
    """As much bought as sold, of each right that takes part."""
    calls = [seen.sign for seen in four if seen.is_call]
    puts = [seen.sign for seen in four if not seen.is_call]
    return len(calls) in (0, 2, 4) and not sum(calls) and not sum(puts)


def _covered(share: StrategyLeg, sign: int, same: Sequence[_Seen]) -> Iterator[Trial]:
    """Shares or a future with one or two options."""
    for size in (1, 2):
        for chosen in combinations(same, size):
            legs, ratios = _trial(chosen, (1,) * size)
            yield (share, *legs), (sign, *ratios)


def _over_time(near: Sequence[_Seen], far: Sequence[_Seen]) -> Iterator[Trial]:
    """Calendars and diagonals: the near one sold, the far one bought; or one on each side."""
    spreads: dict[bool, list[tuple[_Seen, _Seen]]] = {True: [], False: []}
    for early, late in product(near, far):
        if early.is_call is late.is_call and (early.sign, late.sign) == (-1, 1):
            spreads[early.is_call].append((early, late))
            yield _trial((early, late), (1, 1))
    places = {seen.leg.key: place for place, seen in enumerate((*near, *far))}
    for puts, calls in product(spreads[False], spreads[True]):
        four = sorted((*puts, *calls), key=lambda seen: places[seen.leg.key])
        yield _trial(four, (1, 1, 1, 1))
