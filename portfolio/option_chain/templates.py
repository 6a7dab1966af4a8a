"""Templates of option structures: what a name, a delta, days and a width come to. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from brokerage.execution.commands import FUTURE_OPTION
from portfolio.option_chain.facts import CALL, PUT, Chain, ChainExpiration, StrikeRow
from portfolio.option_chain.structures import Deltas, NoStructure, Part, Parts

DELTA, WIDTH, FAR = "delta", "width", "far"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for; None takes what is usual.

    `delta` from 1 to 99 as traders say it (30 is 0.30), `width` in points of the underlying,
    `far_days` for the second expiration of a calendar or diagonal.
    """

    name: str
    days: int = 45
    delta: int = 30
    width: Decimal | None = None
    far_days: int | None = None


@dataclass(frozen=True)
class Build:
    """What a template picks from: one expiration, the spot price, deltas."""

    chain: Chain
    near: ChainExpiration
    far: ChainExpiration | None
    spot: Decimal
    wish: Wish
    deltas: Deltas = field(repr=False)

    def by_delta(self, right: str, item: ChainExpiration | None = None) -> Decimal:
        """The strike whose delta is nearest to the wish."""
        expiration = item or self.near
        wanted = self.wish.delta / 100
        found = [
            (abs(abs(delta) - wanted), row.strike)
            for row in expiration.rows
            if row.contract(right) and (delta := self.deltas(expiration, right, row)) is not None
        ]
        if not found:
            raise NoStructure("No deltas are known for this expiration yet; try again in a moment.")
        return min(found)[1]

    def at_money(self) -> Decimal:
        return self.near.rows[self.near.nearest(self.spot)].strike

    def away(self, strike: Decimal, direction: int, item: ChainExpiration | None = None) -> Decimal:
        """The strike about one width away, never the same one."""
        expiration = item or self.near
        beyond = [row.strike for row in expiration.rows if (row.strike - strike) * direction > 0]
        if not beyond:
            raise NoStructure("The chain has no strike that far out.")
        aim = strike + self.width * direction
        return min(beyond, key=lambda other: abs(other - aim))

    @property
    def width(self) -> Decimal:
        """The wish, or about one per cent of the spot price."""
        return self.wish.width or self.spot / 100

    def option(
        self, ratio: int, right: str, strike: Decimal, item: ChainExpiration | None = None
    ) -> Part:
        expiration = item or self.near
        row: StrikeRow | None = expiration.by_strike.get(strike)
        contract = row.contract(right) if row else None
        if contract is None:
            raise NoStructure(f"There is no {strike.normalize():f} {right} on that day.")
        return Part(ratio, contract.symbol, expiration.key, right, strike)

    def later(self) -> ChainExpiration:
        if self.far is None:
            raise NoStructure("There is no later expiration for the far leg.")
        return self.far

    def deliverable(self) -> Part:
        """What one contract delivers: its shares, or the future itself."""
        if self.chain.kind == FUTURE_OPTION:
            return Part(1, self.near.underlying)
        if self.near.shares is None or self.near.shares != int(self.near.shares):
            raise NoStructure("The broker does not say how many shares a contract delivers.")
        return Part(int(self.near.shares), self.near.underlying)


@dataclass(frozen=True, slots=True)
class Template:
    """A named recipe; `uses` says which wishes beyond the days it looks at."""

    name: str
    words: str
    family: str
    uses: frozenset[str]
    make: Callable[[Build], list[Part]] = field(repr=False)


TEMPLATES: dict[str, Template] = {}
Recipe = Callable[[Build], list[Part]]


def _template(name: str, words: str, family: str, *uses: str) -> Callable[[Recipe], Recipe]:
    def add(make: Recipe) -> Recipe:
        TEMPLATES[name] = Template(name, words, family, frozenset(uses), make)
        return make

    return add


def build(chain: Chain, wish: Wish, spot: Decimal, deltas: Deltas) -> Parts:
    """The parts of a template; NoStructure when the chain does not have them."""
    template = TEMPLATES.get(wish.name)
    if template is None:
        raise NoStructure("There is no such template.")
    near = chain.nearest_day(wish.days)
    far = None
    if FAR in template.uses:
        far = _far(chain, near, wish)
    return tuple(template.make(Build(chain, near, far, spot, wish, deltas)))


def _far(chain: Chain, near: ChainExpiration, wish: Wish) -> ChainExpiration | None:
    """The later expiration nearest to the wish, or to a month more: same settlement and future."""
    aim = wish.far_days if wish.far_days is not None else near.days + 30
    later = [
        item
        for item in chain.expirations
        if item.day > near.day
        and (item.settlement, item.underlying) == (near.settlement, near.underlying)
    ]
    return min(later, key=lambda item: abs(item.days - aim), default=None)


# --- verticals --------------------------------------------------------------------------------


def _vertical(b: Build, right: str, ratio: int) -> list[Part]:
    """One contract by delta and one a width further out of the money."""
    strike = b.by_delta(right)
    outer = b.away(strike, 1 if right == CALL else -1)
    return [b.option(ratio, right, strike), b.option(-ratio, right, outer)]


@_template("put-credit", "Put spread, sold", "Vertical", DELTA, WIDTH)
def _put_credit(b: Build) -> list[Part]:
    return _vertical(b, PUT, -1)


