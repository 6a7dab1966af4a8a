"""One position, or the part of it that a strategy uses, with every number of its row.

Numbers are Decimal for money and prices, float for what a model gave; None is missing, and `BLANK`
is a number that this row does not have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final

from portfolio.analytics import greeks, pnl, ratios
from portfolio.analytics.facts import ZERO, Kind
from portfolio.analytics.performance import Pnl
from portfolio.facts import Leg
from portfolio.live.valuation import LegValue, value_leg

if TYPE_CHECKING:
    from portfolio.positions.scene import Scene


class Blank(Enum):
    """What a row does not have, as against what is missing of it."""

    BLANK = ""


BLANK: Final = Blank.BLANK
Number = Decimal | float | int
Amount = Number | None | Blank


class LegView:
    """A leg of the table. ``share`` of the whole position is 1 unless strategies part it; ``key``
    is what its DOM ids are made of: `leg-12`, or `leg-12.1` for the second part.

    Its numbers are worked out once an instant, by whatever row needs them first: the row of the
    leg, and the sums of every group that it is in. `forget` begins a new instant.
    """

    __slots__ = ("_amounts", "_pk", "_value", "_values", "_whole", "key", "leg", "scene", "share")

    def __init__(self, scene: Scene, leg: Leg, *, part: Decimal | None = None, place: int = 0):
        self.scene, self.leg, self.share = scene, leg, Decimal(1)
        self.key = f"leg-{leg.pk}"
        self._pk, self._values = leg.pk, scene.valuation.values
        self._amounts: dict[str, Amount] = {}
        self._whole: LegValue | None = None
        self._value: LegValue | None = None
        if part is not None and part != leg.holding.quantity:
            self.share = part / leg.holding.quantity
            self.key += f".{place}"
            realized = leg.holding.realized_day * self.share
            holding = replace(leg.holding, quantity=part, realized_day=realized)
            self.leg = replace(leg, holding=holding)

    @property
    def is_part(self) -> bool:
        return self.share != 1

    @property
    def value(self) -> LegValue:
        """At the marks of now."""
        whole = self._values[self._pk]
        if self.share == 1:
            return whole
        if self._value is None or self._whole is not whole:
            self._whole = whole
            book = self.scene.valuation.book(self.leg.feed)
            self._value = value_leg(self.leg, book, self.scene.now)
        return self._value

    def amount(self, key: str, work: Callable[[LegView], Amount]) -> Amount:
        """The number of a column at this instant."""
        try:
            return self._amounts[key]
        except KeyError:
            found = self._amounts[key] = work(self)
            return found

    def forget(self) -> None:
        """Its mark, or the price of its underlying, is another now."""
        self._amounts.clear()

    @property
    def pnl(self) -> Pnl:
        """Of the whole position, from its lots."""
        return self.scene.pnl(self.leg.pk)

    @property
    def is_closed(self) -> bool:
        return self.leg.closed_today

    def shared(self, amount: Decimal | None) -> Decimal | None:
        """This part's share of an amount of the whole position."""
        return amount if amount is None or not self.is_part else amount * self.share

    def fees(self, amount: Decimal) -> Decimal:
        """Fees that count where the page shows figures after fees; else nothing."""
        return (self.shared(amount) or ZERO) if self.scene.after_fees else ZERO

    @property
    def spot(self) -> Decimal | None:
        """The price of what it delivers, per unit of its multiplier."""
        if not self.leg.is_option:
            return self.value.mark.price if self.value.mark else None
        mark, units = self.scene.spot_of(self.leg), self.leg.units
        return None if mark is None or units is None else mark.price * units


# --- Numbers of a leg ---------------------------------------------------------------------------


def quantity(view: LegView) -> Amount:
    return view.leg.holding.quantity


def days_left(view: LegView) -> Amount:
    """Calendar days; below one on the last day; nothing for what does not expire."""
    leg = view.leg
    if leg.days is None or view.is_closed:
        return BLANK if not leg.is_option or view.is_closed else None
    if leg.days > 0:
        return leg.days
    if leg.seconds_left is not None and leg.days == 0:
        return max(Decimal(0), Decimal(int(leg.seconds_left)) / 86_400)
    return Decimal(0)


def held_days(view: LegView) -> Amount:
    """Days since the oldest open lot was opened."""
    if view.is_closed:
        return BLANK
    opened = view.scene.ledgers.opened(view.scene.legs[view.leg.pk])
    return None if opened is None else (view.scene.today(view.leg.account_pk) - opened).days


def open_price(view: LegView) -> Amount:
    return view.leg.holding.open_price


