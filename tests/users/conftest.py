"""A person and a browser in which that person is signed in."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def user(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ada", email="ada@example.org")


@pytest.fixture
def web(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client
