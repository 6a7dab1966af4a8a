"""Closed sets that are ours. The broker's own words stay text: an unknown one is kept and shown."""

from __future__ import annotations

from django.db import models


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


class StreamState(models.TextChoices):
    UP = "up"
    CONNECTING = "connecting"
    DOWN = "down"


class IntentState(models.TextChoices):
    """What is known of a submit or a cancel. Denied is ours, rejected is theirs, unknown neither."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DENIED = "denied"
    UNKNOWN = "unknown"
    # Looked for thoroughly and not there: a person may send again, under a new identifier.
    NOT_FOUND = "not-found", "not found"


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


class SyncState(models.TextChoices):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNAVAILABLE = "unavailable", "not available in this environment"
