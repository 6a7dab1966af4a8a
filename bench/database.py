"""A database for a measurement: DATABASE_URL's server where set, else one of our own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def database() -> Iterator[None]:
    """Django set up on a fresh database that is dropped afterwards."""
    # The tests' way of starting servers; it ends them with the process.
    from embedded import pytest_plugin as servers

    for name, value in servers._DEFAULTS.items():
        os.environ.setdefault(name, value)
    if not os.environ.get("DATABASE_URL"):
        servers._start_postgres()
    if not os.environ.get("REDIS_URL"):
        servers._start_valkey()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        connection.close()
        teardown_databases(made, verbosity=0)
        connection.close_pool()
