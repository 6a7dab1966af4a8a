"""Which volatility smile belongs to which underlying."""

from __future__ import annotations

from functools import lru_cache

from simulator.market import calendar, corporate
from simulator.market.surface import Smile
from simulator.market.universe.equities import Underlying
from simulator.market.universe.futures import FutureProduct

# rho, eta, feel
_SHAPES = {
    "index": (-0.70, 1.05, 1.0),
    "share": (-0.40, 0.95, 0.55),
    "vix": (0.72, 1.10, 0.25),
    "metal": (0.05, 0.85, 0.30),
    "rates": (-0.08, 0.85, 0.30),
    "energy": (-0.25, 0.90, 0.25),
    "grain": (0.20, 0.85, 0.15),
    "coin": (-0.10, 0.90, 0.25),
    "currency": (-0.03, 0.85, 0.25),
}
_FUNDS = {
    "GLD": "metal", "SLV": "metal", "GDX": "metal", "TLT": "rates", "HYG": "rates",
    "USO": "energy", "UNG": "grain", "VXX": "vix", "IBIT": "coin",
}  # fmt: skip
_SECTORS = {
    "Equity Index": "index", "Energy": "energy", "Metals": "metal", "Interest Rates": "rates",
    "Currencies": "currency", "Agriculture": "grain", "Cryptocurrency": "coin",
}  # fmt: skip


@lru_cache(maxsize=512)
def smile_of(owner: Underlying | FutureProduct | None) -> Smile:
    """The smile of a share, fund, index or future product."""
    assert owner is not None
    if isinstance(owner, FutureProduct):
        rho, eta, feel = _SHAPES[_SECTORS[owner.sector]]
        return Smile(owner.iv, rho, eta, feel)
    shape = "share" if owner.kind == "Equity" else _FUNDS.get(owner.symbol, "index")
    if owner.symbol == "VIX":
        shape = "vix"
    rho, eta, feel = _SHAPES[shape]
    moments = tuple(
        calendar.at(r.date, *((16, 20) if r.time_of_day == "AMC" else (7, 30))).timestamp()
        for r in corporate.reports(owner)
    )
    return Smile(owner.iv, rho, eta, feel, moments)
