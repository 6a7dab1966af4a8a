"""Who may come in: users, applications, their grants and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct, field


class User(Struct, kw_only=True):
    """A login: who may see which accounts, and what belongs to nobody's account."""

    external_id: str
    username: str
    email: str
    user_id: int
    customer: dict[str, Any]
    accounts: dict[str, str]
    """Account number → authority level, in the order of the list."""
    watchlists: dict[str, dict[str, Any]] = field(default_factory=dict)
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    password: str | None = None
    """Of the sessions by password, once it was changed; else the password of the settings."""
    backtests: dict[str, dict[str, Any]] = field(default_factory=dict)


class Client(Struct, kw_only=True):
    """A registered OAuth application; no redirect addresses means any is accepted."""

    client_id: str
    secret: str
    name: str = "Application"
    redirect_uris: list[str] = field(default_factory=list)


class Grant(Struct, kw_only=True):
    """A customer's consent to a client, and the refresh token that stands for it."""

    id: str
    client_id: str
    username: str
    scopes: list[str]
    refresh_token: str
    revoked: bool = False


class Code(Struct, kw_only=True):
    """An authorization code: one use, ten minutes."""

    value: str
    client_id: str
    username: str
    scopes: list[str]
    redirect_uri: str
    expires_at: datetime
    used: bool = False


class Token(Struct, kw_only=True):
    """An access token or, with kind `quote`, a market data token."""

    value: str
    kind: str
    username: str
    scopes: list[str]
    expires_at: datetime
    grant_id: str | None = None
    revoked: bool = False