def mark(view: LegView) -> Amount:
    if view.is_closed:
        return BLANK
    return view.value.mark.price if view.value.mark else None


def bid(view: LegView) -> Amount:
    return _side(view, "bid")


def ask(view: LegView) -> Amount:
    return _side(view, "ask")


def _side(view: LegView, name: str) -> Amount:
    if view.is_closed:
        return BLANK
    quote = view.scene.valuation.book(view.leg.feed).quote(view.leg.streamer_symbol)
    price = getattr(quote, name) if quote is not None else None
    return None if price is None else Decimal(str(price))


def open_pnl(view: LegView) -> Amount:
    amount = view.value.open.value
    if amount is None or not view.scene.after_fees:
        return amount
    return amount - view.fees(view.pnl.fees_open)


def day_pnl(view: LegView) -> Amount:
    amount = view.value.day.value
    if amount is None or not view.scene.after_fees:
        return amount
    return amount - view.fees(view.pnl.fees_day)


def year_pnl(view: LegView) -> Amount:
    amount = view.shared(view.pnl.year.value)
    return None if amount is None else amount - view.fees(view.pnl.fees_year)


def realized(view: LegView) -> Amount:
    found = view.pnl
    amount = view.shared(found.realized.value)
    return None if amount is None else amount - view.fees(found.fees - found.fees_open)


def fees_paid(view: LegView) -> Amount:
    return view.shared(view.pnl.fees)


def cost(view: LegView) -> Amount:
    return BLANK if view.is_closed else pnl.cost(view.leg.holding)


def pnl_ratio(view: LegView) -> Amount:
    """P/L Open ÷ |cost|; nothing to divide by where the cost is less than a tick."""
    amount = open_pnl(view)
    if view.is_closed or isinstance(amount, Blank | float):
        return BLANK
    return pnl.pnl_ratio(amount, pnl.cost(view.leg.holding))


def net_liq(view: LegView) -> Amount:
    """q · m · M; of a future only what moved since the last settlement, the rest is cash."""
    if view.is_closed:
        return BLANK
    holding, at = view.leg.holding, view.value.mark
    if holding.kind is not Kind.FUTURE:
        return view.value.value
    moved = view.value.day.value
    return None if at is None or moved is None else moved - holding.realized_day


def intrinsic(view: LegView) -> Amount:
    found = _worth(view)
    if isinstance(found, Blank) or found is None:
        return found
    spot, _, strike, scale = found
    return ratios.intrinsic(spot, strike, is_call=view.leg.right == "C") * scale


def extrinsic(view: LegView) -> Amount:
    found = _worth(view)
    if isinstance(found, Blank) or found is None:
        return found
    spot, price, strike, scale = found
    return ratios.extrinsic(price, spot, strike, is_call=view.leg.right == "C") * scale


def _worth(view: LegView) -> tuple[Decimal, Decimal, Decimal, Decimal] | Blank | None:
    """Spot, mark, strike and signed scale of an option."""
    if not view.leg.is_option or view.is_closed:
        return BLANK
    holding, spot, at = view.leg.holding, view.spot, view.value.mark
    if spot is None or at is None or view.leg.strike is None or holding.multiplier is None:
        return None
    return spot, at.price, view.leg.strike, holding.quantity * holding.multiplier


def is_in_the_money(view: LegView) -> bool | None:
    """None where no price says so, or it is no option."""
    spot, strike = view.spot, view.leg.strike
    if not view.leg.is_option or spot is None or strike is None:
        return None
    return ratios.intrinsic(spot, strike, is_call=view.leg.right == "C") > 0


def _greek(view: LegView, name: str) -> Amount:
    return BLANK if view.is_closed else getattr(view.value.greeks, name)


def delta(view: LegView) -> Amount:
    return _greek(view, "delta")


def gamma(view: LegView) -> Amount:
    return _greek(view, "gamma")


def theta(view: LegView) -> Amount:
    return _greek(view, "theta")


def vega(view: LegView) -> Amount:
    return _greek(view, "vega")


def volatility(view: LegView) -> Amount:
    return view.value.volatility if view.leg.is_option and not view.is_closed else BLANK


def beta_delta(view: LegView) -> Amount:
    """Position delta · β · S ÷ S of the benchmark."""
    if view.is_closed:
        return BLANK
    beta, _ = view.scene.beta(view.leg.underlying)
    spot, base = view.spot, view.scene.benchmark_price
    return greeks.beta_weighted_delta(
        view.value.greeks.delta,
        beta,
        None if spot is None else float(spot),
        None if base is None else float(base),
    )
