"""Commissions and fees of one leg, by the dated tables of the fee schedule.

All amounts are costs: positive Decimals in dollars. Fees of an order that is filled in parts are
the difference of two cumulative calculations, so that caps and roundings count once per leg.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
CENT = Decimal("0.01")
BROAD_INDICES = frozenset(
    {"SPX", "SPXW", "XSP", "VIX", "RUT", "NDX", "DJX", "MNX", "OEX", "XEO", "RVX"}
)
MICRO_FUTURES = frozenset(
    {"/MES", "/MNQ", "/M2K", "/MYM", "/MCL", "/MGC", "/M6E", "/MBT", "/MET", "/SIL", "/10Y"}
)

Table = tuple[tuple[date, Decimal], ...]

SEC_PER_MILLION: Table = (
    (date(2023, 2, 27), Decimal("8.00")),
    (date(2024, 5, 22), Decimal("27.80")),
    (date(2025, 5, 14), ZERO),
    (date(2026, 4, 4), Decimal("20.60")),
)
TAF_PER_SHARE: Table = (
    (date(2023, 1, 1), Decimal("0.000145")),
    (date(2024, 1, 1), Decimal("0.000166")),
    (date(2026, 1, 1), Decimal("0.000195")),
    (date(2026, 10, 1), ZERO),
    (date(2027, 1, 1), Decimal("0.000195")),
)
TAF_CAP: Table = (
    (date(2023, 1, 1), Decimal("7.27")),
    (date(2024, 1, 1), Decimal("8.30")),
    (date(2026, 1, 1), Decimal("9.79")),
    (date(2026, 10, 1), ZERO),
    (date(2027, 1, 1), Decimal("9.79")),
)
TAF_PER_CONTRACT: Table = (
    (date(2023, 1, 1), Decimal("0.00244")),
    (date(2024, 1, 1), Decimal("0.00279")),
    (date(2026, 1, 1), Decimal("0.00329")),
    (date(2026, 10, 1), ZERO),
    (date(2027, 1, 1), Decimal("0.00329")),
)
ORF_PER_CONTRACT: Table = (
    (date(2019, 1, 1), Decimal("0.0388")),
    (date(2023, 1, 1), Decimal("0.02915")),
    (date(2026, 1, 1), Decimal("0.02")),
)
INDEX_FEE = {
    **dict.fromkeys(("SPX", "SPXW"), Decimal("0.60")),
    "VIX": Decimal("0.35"),
    **dict.fromkeys(("RUT", "DJX"), Decimal("0.18")),
    **dict.fromkeys(("OEX", "XEO"), Decimal("0.40")),
    "XSP": Decimal("0.04"),
}
XSP_FREE_BELOW = 10
NFA_PER_SIDE = Decimal("0.02")
EXCHANGE_PER_SIDE = {"micro": Decimal("0.35"), "standard": Decimal("1.38")}


def rate(table: Table, on: date) -> Decimal:
    """The rate in force on a date; before the first entry the first one counts."""
    found = table[0][1]
    for start, value in table:
        if start <= on:
            found = value
    return found


@dataclass(frozen=True, slots=True)
class Fees:
    """The parts of a fee calculation, in the broker's names."""

    commission: Decimal = ZERO
    clearing: Decimal = ZERO
    exchange: Decimal = ZERO
    nfa: Decimal = ZERO
    orf: Decimal = ZERO
    sec: Decimal = ZERO
    taf: Decimal = ZERO
    proprietary: Decimal = ZERO

    @property
    def regulatory(self) -> Decimal:
        """Exchange, NFA, ORF, SEC and TAF together."""
        return self.exchange + self.nfa + self.orf + self.sec + self.taf

    @property
    def total(self) -> Decimal:
        """Everything that is charged."""
        return self.regulatory + self.clearing + self.commission + self.proprietary

    def __add__(self, other: Fees) -> Fees:
        return self._with(other, 1)

    def __sub__(self, other: Fees) -> Fees:
        return self._with(other, -1)

    def times(self, count: int) -> Fees:
        """The fees of several orders alike."""
        return self if count == 1 else Fees(*[getattr(self, n) * count for n in _NAMES])

    def _with(self, other: Fees, sign: int) -> Fees:
        return Fees(*[getattr(self, n) + sign * getattr(other, n) for n in _NAMES])


