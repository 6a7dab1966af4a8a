"""`manage.py seed_demo`: the demo's user and, through the real connect flow, its connection."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError

from brokerage import connections
from brokerage.enums import EnvironmentName
from brokerage.models import Connection, SyncRun

_LABEL = "Simulated broker"


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = (
        "Create a user (password: DEMO_PASSWORD) and connect the simulator "
        "(SIMULATOR_CLIENT_SECRET, SIMULATOR_REFRESH_TOKEN). Does nothing the second time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", default="demo")
        parser.add_argument("--no-connection", action="store_true", help="create the user alone")
        parser.add_argument("--timeout", type=float, default=90.0, help="seconds for the sync")

    def handle(self, **options: object) -> None:
        user = _user(str(options["username"]), _secret("DEMO_PASSWORD"))
        if options["no_connection"]:
            return
        connection = _connection(user)
        _wait_for_sync(connection, float(str(options["timeout"])))


def _secret(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise CommandError(f"{name} must be set.")
    return value


def _user(username: str, password: str) -> AbstractBaseUser:
    user, _made = get_user_model().objects.get_or_create(username=username)
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def _connection(user: AbstractBaseUser) -> Connection:
    """The user's login to this very simulator; a login to a former one is removed."""
    secret, token = _secret("SIMULATOR_CLIENT_SECRET"), _secret("SIMULATOR_REFRESH_TOKEN")
    existing = list(Connection.objects.filter(user=user, environment=EnvironmentName.SIMULATOR))
    for connection in existing:
        if connection.refresh_token == token and connection.client_secret == secret:
            return connection
    try:
        made = connections.connect(user, EnvironmentName.SIMULATOR, secret, token, label=_LABEL)
    except connections.ConnectError as error:
        raise CommandError(f"The simulator could not be connected: {error}") from None
    for connection in existing:
        # The same grant connected again is the same row.
        if connection.pk != made.pk:
            connections.remove(connection)
    return made


def _wait_for_sync(connection: Connection, timeout: float) -> None:
    """Return when the first run has ended; at once when that was in an earlier life."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        run = SyncRun.objects.filter(connection=connection).order_by("pk").first()
        connection.refresh_from_db()
        if run is not None and run.finished_at is not None:
            if connection.last_sync_at is None:
                raise CommandError(f"The first sync ended as {run.state}: {run.message}")
            return
        time.sleep(0.1)
    raise CommandError(f"The first sync did not finish within {timeout:.0f} s.")
