"""A broker at the outer edge, users, and a connection made through the real connect flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from brokerage import connections, tasks, valkey
from brokerage.models import Account, Connection
from brokerage.sync import unknown
from tests.brokerage.outer_broker import REFRESH, SECRET, OuterBroker


@pytest.fixture
def broker(settings: Any) -> Iterator[OuterBroker]:
    outer = OuterBroker()
    settings.SIMULATOR_URL = outer.url
    yield outer
    outer.close()


@pytest.fixture(autouse=True)
def _clean_valkey() -> Iterator[None]:
    """Cached reads and sessions of one test are not those of the next."""
    unknown.forget()
    yield
    keys = [
        key
        for pattern in (
            "read:*",
            "sessions:*",
            "hold-off:*",
            "health:*",
            "code-flow:*",
            "bucket:*",
            "watched:*",
        )
        for key in valkey.client().scan_iter(pattern)
    ]
    if keys:
        valkey.client().delete(*keys)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Runs that were handed to the task queue; tests have no worker."""
    runs: list[int] = []
    monkeypatch.setattr(tasks.sync_requested, "delay", runs.append)
    return runs


@pytest.fixture
def user(db: None) -> Any:
    return get_user_model().objects.create_user("ada")


@pytest.fixture
def stranger(db: None) -> Any:
    return get_user_model().objects.create_user("eve")


@pytest.fixture
def connection(user: Any, broker: OuterBroker, queued: list[int]) -> Connection:
    return connections.connect(user, "simulator", SECRET, REFRESH, label="Main")


@pytest.fixture
def account(connection: Connection) -> Account:
    return Account.objects.get(number="5WT00001")
