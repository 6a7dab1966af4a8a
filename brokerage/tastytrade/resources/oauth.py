"""Signing in: the consent page, the authorization code, the refresh grant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from brokerage.tastytrade.calls import Call, Safety, one
from brokerage.tastytrade.environments import Environment
from brokerage.tastytrade.payloads.oauth import Grant
from brokerage.tastytrade.secret import Secret

ROUTE = "/oauth/token"


def authorize_url(
    environment: Environment,
    *,
    client_id: str,
    redirect_uri: str,
    state: str,
    scopes: Iterable[str] = ("read",),
) -> str:
    """The address of the consent page. `state` must be single-use and bound to the session."""
    return f"{environment.authorize_url}?" + urlencode(
        {
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(scopes),
            "state": state,
        }
    )


def _grant(body: dict[str, Any], safety: Safety) -> Call[Grant]:
    # The one endpoint whose keys are in snake case, so the body is sent as it is.
    known = {key: value for key, value in body.items() if value is not None}
    return Call("POST", ROUTE, ROUTE, one(Grant), body=known, safety=safety, authenticated=False)


def refresh(
    client_secret: str,
    refresh_token: str,
    client_id: str | None = None,
    scope: str | None = None,
) -> Call[Grant]:
    """`scope` narrows the access token to these scopes; without it the grant's own hold."""
    body = {
        "grant_type": "refresh_token",
        "refresh_token": Secret(refresh_token),
        "client_secret": Secret(client_secret),
        "client_id": client_id or None,
        "scope": scope,
    }
    return _grant(body, Safety.GRANT)


def trade_code(code: str, *, client_id: str, client_secret: str, redirect_uri: str) -> Call[Grant]:
    """`redirect_uri` is the one the consent page was asked with."""
    body = {
        "grant_type": "authorization_code",
        "code": Secret(code),
        "client_id": client_id,
        "client_secret": Secret(client_secret),
        "redirect_uri": redirect_uri,
    }
    return _grant(body, Safety.CODE)
