from __future__ import annotations

import threading
import time
from decimal import Decimal

import pytest
from django.db import connection as database

from brokerage import connections, reads, valkey
from brokerage.models import Instrument
from tests.brokerage.outer_broker import REFRESH, SECRET, error

CHAIN = [
    {
        "underlying-symbol": "SPY",
        "root-symbol": "SPY",
        "shares-per-contract": 100,
        "expirations": [
            {
                "expiration-date": "2026-04-17",
                "strikes": [{"strike-price": "560.0", "call": "SPY   260417C00560000"}],
            }
        ],
    }
]
PATH = "/option-chains/SPY/nested"


def asked(broker, path=PATH):
    return broker.paths().count(path)


def expire() -> None:
    """Make what is cached old, without waiting."""
    for key in valkey.client().scan_iter("read:*"):
        text = valkey.client().get(key)
        valkey.client().set(key, text.replace('"at":"20', '"at":"19'))


def test_a_chain_is_asked_for_once_and_has_an_age(connection, broker):
    broker.set(PATH, CHAIN)
    first = reads.option_chain(connection, "SPY")
    second = reads.option_chain(connection, "SPY")
    assert asked(broker) == 1
    assert first.as_of == second.as_of
    strike = second.value[0].expirations[0].strikes[0]
    assert strike.strike_price == Decimal("560.0")
    assert second.stale_because == ""


def test_old_values_are_asked_for_again(connection, broker):
    broker.set(PATH, CHAIN)
    reads.option_chain(connection, "SPY")
    expire()
    reads.option_chain(connection, "SPY")
    assert asked(broker) == 2


def test_an_old_value_stands_in_while_the_broker_is_away(connection, broker):
    broker.set(PATH, CHAIN)
    reads.option_chain(connection, "SPY")
    expire()
    broker.refuse(PATH, error(503, "down"))
    read = reads.option_chain(connection, "SPY")
    assert read.value
    assert "trying again" in read.stale_because
    with pytest.raises(reads.ReadError):
        reads.option_chain(connection, "QQQ")


def test_missing_and_unavailable_are_told_apart(connection, broker):
    with pytest.raises(reads.Missing):
        reads.option_chain(connection, "NOPE")
    broker.refuse("/symbols/search/SPY", error(422, "bad"))
    with pytest.raises(reads.ReadError) as refused:
        reads.search(connection, "spy")
    assert not isinstance(refused.value, reads.Missing)


def test_what_belongs_to_a_login_is_not_shared(connection, broker, stranger, queued):
    other = connections.connect(stranger, "simulator", SECRET, REFRESH)
    broker.set("/market-data/by-type", [{"symbol": "SPY", "mark": "600.1"}])
    broker.set(PATH, CHAIN)
    for login in (connection, other):
        assert reads.market_data(login, {"Equity": ["SPY"]}).value["SPY"].mark == Decimal("600.1")
        reads.option_chain(login, "SPY")
    assert asked(broker, "/market-data/by-type") == 2
    assert asked(broker) == 1


def test_nothing_asked_is_nothing_sent(connection, broker):
    calls = len(broker.calls)
    assert reads.search(connection, "  ").value == ()
    assert reads.metrics(connection, []).value == {}
    assert reads.market_data(connection, {"Equity": []}).value == {}
    assert len(broker.calls) == calls


def test_an_instrument_is_mirrored_on_first_use(connection, broker):
    path = "/instruments/equities/AAPL"
    ticks = [{"value": "0.0001", "threshold": "1.0"}, {"value": "0.01"}]
    broker.set(path, {"symbol": "AAPL", "tick-sizes": ticks, "is-etf": False})
    found = reads.instrument(connection, "Equity", "AAPL")
    assert found.tick_sizes == [{"value": "0.0001", "threshold": "1.0"}, {"value": "0.01"}]
    reads.instrument(connection, "Equity", "AAPL")
    assert asked(broker, path) == 1
    assert Instrument.objects.get().multiplier == 1
    with pytest.raises(reads.Missing):
        reads.instrument(connection, "Equity", "NOPE")
    with pytest.raises(reads.Missing):
        reads.instrument(connection, "Nonsense", "AAPL")


def test_an_old_instrument_stands_in_while_the_broker_is_away(connection, broker):
    broker.set("/instruments/equities/AAPL", {"symbol": "AAPL", "description": "kept"})
    reads.instrument(connection, "Equity", "AAPL")
    Instrument.objects.update(received_at="2020-01-01T00:00Z")
    expire()
    broker.refuse("/instruments/equities/AAPL", error(503, "down"))
    assert reads.instrument(connection, "Equity", "AAPL").description == "kept"


def test_many_at_once_ask_once(transactional_db, user, broker, queued):
    connection = connections.connect(user, "simulator", SECRET, REFRESH)
    release = threading.Event()

    def slow():
        release.wait(5)
        return 200, {"data": {"items": CHAIN}}

    broker.answers[("GET", PATH)] = slow
    found = []

    def read():
        try:
            found.append(reads.option_chain(connection, "SPY").as_of)
        finally:
            database.close()

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    while not asked(broker):
        time.sleep(0.01)
    release.set()
    for thread in threads:
        thread.join(10)
    assert asked(broker) == 1
    assert len(found) == 6
    assert len(set(found)) == 1
