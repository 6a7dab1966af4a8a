"""Every page renders in every state, in a constant number of queries, for its owner alone."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from brokerage import clock
from brokerage.models import Balance, Connection, Notice, SyncRun
from portfolio import kept_legs
from tests.portfolio import factories

pytestmark = pytest.mark.django_db

PAGES = (
    "dashboard",
    "account-cards",
    "underlying-table",
    "position-list",
    "position-table",
    "connection-list",
    "connection-cards",
    "connection-new",
    "notice-list",
    "notice-table",
    "strip",
)


def url(name: str, *args: object) -> str:
    return reverse(f"portfolio:{name}", args=args)


def assert_sound(html: str) -> None:
    """No style attributes, no inline scripts, no id twice, nothing of Python's in it."""
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]* src=)", html)
    assert not re.search(r"\son[a-z]+=", html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), {name for name in ids if ids.count(name) > 1}
    assert not re.search(r">\s*(None|nan|NaN|inf|True|False)\s*<", html)


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_somebody_who_has_nothing(web: Client, name: str) -> None:
    answer = web.get(url(name))
    assert answer.status_code == 200
    assert_sound(answer.content.decode())


@pytest.mark.parametrize("name", PAGES)
def test_pages_with_a_book(web: Client, book: Any, name: str) -> None:
    _, account = book
    factories.make_order(account)
    answer = web.get(url(name))
    assert answer.status_code == 200
    assert_sound(answer.content.decode())


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_accounts_of_which_nothing_is_known_yet(web: Client, user: Any, name: str) -> None:
    account = factories.make_account(factories.make_connection(user))
    factories.make_position(account, "XYZ", "5", multiplier=None, kind="Something New")
    html = web.get(url(name)).content.decode()
    assert_sound(html)
    if name == "position-table":
        assert "—" in html and "+0.00" not in html


def test_an_empty_desk_says_what_to_do_next(web: Client) -> None:
    html = web.get(url("position-list")).content.decode()
    assert "Connect a login" in html
    assert url("connection-new") in html


def test_positions_are_grouped_with_sums(web: Client, book: Any) -> None:
    html = web.get(url("position-list")).content.decode()
    assert '<caption class="visually-hidden">' in html
    assert html.count('scope="col"') == 13
    assert "+310.00" in html and "+90.00" in html
    assert "30d" in html and "23.4%" in html


def test_the_header_the_table_and_the_card_agree(web: Client, book: Any) -> None:
    def figure(html: str, name: str) -> str:
        found = re.search(rf'id="{name}"[^>]*>([^<]*)<', html)
        assert found is not None
        return found[1]

    positions = web.get(url("position-list")).content.decode()
    dashboard = web.get(url("dashboard")).content.decode()
    _, account = book
    assert figure(positions, "top-day") == figure(positions, "total-day") == "+90.00"
    assert figure(dashboard, "top-day") == figure(dashboard, f"card-{account.pk}-day")


def test_old_balances_are_drawn_as_old(web: Client, book: Any) -> None:
    Balance.objects.update(received_at=timezone.now() - timedelta(seconds=121))
    html = web.get(url("dashboard")).content.decode()
    assert re.search(r'class="key stale"[^>]*>50,000.00', html)
    assert "Balances 2 min old" in html


def test_a_balance_that_was_not_sent_is_a_dash(web: Client, book: Any) -> None:
    Balance.objects.update(day_trading_buying_power=None, net_liquidating_value=None)
    html = web.get(url("dashboard")).content.decode()
    assert re.search(r'id="top-net-liq" class="missing"[^>]*>—', html)
    assert "— used" in html


def test_the_dashboard_names_calls(web: Client, book: Any) -> None:
    assert "Maintenance call" not in web.get(url("dashboard")).content.decode()
    Balance.objects.update(maintenance_call_value="2140")
    html = web.get(url("dashboard")).content.decode()
    assert "Maintenance call" in html and "2,140.00" in html


def test_delayed_quotes_are_marked_at_the_cell_and_at_the_top(web: Client, book: Any) -> None:
    Connection.objects.update(quotes_delayed=True)
    html = web.get(url("position-list")).content.decode()
    assert "delayed by 15 minutes" in html
    assert re.search(r'id="leg-\d+-mark" class="[^"]*delayed', html)


def test_a_login_in_trouble_is_on_every_page(web: Client, book: Any) -> None:
    Connection.objects.update(state="reconnect", state_reason="The grant was revoked.")
    for name in ("dashboard", "position-list", "connection-list"):
        assert "The grant was revoked" in web.get(url(name)).content.decode()


