"""The simulated market: instruments, prices, volatility, quotes, as pure functions of time."""
