"""Whatever order messages of one order arrive in, the same order comes out."""

from __future__ import annotations

import itertools
import random

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokerage.models import Account, Fill, Order, OrderLeg
from brokerage.sync.orders import held, store_orders
from brokerage.tastytrade.payloads.orders import Order as OrderPayload
from tests.brokerage.outer_broker import fill, leg, order

pytestmark = pytest.mark.django_db
NUMBER = "5WT00001"
SHORT, LONG = "SPY   260417P00560000", "SPY   260417P00550000"


@pytest.fixture
def account():
    return Account.objects.create(environment="simulator", number=NUMBER)


def version(status, at, short=(2, 2), long=(2, 2), short_fills=(), long_fills=()):
    return order(
        NUMBER,
        status=status,
        **{"updated-at": at},
        legs=[
            leg(SHORT, "Sell to Open", *short, *short_fills),
            leg(LONG, "Buy to Open", *long, *long_fills),
        ],
    )


# A life with every trap: a partial fill, Filled with one leg only, two versions of one millisecond.
LIFE = [
    version("Received", 1000),
    version("Routed", 1000),
    version("In Flight", 1500),
    version("Live", 2000),
    version("Live", 3000, short=(2, 1), short_fills=[fill("s1", 1)]),
    version("Filled", 4000, short=(2, 0), short_fills=[fill("s1", 1), fill("s2", 1)]),
    version(
        "Filled",
        4000,
        short=(2, 0),
        long=(2, 0),
        short_fills=[fill("s1", 1), fill("s2", 1)],
        long_fills=[fill("l1", 2, "0.90")],
    ),
]


def state(account):
    row = Order.objects.get(account=account)
    legs = OrderLeg.objects.filter(order=row).order_by("position")
    return (
        row.status,
        row.updated_at_ms,
        row.executed_quantity,
        [(one.symbol, one.action, one.quantity, one.remaining_quantity) for one in legs],
        sorted(Fill.objects.values_list("leg__symbol", "fill_id", "quantity", "price")),
    )


def feed(account, messages):
    for message in messages:
        store_orders(account, [OrderPayload.read(message)], timezone.now())
    found = state(account)
    Order.objects.all().delete()
    return found


def test_the_life_ends_filled(account):
    status, at, executed, legs, fills = feed(account, LIFE)
    assert (status, at, executed) == ("Filled", 4000, 4)
    assert [remaining for *_, remaining in legs] == [0, 0]
    assert [fill_id for _, fill_id, *_ in fills] == ["l1", "s1", "s2"]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), repeats=st.integers(0, 4))
def test_order_and_repetition_of_messages_do_not_matter(account, seed, repeats):
    expected = feed(account, LIFE)
    chance = random.Random(seed)
    messages = LIFE + chance.choices(LIFE, k=repeats)
    chance.shuffle(messages)
    assert feed(account, messages) == expected


def test_lost_messages_are_healed_by_the_last_one(account):
    expected = feed(account, LIFE)
    for kept in itertools.combinations(LIFE[:-1], 2):
        assert feed(account, [*kept, LIFE[-1]]) == expected


def test_one_batch_equals_single_messages(account):
    expected = feed(account, LIFE)
    batch = [OrderPayload.read(message) for message in reversed(LIFE)]
    store_orders(account, batch, timezone.now())
    assert state(account) == expected


def test_an_overtaken_message_brings_its_fill_but_not_its_status(account):
    store_orders(
        account, [OrderPayload.read(version("Filled", 9000, short=(2, 0)))], timezone.now()
    )
    late = version("Live", 3000, short=(2, 1), short_fills=[fill("s1", 1)])
    store_orders(account, [OrderPayload.read(late)], timezone.now())
    status, at, _, legs, fills = state(account)
    assert (status, at) == ("Filled", 9000)
    assert legs[0][3] == 0
    assert [fill_id for _, fill_id, *_ in fills] == ["s1"]


def test_a_live_message_never_reopens_a_cancelled_order(account):
    store_orders(account, [OrderPayload.read(version("Cancelled", 2000))], timezone.now())
    store_orders(account, [OrderPayload.read(version("Live", 5000))], timezone.now())
    assert state(account)[0] == "Cancelled"


def test_unknown_words_and_fields_are_kept(account):
    odd = version("Dead", 2000) | {"flux-capacitor": {"gigawatts": "1.21"}}
    store_orders(account, [OrderPayload.read(odd)], timezone.now())
    row = Order.objects.get()
    assert row.status == "Dead"
    assert row.raw["flux-capacitor"] == {"gigawatts": "1.21"}


def test_price_keeps_magnitude_and_effect_beside_each_other(account):
    store_orders(account, [OrderPayload.read(order(NUMBER))], timezone.now())
    row = Order.objects.get()
    assert (str(row.price.normalize()), row.price_effect) == ("1.95", "Credit")


def test_what_cannot_be_an_order_is_skipped(account):
    without_id = {key: value for key, value in order(NUMBER).items() if key != "id"}
    written = store_orders(
        account, [OrderPayload.read(without_id), OrderPayload.read(order(NUMBER))], timezone.now()
    )
    assert written.rows == 1


@pytest.mark.parametrize("known", range(len(LIFE)))
def test_what_is_held_already_would_change_nothing(account, known):
    store_orders(account, [OrderPayload.read(LIFE[known])], timezone.now())
    for message in LIFE:
        if held(account, OrderPayload.read(message)):
            before = state(account)
            store_orders(account, [OrderPayload.read(message)], timezone.now())
            assert state(account) == before


def test_the_version_that_the_stream_brought_is_held(account):
    live = LIFE[3]
    assert not held(account, OrderPayload.read(live))
    store_orders(account, [OrderPayload.read(live)], timezone.now())
    assert held(account, OrderPayload.read(live))
    assert held(account, OrderPayload.read(LIFE[1]))
    # A later version, executions, and another order under the same number are not.
    assert not held(account, OrderPayload.read(LIFE[4] | {"legs": live["legs"]}))
    assert not held(account, OrderPayload.read(LIFE[4]))
    assert not held(account, OrderPayload.read(live | {"external-identifier": "another"}))
