from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from brokerage import calendar, clock, selectors
from brokerage.calendar import Session
from brokerage.market import FeedHealth, StreamHealth, feed_key, health_key
from brokerage.models import Connection
from brokerage.valkey import client


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=calendar.NEW_YORK)


def frozen(monkeypatch, text):
    monkeypatch.setattr(clock.timezone, "now", lambda: at(text).astimezone(UTC))


@pytest.mark.parametrize(
    ("now", "label", "next_label", "changes_at"),
    [
        ("2026-03-11 08:14:59", "Closed", "Pre-market", "2026-03-11 08:15"),
        ("2026-03-11 08:15:00", "Pre-market", "Regular", "2026-03-11 09:30"),
        ("2026-03-11 09:30:00", "Regular", "After-hours", "2026-03-11 16:00"),
        ("2026-03-11 15:59:59", "Regular", "After-hours", "2026-03-11 16:00"),
        ("2026-03-11 16:00:00", "After-hours", "Closed", "2026-03-11 20:00"),
        ("2026-03-11 20:00:00", "Closed", "Pre-market", "2026-03-12 08:15"),
        # Friday evening, Saturday: closed until Monday.
        ("2026-03-13 21:00:00", "Closed", "Pre-market", "2026-03-16 08:15"),
        ("2026-03-14 12:00:00", "Closed", "Pre-market", "2026-03-16 08:15"),
        # Thanksgiving, then its half day.
        ("2026-11-26 11:00:00", "Closed", "Pre-market", "2026-11-27 08:15"),
        ("2026-11-27 13:00:00", "After-hours", "Closed", "2026-11-27 17:00"),
        # Midday on a Sunday, with nothing but a weekend behind for a day.
        ("2026-03-15 12:00:00", "Closed", "Pre-market", "2026-03-16 08:15"),
        # The night when clocks go forward.
        ("2026-03-08 01:30:00", "Closed", "Pre-market", "2026-03-09 08:15"),
    ],
)
def test_the_session_by_the_calendar(monkeypatch, now, label, next_label, changes_at):
    frozen(monkeypatch, now)
    state = clock.session(None)
    assert (state.label, state.next_label) == (label, next_label)
    assert state.changes_at == at(changes_at)
    assert state.source == "calendar"


def test_regular_bounds_are_those_of_the_session_to_come_once_today_is_over(monkeypatch):
    frozen(monkeypatch, "2026-03-11 17:00:00")
    state = clock.session(None)
    assert state.opens_at == at("2026-03-12 09:30")
    assert state.is_open
    assert not state.is_regular


def test_the_brokers_own_sessions_win(monkeypatch):
    """A day that the calendar thinks open, on which the broker closes at noon."""
    frozen(monkeypatch, "2026-03-11 12:30:00")
    connection = Connection(environment="simulator")
    noon = Session(None, at("2026-03-11 09:30"), at("2026-03-11 12:00"), None)
    tomorrow = Session(None, at("2026-03-12 09:30"), at("2026-03-12 12:00"), None)
    clock.store_sessions("simulator", [noon, tomorrow])
    state = clock.session(connection)
    assert (state.label, state.next_label, state.source) == ("Closed", "Regular", "broker")
    assert state.changes_at == at("2026-03-12 09:30")


def test_sessions_of_another_time_do_not_speak_for_now(monkeypatch):
    frozen(monkeypatch, "2026-03-11 12:30:00")
    far = [Session(None, at("2026-06-01 09:30"), at("2026-06-01 16:00"), None)]
    clock.store_sessions("simulator", far)
    state = clock.session(Connection(environment="simulator"))
    assert (state.label, state.source) == ("Regular", "calendar")


def test_the_market_clock_is_the_brokers(monkeypatch):
    frozen(monkeypatch, "2026-03-11 23:30:00")
    ahead = Connection(environment="simulator", clock_offset_seconds=3600.0)
    assert clock.today(None) == date(2026, 3, 11)
    assert clock.today(ahead) == date(2026, 3, 12)
    assert clock.market_now(ahead) - clock.market_now(None) == timedelta(hours=1)


def test_a_small_difference_of_clocks_is_noise(connection):
    known = connection.clock_offset_seconds
    clock.learn_offset(connection, known + 1.0)
    assert Connection.objects.get().clock_offset_seconds == known
    clock.learn_offset(connection, 86_400.0)
    assert Connection.objects.get().clock_offset_seconds == 86_400.0
    clock.learn_offset(connection, None)
    assert connection.clock_offset_seconds == 86_400.0


def test_the_calendar_agrees_with_known_days():
    assert not calendar.is_trading_day(date(2026, 4, 3))
    assert not calendar.is_trading_day(date(2026, 7, 3))
    assert calendar.is_trading_day(date(2026, 12, 24))
    assert calendar.session_on(date(2026, 12, 24)).close_at.hour == 13
    assert len(calendar.sessions_between(date(2026, 1, 1), date(2026, 12, 31))) == 251


def test_lamps_follow_the_gateways_report(connection):
    assert not selectors.stream_health(connection).account_stream.is_up
    report = FeedHealth(
        at=1_790_000_000.0,
        account=StreamHealth("up", 1_790_000_000.0),
        market=StreamHealth("down", 1_790_000_000.0, "the line broke"),
    )
    key = health_key(feed_key(connection))
    client().set(key, msgspec.json.encode(report), ex=5)
    health = selectors.stream_health(connection)
    assert health.account_stream.is_up
    assert (health.quote_stream.is_up, health.quote_stream.reason) == (False, "the line broke")
    client().delete(key)
