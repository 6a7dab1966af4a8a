"""The broker logins: connect, reconnect, remove, refresh, check, request a sync."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from brokerage import audit, code_flow, connection_state, events, history, login_trial
from brokerage.code_flow import CodeFlowError
from brokerage.code_flow import available as code_flow_available
from brokerage.credentials.clients import client_for
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.credentials.store import fingerprint
from brokerage.enums import ConnectionState, SyncKind, SyncState
from brokerage.environments import UnknownEnvironment, environment_for, offered, scopes_for
from brokerage.login_trial import ConnectError, Login
from brokerage.models import Account, Connection, SyncRun
from brokerage.sync import runs
from brokerage.sync.accounts import store_accounts, store_customer
from brokerage.sync.times import make_due
from brokerage.tasks import sync_requested
from brokerage.tastytrade import errors
from brokerage.tastytrade.client import exchange_code
from brokerage.tastytrade.resources import accounts, customers

__all__ = [
    "Check",
    "ConnectError",
    "authorize_url",
    "check",
    "code_flow_available",
    "complete_code_flow",
    "connect",
    "environment_for",
    "offered",
    "refresh_now",
    "remove",
    "request_sync",
]

# A run that has not moved for so long was lost with its worker; another may be asked for.
STUCK_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Check:
    """What a check of a connection found."""

    ok: bool
    text: str
    accounts: int | None = None


def connect(
    user: Any,
    environment_name: str,
    client_secret: str,
    refresh_token: str,
    label: str = "",
    *,
    client_id: str = "",
) -> Connection:
    """Try the login out, store it encrypted, mirror its accounts and start the first sync.

    A connection of the same login that needed reconnecting is revived instead of doubled.
    Raises ConnectError; nothing is stored then.
    """
    secret, token = client_secret.strip(), refresh_token.strip()
    login_trial.check_shapes(environment_name, secret, token)
    _refuse_second(user, environment_name, token)
    login = login_trial.try_out(user, environment_name, secret, token, client_id)
    known = _dead_connection(user, environment_name, token, login)
    connection = known or Connection(user=user, environment=environment_name)
    _store(connection, login, secret, client_id, label)
    audit.record(
        "connection",
        "reconnect" if known else "connect",
        "done",
        user=user,
        connection=connection,
        details={"environment": environment_name, "accounts": len(login.listing)},
    )
    request_sync(connection, user)
    return connection


def _refuse_second(user: Any, environment_name: str, refresh_token: str) -> None:
    same = Connection.objects.filter(
        user=user, environment=environment_name, grant_fingerprint=fingerprint(refresh_token)
    ).exclude(state=ConnectionState.RECONNECT)
    if existing := same.first():
        raise ConnectError(f"This grant is connected already, as {existing}.", "refresh_token")


def _dead_connection(
    user: Any, environment_name: str, refresh_token: str, login: Login
) -> Connection | None:
    """The user's connection that this login mends: the same grant, or the same customer."""
    dead = Connection.objects.filter(
        user=user, environment=environment_name, state=ConnectionState.RECONNECT
    )
    same_grant = dead.filter(grant_fingerprint=fingerprint(refresh_token)).first()
    if same_grant is not None or not login.customer_id:
        return same_grant
    return dead.filter(customer__external_id=login.customer_id).first()


def _store(
    connection: Connection, login: Login, client_secret: str, client_id: str, label: str
) -> None:
    """Write the row with its secrets and what the trial has shown, in one transaction."""
    connection.label = label.strip() or connection.label
    connection.client_id = client_id
    connection.client_secret = client_secret
    connection.refresh_token = login.refresh_token
    connection.grant_fingerprint = fingerprint(login.refresh_token)
    connection.scopes = scopes_for(connection.environment)
    connection.access_token = login.token.value
    connection.access_token_expires_at = login.token.expires_at
    connection.last_refresh_at = login.token.issued_at or timezone.now()
    connection.refresh_failures = 0
    connection.state, connection.state_reason = ConnectionState.ACTIVE, ""
    connection.state_since = timezone.now()
    connection.clock_offset_seconds = login.clock_offset or 0.0
    connection.clock_checked_at = timezone.now()
    try:
        with transaction.atomic():
            connection.save()
            store_customer(connection, login.customer)
            store_accounts(connection, login.listing, timezone.now())
            events.publish(events.CONNECTION_UPDATED, connection=connection, user=connection.user)
    except IntegrityError:
        # Two tabs connected the same grant at the same moment.
        raise ConnectError("This grant is connected already.", "refresh_token") from None


def authorize_url(
    session: MutableMapping[str, Any],
    environment_name: str,
    *,
    label: str = "",
    redirect_uri: str | None = None,
) -> str:
    """Where to send the browser for consent; the state is single-use and bound to the session."""
    try:
        return code_flow.begin(
            session,
            environment_name,
            label=label,
            redirect_uri=redirect_uri or code_flow.default_redirect_uri(),
        )
    except CodeFlowError as problem:
        raise ConnectError(str(problem), "environment") from None


