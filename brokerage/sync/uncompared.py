"""Fields in which the book may differ from the broker's, and why. Everything else must be equal."""

from __future__ import annotations

from brokerage.sync.columns import BALANCE_AMOUNTS

_OURS = {"account_id", "received_at"}

# Ours alone (our keys, our times of receipt and of judging), or the same fact in another place.
NEVER: dict[str, frozenset[str]] = {
    "position": frozenset({*_OURS, "missing_since", "closed_at"}),
    "balance": frozenset(_OURS),
    "trading status": frozenset(_OURS),
    "order": frozenset({"account_id", "mirrored_at"}),
    "complex order": frozenset({"account_id", "mirrored_at"}),
    "transaction": frozenset(_OURS),
    # The report's own time is written when a figure of it changed.
    "margin": frozenset({*_OURS, "reported_at"}),
    "snapshot": frozenset(_OURS),
    "net liq": frozenset({"account_id"}),
    "customer": frozenset(),
    "account": frozenset({"received_at"}),
    "watchlist": frozenset({"connection_id", "received_at"}),
    "quote alert": frozenset({"connection_id", "received_at"}),
    "metric": frozenset({"received_at"}),
    "instrument": frozenset({"received_at"}),
}

# Keys of the broker's raw object that notifications and lists do not share: which of the two came
# last decides whether they are there.
RAW: dict[str, frozenset[str]] = {
    # Lists have marks; the last one stays in its column.
    "position": frozenset({"mark", "mark-price"}),
    # Notifications name the user.
    "order": frozenset({"user-id", "username"}),
}

# Of a balance only cash stands still while the market moves.
STANDING = frozenset({"cash_balance", "pending_cash", "intraday_equities_cash_amount"})

# Figures that follow the market: between two reads of a moving market they differ by right. They
# are compared when the broker's clock stands still, and left out otherwise; so is the raw object,
# which holds them too.
MOVING: dict[str, frozenset[str]] = {
    # The broker's time of a position moves with its mark in some environments.
    "position": frozenset({"mark_price", "updated_at", "raw"}),
    "balance": frozenset({*BALANCE_AMOUNTS, "updated_at", "raw"}) - STANDING,
    "trading status": frozenset({"raw"}),
    "order": frozenset({"raw"}),
    # Its members are orders, compared as such.
    "complex order": frozenset({"raw"}),
    "transaction": frozenset({"raw"}),
}
