"""The balance object: values of the holdings at their marks, buying power, requirements.

net liq = cash + pending cash + long values − short values + intraday futures cash
margin equity = cash + long stock − short stock
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from simulator.buying_power import State, mark_of, state
from simulator.http import effect, stamp, text
from simulator.model import ZERO, Account
from simulator.transfers import pending

if TYPE_CHECKING:
    from simulator.world import World

CENT = Decimal("0.001")
VALUE_KEY = {
    "Equity": "equity",
    "Equity Option": "derivative",
    "Future Option": "futures-derivative",
    "Cryptocurrency": "cryptocurrency",
}
SNAPSHOT_LACKS = (
    "updated-at", "maintenance-excess", "reg-t-margin-requirement", "pending-margin-interest",
    "futures-overnight-margin-requirement", "futures-intraday-margin-requirement",
    "apex-starting-day-margin-equity", "buying-power-adjustment",
    "buying-power-adjustment-effect", "effective-cryptocurrency-buying-power",
    "total-pending-liquidity-pool-rebate", "long-index-derivative-value",
    "short-index-derivative-value",
)  # fmt: skip


def values(world: World, account: Account) -> dict[str, Decimal]:
    """Unsigned market values by wire name (`long-equity-value`, …)."""
    found = {
        f"{side}-{kind}-value": ZERO
        for side in ("long", "short")
        for kind in ("equity", "derivative", "futures-derivative", "cryptocurrency")
    }
    for position in account.positions.values():
        kind = VALUE_KEY.get(position.instrument_type)
        if kind is None or not position.quantity:
            continue
        worth = position.quantity * mark_of(world, position.symbol) * position.multiplier
        side = "long" if position.quantity > 0 else "short"
        found[f"{side}-{kind}-value"] += abs(worth)
    return found


def futures_cash(world: World, account: Account) -> Decimal:
    """Futures gains since the last settlement, realized and open, not yet in cash."""
    total = account.futures_day_cash
    for position in account.positions.values():
        if position.settle_basis is not None and position.quantity:
            move = mark_of(world, position.symbol) - position.settle_basis
            total += move * position.quantity * position.multiplier
    return total


def net_liq(world: World, account: Account) -> Decimal:
    """Net liquidating value, pending cash included."""
    return settled_net_liq(world, account) + pending(account)


def settled_net_liq(world: World, account: Account) -> Decimal:
    """Net liquidating value without the money that is still on its way."""
    return _worth(world, account, values(world, account))


def _worth(world: World, account: Account, parts: dict[str, Decimal]) -> Decimal:
    signed = sum((v if k.startswith("long") else -v for k, v in parts.items()), ZERO)
    return account.cash + signed + futures_cash(world, account)


def balance(world: World, account: Account) -> dict[str, Any]:
    """The full balance object of an account, in wire form."""
    parts = values(world, account)
    power = state(world, account)
    equity = account.cash + parts["long-equity-value"] - parts["short-equity-value"]
    now = world.clock.now()
    figures = {
        **_cash(account, power),
        **parts,
        **_subsets(account, parts),
        **_power(account, power),
        **_requirements(power, account),
        "margin-equity": equity,
        "apex-starting-day-margin-equity": equity,
        "net-liquidating-value": _worth(world, account, parts) + pending(account),
        "maintenance-excess": equity - power.maintenance,
    }
    return {
        "account-number": account.number,
        "currency": "USD",
        **{key: text(value) for key, value in figures.items()},
        "pending-cash-effect": effect(pending(account)),
        "unsettled-cryptocurrency-fiat-effect": "None",
        "buying-power-adjustment-effect": "None",
        **_futures(world, account),
        "snapshot-date": world.today().isoformat(),
        "updated-at": stamp(now),
    }


def _cash(account: Account, power: State) -> dict[str, Decimal]:
    free = max(min(account.cash, power.buying_power), ZERO)  # what is pending cannot leave
    return {
        "available-trading-funds": ZERO,
        "cash-available-to-withdraw": free,
        "cash-balance": account.cash,
        "cash-settle-balance": account.cash,
        "closed-loop-available-balance": free,
        "margin-settle-balance": ZERO,
        "total-settle-balance": account.cash,
        "pending-cash": pending(account),
        "pending-margin-interest": account.interest.quantize(CENT, ROUND_HALF_UP),
        "total-pending-liquidity-pool-rebate": ZERO,
        "unsettled-cryptocurrency-fiat-amount": ZERO,
        "day-trade-excess": free,
        "effective-cryptocurrency-buying-power": free,
    }


def _subsets(account: Account, parts: dict[str, Decimal]) -> dict[str, Decimal]:
    zero_keys = (
        "long-bond-value", "long-fixed-income-security-value", "long-futures-value",
        "short-futures-value", "long-margineable-value", "short-margineable-value",
        "long-index-derivative-value", "short-index-derivative-value",
    )  # fmt: skip
    found = dict.fromkeys(zero_keys, ZERO)
    if account.status["equities-margin-calculation-type"] == "Reg T":
        found["long-margineable-value"] = parts["long-equity-value"]
        found["short-margineable-value"] = parts["short-equity-value"]
    return found


def _power(account: Account, power: State) -> dict[str, Decimal]:
    twice = account.status["equities-margin-calculation-type"] == "Reg T"
    derivative = sum(
        (s.initial for found in power.groups.values() for s in found if _is_derivative(s.name)),
        ZERO,
    )
    return {
        "derivative-buying-power": power.buying_power,
        "equity-buying-power": power.buying_power * (2 if twice else 1),
        "day-trading-buying-power": _day_trading(account, power) if twice else ZERO,
        "used-derivative-buying-power": derivative,
        "buying-power-adjustment": ZERO,
        "sma-equity-option-buying-power": ZERO,
        "special-memorandum-account-value": ZERO,
        "special-memorandum-account-apex-adjustment": ZERO,
    }


def _day_trading(account: Account, power: State) -> Decimal:
    return max(power.buying_power, ZERO) * 4


def _is_derivative(name: str) -> bool:
    return not name.endswith("_UNDERLYING")


def _requirements(power: State, account: Account) -> dict[str, Decimal]:
    stock = futures = crypto = ZERO
    for symbol, found in power.groups.items():
        need = sum((s.initial for s in found), ZERO)
        if symbol.startswith("/"):
            futures += need
        elif "/USD" in symbol:
            crypto += need
        else:
            stock += sum((s.initial for s in found if not _is_derivative(s.name)), ZERO)
    call = max(-power.buying_power, ZERO).quantize(CENT, ROUND_HALF_UP)
    zero_keys = (
        "bond-margin-requirement", "equity-offering-margin-requirement",
        "fixed-income-security-margin-requirement", "maintenance-call-value",
        "day-trading-call-value", "day-equity-call-value",
    )  # fmt: skip
    return {
        **dict.fromkeys(zero_keys, ZERO),
        "reg-t-call-value": call,
        "maintenance-requirement": power.maintenance,
        "reg-t-margin-requirement": stock,
        "futures-margin-requirement": futures,
        "futures-overnight-margin-requirement": futures,
        "futures-intraday-margin-requirement": futures,
        "cryptocurrency-margin-requirement": crypto,
    }


def _futures(world: World, account: Account) -> dict[str, str]:
    if not account.status.get("is-futures-enabled"):
        return {}
    cash = futures_cash(world, account)
    return {
        "intraday-futures-cash-amount": text(abs(cash)),
        "intraday-futures-cash-effect": effect(cash),
        "intraday-futures-cash-effective-date": world.today().isoformat(),
    }


def snapshot(world: World, account: Account, on: date, time_of_day: str) -> dict[str, Any]:
    """A balance in the narrower form of the snapshot route."""
    full = balance(world, account)
    kept = {k: v for k, v in full.items() if k not in SNAPSHOT_LACKS}
    return {**kept, "snapshot-date": on.isoformat(), "time-of-day": time_of_day}
