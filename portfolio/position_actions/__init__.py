"""From positions to orders: close, reverse, roll and what else a row offers."""
