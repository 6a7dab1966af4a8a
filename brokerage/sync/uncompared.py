"""Fields in which the book may differ from the broker's, and why. Everything else must be equal."""

from __future__ import annotations

from brokerage.sync.mapping import BALANCE_AMOUNTS

# Ours alone, or the same fact in another place.
NEVER: dict[str, frozenset[str]] = {
    "position": frozenset(
        # Our times of receipt and of judging; the broker's raw object is compared field by field.
        {"account_id", "raw", "received_at", "missing_since", "closed_at"}
    ),
    "balance": frozenset({"account_id", "raw", "received_at"}),
    "order": frozenset({"account_id", "raw", "mirrored_at", "executed_quantity"}),
    "transaction": frozenset({"account_id", "raw", "received_at"}),
}

# Of a balance only cash stands still while the market moves.
STANDING = frozenset({"cash_balance", "pending_cash", "intraday_equities_cash_amount"})

# Figures that follow the market: between two reads of a moving market they differ by right. They
# are compared when the broker's clock stands still, and left out otherwise.
MOVING: dict[str, frozenset[str]] = {
    # The broker's time of a position moves with its mark in some environments.
    "position": frozenset({"mark_price", "updated_at"}),
    "balance": frozenset({*BALANCE_AMOUNTS, "updated_at"}) - STANDING,
    "order": frozenset(),
    "transaction": frozenset(),
}