_NAMES = tuple(f.name for f in fields(Fees))


@dataclass(frozen=True, slots=True)
class Rates:
    """The regulatory rates of a day; tests of recorded cases replace single ones."""

    sec_per_million: Decimal
    taf_share: Decimal
    taf_cap: Decimal
    taf_option: Decimal
    orf: Decimal

    @classmethod
    def on(cls, day: date) -> Rates:
        """Read the dated tables."""
        return cls(
            sec_per_million=rate(SEC_PER_MILLION, day),
            taf_share=rate(TAF_PER_SHARE, day),
            taf_cap=rate(TAF_CAP, day),
            taf_option=rate(TAF_PER_CONTRACT, day),
            orf=rate(ORF_PER_CONTRACT, day),
        )


def leg_fees(
    instrument_type: str,
    action: str,
    quantity: Decimal,
    notional: Decimal,
    rates: Rates,
    root: str = "",
) -> Fees:
    """Fees of one leg.

    `quantity` in shares or contracts, `notional` = price × quantity × multiplier (dollars), `root`
    the underlying's symbol (`SPX`) or the future's product (`/ES`).
    """
    if quantity == 0:
        return Fees()
    if instrument_type == "Equity":
        return _stock(action, quantity, notional, rates)
    if instrument_type == "Equity Option":
        return _option(action, quantity, notional, rates, root)
    if instrument_type in ("Future", "Future Option"):
        return _future(instrument_type, action, quantity, root)
    return Fees()


def _stock(action: str, shares: Decimal, notional: Decimal, rates: Rates) -> Fees:
    clearing = (Decimal("0.0008") * shares).quantize(Decimal("0.001"), ROUND_HALF_UP)
    if shares != shares.to_integral_value():
        clearing = Decimal("0.10")
    if not action.startswith("Sell"):
        return Fees(clearing=clearing)
    taf = min(rates.taf_cap, rates.taf_share * shares)
    return Fees(clearing=clearing, sec=_sec(notional, rates), taf=taf)


def _option(action: str, contracts: Decimal, notional: Decimal, rates: Rates, root: str) -> Fees:
    commission = ZERO
    if action.endswith("Open"):
        commission = contracts if root in BROAD_INDICES else min(contracts, Decimal(10))
    selling = action.startswith("Sell")
    per_contract = INDEX_FEE.get(root, ZERO)
    if root == "XSP" and contracts < XSP_FREE_BELOW:
        per_contract = ZERO
    return Fees(
        commission=commission,
        clearing=Decimal("0.10") * contracts,
        orf=(rates.orf * contracts).quantize(CENT, ROUND_CEILING),
        sec=_sec(notional, rates) if selling else ZERO,
        taf=rates.taf_option * contracts if selling else ZERO,
        proprietary=per_contract * contracts,
    )


def _future(instrument_type: str, action: str, contracts: Decimal, root: str) -> Fees:
    size = "micro" if root in MICRO_FUTURES else "standard"
    if instrument_type == "Future":
        each = Decimal("0.85") if size == "micro" else Decimal("1.25")
    elif action.endswith("Open"):
        each = Decimal("1.50") if size == "micro" else Decimal("2.50")
    else:
        each = ZERO
    return Fees(
        commission=each * contracts,
        clearing=Decimal("0.30") * contracts,
        exchange=EXCHANGE_PER_SIDE[size] * contracts,
        nfa=NFA_PER_SIDE * contracts,
    )


def _sec(notional: Decimal, rates: Rates) -> Decimal:
    exact = rates.sec_per_million * notional / 1_000_000
    return exact.quantize(CENT, ROUND_CEILING)
