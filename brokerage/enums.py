"""Closed sets that are ours. The broker's own words stay text: an unknown one is kept and shown."""

from __future__ import annotations

from django.db import models

from brokerage.tastytrade.enums import OrderStatus
from brokerage.tastytrade.enums import phase as phase_of


class EnvironmentName(models.TextChoices):
    PRODUCTION = "production"
    SANDBOX = "sandbox"
    SIMULATOR = "simulator"


class ConnectionState(models.TextChoices):
    ACTIVE = "active"
    # The broker could not be reached or refused for now; we go on trying.
    DEGRADED = "degraded"
    # The grant or the client secret is dead; only the user can mend it.
    RECONNECT = "reconnect", "reconnect needed"
    # The user wants it left alone: nothing is read by itself, no stream is open.
    PAUSED = "paused"


# What nothing works for by itself.
SILENT_STATES = (ConnectionState.RECONNECT, ConnectionState.PAUSED)


class StreamState(models.TextChoices):
    UP = "up"
    CONNECTING = "connecting"
    DOWN = "down"


class IntentState(models.TextChoices):
    """What is known of a command. Denied is ours, rejected theirs, unknown neither."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DENIED = "denied"
    UNKNOWN = "unknown"
    # Looked for thoroughly and not there: a person may send again, under a new identifier.
    NOT_FOUND = "not-found", "not found"


class IntentKind(models.TextChoices):
    SUBMIT = "submit"
    # A group of orders that depend on each other.
    COMPLEX = "complex"
    REPLACE = "replace"
    EDIT_COMPLEX = "edit-complex"
    CANCEL = "cancel"
    CANCEL_COMPLEX = "cancel-complex"


# Commands that make something new at the broker, and those that only take back.
PLACING_KINDS = (IntentKind.SUBMIT, IntentKind.COMPLEX)
CANCEL_KINDS = (IntentKind.CANCEL, IntentKind.CANCEL_COMPLEX)


class NewsKind(models.TextChoices):
    """What people are told of an order."""

    PARTIAL = "partial", "partly filled"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REMOVED = "removed"


class SyncKind(models.TextChoices):
    CUSTOMER = "customer"
    ACCOUNTS = "accounts"
    TRADING_STATUS = "trading-status"
    BALANCES = "balances"
    POSITIONS = "positions"
    ORDERS_LIVE = "orders-live"
    ORDERS = "orders"
    TRANSACTIONS = "transactions"
    INSTRUMENTS = "instruments"
    SNAPSHOTS = "snapshots"
    NET_LIQ = "net-liq"
    SESSIONS = "sessions"
    COMPLEX_ORDERS = "complex-orders"
    MARGIN = "margin"
    METRICS = "metrics"
    WATCHLISTS = "watchlists"
    QUOTE_ALERTS = "quote-alerts"


class BackfillKind(models.TextChoices):
    TRANSACTIONS = "transactions"
    ORDERS = "orders"


class SyncState(models.TextChoices):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNAVAILABLE = "unavailable", "not available in this environment"


# The broker's order statuses by phase. A status in none of them is kept, shown and treated as
# unfinished: never as working, never as terminal.
def _statuses(phase: str) -> frozenset[str]:
    return frozenset(str(status) for status in OrderStatus if phase_of(status) == phase)


SUBMISSION_STATUSES = _statuses("submission")
WORKING_STATUSES = _statuses("working")
# The second spelling has been seen on the wire.
TERMINAL_STATUSES = _statuses("terminal") | {"Canceled"}


def status_rank(status: str) -> int:
    """How far an order has come: submission or unknown 0, working 1, terminal 2."""
    if status in TERMINAL_STATUSES:
        return 2
    return 1 if status in WORKING_STATUSES else 0
