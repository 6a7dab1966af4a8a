"""Fields in which the book may differ from the broker's, and why. Everything else must be equal."""

from __future__ import annotations

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

# Figures that follow the market: between two reads of a moving market they differ by right. They
# are compared when the broker's clock stands still, and left out otherwise.
MOVING: dict[str, frozenset[str]] = {
    # The broker's time of a position moves with its mark in some environments.
    "position": frozenset({"mark_price", "updated_at"}),
    # Of a balance only cash stands still while the market moves.
    "balance": frozenset(
        {
            "net_liquidating_value",
            "margin_equity",
            "equity_buying_power",
            "derivative_buying_power",
            "day_trading_buying_power",
            "used_derivative_buying_power",
            "maintenance_requirement",
            "maintenance_excess",
            "reg_t_margin_requirement",
            "futures_margin_requirement",
            "cash_available_to_withdraw",
            "long_equity_value",
            "short_equity_value",
            "long_derivative_value",
            "short_derivative_value",
            "long_futures_derivative_value",
            "short_futures_derivative_value",
            "long_cryptocurrency_value",
            "intraday_futures_cash_amount",
            "maintenance_call_value",
            "reg_t_call_value",
            "day_trading_call_value",
            "day_equity_call_value",
            "updated_at",
        }
    ),
    "order": frozenset(),
    "transaction": frozenset(),
}
