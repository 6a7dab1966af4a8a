"""The task queue's transport, when its server goes away while tasks are at work."""

from __future__ import annotations

import logging

import pytest
from redis.exceptions import ConnectionError

from config import broker
from config.celery import app


@pytest.fixture
def given_up():
    """A channel with a task in hand whose connection was given up, as the worker does it."""
    connection = app.connection_for_read()
    channel = connection.channel()
    queue = connection.SimpleQueue("test-given-up", channel=channel)
    queue.put({"task": 1})
    message = queue.get(timeout=5)
    connection.collect()
    channel._disconnect_pools()
    yield connection, channel, message
    with app.connection_for_write() as fresh, fresh.channel() as again:
        again.queue_delete("test-given-up")


def test_the_application_uses_it():
    with app.connection_for_read() as connection:
        assert isinstance(connection.transport, broker.Transport)


def test_a_given_up_channel_says_that_the_line_is_lost(given_up):
    connection, channel, _ = given_up
    with pytest.raises(ConnectionError):
        channel.qos.restore_unacked()
    assert issubclass(ConnectionError, connection.connection_errors)


def test_an_acknowledgement_that_comes_too_late_ends_nothing(given_up):
    connection, _, message = given_up
    message.ack_log_error(logging.getLogger(__name__), connection.connection_errors)
    assert not message.acknowledged
