"""What an expiration does to a book: shares, cash, and what is left uncovered.

Exercise is assumed by the broker's rule, at least one cent in the money; near the strike both
outcomes are shown. Money is exact and signed from the account's side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from portfolio.analytics.facts import ZERO
from portfolio.analytics.strategies.legs import Form

CENT = Decimal("0.01")


class Settlement(Enum):
    """How an option ends: by delivery of its underlying, or in cash."""

    PHYSICAL = "shares or futures are delivered"
    CASH = "the difference is paid in cash"


class Fate(Enum):
    """What becomes of a leg, in words for people."""

    EXPIRES = "expires worthless"
    EXERCISED = "is exercised"
    ASSIGNED = "is assigned"
    SETTLED = "is settled in cash"
    UNKNOWN = "not known: no price of the underlying"


@dataclass(frozen=True, slots=True)
class ExpiringLeg:
    """An option or a holding of its underlying. ``multiplier`` is money per point of price;
    ``delivered`` units change hands per option (100 shares, 1 future)."""

    key: str
    account: str
    underlying: str
    form: Form
    quantity: Decimal
    multiplier: Decimal
    delivered: Decimal = Decimal(1)
    strike: Decimal | None = None
    expiration: date | None = None
    settlement: Settlement = Settlement.PHYSICAL
    is_morning: bool = False
    mark: Decimal | None = None

    @property
    def is_option(self) -> bool:
        return self.form in (Form.CALL, Form.PUT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One leg at its expiration. ``shares`` and ``cash`` change the account; ``in_the_money`` is
    per unit of the underlying (0 when out), None when not known."""

    leg: ExpiringLeg
    fate: Fate
    in_the_money: Decimal | None
    shares: Decimal
    cash: Decimal
    is_pinned: bool
    extrinsic: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account and underlying after the date: what changes, what is then held, what is short
    without cover (calls against shares, in units of the underlying), and the strikes at risk.
    ``uncovered_legs`` are the sold calls that ``uncovered`` counts, the highest strikes first: what
    covers is given to the lowest."""

    account: str
    underlying: str
    outcomes: tuple[Outcome, ...]
    shares_before: Decimal
    shares_after: Decimal
    cash: Decimal
    uncovered: Decimal
    pinned: tuple[Decimal, ...]
    is_complete: bool
    pinned_shares: tuple[Decimal, Decimal] = field(default=(ZERO, ZERO))
    uncovered_legs: tuple[ExpiringLeg, ...] = ()


def outcome(leg: ExpiringLeg, spot: Decimal | None, band: Decimal) -> Outcome:
    """What becomes of one option with its underlying at ``spot``; ``band`` is the pin-risk
    distance as a fraction of the strike."""
    if spot is None or leg.strike is None:
        return Outcome(leg, Fate.UNKNOWN, None, ZERO, ZERO, False, None)
    depth = spot - leg.strike if leg.form is Form.CALL else leg.strike - spot
    inside = max(depth, ZERO)
    extrinsic = None if leg.mark is None else max(ZERO, leg.mark - inside)
    pinned = abs(depth) <= band * leg.strike and leg.settlement is Settlement.PHYSICAL
    if inside < CENT:
        return Outcome(leg, Fate.EXPIRES, inside, ZERO, ZERO, pinned, extrinsic)
    if leg.settlement is Settlement.CASH:
        paid = leg.quantity * inside * leg.multiplier
        return Outcome(leg, Fate.SETTLED, inside, ZERO, paid, False, extrinsic)
    shares, cash = delivery(leg)
    fate = Fate.EXERCISED if leg.quantity > 0 else Fate.ASSIGNED
    return Outcome(leg, fate, inside, shares, cash, pinned, extrinsic)


def delivery(leg: ExpiringLeg) -> tuple[Decimal, Decimal]:
    """Shares received and cash received when all of it is exercised or assigned.

    A future that is delivered costs nothing: its variation begins at the strike.
    """
    sign = 1 if leg.form is Form.CALL else -1
    shares = sign * leg.quantity * leg.delivered
    is_future = leg.delivered != leg.multiplier and leg.delivered == 1
    cash = ZERO if is_future else -sign * leg.quantity * (leg.strike or ZERO) * leg.multiplier
    return shares, cash


def view(
    legs: Iterable[ExpiringLeg],
    day: date,
    spots: Mapping[str, Decimal],
    *,
    band: Decimal = Decimal("0.005"),
) -> list[AccountView]:
    """What the expirations up to and on ``day`` do, by account and underlying."""
    groups: dict[tuple[str, str], list[ExpiringLeg]] = defaultdict(list)
    for leg in legs:
        groups[leg.account, leg.underlying].append(leg)
    views = []
    for (account, underlying), members in sorted(groups.items()):
        due = [leg for leg in members if _is_due(leg, day)]
        if due:
            rest = [leg for leg in members if not _is_due(leg, day)]
            outcomes = [outcome(leg, spots.get(underlying), band) for leg in due]
            views.append(_account_view(account, underlying, outcomes, rest))
    return views


def _is_due(leg: ExpiringLeg, day: date) -> bool:
    return leg.is_option and leg.expiration is not None and leg.expiration <= day


def _account_view(
    account: str, underlying: str, outcomes: list[Outcome], rest: list[ExpiringLeg]
) -> AccountView:
    before = sum((leg.quantity for leg in rest if not leg.is_option), ZERO)
    after = before + sum((item.shares for item in outcomes), ZERO)
    low, high = _pinned_range(outcomes, after)
    uncovered = _uncovered(after, rest)
    return AccountView(
        account=account,
        underlying=underlying,
        outcomes=tuple(outcomes),
        shares_before=before,
        shares_after=after,
        cash=sum((item.cash for item in outcomes), ZERO),
        uncovered=uncovered,
        pinned=tuple(sorted({i.leg.strike or ZERO for i in outcomes if i.is_pinned})),
        is_complete=all(item.fate is not Fate.UNKNOWN for item in outcomes),
        pinned_shares=(low, high),
        uncovered_legs=_uncovered_legs(uncovered, rest),
    )


def _pinned_range(outcomes: list[Outcome], after: Decimal) -> tuple[Decimal, Decimal]:
    """The fewest and the most shares, when each pinned leg may end either way."""
    low = high = after
    for item in outcomes:
        if item.is_pinned:
            other = delivery(item.leg)[0] if item.fate is Fate.EXPIRES else -item.shares
            low, high = low + min(other, ZERO), high + max(other, ZERO)
    return low, high


def _uncovered(shares: Decimal, rest: list[ExpiringLeg]) -> Decimal:
    """Units of the underlying that short calls left open would deliver beyond shares and long
    calls at hand."""
    calls = [leg for leg in rest if leg.form is Form.CALL]
    owed = sum((-leg.quantity * leg.delivered for leg in calls if leg.quantity < 0), ZERO)
    long_calls = sum((leg.quantity * leg.delivered for leg in calls if leg.quantity > 0), ZERO)
    return max(ZERO, owed - max(shares, ZERO) - long_calls)


def _uncovered_legs(units: Decimal, rest: list[ExpiringLeg]) -> tuple[ExpiringLeg, ...]:
    """The sold calls that so many units are missing for."""
    sold = [leg for leg in rest if leg.form is Form.CALL and leg.quantity < 0]
    found, left = [], units
    for leg in sorted(sold, key=lambda leg: (-(leg.strike or ZERO), leg.key)):
        if left <= 0:
            break
        found.append(leg)
        left += leg.quantity * leg.delivered
    return tuple(found)


@dataclass(frozen=True, slots=True)
class DividendRisk:
    """A short call likely to be exercised for the dividend: what is left of its time value is less
    than what its holder would miss. ``cost`` is the dividend owed on the shares called away."""

    leg: ExpiringLeg
    dividend: Decimal
    extrinsic: Decimal
    cost: Decimal


def dividend_risks(
    legs: Iterable[ExpiringLeg],
    spots: Mapping[str, Decimal],
    dividends: Mapping[str, tuple[date, Decimal]],
) -> list[DividendRisk]:
    """Short calls in the money over an ex-date with extrinsic value below the dividend.

    ``dividends`` by underlying: the next ex-date and the amount per share. A leg without a mark or
    a spot cannot be judged and is not listed; the expiration view names it.
    """
    found = []
    for leg in legs:
        spot, due = spots.get(leg.underlying), dividends.get(leg.underlying)
        if leg.form is not Form.CALL or leg.quantity >= 0 or spot is None or due is None:
            continue
        if leg.strike is None or leg.mark is None or leg.expiration is None:
            continue
        ex_date, amount = due
        extrinsic = max(ZERO, leg.mark - max(ZERO, spot - leg.strike))
        if leg.expiration >= ex_date and spot > leg.strike and extrinsic < amount:
            cost = -leg.quantity * leg.delivered * amount
            found.append(DividendRisk(leg, amount, extrinsic, cost))
    return found