@_template("call-credit", "Call spread, sold", "Vertical", DELTA, WIDTH)
def _call_credit(b: Build) -> list[Part]:
    return _vertical(b, CALL, -1)


@_template("call-debit", "Call spread, bought", "Vertical", DELTA, WIDTH)
def _call_debit(b: Build) -> list[Part]:
    return _vertical(b, CALL, 1)


@_template("put-debit", "Put spread, bought", "Vertical", DELTA, WIDTH)
def _put_debit(b: Build) -> list[Part]:
    return _vertical(b, PUT, 1)


# --- both sides -------------------------------------------------------------------------------


@_template("iron-condor", "Iron condor", "Condor and fly", DELTA, WIDTH)
def _iron_condor(b: Build) -> list[Part]:
    return [*reversed(_vertical(b, PUT, -1)), *_vertical(b, CALL, -1)]


@_template("iron-fly", "Iron fly", "Condor and fly", WIDTH)
def _iron_fly(b: Build) -> list[Part]:
    middle = b.at_money()
    return [
        b.option(1, PUT, b.away(middle, -1)),
        b.option(-1, PUT, middle),
        b.option(-1, CALL, middle),
        b.option(1, CALL, b.away(middle, 1)),
    ]


def _fly(b: Build, right: str) -> list[Part]:
    middle = b.by_delta(right)
    return [
        b.option(1, right, b.away(middle, -1)),
        b.option(-2, right, middle),
        b.option(1, right, b.away(middle, 1)),
    ]


@_template("call-butterfly", "Call butterfly", "Condor and fly", DELTA, WIDTH)
def _call_fly(b: Build) -> list[Part]:
    return _fly(b, CALL)


@_template("put-butterfly", "Put butterfly", "Condor and fly", DELTA, WIDTH)
def _put_fly(b: Build) -> list[Part]:
    return _fly(b, PUT)


@_template("strangle", "Strangle, sold", "Strangle and straddle", DELTA)
def _strangle(b: Build) -> list[Part]:
    return [b.option(-1, PUT, b.by_delta(PUT)), b.option(-1, CALL, b.by_delta(CALL))]


@_template("straddle", "Straddle, sold", "Strangle and straddle")
def _straddle(b: Build) -> list[Part]:
    return [b.option(-1, PUT, b.at_money()), b.option(-1, CALL, b.at_money())]


@_template("jade-lizard", "Jade lizard", "Strangle and straddle", DELTA, WIDTH)
def _jade_lizard(b: Build) -> list[Part]:
    return [b.option(-1, PUT, b.by_delta(PUT)), *_vertical(b, CALL, -1)]


# --- two expirations --------------------------------------------------------------------------


def _calendar(b: Build, right: str) -> list[Part]:
    later = b.later()
    aim = b.by_delta(right)
    common = [strike for strike in b.near.strikes if strike in later.by_strike]
    if not common:
        raise NoStructure("The two expirations have no strike in common.")
    strike = min(common, key=lambda item: abs(item - aim))
    return [b.option(-1, right, strike), b.option(1, right, strike, later)]


@_template("call-calendar", "Call calendar", "Calendar and diagonal", DELTA, FAR)
def _call_calendar(b: Build) -> list[Part]:
    return _calendar(b, CALL)


@_template("put-calendar", "Put calendar", "Calendar and diagonal", DELTA, FAR)
def _put_calendar(b: Build) -> list[Part]:
    return _calendar(b, PUT)


def _diagonal(b: Build, right: str) -> list[Part]:
    """Sold near by delta, bought later a width nearer to the money: the risk is what is paid."""
    later = b.later()
    strike = b.by_delta(right)
    inner = b.away(strike, -1 if right == CALL else 1, later)
    return [b.option(-1, right, strike), b.option(1, right, inner, later)]


@_template("call-diagonal", "Call diagonal", "Calendar and diagonal", DELTA, WIDTH, FAR)
def _call_diagonal(b: Build) -> list[Part]:
    return _diagonal(b, CALL)


@_template("put-diagonal", "Put diagonal", "Calendar and diagonal", DELTA, WIDTH, FAR)
def _put_diagonal(b: Build) -> list[Part]:
    return _diagonal(b, PUT)


# --- with the underlying ----------------------------------------------------------------------


@_template("covered-call", "Covered call", "With the underlying", DELTA)
def _covered_call(b: Build) -> list[Part]:
    return [b.deliverable(), b.option(-1, CALL, b.by_delta(CALL))]


@_template("collar", "Collar", "With the underlying", DELTA)
def _collar(b: Build) -> list[Part]:
    return [
        b.deliverable(),
        b.option(1, PUT, b.by_delta(PUT)),
        b.option(-1, CALL, b.by_delta(CALL)),
    ]


# --- uneven -----------------------------------------------------------------------------------


def _ratio(b: Build, right: str) -> list[Part]:
    strike = b.by_delta(right)
    outer = b.away(strike, 1 if right == CALL else -1)
    return [b.option(1, right, strike), b.option(-2, right, outer)]


@_template("call-ratio", "Call ratio 1 × 2", "Ratio", DELTA, WIDTH)
def _call_ratio(b: Build) -> list[Part]:
    return _ratio(b, CALL)


@_template("put-ratio", "Put ratio 1 × 2", "Ratio", DELTA, WIDTH)
def _put_ratio(b: Build) -> list[Part]:
    return _ratio(b, PUT)
