"""The state machine of a connection: active, degraded, reconnect needed, each with its reason.

``active`` → ``degraded``: the broker could not be reached or failed; we go on trying.
``paused`` ↔ ``active``: by the user alone; no failure but a dead grant moves a paused login.
Any → ``reconnect``: the grant, the client secret or our copy of them is dead; calling stops until
the user connects again. Success brings a degraded connection back to ``active``.
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from brokerage import audit, events
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.enums import SILENT_STATES, ConnectionState
from brokerage.models import Connection
from brokerage.tastytrade import errors


def worked(connection: Connection) -> None:
    """A call was answered: whatever was wrong has passed. A dead grant stays dead."""
    change(connection, ConnectionState.ACTIVE, "", only_from=ConnectionState.DEGRADED)


def failed(connection: Connection, error: Exception) -> bool:
    """Note a failure; True when it concerns the connection as a whole and calling should stop."""
    if is_terminal(error):
        change(connection, ConnectionState.RECONNECT, reason(error))
        return True
    if is_outage(error):
        change(connection, ConnectionState.DEGRADED, reason(error), never_from=SILENT_STATES)
        return True
    return False


def pause(connection: Connection) -> None:
    """Leave the login alone until it is resumed; a dead grant stays dead."""
    why = "Paused: nothing is read and no stream is open until it is resumed."
    change(connection, ConnectionState.PAUSED, why, never_from=(ConnectionState.RECONNECT,))


def resume(connection: Connection) -> None:
    change(connection, ConnectionState.ACTIVE, "", only_from=ConnectionState.PAUSED)


def is_terminal(error: Exception) -> bool:
    """Only the user can mend it."""
    if isinstance(error, UndecryptableSecret):
        return True
    return isinstance(error, errors.OAuthError) and error.terminal


def is_outage(error: Exception) -> bool:
    """The broker is away, overloaded or refuses us for now; the next call may work."""
    passing = (
        errors.OAuthError,
        errors.TransportError,
        errors.RateLimited,
        errors.ServerError,
        errors.Unauthorized,
        errors.VersionNotSupported,
    )
    return isinstance(error, passing)


def reason(error: Exception) -> str:
    """Plain words for the page; never a token, an address or a code alone."""
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    if isinstance(error, errors.TastytradeError):
        return f"The broker refused: {error.message or error.code or error.status}."
    return "Something went wrong on our side; the log says what."


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (
        UndecryptableSecret,
        "The stored secret cannot be decrypted with this server's keys. "
        "Put the old key back into FIELD_ENCRYPTION_KEYS, or connect again.",
    ),
    (
        errors.InvalidGrant,
        "The broker no longer accepts this grant. Create a new one and connect again.",
    ),
    (
        errors.InvalidClient,
        "The broker does not accept the client secret. "
        "If it was regenerated, connect again with the new one.",
    ),
    (errors.OAuthRefused, "The broker refuses this sign-in. Connect again."),
    (errors.InvalidOAuthRequest, "The broker refused a token for now; trying again."),
    (errors.OAuthUnavailable, "The broker's sign-in service does not answer; trying again."),
    (errors.ConnectError, "The broker cannot be reached; trying again."),
    (errors.TimeoutError_, "The broker did not answer in time; trying again."),
    (errors.TransportError, "The line to the broker broke; trying again."),
    (errors.RateLimited, "The broker asks for fewer calls; waiting before the next."),
    (errors.VersionNotSupported, "The broker no longer serves the API version set here."),
    (errors.Unauthorized, "The broker refused the access token; trying again."),
    (errors.NotAvailableHere, "Not available in this environment."),
    (errors.ServerError, "The broker has a fault of its own; trying again."),
)


def change(
    connection: Connection,
    state: ConnectionState,
    why: str,
    *,
    only_from: ConnectionState | None = None,
    never_from: Collection[ConnectionState] = (),
) -> None:
    """Set state and reason; a real change is audited and told to the pages.

    What the state was is read in the database, not in ``connection``: other processes move it.
    """
    rows = Connection.objects.filter(pk=connection.pk)
    if only_from is not None:
        rows = rows.filter(state=only_from)
    if never_from:
        rows = rows.exclude(state__in=never_from)
    moved = rows.exclude(state=state).update(
        state=state, state_reason=why, state_since=timezone.now()
    )
    reworded = rows.filter(state=state).exclude(state_reason=why).update(state_reason=why)
    if not moved and not reworded:
        return
    connection.state, connection.state_reason = state, why
    if moved:
        audit.record("connection", "state", state, connection=connection, details={"reason": why})
    events.publish(events.CONNECTION_UPDATED, connection=connection, detail={"state": state})
