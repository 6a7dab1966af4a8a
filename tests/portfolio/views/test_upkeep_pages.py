"""Activity, accounts and sync, audit: what they show, whose it is, and what they leave out."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from brokerage import audit, sealing, tasks, upkeep, valkey
from brokerage.models import Backfill, Difference, Reconciliation, Transaction
from tests.portfolio import factories
from tests.portfolio.figures import walking

pytestmark = pytest.mark.django_db


def body(answer) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode()


@pytest.fixture
def booked(book):
    _, account = book
    Transaction.objects.all().delete()
    now = timezone.now()
    for number in range(300):
        factories.make_transaction(
            account,
            broker_id=1000 + number,
            transaction_type="Trade" if number % 2 else "Money Movement",
            symbol="SPY" if number % 2 else "",
            description="=1+1" if number == 299 else "Deposit",
            net_value="10.00",
            executed_at=now - timedelta(hours=300 - number),
        )
    return account


def test_all_bookings_are_reachable_with_running_cash(web, booked):
    page = body(web.get("/activity/"))
    assert "300 booked" in page and "Page 1 of 3" in page
    assert "3,000.00" in page, "cash after the newest"
    assert "10.00" in body(web.get("/activity/", {"page": 3}))


def test_filters_narrow_page_and_file_alike_and_cash_stays_that_of_all(web, booked):
    query = {"group": "trades", "symbol": "spy"}
    page = body(web.get("/activity/", query))
    assert "150 booked" in page and "3,000.00" in page
    rows = json.loads(body(web.get("/activity/activity.json", query)))
    assert len(rows) == 150 and {row["symbol"] for row in rows} == {"SPY"}
    assert rows[0]["net_value"] == "10"


def test_files_hold_every_row_and_no_formula(web, booked):
    text = body(web.get("/activity/activity.csv"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 300
    assert rows[0]["description"] == "'=1+1"


def test_marks_say_what_is_special(web, booked):
    first = Transaction.objects.get(broker_id=1299)
    Transaction.objects.filter(pk=first.pk).update(net_value="11.00")
    Transaction.objects.filter(broker_id=1298).update(reverses_id=1297)
    page = body(web.get("/activity/"))
    for mark in ("corrected", "reversal", "reversed"):
        assert f">{mark}</span>" in page


@pytest.mark.parametrize(
    "query", [{"since": "soon"}, {"since": "2026-02-02", "until": "2026-01-01"}, {"page": "x"}]
)
def test_odd_filters_are_no_error(web, booked, query):
    assert web.get("/activity/", query).status_code == 200


def test_sync_page_shows_score_differences_and_progress(web, book):
    connection, account = book
    Reconciliation.objects.create(account=account, lines=41, matching=40)
    now = timezone.now()
    Difference.objects.create(
        account=account,
        part="position",
        line="Equity KO",
        fields=[{"field": "quantity", "ours": "99", "theirs": "100"}],
        explanation="The broker changed it after our last read.",
        first_seen_at=now - timedelta(minutes=3),
        last_seen_at=now,
    )
    Backfill.objects.create(
        account=account,
        connection=connection,
        kind="transactions",
        start_date=now.date(),
        end_date=now.date(),
        rows_done=500,
        rows_this_life=500,
        rows_total=2000,
        life_started_at=now - timedelta(seconds=10),
    )
    page = walking.without_marks(body(web.get("/sync/")))
    for words in (
        "40 of 41 lines match",
        "Equity KO",
        "99 here, 100 at the broker",
        "500 of 2,000",
    ):
        assert words in page, words
    assert 'value="25"' in page


def test_buttons_hand_out_work_once_and_only_for_ones_own(
    web, strangers_web, book, monkeypatch, django_capture_on_commit_callbacks
):
    connection, account = book
    handed = []
    monkeypatch.setattr(tasks.sync_backfill, "delay", lambda pk: handed.append(pk))
    monkeypatch.setattr(tasks.reconcile_book, "delay", lambda pk: handed.append(pk))
    fill = f"/sync/{account.environment}/{account.number}/backfill/"
    compare = f"/sync/{connection.pk}/reconcile/"
    for path in (fill, compare):
        assert strangers_web.post(path).status_code == 404
    assert handed == []
    with django_capture_on_commit_callbacks(execute=True):
        assert web.post(fill).status_code == 302
        assert web.post(fill).status_code == 302
        assert web.post(compare).status_code == 302
    assert Backfill.objects.count() == 2
    assert str(connection.pk) in handed
    assert web.get(fill).status_code == 405


def test_a_login_is_paused_and_resumed_by_its_owner_alone(web, strangers_web, book):
    connection, _ = book
    pause, resume = (f"/sync/{connection.pk}/{word}/" for word in ("pause", "resume"))
    for path in (pause, resume):
        assert strangers_web.post(path).status_code == 404
    assert web.get(pause).status_code == 405
    assert web.post(pause).status_code == 302
    connection.refresh_from_db()
    assert connection.state == "paused"
    page = body(web.get("/sync/"))
    assert "Paused" in page and resume in page and pause not in page
    assert "is paused: its figures are those of before" in body(web.get("/positions/"))
    assert web.post(resume).status_code == 302
    connection.refresh_from_db()
    assert (connection.state, connection.synced_at) == ("active", {})
    assert pause in body(web.get("/sync/"))


def test_what_waits_for_a_worker_is_counted(web, book):
    before = upkeep.tasks_waiting()
    try:
        tasks.sync_due.apply_async(queue="reconcile")
        assert upkeep.tasks_waiting() == before + 1
        assert "waiting for a worker" in body(web.get("/sync/"))
    finally:
        valkey.client().rpop("reconcile")


def test_audit_page_searches_verifies_and_exports(web, user, book):
    connection, account = book
    audit.record("order", "submit", "accepted", user=user, account=account)
    audit.record("call", "GET /accounts/{}/balances", "200", connection=connection, milliseconds=51)
    page = body(web.get("/audit/", {"kind": "call"}))
    assert "GET /accounts/{}/balances" in page and "51 ms" in page and "submit" not in page
    assert "submit" in body(web.get("/audit/", {"q": "ada accepted"}))
    assert "No entry" in body(web.get("/audit/", {"q": "nothing-like-it\x00"}))
    answer = web.post("/audit/verify/", follow=True)
    assert "The chain holds" in body(answer)
    assert sealing.verify().holds
    rows = list(csv.DictReader(io.StringIO(body(web.get("/audit/audit.csv")))))
    assert {"submit", "verify"} <= {row["action"] for row in rows}


def test_strangers_see_nothing_of_it(strangers_web, user, booked):
    audit.record("order", "submit", "accepted", user=user, account=booked)
    assert "submit" not in body(strangers_web.get("/audit/"))
    assert booked.number[-4:] not in body(strangers_web.get("/sync/"))
    assert json.loads(body(strangers_web.get("/activity/activity.json"))) == []


@pytest.mark.parametrize("path", ["/activity/", "/sync/", "/audit/"])
def test_a_page_costs_the_same_queries_for_many_rows(
    web, user, booked, path, django_assert_max_num_queries
):
    for number in range(60):
        audit.record("order", f"act {number}", "done", user=user, account=booked)
    with django_assert_max_num_queries(40):
        assert web.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/activity/", "/sync/", "/audit/"])
def test_without_a_login_the_pages_say_what_to_do(web, path):
    assert web.get(path).status_code == 200
