"""The order ticket: what is typed, what it means, and what its page shows."""
