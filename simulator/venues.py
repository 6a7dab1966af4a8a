"""Where executions happen: exchanges, wholesalers and dark pools by kind of instrument."""

from __future__ import annotations

from simulator.ids import Ids

EQUITY = (
    "NASDAQ", "NYSE_ARCA", "CBOE_EDGX", "CBOE_BZX", "IEX", "MEMX", "NYSE",
    "CITADEL_SECURITIES_A", "VIRTU_AMERICAS_A", "JANE_STREET_A", "G1_EXECUTION_A",
    "UBS_ATS_DARK", "SIGMA_X2_DARK", "LEVEL_ATS_DARK", "INTELLIGENT_CROSS_DARK",
)  # fmt: skip
OPTION = (
    "CBOE_OPTIONS", "CBOE_C2", "NASDAQ_PHLX", "NASDAQ_ISE", "NYSE_ARCA_OPTIONS",
    "NYSE_AMEX_OPTIONS", "MIAX_PEARL", "BOX_OPTIONS", "MEMX_OPTIONS",
    "CITADEL_OPTIONS_A", "WOLVERINE_A", "DASH_A",
)  # fmt: skip
FUTURES = {
    "CME": "CME_GLOBEX",
    "CBOT": "CBOT_GLOBEX",
    "NYMEX": "NYMEX_GLOBEX",
    "COMEX": "COMEX_GLOBEX",
    "CFE": "CFE_TITANIUM",
    "SMALLS": "CBOED_SMALLS",
}
CRYPTO = ("ZERO_HASH_A", "CUMBERLAND_A", "B2C2_A")


def venue_for(ids: Ids, instrument_type: str, exchange: str, *key: object) -> str:
    """A venue for one execution: the same key names the same venue."""
    if instrument_type in ("Future", "Future Option"):
        return FUTURES.get(exchange, "CME_GLOBEX")
    pool = {"Equity": EQUITY, "Equity Option": OPTION}.get(instrument_type, CRYPTO)
    return pool[ids.digest("venue", *key, size=2)[0] % len(pool)]


def exchange_code(venue: str) -> str:
    """The short exchange text of a transaction."""
    return venue.split("_", 1)[0][:8]
