"""The option chain page: strikes and expirations, templates, and the legs picked there."""
