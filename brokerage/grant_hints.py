"""What somebody probably pasted when the broker would not take it. Pure: looks at the shape."""

from __future__ import annotations

import base64
import json
import re

_JWT = re.compile(r"^[\w-]+\.[\w-]+\.[\w-]*$")
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.IGNORECASE)
# Longer than any password people type, shorter than any signed token.
_LONGEST_PASSWORD = 40

WHERE = (
    "Create a grant under Manage, My Profile, API, OAuth Applications at my.tastytrade.com and "
    "paste the refresh token that is shown once."
)


def is_jwt(text: str) -> bool:
    """Three dotted parts, as the refresh tokens of the real environments have."""
    return bool(_JWT.match(text))


def refresh_token_problem(text: str) -> str:
    """Why this cannot be a refresh token; empty when its shape is right."""
    if _jwt_type(text).startswith("at"):
        return f"This is an access token, which lasts minutes. {WHERE}"
    if is_jwt(text):
        return ""
    if "@" in text and " " not in text:
        return f"This is an e-mail address or user name. Signing in with those has ended. {WHERE}"
    if _UUID.match(text):
        return f"This is a client id or an authorization code, not a refresh token. {WHERE}"
    if text.endswith("+C"):
        return (
            "This is a session token of the older sign-in, which the broker has switched off. "
            + WHERE
        )
    if len(text) <= _LONGEST_PASSWORD:
        return (
            "This looks like a password. The desk never asks for your brokerage password: change "
            f"it if it was one. {WHERE}"
        )
    return f"This is not a refresh token; it may be an older session token. {WHERE}"


def client_secret_problem(text: str) -> str:
    """Why this cannot be a client secret; empty when it may be one."""
    if is_jwt(text):
        return "This is a token, not the client secret: the two fields may be swapped."
    return ""


def _jwt_type(text: str) -> str:
    """The `typ` of a JWT's header, lower case; empty when there is none to read."""
    if not is_jwt(text):
        return ""
    head = text.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except ValueError:
        return ""
    return str(header.get("typ", "")).lower() if isinstance(header, dict) else ""
