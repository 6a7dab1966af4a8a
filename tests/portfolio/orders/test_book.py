"""The order book's tabs and filters, and cancelling all of what a filter shows."""

from __future__ import annotations

import re

import pytest

from brokerage.models import Account, Order
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import html
from tests.portfolio.views.test_order_list import store

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(account: Account, desk) -> list[Order]:
    """A working order in each account of the login."""
    other = Account.objects.exclude(pk=account.pk).get()
    return [store(account, 401, status="Live"), store(other, 402, status="Live")]


def rows(text: str) -> set[int]:
    return {int(pk) for pk in re.findall(r'<tr[^>]*id="order-(\d+)"', text)}


def named(text: str) -> set[int]:
    return {int(pk) for pk in re.findall(r'name="order" value="(\d+)"', text)}


def test_all_tabs_are_there(desk, account):
    text = html(desk.get("/orders/"))
    tabs = re.findall(r'\?tab=(\w+)" ?[^>]*>(\w+)', text)
    assert [name for _, name in tabs] == ["Working", "Today", "History", "Staged", "Unknown"]


@pytest.mark.parametrize("tab", ["working", "today", "history", "staged", "unknown"])
def test_an_empty_tab_says_what_would_stand_there(desk, account, tab):
    text = html(desk.get(f"/orders/?tab={tab}"))
    assert 'class="empty"' in text


def test_by_account_only_its_orders_are_shown_and_cancelled(desk, both):
    mine, other = both
    where = f"account={mine.account_id}"
    text = html(desk.get(f"/orders/?{where}"))
    assert rows(text) == {mine.pk}
    assert f"Cancel all of {mine.account}" in text
    page = html(desk.get(f"/orders/cancel-all/?which=all&{where}"))
    assert named(page) == {mine.pk} and str(mine.account) in page
    assert named(html(desk.get("/orders/cancel-all/?which=all"))) == {mine.pk, other.pk}


@pytest.mark.parametrize("text", ["999999", "abc", "1;drop", "-1", "\x00"])
def test_an_account_that_is_not_there_narrows_nothing(desk, both, text):
    assert rows(html(desk.get("/orders/", {"account": text}))) == {row.pk for row in both}


def test_a_group_with_a_stop_is_named_as_protective(desk, account):
    tag = {"complex-order-id": 77, "complex-order-tag": "OCO"}
    store(account, 501, **tag, cancellable=False)
    stop = store(account, 502, **tag | {"order-type": "Stop"}, cancellable=False)
    stop.legs.update(action="Sell to Close")
    page = html(desk.get("/orders/cancel-all/?which=all"))
    assert "1 of them protects a position." in page
