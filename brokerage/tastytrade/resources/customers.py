"""The customer behind a login."""

from __future__ import annotations

from brokerage.tastytrade.calls import Call, get, one
from brokerage.tastytrade.payloads.customers import Customer


def me(*, allow_missing: bool | None = None) -> Call[Customer]:
    """`allow_missing`: no 404 for a user without a customer record."""
    return get("/customers/me", parse=one(Customer), query={"allow-missing": allow_missing})
