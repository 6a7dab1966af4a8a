"""Margin of futures and their options, by a table of SPAN-like requirements."""

from __future__ import annotations

from decimal import Decimal

from simulator.margin_terms import ZERO, Facts, Holding, Pools, Rules, Strategy, defined

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


def futures_initial(product: str, price: Decimal, multiplier: Decimal) -> Decimal:
    """Initial requirement of one contract of a product (`/ES`)."""
    known = FUTURES_INITIAL.get(product)
    if known is not None:
        return known
    return (price * multiplier * FUTURES_SHARE).quantize(Decimal(1))


def futures(book: list[Holding], facts: Facts, rules: Rules) -> list[Strategy]:
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
    pools = Pools(book)
    found: list[Strategy] = []
    for right, cover in (("C", max(net, ZERO)), ("P", max(-net, ZERO))):
        for short in pools.pick(right, True):
            if cover < 1:
                break
            count = min(abs(short.quantity), cover)
            cover -= count
            found.append(Strategy("COVERED_FUTURE", ZERO, ZERO, (pools.take(short, count),)))
    for expiration in pools.expirations():
        found += defined(pools, expiration)
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
