"""Coins: symbol, name, level, load on the crypto factor, own daily volatility, precision."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coin:
    """One cryptocurrency against the dollar; `precision` is the decimals tradable."""

    symbol: str
    name: str
    price: float
    load: float
    own: float
    tick: str
    precision: int
    number: int


_COINS = """
BTC/USD|Bitcoin|88200|1.00|0.004|0.01|8
ETH/USD|Ethereum|2920|1.20|0.016|0.01|6
SOL/USD|Solana|136|1.35|0.024|0.01|6
DOGE/USD|Dogecoin|0.148|1.25|0.030|0.00001|1
LTC/USD|Litecoin|84.5|1.10|0.022|0.01|6
BCH/USD|Bitcoin Cash|545|1.10|0.022|0.01|8
ADA/USD|Cardano|0.418|1.25|0.026|0.0001|6
AVAX/USD|Avalanche|13.6|1.35|0.028|0.01|8
LINK/USD|Chainlink|12.9|1.30|0.026|0.01|6
XRP/USD|XRP|2.08|1.15|0.026|0.0001|6
"""


def load() -> dict[str, Coin]:
    """All coins by symbol."""
    coins = {}
    for number, line in enumerate(_COINS.strip().splitlines(), start=4):
        symbol, name, price, beta, own, tick, precision = line.split("|")
        coins[symbol] = Coin(
            symbol, name, float(price), float(beta), float(own), tick, int(precision), number
        )
    return coins
