"""Margin of stock and its options: covers, defined risk, calendars, strangles, naked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from simulator.margin_terms import ZERO, Facts, Holding, Pools, Rules, Strategy, defined


def equity(book: list[Holding], facts: Facts, rules: Rules) -> list[Strategy]:
    pools = Pools(book)
    found: list[Strategy] = []
    for _ in pools.by_class():
        found += _covered(pools, facts, rules)
        for expiration in pools.expirations():
            found += defined(pools, expiration)
        if not facts.cash_settled:
            found += _calendars(pools)
        for expiration in pools.expirations():
            found += _strangles(pools, expiration, facts, rules)
        found += [_naked(h, facts, rules) for h in pools.rest(short=True)]
        found += [Strategy("LONG_OPTION", ZERO, ZERO, (h,)) for h in pools.rest(short=False)]
    return found + _stock(pools, facts, rules)


def _covered(pools: Pools, facts: Facts, rules: Rules) -> list[Strategy]:
    found: list[Strategy] = []
    while pair := _next_cover(pools):
        name, shares, option = pair
        sets = min(abs(option.quantity), abs(shares.quantity) // option.set_size)
        taken = pools.take(shares, sets * option.set_size)
        found.append(_cover(name, taken, pools.take(option, sets), facts, rules))
    return found


def _next_cover(pools: Pools) -> tuple[str, Holding, Holding] | None:
    for name, right, side in (("COVERED_CALL", "C", 1), ("COVERED_PUT", "P", -1)):
        for option in pools.pick(right=right, short=True):
            for shares in pools.stock:
                enough = option.set_size > 0 and abs(shares.quantity) >= option.set_size
                if shares.quantity * side > 0 and enough and abs(option.quantity) >= 1:
                    return name, shares, option
    return None


def _cover(name: str, shares: Holding, option: Holding, facts: Facts, rules: Rules) -> Strategy:
    strike = option.strike or ZERO
    value, worth = facts.price, option.against(facts.price)
    if name == "COVERED_CALL" and strike < worth:
        value = value * strike / worth
    base = _stock_requirement(shares, value, rules)
    extra = ZERO
    if name == "COVERED_PUT":
        in_money = max(strike - worth, ZERO)
        extra = in_money * option.multiplier * abs(option.quantity)
    return Strategy(name, base[0], base[1] + extra, (shares, option))


def _calendars(pools: Pools) -> list[Strategy]:
    found: list[Strategy] = []
    while pair := _next_calendar(pools):
        short, long = pair
        count = min(abs(short.quantity), long.quantity)
        worse = _adverse(short, long) * count * short.multiplier
        legs = (pools.take(short, count), pools.take(long, count))
        found.append(Strategy("CALENDAR", worse, worse, legs))
    return found


def _next_calendar(pools: Pools) -> tuple[Holding, Holding] | None:
    for right in ("P", "C"):
        for short in pools.pick(right, True):
            for long in pools.pick(right, False):
                if (long.expiration or date.min) > (short.expiration or date.max):
                    return short, long
    return None


def _adverse(short: Holding, long: Holding) -> Decimal:
    gap = (long.strike or ZERO) - (short.strike or ZERO)
    return max(gap if short.right == "C" else -gap, ZERO)


def _strangles(pools: Pools, expiration: date, facts: Facts, rules: Rules) -> list[Strategy]:
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
    worth = option.against(facts.price)
    out = strike - worth if option.right == "C" else worth - strike
    base = worth if option.right == "C" else strike
    each = max(standard * worth - max(out, ZERO), minimum * base) + option.price
    each = max(each, Decimal("2.50"))
    need = each * option.multiplier * count
    return Strategy("NAKED_OPTION", need, need, (option,))


def _stock(pools: Pools, facts: Facts, rules: Rules) -> list[Strategy]:
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
