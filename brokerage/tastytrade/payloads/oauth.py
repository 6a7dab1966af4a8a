"""The answer of the token endpoint: flat, in snake case, and secret throughout."""

from __future__ import annotations

from brokerage.tastytrade.payloads.base import Count, Payload, RequiredSecret, SecretText

FALLBACK_LIFETIME = 900
LONGEST_LIFETIME = 86_400


class Grant(Payload, frozen=True):
    """`refresh_token` is there after a code was traded in, and when the old one was rotated."""

    access_token: RequiredSecret = ""
    refresh_token: SecretText = ""
    id_token: SecretText = ""
    token_type: str = ""
    expires_in: Count = None
    scope: str = ""

    @property
    def lifetime(self) -> int:
        """Seconds the access token lasts: as stated, within a day; 900 where it is not."""
        if self.expires_in is None or self.expires_in <= 0:
            return FALLBACK_LIFETIME
        return min(self.expires_in, LONGEST_LIFETIME)

    def __repr__(self) -> str:
        return f"Grant(expires_in={self.expires_in})"
