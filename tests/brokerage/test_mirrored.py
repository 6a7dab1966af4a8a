"""Groups of orders, margin, metrics, lists and alerts; and words that nobody knows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from brokerage.enums import SyncKind
from brokerage.models import (
    ComplexOrder,
    MarginRequirement,
    MarketMetric,
    Notice,
    Order,
    Position,
    QuoteAlert,
    Watchlist,
)
from brokerage.sync import runs, unknown
from brokerage.sync.ingest import ingest
from brokerage.tastytrade.streaming import AccountMessage
from tests.brokerage.outer_broker import NUMBERS, order, position

pytestmark = pytest.mark.django_db
NUMBER = NUMBERS[0]


def group(**changes):
    members = [order(NUMBER, 2, status="Contingent"), order(NUMBER, 3, status="Contingent")]
    return {
        "id": 77,
        "account-number": NUMBER,
        "type": "OTOCO",
        "trigger-order": order(NUMBER, 1),
        "orders": members,
        "related-orders": [{"id": 1, "replaces-order-id": 9, "status": "Live"}],
        **changes,
    }


def test_a_group_is_kept_with_its_members_and_their_links(connection, broker):
    broker.set(f"/accounts/{NUMBER}/complex-orders", [group()])
    runs.sync(connection, [SyncKind.COMPLEX_ORDERS])
    kept = ComplexOrder.objects.get()
    assert (kept.type, kept.trigger_order_id, kept.order_ids) == ("OTOCO", 1, [2, 3])
    assert kept.related == [{"id": 1, "replaces": 9, "replaced_by": None, "status": "Live"}]
    assert set(Order.objects.values_list("broker_id", flat=True)) == {1, 2, 3}


def test_a_group_that_has_ended_is_not_revived_by_a_late_message(connection, broker):
    ended = group(**{"terminal-at": "2026-03-11T18:40:00.000+00:00"})
    for data in (group(), ended, group()):
        data = {**data, "account-number": NUMBER}
        ingest(connection, AccountMessage("ComplexOrder", data, 0))
    assert ComplexOrder.objects.get().terminal_at is not None


@pytest.mark.parametrize(("trigger", "second"), [(2000, 1000), (1000, 2000)])
def test_an_overtaken_message_takes_nothing_back_from_a_group(connection, trigger, second):
    """The broker gives a group no version; its members' versions say which message is older."""

    def state(at, of_second, related):
        members = [order(NUMBER, 2, **{"updated-at": of_second})]
        first = order(NUMBER, 1, **{"updated-at": at})
        return group(orders=members, **{"trigger-order": first, "related-orders": related})

    late = state(2000, 2000, [{"id": 2, "replaces-order-id": 9}])
    # Either the latest change is not in it, or an earlier one of another member.
    for data in (late, state(trigger, second, [])):
        ingest(connection, AccountMessage("ComplexOrder", data, 0))
    assert [row["replaces"] for row in ComplexOrder.objects.get().related] == [9]


def test_margin_groups_that_are_no_longer_reported_are_gone_and_may_return(connection, broker):
    path = f"/margin/accounts/{NUMBER}/requirements"
    one = {
        "code": "SPY",
        "underlying-symbol": "SPY",
        "margin-requirement": "1000.5",
        "margin-requirement-effect": "Debit",
    }
    for groups, gone in (([one], False), ([], True), ([one], False)):
        broker.set(path, {"account-number": NUMBER, "groups": groups})
        runs.sync(connection, [SyncKind.MARGIN])
        row = MarginRequirement.objects.get(account__number=NUMBER, code="SPY")
        assert row.margin_requirement == Decimal("-1000.5")
        assert (row.gone_at is not None) is gone


def test_metrics_are_read_for_what_is_held(connection, broker):
    broker.set(f"/accounts/{NUMBER}/positions", [position(NUMBER)])
    broker.set("/market-metrics", [{"symbol": "AAPL", "beta": "1.21", "earnings": {}}])
    runs.sync(connection, [SyncKind.POSITIONS, SyncKind.METRICS])
    assert MarketMetric.objects.get(symbol="AAPL").beta == Decimal("1.21")
    asked = [query for _, path, query in broker.calls if path == "/market-metrics"]
    assert asked == [{"symbols": ["AAPL"]}]


def test_lists_come_and_go_by_owner(connection, broker):
    broker.set("/watchlists", [{"name": "Mine", "watchlist-entries": [{"symbol": "SPY"}]}])
    broker.set("/public-watchlists", [{"name": "Mine"}, {"name": "Theirs"}])
    runs.sync(connection, [SyncKind.WATCHLISTS])
    assert Watchlist.objects.count() == 3
    mine = Watchlist.objects.get(connection=connection)
    assert mine.entries == [{"symbol": "SPY", "instrument_type": ""}]
    broker.set("/watchlists", [])
    runs.sync(connection, [SyncKind.WATCHLISTS])
    assert set(Watchlist.objects.values_list("connection", "name")) == {
        (None, "Mine"),
        (None, "Theirs"),
    }


def test_an_alert_that_fired_on_the_stream_and_one_that_is_gone(connection, broker):
    alert = {"alert-external-id": "a1", "symbol": "SPY", "field": "Last", "operator": ">"}
    broker.set("/quote-alerts", [alert | {"threshold": "600"}])
    runs.sync(connection, [SyncKind.QUOTE_ALERTS])
    fired = alert | {"threshold": "600", "triggered-at": "2026-03-11T18:40:00.000+00:00"}
    ingest(connection, AccountMessage("QuoteAlert", fired, 0))
    assert QuoteAlert.objects.get().triggered_at is not None
    broker.set("/quote-alerts", [])
    runs.sync(connection, [SyncKind.QUOTE_ALERTS])
    assert QuoteAlert.objects.get().gone_at is not None


def test_unknown_words_are_kept_and_told_in_one_notice(connection, broker):
    odd = position(NUMBER, "AAPL", **{"instrument-type": "Tulip", "petals": 5, "close-price": "?"})
    broker.set(f"/accounts/{NUMBER}/positions", [odd])
    strange = order(NUMBER, 5, status="Levitating", **{"time-in-force": "Until Tea"})
    broker.set(f"/accounts/{NUMBER}/orders", [strange])
    runs.sync(connection, [SyncKind.POSITIONS, SyncKind.ORDERS])
    ingest(connection, AccountMessage("Telegram", {}, 0))
    notice = Notice.objects.get()
    for word in ("Tulip", "petals", "close-price", "Levitating", "Until Tea", "Telegram"):
        assert word in str(notice.details["words"]), word
    assert Position.objects.get().raw["petals"] == 5
    assert Order.objects.get().status == "Levitating"


def test_a_dismissed_notice_comes_back_only_for_new_words(connection, broker):
    ingest(connection, AccountMessage("Telegram", {}, 0))
    Notice.objects.update(dismissed_at=Notice.objects.get().first_seen_at)
    unknown.forget()
    ingest(connection, AccountMessage("Telegram", {}, 0))
    assert Notice.objects.get().dismissed_at is not None
    ingest(connection, AccountMessage("Pigeon", {}, 0))
    assert Notice.objects.get().dismissed_at is None
