"""People and what they hold."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portfolio.live.hub import hub
from tests.portfolio import factories


@pytest.fixture(autouse=True)
def _fresh_books() -> None:
    """The hub keeps copies of books for a second; tests publish faster than that."""
    hub._snapshots.clear()


@pytest.fixture
def user(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ada")


@pytest.fixture
def stranger(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("bob")


@pytest.fixture
def web(user: Any) -> Client:
    """A browser in which the user is signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def strangers_web(stranger: Any) -> Client:
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture
def book(user: Any) -> Any:
    """(connection, account) with shares, a covered call and short puts, quoted."""
    return factories.small_book(user)
