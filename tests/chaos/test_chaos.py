"""A short chaos run: whatever was dropped, doubled, refused or killed, the books end equal."""

from __future__ import annotations

import os

import pytest
from django.db import connection as database

from tests.chaos.play import play

SECONDS = float(os.environ.get("CHAOS_SECONDS", "15"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(420)
def test_after_the_faults_one_sync_makes_the_books_equal():
    address, _, query = os.environ["DATABASE_URL"].partition("?")
    name = database.settings_dict["NAME"]
    url = f"{address.rpartition('/')[0]}/{name}{'?' + query if query else ''}"
    result = play(7, SECONDS, url)
    assert result.orders > 5 and result.fault_hits > 10, result
    assert result.differences == []
    assert result.lines > 30 and result.score == 1.0
