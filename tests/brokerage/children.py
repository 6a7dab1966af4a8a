"""What other processes do in tests. Imported by fresh interpreters: Django is set up inside."""

from __future__ import annotations

import time
from typing import Any


def _set_up(database_name: str) -> None:
    import django
    from django.db import connections

    django.setup()
    connections["default"].settings_dict["NAME"] = database_name


def put_token(
    simulator_url: str, database_name: str, connection_id: Any, queue: Any, start: Any
) -> None:
    """A fresh access token, as any worker would get it, once all are at the barrier."""
    _set_up(database_name)
    from django.conf import settings

    from brokerage.credentials import client_for
    from brokerage.models import Connection

    settings.SIMULATOR_URL = simulator_url
    connection = Connection.objects.get(pk=connection_id)
    start.wait(60)
    with client_for(connection) as client:
        queue.put(str(client.access_token().value))


def put_tokens(
    simulator_url: str, database_name: str, connection_id: Any, queue: Any, gates: Any, lives: int
) -> None:
    """The same for several lives of the token; a gate opens each and another one ends it."""
    _set_up(database_name)
    from django.conf import settings

    from brokerage.credentials import client_for
    from brokerage.models import Connection

    settings.SIMULATOR_URL, settings.BROKER_TIMEOUT_SECONDS = simulator_url, 60
    connection = Connection.objects.get(pk=connection_id)
    for _ in range(lives):
        gates.wait(120)
        with client_for(connection) as client:
            queue.put(str(client.access_token().value))
        gates.wait(120)


def hold_refresh_lock(database_name: str, connection_id: Any, ready: Any) -> None:
    """Take the refresh lock and keep it until killed."""
    _set_up(database_name)
    from brokerage import locks

    with locks.refresh_lock(connection_id):
        ready.set()
        time.sleep(60)
