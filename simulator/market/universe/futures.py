"""Futures and future-option products of the simulated market."""

# ruff: noqa: E501 (tables: one instrument a line)

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class FutureProduct:
    """One product. `source` is the index or (factor, load) its price follows."""

    code: str
    name: str
    venue: str  # streamer exchange code
    sector: str
    months: str
    active: str
    listed: int  # contracts on the board
    tick: Decimal
    point: Decimal  # dollars per 1.00 of price
    display: Decimal
    price: float
    source: str
    load: float
    own: float  # own daily volatility
    iv: float
    carry: float  # annual growth of the forward curve
    rule: str  # name of the last-trade rule
    physical: bool
    roll: tuple[str, int]  # name, business days before the end
    options: str  # name of the option family, "" when none
    strike: Decimal  # distance of strikes near the money
    option_tick: tuple[tuple[str, str | None], ...]
    etf: str | None
    adv: float
    small: bool


# code|name|venue|sector|months|active|listed|tick|point|display|price|source|load|own|iv|carry|
# rule|physical|roll|days|options|strike|option ticks|etf|adv (k)|small
_PRODUCTS = """
ES|E Mini S&P|XCME|Equity Index|HMUZ|HMUZ|6|0.25|50|0.01|0|SPX|1|0|0.165|0|index|n|equity_index|4|ES|5|0.05<10 0.25|SPY|1500|n
MES|Micro E Mini S&P|XCME|Equity Index|HMUZ|HMUZ|5|0.25|5|0.01|0|SPX|1|0|0.165|0|index|n|equity_index|4|MES|5|0.05<10 0.25|SPY|1100|y
NQ|E Mini Nasdaq|XCME|Equity Index|HMUZ|HMUZ|5|0.25|20|0.01|0|NDX|1|0|0.21|0|index|n|equity_index|4|NQ|25|0.05<5 0.25|QQQ|620|n
MNQ|Micro E Mini Nasdaq|XCME|Equity Index|HMUZ|HMUZ|5|0.25|2|0.01|0|NDX|1|0|0.21|0|index|n|equity_index|4|MNQ|25|0.05<5 0.25|QQQ|1400|y
RTY|E Mini Russell 2000|XCME|Equity Index|HMUZ|HMUZ|5|0.1|50|0.1|0|RUT|1|0|0.23|0|index|n|equity_index|4|RTY|5|0.05<5 0.1|IWM|190|n
M2K|Micro E Mini Russell 2000|XCME|Equity Index|HMUZ|HMUZ|5|0.1|5|0.1|0|RUT|1|0|0.23|0|index|n|equity_index|4||5|0.1|IWM|80|y
YM|E Mini Dow|XCBT|Equity Index|HMUZ|HMUZ|4|1|5|1|46800|DIA|100|0|0.15|0|index|n|equity_index|4||50|1|DIA|120|n
MYM|Micro E Mini Dow|XCBT|Equity Index|HMUZ|HMUZ|4|1|0.5|1|46800|DIA|100|0|0.15|0|index|n|equity_index|4||50|1|DIA|90|y
VX|Cboe Volatility Index|XCBF|Equity Index|FGHJKMNQUVXZ|FGHJKMNQUVXZ|8|0.05|1000|0.01|17.5|VIX|1|0|0.95|0|vix|n|vix|4||1|0.05|VXX|140|n
CL|Light Sweet Crude Oil|XNYM|Energy|FGHJKMNQUVXZ|FGHJKMNQUVXZ|12|0.01|1000|0.01|58.6|OILX|1|0.002|0.34|-0.02|crude|y|energies|5|CL|0.5|0.01|USO|310|n
MCL|Micro Crude Oil|XNYM|Energy|FGHJKMNQUVXZ|FGHJKMNQUVXZ|12|0.01|100|0.01|58.6|OILX|1|0.002|0.34|-0.02|micro-crude|n|energies|4||0.5|0.01|USO|80|y
QM|E Mini Crude Oil|XNYM|Energy|FGHJKMNQUVXZ|FGHJKMNQUVXZ|6|0.025|500|0.01|58.6|OILX|1|0.002|0.34|-0.02|micro-crude|n|energies|4||0.5|0.01|USO|12|n
NG|Natural Gas|XNYM|Energy|FGHJKMNQUVXZ|FGHJKMNQUVXZ|12|0.001|10000|0.001|4.35|GASX|1|0.003|0.55|0.03|gas|y|energies|5|NG|0.05|0.001|UNG|140|n
RB|RBOB Gasoline|XNYM|Energy|FGHJKMNQUVXZ|FGHJKMNQUVXZ|6|0.0001|42000|0.0001|1.90|OILX|0.9|0.006|0.34|0|gas|y|energies|5||0.05|0.0001|USO|40|n
GC|Gold|XCEC|Metals|GJMQVZ|GJMQZ|6|0.1|100|0.1|4085|GOLD|1|0.001|0.20|0.035|metal|y|metals|3|GC|5|0.1|GLD|210|n
MGC|E Micro Gold|XCEC|Metals|GJMQVZ|GJMQZ|5|0.1|10|0.1|4085|GOLD|1|0.001|0.20|0.035|metal|y|metals|3||5|0.1|GLD|160|y
SI|Silver|XCEC|Metals|HKNUZ|HKNUZ|5|0.005|5000|0.005|50.8|GOLD|1.1|0.010|0.34|0.035|metal|y|metals|3|SI|0.5|0.001|SLV|75|n
HG|Copper|XCEC|Metals|HKNUZ|HKNUZ|5|0.0005|25000|0.0005|5.02|COPR|1|0.002|0.27|0.02|metal|y|metals|3|HG|0.05|0.0005|COPX|70|n
ZB|30 Year US Treasury Bond|XCBT|Interest Rates|HMUZ|HMUZ|3|0.03125|1000|0.03125|116.5|RATE|0.85|0.0006|0.10|-0.01|bond|y|treasuries|3|ZB|0.5|0.015625|TLT|430|n
ZN|10 Year US Treasury Note|XCBT|Interest Rates|HMUZ|HMUZ|3|0.015625|1000|0.015625|113.2|RATE|0.50|0.0004|0.06|-0.01|bond|y|treasuries|3|ZN|0.25|0.015625|IEF|1900|n
ZF|5 Year US Treasury Note|XCBT|Interest Rates|HMUZ|HMUZ|3|0.0078125|1000|0.0078125|109.4|RATE|0.30|0.0003|0.04|-0.005|note|y|treasuries|3|ZF|0.25|0.0078125|IEI|1300|n
ZT|2 Year US Treasury Note|XCBT|Interest Rates|HMUZ|HMUZ|3|0.00390625|2000|0.00390625|104.2|RATE|0.10|0.0001|0.02|-0.002|note|y|treasuries|3||0.125|0.00390625|SHY|900|n
UB|Ultra US Treasury Bond|XCBT|Interest Rates|HMUZ|HMUZ|3|0.03125|1000|0.03125|120.3|RATE|1.10|0.0006|0.13|-0.01|bond|y|treasuries|3||1|0.015625|TLT|330|n
6E|Euro FX|XCME|Currencies|HMUZ|HMUZ|5|0.00005|125000|0.0001|1.158|EURX|1|0.0003|0.07|0.017|currency|y|currencies|3|6E|0.005|0.00005|FXE|210|n
M6E|Micro Euro FX|XCME|Currencies|HMUZ|HMUZ|2|0.0001|12500|0.0001|1.158|EURX|1|0.0003|0.07|0.017|currency|y|currencies|3||0.005|0.00005|FXE|20|y
6B|British Pound|XCME|Currencies|HMUZ|HMUZ|4|0.0001|62500|0.0001|1.312|EURX|0.8|0.0030|0.08|0|currency|y|currencies|3||0.005|0.0001|FXB|90|n
6J|Japanese Yen|XCME|Currencies|HMUZ|HMUZ|4|0.0000005|12500000|0.000001|0.00642|JPYX|1|0.0005|0.10|0.03|currency|y|currencies|3||0.00005|0.0000005|FXY|140|n
6A|Australian Dollar|XCME|Currencies|HMUZ|HMUZ|4|0.00005|100000|0.0001|0.648|EURX|0.7|0.0040|0.10|0|currency|y|currencies|3||0.005|0.00005|FXA|80|n
6C|Canadian Dollar|XCME|Currencies|HMUZ|HMUZ|4|0.00005|100000|0.0001|0.711|EURX|0.4|0.0030|0.07|0.012|currency|y|currencies|3||0.005|0.00005|FXC|70|n
ZC|Corn|XCBT|Agriculture|HKNUZ|HKNUZ|7|0.25|50|0.25|432|CORN|1|0.003|0.26|0.03|grain|y|agricultures|5|ZC|5|0.125|CORN|190|n
ZS|Soybean|XCBT|Agriculture|FHKNQUX|FHKNX|7|0.25|50|0.25|1122|SOYB|1|0.003|0.19|0.02|grain|y|agricultures|5|ZS|10|0.125|SOYB|170|n
ZW|Wheat|XCBT|Agriculture|HKNUZ|HKNUZ|5|0.25|50|0.25|536|WHET|1|0.003|0.30|0.04|grain|y|agricultures|5|ZW|5|0.125|WEAT|95|n
BTC|Bitcoin|XCME|Cryptocurrency|FGHJKMNQUVXZ|FGHJKMNQUVXZ|6|5|5|5|0|BTC/USD|1|0|0.46|0.05|crypto|n|crypto|2||500|5|IBIT|11|n
MBT|Micro Bitcoin|XCME|Cryptocurrency|FGHJKMNQUVXZ|FGHJKMNQUVXZ|6|5|0.1|5|0|BTC/USD|1|0|0.46|0.05|crypto|n|crypto|2||500|5|IBIT|60|y
MET|Micro Ether|XCME|Cryptocurrency|FGHJKMNQUVXZ|FGHJKMNQUVXZ|6|0.5|0.1|0.5|0|ETH/USD|1|0|0.62|0.05|crypto|n|crypto|2||50|0.5|ETHA|90|y
"""

