"""Fill models: what the market gives an order, and scripts that decide instead of it."""
