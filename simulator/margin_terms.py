"""Words of the margin rules: holdings, facts, rules, strategies; and defined-risk pairing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)
VOLATILITY = frozenset({"VIX", "SVXY", "UVXY", "VXX", "VIXY", "VIXM", "VXZ", "SVIX", "UVIX"})
BROAD_INDICES = frozenset(
    {"SPX", "SPXW", "XSP", "RUT", "DJX", "NDX", "MNX", "RVX", "OEX", "XEO", "MRUT"}
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one contract of an adjusted class delivers; two classes never cover each other."""

    root: str
    shares: Decimal
    """Of the underlying; zero where these alone are not what is delivered."""
    worth: Decimal
    """Of everything delivered, per unit of the multiplier: what the strike is held against."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A position or a leg of a working order: signed `quantity`, `price` = mark per unit."""

    symbol: str
    instrument_type: str
    quantity: Decimal
    price: Decimal
    multiplier: Decimal = Decimal(1)
    right: str | None = None
    strike: Decimal | None = None
    expiration: date | None = None
    working: bool = False
    close_price: Decimal | None = None
    delivery: Delivery | None = None
    """None for what delivers a multiplier's worth of its underlying."""

    @property
    def set_size(self) -> Decimal:
        """Shares that one contract is covered by; zero when shares cannot cover it."""
        return self.multiplier if self.delivery is None else self.delivery.shares

    def against(self, price: Decimal) -> Decimal:
        """What the strike is compared with, given the price of the underlying."""
        return price if self.delivery is None else self.delivery.worth

    @property
    def is_option(self) -> bool:
        """Equity option or future option."""
        return self.right is not None

    def sized(self, quantity: Decimal) -> Holding:
        """The same holding in another quantity."""
        return Holding(  # several times as fast as `replace`, and asked for in every pairing
            self.symbol, self.instrument_type, quantity, self.price, self.multiplier, self.right,
            self.strike, self.expiration, self.working, self.close_price, self.delivery,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know of an underlying."""

    symbol: str
    price: Decimal
    kind: str = "Equity"
    """`Equity`, `Future` or `Cryptocurrency`."""
    cash_settled: bool = False

    @property
    def standard(self) -> tuple[Decimal, Decimal]:
        """Shares of price for naked options: standard and minimum."""
        if self.symbol in VOLATILITY:
            return Decimal(1), Decimal("0.75")
        if self.symbol in BROAD_INDICES:
            return Decimal("0.25"), Decimal("0.15")
        return Decimal("0.20"), Decimal("0.10")


@dataclass(frozen=True, slots=True)
class Rules:
    """The account's margin rules, from its trading status."""

    calculation: str = "Reg T"
    """`Reg T`, `IRA Margin`, `Cash Secured Margin` or `Cash`."""
    futures_rate: Decimal = Decimal(1)
    intraday: bool = False
    """Outright futures at a quarter of the initial requirement."""

    @property
    def leverage(self) -> bool:
        """Stock may be bought on margin."""
        return self.calculation == "Reg T"


@dataclass(frozen=True, slots=True)
class Strategy:
    """A recognised group of holdings and what it requires, in dollars."""

    name: str
    initial: Decimal
    maintenance: Decimal
    entries: tuple[Holding, ...]

    @property
    def working(self) -> bool:
        """Some entry is an unfilled order."""
        return any(entry.working for entry in self.entries)


class Pools:
    """Holdings by side, from which strategies take what they use."""

    def __init__(self, book: list[Holding]) -> None:
        self.stock = [h for h in book if not h.is_option]
        self.options = [h for h in book if h.is_option]
        self.classes: dict[str, list[Holding]] = {}
        for h in book:
            if h.is_option:
                name = "" if h.delivery is None else h.delivery.root
                self.classes.setdefault(name, []).append(h)

    def by_class(self) -> Iterator[None]:
        """Lay out the options of one class after another, standard ones first."""
        for name in sorted(self.classes):
            self.options = self.classes[name]
            yield

    def take(self, holding: Holding, quantity: Decimal) -> Holding:
        """Remove `quantity` (unsigned) of a holding and return that part."""
        sign = 1 if holding.quantity > 0 else -1
        side = self.options if holding.is_option else self.stock
        index = next(i for i, h in enumerate(side) if h is holding)
        left = holding.quantity - sign * quantity
        if left:
            side[index] = holding.sized(left)
        else:
            del side[index]
        return holding.sized(sign * quantity)

    def expirations(self) -> list[date]:
        """Expirations still present, nearest first."""
        return sorted({h.expiration for h in self.options if h.expiration})

    def pick(
        self, right: str | None = None, short: bool = True, expiration: date | None = None
    ) -> list[Holding]:
        """Options of a side, most dangerous (or most protective) first."""
        chosen = [
            h
            for h in self.options
            if (h.quantity < 0) is short
            and (right is None or h.right == right)
            and (expiration is None or h.expiration == expiration)
        ]
        return sorted(chosen, key=danger)

    def rest(self, short: bool) -> list[Holding]:
        """What no strategy took."""
        return self.pick(short=short)


def danger(holding: Holding) -> tuple[date, Decimal]:
    strike = holding.strike or ZERO
    return holding.expiration or date.max, strike if holding.right == "C" else -strike


def defined(pools: Pools, expiration: date) -> list[Strategy]:
    """Pair shorts with as many longs of the same right and expiration; largest loss counts."""
    entries: list[Holding] = []
    for right in ("P", "C"):
        shorts = pools.pick(right, True, expiration)
        longs = pools.pick(right, False, expiration)
        while shorts and longs:
            count = min(abs(shorts[0].quantity), longs[0].quantity)
            entries.append(pools.take(shorts[0], count))
            entries.append(pools.take(longs[0], count))
            shorts = pools.pick(right, True, expiration)
            longs = pools.pick(right, False, expiration)
    if not entries:
        return []
    need = _largest_loss(entries)
    return [Strategy(_shape(entries, need), need, need, tuple(_merged(entries)))]


def _largest_loss(entries: Sequence[Holding]) -> Decimal:
    points = {ZERO} | {h.strike or ZERO for h in entries}
    return max(ZERO, *(-_payoff(entries, point) for point in points))


def _payoff(entries: Sequence[Holding], price: Decimal) -> Decimal:
    total = ZERO
    for h in entries:
        strike = h.strike or ZERO
        worth = price - strike if h.right == "C" else strike - price
        total += max(worth, ZERO) * h.quantity * h.multiplier
    return total


def _shape(entries: Sequence[Holding], need: Decimal) -> str:
    rights = {h.right for h in entries}
    strikes = {(h.right, h.strike) for h in entries}
    if len(rights) == 2:
        return "IRON_CONDOR" if len(strikes) == 4 else "IRON_BUTTERFLY"
    if len(strikes) == 2:
        return "SHORT_VERTICAL" if need else "LONG_VERTICAL"
    return "SHORT_BUTTERFLY" if need else "LONG_BUTTERFLY"


def _merged(entries: Sequence[Holding]) -> list[Holding]:
    """One entry per symbol and origin."""
    merged: dict[tuple[str, bool, bool], Holding] = {}
    for h in entries:
        key = (h.symbol, h.working, h.quantity > 0)
        seen = merged.get(key)
        merged[key] = h if seen is None else seen.sized(seen.quantity + h.quantity)
    return list(merged.values())
