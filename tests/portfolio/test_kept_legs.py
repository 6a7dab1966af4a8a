"""Legs that a process keeps are never older than their rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brokerage.models import Account, Instrument, Position
from portfolio import kept_legs, selectors
from portfolio.facts import Desk, Leg
from portfolio.kept_legs import Shelf
from portfolio.scope import Scope
from tests.portfolio import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def option(book: Any) -> Position:
    _, account = book
    return factories.make_option(account, "QQQ", 20, "P", "500", "-2", open="3", mark="2")


def desk_of(user: Any) -> Desk:
    return selectors.load_desk(selectors.accounts_of(user), Scope("simulator"))


def leg(user: Any, row: Position) -> Leg:
    return next(leg for leg in desk_of(user).legs if leg.pk == row.pk)


def tables(user: Any) -> list[str]:
    with CaptureQueriesContext(database) as captured:
        desk_of(user)
    return [
        query["sql"]
        for query in captured
        if "brokerage_position" in query["sql"] or "brokerage_instrument" in query["sql"]
    ]


def test_only_what_changed_is_read_again(user: Any, option: Position) -> None:
    leg(user, option)
    assert len(tables(user)) == 2
    Position.objects.filter(pk=option.pk).update(average_open_price="3.50")
    again = tables(user)
    assert len(again) == 3 and f"IN ({option.pk})" in again[2]


def test_every_change_of_a_row_is_seen(user: Any, option: Position) -> None:
    assert leg(user, option).holding.quantity == -2
    for quantity in ("-3", "-4", "-3"):
        # Twice within one transaction of the tests: the place of the row tells them apart.
        Position.objects.filter(pk=option.pk).update(quantity=quantity)
        assert str(leg(user, option).holding.quantity.normalize()) == quantity


def test_a_change_of_the_instrument_is_seen(user: Any, option: Position) -> None:
    assert not leg(user, option).badges
    Instrument.objects.filter(symbol=option.symbol).update(is_closing_only=True)
    assert [text for text, _ in leg(user, option).badges] == ["CLOSE"]
    Instrument.objects.filter(symbol=option.symbol).delete()
    assert not leg(user, option).badges


def test_time_goes_on_for_a_kept_leg(user: Any, option: Position, monkeypatch: Any) -> None:
    Position.objects.filter(pk=option.pk).update(expires_at=timezone.now() + timedelta(hours=5))
    first = leg(user, option).seconds_left
    later = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr("brokerage.clock.market_now", lambda connection: later)
    second = leg(user, option).seconds_left
    assert first is not None and second is not None and 3590 < first - second < 3610
    assert kept_legs.legs._kept[option.pk][1].expires_at == pytest.approx(
        later.timestamp() + second
    )


def test_a_kept_leg_is_equal_to_one_made_anew(user: Any, option: Position) -> None:
    warm = {leg.pk: leg for leg in (desk_of(user), desk_of(user))[1].legs}
    kept_legs.legs.clear()
    kept_legs.instruments.clear()
    for cold in desk_of(user).legs:
        same = warm[cold.pk]
        for name in Leg.__slots__:
            if name != "seconds_left":
                assert getattr(same, name) == getattr(cold, name), name


def test_two_people_with_their_own_feeds(user: Any, stranger: Any, option: Position) -> None:
    from brokerage.models import AccountAccess

    theirs = factories.make_connection(stranger, quotes_delayed=True)
    AccountAccess.objects.create(
        connection=theirs, account=Account.objects.get(pk=option.account_id)
    )
    assert not leg(user, option).delayed
    assert leg(stranger, option).delayed
    assert leg(user, option).feed != leg(stranger, option).feed


def test_the_least_used_go_first() -> None:
    shelf = Shelf[str](2)
    versions = {1: ("a",), 2: ("a",), 3: ("a",)}
    shelf.put(versions, {1: "one", 2: "two"})
    assert shelf.pick({1: ("a",)}) == {1: "one"}
    shelf.put(versions, {3: "three"})
    assert shelf.pick(versions) == {1: "one", 3: "three"}
    assert shelf.pick({1: ("b",)}) == {}
