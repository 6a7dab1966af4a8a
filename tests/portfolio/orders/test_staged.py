"""Tickets put aside: what is kept, what is listed, who sees it, and that nothing is sent."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from brokerage.models import Order, OrderPreview
from portfolio import formats
from portfolio.models import StagedTicket
from portfolio.orders import staged
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import hidden, html, send

pytestmark = pytest.mark.django_db
STAGED = "/orders/?tab=staged"


def put_aside(desk, values):
    answer = desk.post("/trade/stage/", values)
    assert answer.status_code == 302 and answer["Location"] == STAGED
    return StagedTicket.objects.get(ticket=values["ticket"])


def test_a_ticket_is_put_aside_without_a_preview_and_listed(desk, values, broker):
    put_aside(desk, values)
    assert not OrderPreview.objects.exists() and not Order.objects.exists()
    assert broker.posts == 0
    text = html(desk.get(STAGED))
    assert "Staged. Nothing was sent." in text
    assert ">Staged</span>" in text and "+10 AAPL" in text and "229.40 db" in text
    assert f"/orders/staged/{values['ticket']}/" in text
    assert 'Staged <span class="badge">1<' in html(desk.get("/orders/"))


def test_what_is_not_complete_is_a_draft(desk, values):
    put_aside(desk, values | {"price": ""})
    text = html(desk.get(STAGED))
    assert ">Draft</span>" in text and "AAPL" in text


def test_it_opens_as_it_was_and_goes_the_usual_way(desk, values, broker):
    put_aside(desk, values)
    text = html(desk.get(f"/orders/staged/{values['ticket']}/"))
    assert 'value="229.40"' in text and 'value="AAPL"' in text
    assert f'value="{values["ticket"]}"' in text, "its identifier goes with it"
    assert broker.posts == 0
    send(desk, values)
    assert Order.objects.count() == 1
    assert "Nothing is staged." in html(desk.get(STAGED)), "what was sent is not staged any more"
    assert desk.get(f"/orders/staged/{values['ticket']}/").status_code == 404


def test_opened_twice_and_sent_twice_it_is_one_order(desk, values, broker):
    put_aside(desk, values)
    first = desk.post("/trade/preview/", values)
    second = desk.post("/trade/preview/", values)
    answers = [desk.post("/trade/submit/", hidden(shown)) for shown in (first, second)]
    assert {answer.status_code for answer in answers} <= {302, 409}
    assert Order.objects.count() == 1


def test_staged_again_it_is_one_row_with_the_new_values(desk, values):
    put_aside(desk, values)
    put_aside(desk, values | {"price": "228.00"})
    assert StagedTicket.objects.count() == 1
    text = html(desk.get(STAGED))
    assert "228.00 db" in text and "229.40" not in text


def test_removing(desk, values):
    put_aside(desk, values)
    text = html(desk.post(f"/orders/staged/{values['ticket']}/remove/", follow=True))
    assert "is removed" in text and "Nothing is staged." in text
    assert desk.get(f"/orders/staged/{values['ticket']}/remove/").status_code == 405


def test_others_neither_see_nor_take_it(desk, values, stranger):
    put_aside(desk, values)
    other = Client()
    other.force_login(stranger)
    assert "Nothing is staged." in html(other.get(STAGED))
    assert other.get(f"/orders/staged/{values['ticket']}/").status_code == 404
    other.post(f"/orders/staged/{values['ticket']}/remove/")
    assert other.post("/trade/stage/", values).status_code in (404, 422)
    assert StagedTicket.objects.get().user_id != stranger.pk


def test_another_person_of_the_account_cannot_overwrite_it(desk, values, account, stranger):
    put_aside(desk, values)
    with pytest.raises(staged.NotFound):
        staged.stage(stranger, account, values, {})


def test_a_preview_that_is_still_good_is_listed_and_an_ended_one_is_not(desk, values):
    desk.post("/trade/preview/", values)
    text = html(desk.get(STAGED))
    assert ">Previewed</span>" in text and "good for" in text
    OrderPreview.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert "Nothing is staged." in html(desk.get(STAGED))


def test_what_is_kept_has_bounds(desk, values, account, user, monkeypatch):
    put_aside(desk, values | {"do": "nat", "price": "1" * 900})
    kept = StagedTicket.objects.get().values
    assert "do" not in kept and "csrfmiddlewaretoken" not in kept
    assert max(len(text) for text in kept.values()) <= 200
    monkeypatch.setattr(staged, "MOST", 1)
    answer = desk.post("/trade/stage/", values | {"ticket": str(uuid.uuid4())})
    assert answer.status_code == 422
    assert "Remove some of them first" in html(answer)


def test_in_the_drawer_the_answer_stays_in_the_drawer(desk, values):
    answer = desk.post("/trade/stage/", values, headers={"HX-Target": "drawer"})
    text = html(answer)
    assert answer.status_code == 200 and "<html" not in text
    assert "The ticket is put aside." in text


def test_times_are_told_by_the_brokers_clock(desk, values, connection):
    put_aside(desk, values)
    moment = datetime(2026, 3, 11, 14, 30, tzinfo=UTC)
    StagedTicket.objects.update(staged_at=moment)
    connection.clock_offset_seconds = 7200.0
    connection.save(update_fields=["clock_offset_seconds"])
    assert formats.market_datetime(moment + timedelta(hours=2)) in html(desk.get(STAGED))