@pytest.mark.parametrize("label", ["Pre-market", "Regular", "After-hours", "Closed"])
def test_the_session_is_on_every_page(
    web: Client, book: Any, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    later = now + timedelta(hours=3)
    state = clock.SessionState(label, later, later, later, "Regular", now, "broker")
    monkeypatch.setattr(clock, "session", lambda connection: state)
    html = web.get(url("dashboard")).content.decode()
    assert f">{label}<" in html
    assert ("Market closed" in html) is (label == "Closed")


def test_the_number_of_queries_does_not_grow_with_the_book(web: Client, book: Any) -> None:
    connection, account = book
    # More than the foot shows, so that they are counted from the start.
    for _ in range(9):
        factories.make_order(account)

    def queries(name: str) -> int:
        kept_legs.legs.clear()
        kept_legs.instruments.clear()
        with CaptureQueriesContext(database) as captured:
            assert web.get(url(name)).status_code == 200
        return len(captured)

    names = ("dashboard", "position-list", "connection-list")
    few = {name: queries(name) for name in names}
    for number in range(12):
        more = factories.make_account(connection, f"5WT10{number:03d}")
        factories.make_balance(more)
        factories.make_position(more, f"AB{chr(65 + number)}", "5", open="1", close="1", mark="2")
        factories.make_order(more)
    assert {name: queries(name) for name in names} == few
    # Two of them read what has changed, here everything; one reads the session.
    assert few["position-list"] <= 26


def test_the_foot_shows_the_newest_working_orders_and_how_many_more(web: Client, user: Any) -> None:
    account = factories.make_account(factories.make_connection(user))
    for number in range(12):
        factories.make_order(account, broker_id=9000 + number)
    factories.make_order(account, broker_id=9900, status="Filled")
    html = web.get(url("dashboard")).content.decode()
    foot = html[html.index('id="strip"') :]
    assert foot.count('class="strip__order"') == 8
    assert "and 4 more" in foot
    assert re.search(r"Orders.{0,120}\b12\b", html, re.DOTALL)


def test_the_picker_narrows_every_page(web: Client, book: Any) -> None:
    connection, _ = book
    other = factories.make_account(connection, "5WT00002", type_name="Roth IRA")
    factories.make_position(other, "VTI", "10", open="1", close="1", mark="2")
    answer = web.post(url("scope"), {"scope": "simulator/5WT00002", "next": "/positions/"})
    assert answer.status_code == 302 and answer.url == "/positions/"
    html = web.get(url("position-list")).content.decode()
    assert "VTI" in html and "SPY" not in html
    assert '"scope": "simulator/5WT00002"' in unescape(html)


def test_the_picker_leads_to_our_pages_alone(web: Client, book: Any) -> None:
    answer = web.post(url("scope"), {"scope": "simulator", "next": "https://example.org/"})
    assert answer.url == url("dashboard")


def test_real_and_simulated_money_are_never_added_up(web: Client, user: Any, book: Any) -> None:
    real = factories.make_account(factories.make_connection(user, "sandbox"), "5WT00009")
    factories.make_balance(real, net_liquidating_value="7.00")
    html = web.get(url("dashboard")).content.decode()
    assert re.search(r'id="top-net-liq"[^>]*>7.00<', html)
    assert "env--sandbox" in html and "env--simulator" not in html.split("<main")[0]


def test_account_page(web: Client, book: Any) -> None:
    _, account = book
    factories.make_transaction(account)
    html = web.get(url("account-detail", "simulator", "5WT00001")).content.decode()
    assert_sound(html)
    for text in ("No Restrictions", "50,000.00", "Sell to Open", "+1,367.72", "−2.28"):
        assert text in html


def test_transactions_come_page_by_page(web: Client, book: Any) -> None:
    _, account = book
    for _ in range(51):
        factories.make_transaction(account)
    here = url("account-detail", "simulator", "5WT00001")
    assert web.get(here).content.decode().count("Sell to Open") == 50
    assert web.get(f"{here}?page=2").content.decode().count("Sell to Open") == 1


def test_pages_want_a_sign_in() -> None:
    for name in PAGES:
        answer = Client().get(url(name))
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("account_login"))


def foreign_urls(connection: Connection, run: SyncRun, notice: Notice) -> list[tuple[str, str]]:
    return [
        ("get", url("account-detail", "simulator", "5WT00001")),
        ("get", url("sync-run", run.pk)),
        ("get", url("connection-remove", connection.pk)),
        ("post", url("connection-remove", connection.pk)),
        ("post", url("connection-refresh", connection.pk)),
        ("post", url("connection-check", connection.pk)),
        ("post", url("connection-sync", connection.pk)),
        ("post", url("notice-dismiss", notice.pk)),
    ]


def missing_urls() -> list[tuple[str, str]]:
    ghost = Connection(environment="simulator")
    return [
        ("get", url("account-detail", "simulator", "5WT77777")),
        *foreign_urls(ghost, SyncRun(pk=987654), Notice(pk=987654))[1:],
    ]


def test_a_foreign_id_answers_like_a_missing_one(
    strangers_web: Client, book: Any, user: Any
) -> None:
    connection, _ = book
    run = SyncRun.objects.create(connection=connection)
    notice = Notice.objects.create(connection=connection, key="k", text="secret matter")
    foreign = foreign_urls(connection, run, notice)
    for (method, ours), (_, nobodys) in zip(foreign, missing_urls(), strict=True):
        theirs = getattr(strangers_web, method)(ours)
        missing = getattr(strangers_web, method)(nobodys)
        assert theirs.status_code == missing.status_code == 404, ours
        assert theirs.content == missing.content, ours
        assert "5WT00001" not in theirs.content.decode()
    assert Connection.objects.filter(pk=connection.pk).exists()
    assert strangers_web.post(url("scope"), {"scope": "simulator/5WT00001"}).status_code == 404


def test_two_people_on_one_server_see_their_own(
    web: Client, strangers_web: Client, book: Any
) -> None:
    for name in PAGES:
        assert "5WT00001" not in strangers_web.get(url(name)).content.decode()
    assert "…0001" in web.get(url("dashboard")).content.decode()
    assert "…0001" not in strangers_web.get(url("dashboard")).content.decode()
