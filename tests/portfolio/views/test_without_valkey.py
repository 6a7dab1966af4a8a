"""Valkey is away: pages still answer, from the database, and say that nothing is live."""

from __future__ import annotations

import pytest
import redis
from django.core.cache import caches
from django.urls import reverse

from brokerage import valkey
from brokerage.market import feed
from portfolio.context import NAVIGATION
from portfolio.live.hub import hub

pytestmark = pytest.mark.django_db
PAGES = [reverse(name) for name, *_ in NAVIGATION if name != "portfolio:simulator"]


@pytest.fixture
def without_valkey(settings, tmp_path, monkeypatch):
    """Addresses at which nobody listens, in every client that a page uses."""
    dead = f"unix://{tmp_path}/nobody.sock"
    client = redis.Redis.from_url(dead)
    monkeypatch.setattr(valkey, "client", lambda: client)
    monkeypatch.setattr(feed, "_bytes_client", lambda: client)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": dead}}
    hub._snapshots.clear()
    with pytest.raises(redis.RedisError):
        caches["default"].get("anything")


@pytest.mark.parametrize("address", PAGES)
def test_every_page_answers(address, web, book, without_valkey):
    answer = web.get(address)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code == 200, address
    assert b"</html>" in content


def test_people_sign_in_and_out(client, user, without_valkey):
    client.force_login(user)
    assert client.get("/").status_code == 200
    client.logout()
    assert client.get("/").status_code == 302
