from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from brokerage.models import Balance, Position
from portfolio import as_of

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-11T14:30", datetime(2026, 3, 11, 18, 30, tzinfo=UTC)),
        ("2026-03-11T14:30:00Z", datetime(2026, 3, 11, 14, 30, tzinfo=UTC)),
        ("2026-03-11T14:30:00+01:00", datetime(2026, 3, 11, 13, 30, tzinfo=UTC)),
        ("2026-03-11T14:30:00 01:00", datetime(2026, 3, 11, 13, 30, tzinfo=UTC)),
        ("2026-03-12", NOW),
    ],
)
def test_instants(text, expected):
    assert as_of.parse(text, NOW) == expected


def test_a_day_is_its_end_in_new_york():
    end = as_of.parse("2026-03-10", NOW)
    assert end == datetime(2026, 3, 11, 4, 0, tzinfo=UTC) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-03-13", "2026-13-01", "9999-12-31", "0001-01-01T00:00+14:00x", "2"]
)
def test_what_is_no_past_instant_is_refused(text):
    with pytest.raises(as_of.BadInstant):
        as_of.parse(text, NOW)


@pytest.mark.django_db(transaction=True)
def test_pages_show_the_book_of_then_and_the_way_back(web, book):
    _, account = book
    then = timezone.now()
    Position.objects.filter(account=account).update(quantity=0, closed_at=then)
    Balance.objects.filter(account=account).update(cash_balance=Decimal("77.25"))
    query = {"as_of": then.isoformat()}
    past = web.get("/positions/", query).content.decode()
    assert "As of" in past and "Back to now" in past
    assert "data-live-page" not in past
    assert "No open positions" not in past
    assert "No open positions" in web.get("/positions/").content.decode()
    page = f"/accounts/{account.environment}/{account.number}/"
    assert "77.25" not in web.get(page, query).content.decode()
    assert "77.25" in web.get(page).content.decode()


@pytest.mark.django_db
def test_before_the_history_begins_the_page_says_so(web, book):
    past = web.get("/positions/", {"as_of": "2001-01-01"}).content.decode()
    assert "The history of the mirror begins" in past
    assert "No open positions" in past


@pytest.mark.django_db
def test_a_bad_instant_shows_the_present_and_says_why(web, book):
    page = web.get("/positions/", {"as_of": "soon"}).content.decode()
    assert "Write a day as" in page and "data-live-page" in page


@pytest.mark.django_db
def test_a_stranger_sees_nothing_of_the_past(strangers_web, book):
    _, account = book
    then = {"as_of": timezone.now().isoformat()}
    page = f"/accounts/{account.environment}/{account.number}/"
    assert strangers_web.get(page, then).status_code == 404
