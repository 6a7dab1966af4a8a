"""One unit of a structure → its name. Shapes are tested at equal series unless they say otherwise.

Ratios are signed and divided by their greatest common divisor; shares and futures are counted in
deliverables of one option.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum
from itertools import pairwise

from portfolio.analytics.strategies.legs import Form, Item

C, P = Form.CALL, Form.PUT


class Strategy(Enum):
    """The names, as they are shown. Order is preference among shapes of the same size."""

    LONG_BOX = "Long box"
    SHORT_BOX = "Short box"
    IRON_CONDOR = "Iron condor"
    IRON_FLY = "Iron fly"
    INVERSE_IRON_CONDOR = "Inverse iron condor"
    INVERSE_IRON_FLY = "Inverse iron fly"
    CALL_CONDOR = "Call condor"
    PUT_CONDOR = "Put condor"
    DOUBLE_CALENDAR = "Double calendar"
    DOUBLE_DIAGONAL = "Double diagonal"
    CONVERSION = "Conversion"
    REVERSAL = "Reversal"
    COLLAR = "Collar"
    COVERED_STRANGLE = "Covered strangle"
    CALL_BUTTERFLY = "Call butterfly"
    PUT_BUTTERFLY = "Put butterfly"
    BROKEN_WING_BUTTERFLY = "Broken-wing butterfly"
    BIG_LIZARD = "Big lizard"
    JADE_LIZARD = "Jade lizard"
    REVERSE_JADE_LIZARD = "Reverse jade lizard"
    SUPER_BULL = "Super bull"
    SUPER_BEAR = "Super bear"
    COVERED_CALL = "Covered call"
    COVERED_PUT = "Covered put"
    PROTECTIVE_PUT = "Protective put"
    BULL_PUT_SPREAD = "Bull put spread"
    BEAR_CALL_SPREAD = "Bear call spread"
    BULL_CALL_SPREAD = "Bull call spread"
    BEAR_PUT_SPREAD = "Bear put spread"
    SHORT_STRADDLE = "Short straddle"
    LONG_STRADDLE = "Long straddle"
    SHORT_STRANGLE = "Short strangle"
    LONG_STRANGLE = "Long strangle"
    CALENDAR = "Calendar"
    PMCC = "PMCC"
    DIAGONAL = "Diagonal"
    RATIO_SPREAD = "Ratio spread"
    BACK_SPREAD = "Back spread"
    ZEBRA = "ZEBRA"
    SYNTHETIC_LONG = "Synthetic long"
    SYNTHETIC_SHORT = "Synthetic short"
    RISK_REVERSAL = "Risk reversal"
    CASH_SECURED_PUT = "Cash-secured put"
    LONG_CALL = "Long call"
    LONG_PUT = "Long put"
    SHORT_CALL = "Short call"
    SHORT_PUT = "Short put"
    LONG_STOCK = "Long stock"
    SHORT_STOCK = "Short stock"
    LONG_FUTURE = "Long future"
    SHORT_FUTURE = "Short future"
    CUSTOM = "Custom"


S = Strategy
RANK = {name: position for position, name in enumerate(Strategy)}
# Their value at the near expiration depends on a model of the far legs.
BY_MODEL = frozenset({S.CALENDAR, S.DIAGONAL, S.PMCC, S.DOUBLE_CALENDAR, S.DOUBLE_DIAGONAL})


def name_of(items: Sequence[Item], spot: Decimal | None, *, has_cash: bool = False) -> S | None:
    """The name of one unit, None when no shape fits. ``spot`` helps to tell ITM from OTM."""
    shares = [item for item in items if item.form in (Form.STOCK, Form.FUTURE)]
    options = sorted(
        (item for item in items if item.form in (C, P)),
        key=lambda item: (item.form is C, item.strike, item.series),
    )
    if len(shares) > 1 or not items:
        return None
    if shares:
        return _with_shares(shares[0], options)
    if len(options) == 1:
        return _single(options[0], has_cash)
    test = _TESTS.get(len(options))
    return test(options, spot) if test else None


def _single(item: Item, has_cash: bool) -> S | None:
    if abs(item.ratio) != 1:
        return None
    if item.ratio > 0:
        return S.LONG_CALL if item.form is C else S.LONG_PUT
    if item.form is C:
        return S.SHORT_CALL
    return S.CASH_SECURED_PUT if has_cash else S.SHORT_PUT


def _with_shares(shares: Item, options: Sequence[Item]) -> S | None:
    if not options:
        is_future, is_long = shares.form is Form.FUTURE, shares.ratio > 0
        stock = S.LONG_STOCK if is_long else S.SHORT_STOCK
        return (S.LONG_FUTURE if is_long else S.SHORT_FUTURE) if is_future else stock
    if not _one_series(options) or any(abs(i.ratio) != 1 for i in (shares, *options)):
        return None
    signs: tuple[object, ...] = (shares.ratio, *((i.form, i.ratio) for i in options))
    simple: dict[tuple[object, ...], S] = {
        (1, (C, -1)): S.COVERED_CALL,
        (-1, (P, -1)): S.COVERED_PUT,
        (1, (P, 1)): S.PROTECTIVE_PUT,
    }
    if len(options) != 2:
        return simple.get(signs)
    put, call = options[0].strike, options[1].strike
    if signs == (1, (P, 1), (C, -1)):
        return S.CONVERSION if put == call else (S.COLLAR if put < call else None)
    if signs == (-1, (P, -1), (C, 1)):
        return S.REVERSAL if put == call else None
    return S.COVERED_STRANGLE if signs == (1, (P, -1), (C, -1)) and put <= call else None


def _one_series(options: Sequence[Item]) -> bool:
    return len({item.series for item in options}) == 1


def _two(options: Sequence[Item], spot: Decimal | None) -> S | None:
    first, second = options
    if not _one_series(options):
        return _calendar(options, spot)
    if first.form is second.form:
        return _same_right(first, second, spot)
    ratios = (first.ratio, second.ratio)
    if first.strike > second.strike:
        return None
    at_once = first.strike == second.strike
    return {
        (-1, -1): S.SHORT_STRADDLE if at_once else S.SHORT_STRANGLE,
        (1, 1): S.LONG_STRADDLE if at_once else S.LONG_STRANGLE,
        (-1, 1): S.SYNTHETIC_LONG if at_once else S.RISK_REVERSAL,
        (1, -1): S.SYNTHETIC_SHORT if at_once else S.RISK_REVERSAL,
    }.get(ratios)


def _same_right(low: Item, high: Item, spot: Decimal | None) -> S | None:
    """Verticals and ratios; ``near`` is the strike that is reached first."""
    if low.strike == high.strike:
        return None
    near, far = (low, high) if low.form is C else (high, low)
    ratios = (near.ratio, far.ratio)
    if ratios == (1, -1):
        return S.BULL_CALL_SPREAD if low.form is C else S.BEAR_PUT_SPREAD
    if ratios == (-1, 1):
        return S.BEAR_CALL_SPREAD if low.form is C else S.BULL_PUT_SPREAD
    if ratios == (2, -1):
        return S.ZEBRA if _is_in_the_money(near, spot) else None
    return {(1, -2): S.RATIO_SPREAD, (-1, 2): S.BACK_SPREAD}.get(ratios)


def _is_in_the_money(item: Item, spot: Decimal | None) -> bool:
    """Whether it is, as far as is known."""
    if spot is None:
        return True
    return item.strike < spot if item.form is C else item.strike > spot


def _calendar(options: Sequence[Item], spot: Decimal | None) -> S | None:
    near, far = sorted(options, key=lambda item: item.series)
    if near.form is not far.form or (near.ratio, far.ratio) != (-1, 1):
        return None
    if near.strike == far.strike:
        return S.CALENDAR
    covered = far.form is C and far.strike < near.strike
    deep = spot is not None and far.strike < spot <= near.strike
    return S.PMCC if covered and deep else S.DIAGONAL


def _three(options: Sequence[Item], spot: Decimal | None) -> S | None:
    if not _one_series(options):
        return None
    puts = [item for item in options if item.form is P]
    calls = [item for item in options if item.form is C]
    if not puts or not calls:
        return _butterfly(options)
    ratios = ([item.ratio for item in puts], [item.ratio for item in calls])
    if ratios == ([-1], [-1, 1]) and puts[0].strike <= calls[0].strike < calls[1].strike:
        return S.BIG_LIZARD if puts[0].strike == calls[0].strike else S.JADE_LIZARD
    if ratios == ([1, -1], [-1]) and puts[0].strike < puts[1].strike <= calls[0].strike:
        return S.REVERSE_JADE_LIZARD
    if ratios == ([-1], [1, -1]) and puts[0].strike <= calls[0].strike < calls[1].strike:
        return S.SUPER_BULL
    if ratios == ([-1, 1], [-1]) and puts[0].strike < puts[1].strike <= calls[0].strike:
        return S.SUPER_BEAR
    return None


def _butterfly(options: Sequence[Item]) -> S | None:
    low, body, high = options
    if (low.ratio, body.ratio, high.ratio) != (1, -2, 1) or not low.strike < body.strike:
        return None
    if body.strike >= high.strike:
        return None
    if body.strike - low.strike != high.strike - body.strike:
        return S.BROKEN_WING_BUTTERFLY
    return S.CALL_BUTTERFLY if body.form is C else S.PUT_BUTTERFLY


def _four(options: Sequence[Item], spot: Decimal | None) -> S | None:
    ratios = tuple(item.ratio for item in options)
    puts = sum(1 for item in options if item.form is P)
    if not _one_series(options):
        return _double(options) if puts == 2 else None
    strikes = [item.strike for item in options]
    if puts == 2:
        return _two_and_two(ratios, strikes)
    rising = all(a < b for a, b in pairwise(strikes))
    if puts in (0, 4) and rising and ratios == (1, -1, -1, 1):
        return S.PUT_CONDOR if puts else S.CALL_CONDOR
    return None


def _two_and_two(ratios: tuple[int, ...], strikes: Sequence[Decimal]) -> S | None:
    """Two puts, then two calls, each pair by strike."""
    a, b, c, d = strikes
    if a >= b or c >= d:
        return None
    if (a, b) == (c, d):
        boxes: dict[tuple[int, ...], S] = {
            (-1, 1, 1, -1): S.LONG_BOX,
            (1, -1, -1, 1): S.SHORT_BOX,
        }
        return boxes.get(ratios)
    if b > c:
        return None
    fly = b == c
    condors: dict[tuple[int, ...], S] = {
        (1, -1, -1, 1): S.IRON_FLY if fly else S.IRON_CONDOR,
        (-1, 1, 1, -1): S.INVERSE_IRON_FLY if fly else S.INVERSE_IRON_CONDOR,
    }
    return condors.get(ratios)


def _double(options: Sequence[Item]) -> S | None:
    """A calendar or diagonal on each side, over the same two series."""
    puts = sorted((i for i in options if i.form is P), key=lambda item: item.series)
    calls = sorted((i for i in options if i.form is C), key=lambda item: item.series)
    if [i.series for i in puts] != [i.series for i in calls]:
        return None
    if puts[0].series == puts[1].series:
        return None
    if any((near.ratio, far.ratio) != (-1, 1) for near, far in (puts, calls)):
        return None
    if puts[0].strike > calls[0].strike:
        return None
    same = all(near.strike == far.strike for near, far in (puts, calls))
    return S.DOUBLE_CALENDAR if same else S.DOUBLE_DIAGONAL


_TESTS: dict[int, Callable[[Sequence[Item], Decimal | None], S | None]] = {
    2: _two,
    3: _three,
    4: _four,
}
