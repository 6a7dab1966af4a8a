"""Try a login out before anything of it is stored; say in plain words why it does not work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from brokerage import audit, connection_state, grant_hints
from brokerage.environments import UnknownEnvironment, environment_for, is_real, narrowed_scope
from brokerage.tastytrade import errors
from brokerage.tastytrade.auth import AccessToken, Credentials, MemoryTokenStore
from brokerage.tastytrade.client import TastytradeClient
from brokerage.tastytrade.resources import accounts, customers

_MIX_UP = (
    "It may have been revoked, cut short when it was copied, or belong to another environment: "
    "grants of production and sandbox are not interchangeable."
)


class ConnectError(Exception):
    """Connecting failed; ``message`` is plain words for the page, ``field`` the form field."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class Login:
    """What the broker told about a login; ``refresh_token`` is the rotated one, if it was."""

    customer: Any
    listing: tuple[Any, ...]
    token: AccessToken
    refresh_token: str
    clock_offset: float | None

    @property
    def customer_id(self) -> str:
        """What tells one customer from another; empty where the broker does not say."""
        return self.customer.external_id or (self.customer.id if self.customer.id != "me" else "")


def check_shapes(environment_name: str, client_secret: str, refresh_token: str) -> None:
    """Refuse what cannot work before the broker counts it as a failed sign-in."""
    try:
        environment_for(environment_name)
    except UnknownEnvironment:
        raise ConnectError("This server does not offer that environment.", "environment") from None
    if not client_secret:
        raise ConnectError("The client secret is missing.", "client_secret")
    if not refresh_token:
        raise ConnectError("The refresh token is missing.", "refresh_token")
    if not is_real(environment_name):
        return
    if problem := grant_hints.client_secret_problem(client_secret):
        raise ConnectError(problem, "client_secret")
    if problem := grant_hints.refresh_token_problem(refresh_token):
        raise ConnectError(problem, "refresh_token")


def try_out(
    user: Any, environment_name: str, client_secret: str, refresh_token: str, client_id: str
) -> Login:
    """Token, customer and accounts by the broker itself; ConnectError when any is refused."""
    store = MemoryTokenStore(refresh_token=refresh_token)
    client = TastytradeClient(
        environment_for(environment_name),
        Credentials(
            client_secret, refresh_token, client_id or None, narrowed_scope(environment_name)
        ),
        store,
        user_agent=settings.USER_AGENT,
        timeout=settings.BROKER_TIMEOUT_SECONDS,
    )
    try:
        with client:
            token = client.access_token()
            customer = client.send(customers.me())
            listing = tuple(client.send(accounts.list_accounts()))
            return Login(
                customer,
                listing,
                client.access_token() or token,
                store.refresh_token or refresh_token,
                client.broker_clock_offset,
            )
    except errors.TastytradeError as failure:
        raise refusal(user, environment_name, failure, refresh_token) from None


def refusal(
    user: Any, environment_name: str, failure: errors.TastytradeError, refresh_token: str = ""
) -> ConnectError:
    """The failure in plain words, audited."""
    audit.record(
        "connection",
        "connect",
        "refused",
        user=user,
        details={"environment": environment_name, "error": type(failure).__name__},
    )
    message, field = _words(failure, refresh_token)
    return ConnectError(message, field)


def _words(failure: errors.TastytradeError, refresh_token: str) -> tuple[str, str | None]:
    if isinstance(failure, errors.InvalidClient):
        return (
            "The broker does not accept the client secret. Copy it again from the OAuth "
            "application; production and sandbox have separate ones, and regenerating it ends "
            f"earlier grants.{_said(failure)}",
            "client_secret",
        )
    if isinstance(failure, errors.InvalidGrant):
        hint = grant_hints.refresh_token_problem(refresh_token) if refresh_token else ""
        words = hint or f"The broker does not accept this grant. {_MIX_UP}"
        return words + _said(failure), "refresh_token"
    if isinstance(failure, errors.Forbidden):
        return (
            "The broker accepts the grant but does not let it read accounts: it needs the scope "
            f"read.{_said(failure)}",
            "refresh_token",
        )
    if connection_state.is_outage(failure):
        words = connection_state.reason(failure).removesuffix("; trying again.").rstrip(".")
        return f"{words}. Nothing was stored; please try again.", None
    return f"The broker refused this login.{_said(failure)}", None


def _said(failure: errors.TastytradeError) -> str:
    """The broker's own words, which help its support."""
    return f" The broker says: {failure.message}." if failure.message else ""


def count_words(accounts_reached: int) -> str:
    if accounts_reached == 1:
        return "it lists 1 account"
    return f"it lists {accounts_reached} accounts" if accounts_reached else "it lists no account"
