"""Margin requirements by strategy: pure functions over holdings, in exact Decimals.

`strategies(holdings, facts, rules)` splits the holdings of **one** underlying into recognised
strategies, each with its initial and maintenance requirement. Premiums are not netted here: the
buying-power identity does that (`buying_power.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)
VOLATILITY = frozenset({"VIX", "SVXY", "UVXY", "VXX", "VIXY", "VIXM", "VXZ", "SVIX", "UVIX"})
BROAD_INDICES = frozenset(
    {"SPX", "SPXW", "XSP", "RUT", "DJX", "NDX", "MNX", "RVX", "OEX", "XEO", "MRUT"}
)
FUTURES_INITIAL = {
    "/ES": Decimal(23400), "/MES": Decimal(2340), "/NQ": Decimal(33000), "/MNQ": Decimal(3300),
    "/RTY": Decimal(9600), "/M2K": Decimal(960), "/YM": Decimal(13500), "/MYM": Decimal(1350),
    "/CL": Decimal(6600), "/MCL": Decimal(660), "/NG": Decimal(4200), "/GC": Decimal(16500),
    "/MGC": Decimal(1650), "/SI": Decimal(19500), "/SIL": Decimal(3900), "/HG": Decimal(7200),
    "/ZB": Decimal(4400), "/ZN": Decimal(2200), "/ZF": Decimal(1450), "/ZT": Decimal(1200),
    "/ZC": Decimal(1350), "/ZS": Decimal(2400), "/ZW": Decimal(2050), "/6E": Decimal(2900),
    "/M6E": Decimal(290), "/6J": Decimal(3400), "/6B": Decimal(2300), "/VX": Decimal(9800),
    "/BTC": Decimal(110000), "/MBT": Decimal(2200),
}  # fmt: skip
"""SPAN-like initial requirement per contract, dollars; other products take a share of notional."""
FUTURES_SHARE = Decimal("0.10")


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

    @property
    def is_option(self) -> bool:
        """Equity option or future option."""
        return self.right is not None

    def sized(self, quantity: Decimal) -> Holding:
        """The same holding in another quantity."""
        return replace(self, quantity=quantity)


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


def strategies(holdings: Iterable[Holding], facts: Facts, rules: Rules) -> list[Strategy]:
    """Split the holdings of one underlying into strategies with their requirements."""
    book = [h for h in holdings if h.quantity]
    if facts.kind == "Future":
        return _futures(book, facts, rules)
    if facts.kind == "Cryptocurrency":
        return [_full("LONG_UNDERLYING", h) for h in book]
    return _equity(book, facts, rules)


def totals(found: Sequence[Strategy]) -> tuple[Decimal, Decimal]:
    """Sum of initial and of maintenance requirements."""
    return (
        sum((s.initial for s in found), ZERO),
        sum((s.maintenance for s in found), ZERO),
    )


# -- stock and its options -------------------------------------------------------------------


def _equity(book: list[Holding], facts: Facts, rules: Rules) -> list[Strategy]:
    pools = _Pools(book)
    found = _covered(pools, facts, rules)
    for expiration in pools.expirations():
        found += _defined(pools, expiration)
    if not facts.cash_settled:
        found += _calendars(pools)
    for expiration in pools.expirations():
        found += _strangles(pools, expiration, facts, rules)
    found += [_naked(h, facts, rules) for h in pools.rest(short=True)]
    found += [Strategy("LONG_OPTION", ZERO, ZERO, (h,)) for h in pools.rest(short=False)]
    return found + _stock(pools, facts, rules)


class _Pools:
    """Holdings by side, from which strategies take what they use."""

    def __init__(self, book: list[Holding]) -> None:
        self.stock = [h for h in book if not h.is_option]
        self.options = [h for h in book if h.is_option]

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
        return sorted(chosen, key=_danger)

    def rest(self, short: bool) -> list[Holding]:
        """What no strategy took."""
        return self.pick(short=short)


def _danger(holding: Holding) -> tuple[date, Decimal]:
    strike = holding.strike or ZERO
    return holding.expiration or date.max, strike if holding.right == "C" else -strike


def _covered(pools: _Pools, facts: Facts, rules: Rules) -> list[Strategy]:
    found: list[Strategy] = []
    while pair := _next_cover(pools):
        name, shares, option = pair
        sets = min(abs(option.quantity), abs(shares.quantity) // option.multiplier)
        taken = pools.take(shares, sets * option.multiplier)
        found.append(_cover(name, taken, pools.take(option, sets), facts, rules))
    return found


def _next_cover(pools: _Pools) -> tuple[str, Holding, Holding] | None:
    for name, right, side in (("COVERED_CALL", "C", 1), ("COVERED_PUT", "P", -1)):
        for option in pools.pick(right=right, short=True):
            for shares in pools.stock:
                enough = abs(shares.quantity) >= option.multiplier
                if shares.quantity * side > 0 and enough and abs(option.quantity) >= 1:
                    return name, shares, option
    return None


def _cover(name: str, shares: Holding, option: Holding, facts: Facts, rules: Rules) -> Strategy:
    strike = option.strike or ZERO
    value = facts.price
    if name == "COVERED_CALL":
        value = min(value, strike)
    base = _stock_requirement(shares, value, rules)
    extra = ZERO
    if name == "COVERED_PUT":
        in_money = max(strike - facts.price, ZERO)
        extra = in_money * option.multiplier * abs(option.quantity)
    return Strategy(name, base[0], base[1] + extra, (shares, option))


def _defined(pools: _Pools, expiration: date) -> list[Strategy]:
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


def _calendars(pools: _Pools) -> list[Strategy]:
    found: list[Strategy] = []
    while pair := _next_calendar(pools):
        short, long = pair
        count = min(abs(short.quantity), long.quantity)
        worse = _adverse(short, long) * count * short.multiplier
        legs = (pools.take(short, count), pools.take(long, count))
        found.append(Strategy("CALENDAR", worse, worse, legs))
    return found


def _next_calendar(pools: _Pools) -> tuple[Holding, Holding] | None:
    for right in ("P", "C"):
        for short in pools.pick(right, True):
            for long in pools.pick(right, False):
                if (long.expiration or date.min) > (short.expiration or date.max):
                    return short, long
    return None


def _adverse(short: Holding, long: Holding) -> Decimal:
    gap = (long.strike or ZERO) - (short.strike or ZERO)
    return max(gap if short.right == "C" else -gap, ZERO)


def _strangles(pools: _Pools, expiration: date, facts: Facts, rules: Rules) -> list[Strategy]:
    if not rules.leverage:
        return []
    found: list[Strategy] = []
    calls = pools.pick("C", True, expiration)
    puts = pools.pick("P", True, expiration)
    while calls and puts:
        count = min(abs(calls[0].quantity), abs(puts[0].quantity))
        call, put = pools.take(calls[0], count), pools.take(puts[0], count)
        sides = [_naked(call, facts, rules), _naked(put, facts, rules)]
        greater, other = sorted(sides, key=lambda s: s.initial, reverse=True)
        premium = other.entries[0].price * other.entries[0].multiplier * count
        name = "SHORT_STRADDLE" if call.strike == put.strike else "SHORT_STRANGLE"
        need = greater.initial + premium
        found.append(Strategy(name, need, need, (call, put)))
        calls = pools.pick("C", True, expiration)
        puts = pools.pick("P", True, expiration)
    return found


def _naked(option: Holding, facts: Facts, rules: Rules) -> Strategy:
    strike, count = option.strike or ZERO, abs(option.quantity)
    if option.right == "P" and not rules.leverage:
        need = strike * option.multiplier * count
        return Strategy("CASH_SECURED_PUT", need, need, (option,))
    standard, minimum = facts.standard
    if option.right == "C" and not rules.leverage:
        standard, minimum = max(standard, Decimal(1)), max(minimum, Decimal("0.5"))
    out = strike - facts.price if option.right == "C" else facts.price - strike
    base = facts.price if option.right == "C" else strike
    each = max(standard * facts.price - max(out, ZERO), minimum * base) + option.price
    each = max(each, Decimal("2.50"))
    need = each * option.multiplier * count
    return Strategy("NAKED_OPTION", need, need, (option,))


def _stock(pools: _Pools, facts: Facts, rules: Rules) -> list[Strategy]:
    found = []
    for shares in pools.stock:
        name = "LONG_UNDERLYING" if shares.quantity > 0 else "SHORT_UNDERLYING"
        initial, maintenance = _stock_requirement(shares, shares.price, rules)
        found.append(Strategy(name, initial, maintenance, (shares,)))
    return found


def _stock_requirement(shares: Holding, price: Decimal, rules: Rules) -> tuple[Decimal, Decimal]:
    count = abs(shares.quantity)
    value = price * count
    if shares.quantity > 0:
        if not rules.leverage or price < 3:
            return value, value
        return value / 2, value / 4
    if price > 5:
        maintenance = 5 * count if price <= Decimal("16.67") else value * Decimal("0.3")
        return max(value / 2, 5 * count), maintenance
    initial = max(value, Decimal("2.50") * count)
    return initial, initial


def _full(name: str, holding: Holding) -> Strategy:
    need = abs(holding.quantity) * holding.price * holding.multiplier
    return Strategy(name, need, need, (holding,))


# -- futures and their options ---------------------------------------------------------------


def futures_initial(product: str, price: Decimal, multiplier: Decimal) -> Decimal:
    """Initial requirement of one contract of a product (`/ES`)."""
    known = FUTURES_INITIAL.get(product)
    if known is not None:
        return known
    return (price * multiplier * FUTURES_SHARE).quantize(Decimal(1))


def _futures(book: list[Holding], facts: Facts, rules: Rules) -> list[Strategy]:
    outright = [h for h in book if not h.is_option]
    options = [h for h in book if h.is_option]
    found = []
    net = sum((h.quantity for h in outright), ZERO)
    if outright:
        multiplier = outright[0].multiplier
        each = futures_initial(facts.symbol, facts.price, multiplier) * rules.futures_rate
        if rules.intraday and not options:
            each /= 4
        need = each * abs(net)
        found.append(Strategy("FUTURES", need, need, tuple(outright)))
    return found + _future_options(options, net, facts, rules)


def _future_options(
    book: list[Holding], net: Decimal, facts: Facts, rules: Rules
) -> list[Strategy]:
    pools = _Pools(book)
    found: list[Strategy] = []
    for right, cover in (("C", max(net, ZERO)), ("P", max(-net, ZERO))):
        for short in pools.pick(right, True):
            if cover < 1:
                break
            count = min(abs(short.quantity), cover)
            cover -= count
            found.append(Strategy("COVERED_FUTURE", ZERO, ZERO, (pools.take(short, count),)))
    for expiration in pools.expirations():
        found += _defined(pools, expiration)
    found += [_naked_future_option(h, facts, rules) for h in pools.rest(short=True)]
    found += [Strategy("LONG_OPTION", ZERO, ZERO, (h,)) for h in pools.rest(short=False)]
    return found


def _naked_future_option(option: Holding, facts: Facts, rules: Rules) -> Strategy:
    """Premium plus the future's requirement less half of what is out of the money."""
    initial = futures_initial(facts.symbol, facts.price, option.multiplier) * rules.futures_rate
    strike = option.strike or ZERO
    out = strike - facts.price if option.right == "C" else facts.price - strike
    relief = max(out, ZERO) * option.multiplier / 2
    each = option.price * option.multiplier + max(initial - relief, initial / 2)
    if rules.calculation == "IRA Margin":
        each *= 2
    need = each * abs(option.quantity)
    return Strategy("NAKED_OPTION", need, need, (option,))
