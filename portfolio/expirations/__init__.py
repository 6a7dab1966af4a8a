"""The expiration page: what a date does to shares, cash and cover."""