def complete_code_flow(
    user: Any,
    session: MutableMapping[str, Any],
    *,
    state: str,
    code: str = "",
    error: str = "",
) -> Connection:
    """Turn the consent page's answer into a connection; ConnectError when it cannot be."""
    try:
        flow = code_flow.finish(session, state)
    except CodeFlowError as problem:
        raise ConnectError(str(problem)) from None
    if error or not code:
        raise ConnectError("The broker's consent page was left without agreeing; nothing changed.")
    client_id = settings.OAUTH_CLIENT_IDS[flow.environment]
    client_secret = settings.OAUTH_CLIENT_SECRETS[flow.environment]
    try:
        grant = exchange_code(
            environment_for(flow.environment),
            code,
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=flow.redirect_uri,
            user_agent=settings.USER_AGENT,
            timeout=settings.BROKER_TIMEOUT_SECONDS,
        )
    except errors.TastytradeError as failure:
        raise login_trial.refusal(user, flow.environment, failure) from None
    return connect(
        user,
        flow.environment,
        client_secret,
        grant.refresh_token,
        flow.label,
        client_id=client_id,
    )


def refresh_now(connection: Connection, user: Any = None) -> Connection:
    """Fetch a new access token though the present one may be fresh; ConnectError in plain words."""
    try:
        with client_for(connection, user=user) as client:
            client.refresh()
    except (errors.TastytradeError, UndecryptableSecret, UnknownEnvironment) as error:
        connection_state.failed(connection, error)
        raise ConnectError(connection_state.reason(error)) from None
    connection_state.worked(connection)
    audit.record("connection", "refresh", "done", user=user, connection=connection)
    connection.refresh_from_db()
    return connection


def check(connection: Connection, user: Any = None) -> Check:
    """Ask the broker for customer and accounts now, mirror them, and say how it went."""
    try:
        with client_for(connection, user=user) as client:
            customer = client.send(customers.me())
            listing = client.send(accounts.list_accounts())
    except (errors.TastytradeError, UndecryptableSecret, UnknownEnvironment) as error:
        connection_state.failed(connection, error)
        audit.record("connection", "check", "failed", user=user, connection=connection)
        return Check(False, connection_state.reason(error))
    store_customer(connection, customer)
    store_accounts(connection, listing, timezone.now())
    paused = (ConnectionState.PAUSED,)
    connection_state.change(connection, ConnectionState.ACTIVE, "", never_from=paused)
    audit.record("connection", "check", "done", user=user, connection=connection)
    return Check(
        True, f"The broker answers; {login_trial.count_words(len(listing))}.", len(listing)
    )


def pause(connection: Connection, user: Any) -> None:
    """Stop reading this login and close its streams; the mirror stays as it is and grows old.

    Nothing new is sent over it either. What a person asks for (a check, a sync, a cancellation)
    and looking after orders whose outcome is unknown go on.
    """
    audit.record("connection", "pause", "done", user=user, connection=connection)
    connection_state.pause(connection)


def resume(connection: Connection, user: Any) -> None:
    """Everything is due at once; the streams are opened again."""
    audit.record("connection", "resume", "done", user=user, connection=connection)
    connection_state.resume(connection)
    make_due(connection, SyncKind)


def remove(connection: Connection, user: Any = None, *, delete_data: bool = False) -> None:
    """Delete the secrets at once, then the connection; data stays unless asked otherwise.

    Accounts that another login reaches are never touched; neither are those through which an
    order was sent, since its record must stay.
    """
    reached = list(Account.objects.filter(accesses__connection=connection))
    Connection.objects.filter(pk=connection.pk).update(
        client_secret="", refresh_token="", access_token="", access_token_expires_at=None
    )
    details = {"environment": connection.environment, "delete_data": delete_data}
    with transaction.atomic():
        audit.record("connection", "remove", "done", user=user, details=details)
        events.publish(events.CONNECTION_UPDATED, connection=connection, user=connection.user)
        connection.delete()
        if delete_data:
            unreached = Account.objects.filter(
                pk__in=[account.pk for account in reached], accesses=None, intents=None
            )
            doomed = list(unreached)
            history.forget(doomed)
            Account.objects.filter(pk__in=[account.pk for account in doomed]).delete()


def request_sync(connection: Connection, user: Any) -> SyncRun:
    """Ask for a full sync; the run that is waiting or going on already, if there is one."""
    alive = timezone.now() - timedelta(seconds=STUCK_SECONDS)
    running = SyncRun.objects.filter(
        connection=connection,
        state=SyncState.RUNNING,
        requested_by__isnull=False,
        started_at__gte=alive,
    ).first()
    if running is not None:
        return running
    run = SyncRun.objects.create(connection=connection, requested_by=user, current=runs.WAITING)
    audit.record("sync", "request", "queued", user=user, connection=connection)
    transaction.on_commit(lambda: sync_requested.delay(run.pk), robust=True)
    events.publish(events.SYNC_UPDATED, connection=connection, detail={"run": run.pk})
    return run
