"""One underlying over all accounts in view: price, positions, chains, orders, lots, curve."""