# family: (root, kind, day) with kind quarterly, monthly, eom, or weekly on a weekday (0 = Monday);
# an asterisk is the week of the month
OPTION_FAMILIES: dict[str, tuple[tuple[str, str], ...]] = {
    "ES": (("ES", "quarterly"), ("EW", "eom"), ("EW*", "4"),
           ("E*A", "0"), ("E*B", "1"), ("E*C", "2"), ("E*D", "3")),
    "MES": (("MES", "quarterly"), ("EX", "eom"), ("EX*", "4"),
            ("X*A", "0"), ("X*B", "1"), ("X*C", "2"), ("X*D", "3")),
    "NQ": (("NQ", "quarterly"), ("QNE", "eom"), ("QN*", "4"),
           ("Q*A", "0"), ("Q*B", "1"), ("Q*C", "2"), ("Q*D", "3")),
    "MNQ": (("MNQ", "quarterly"), ("MQE", "eom"), ("MQ*", "4"),
            ("MN*A", "0"), ("MN*B", "1"), ("MN*C", "2"), ("MN*D", "3")),
    "RTY": (("RTO", "quarterly"), ("RTM", "eom"), ("R*E", "4")),
    "CL": (("LO", "crude"), ("LO*", "4")),
    "NG": (("LNE", "gas"), ("LN*", "4")),
    "GC": (("OG", "metal"), ("OG*", "4")),
    "SI": (("SO", "metal"), ("SO*", "4")),
    "HG": (("HXE", "metal"),),
    "ZB": (("OZB", "bond"), ("ZB*", "4")),
    "ZN": (("OZN", "bond"), ("ZN*", "4"), ("WY*", "2")),
    "ZF": (("OZF", "bond"), ("ZF*", "4")),
    "6E": (("EUU", "currency"), ("1EU*", "4")),
    "ZC": (("OZC", "grain"), ("ZC*", "4")),
    "ZS": (("OZS", "grain"), ("ZS*", "4")),
    "ZW": (("OZW", "grain"), ("ZW*", "4")),
}  # fmt: skip


def _ticks(text: str) -> tuple[tuple[str, str | None], ...]:
    rows: list[tuple[str, str | None]] = []
    for part in text.split():
        value, _, threshold = part.partition("<")
        rows.append((value, threshold or None))
    return tuple(rows)


def _product(line: str) -> FutureProduct:
    (code, name, venue, sector, months, active, listed, tick, point, display, price, source, load,
     own, iv, carry, rule, physical, roll, days, options, strike, ticks, etf, adv, small) = (
        line.split("|"))  # fmt: skip
    return FutureProduct(
        code, name, venue, sector, months, active, int(listed), Decimal(tick), Decimal(point),
        Decimal(display), float(price), source, float(load), float(own), float(iv), float(carry),
        rule, physical == "y", (roll, int(days)), options, Decimal(strike), _ticks(ticks),
        etf or None, float(adv) * 1e3, small == "y",
    )  # fmt: skip


def load() -> dict[str, FutureProduct]:
    """All future products by code."""
    return {p.code: p for p in map(_product, _PRODUCTS.strip().splitlines())}
