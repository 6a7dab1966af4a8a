"""What moved the book, on the page: groups that add up to the cent, each part with its sum."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokerage.models import Position
from portfolio.formats import NEW_YORK
from portfolio.models import DailyMark
from tests.portfolio.figures import walking
from tests.portfolio.risk.scenes import all_metrics

pytestmark = pytest.mark.django_db
URL = "/risk/explained/"


@pytest.fixture
def yesterday(user: Any, book: Any) -> None:
    """The small book as it stood at the close of yesterday, a little lower."""
    _, account = book
    all_metrics()
    at = timezone.now().astimezone(NEW_YORK) - timedelta(days=1)
    for row in Position.objects.filter(account=account, quantity__isnull=False):
        option = row.instrument_type == "Equity Option"
        DailyMark.objects.create(
            account=account, day=at.date(), symbol=row.symbol,
            instrument_type=row.instrument_type, underlying=row.underlying_symbol,
            quantity=row.quantity, multiplier=row.multiplier,
            mark=Decimal("1.00") if option else Decimal("51.50"), source="mid",
            spot=590.0 if row.underlying_symbol == "SPY" else 51.5,
            volatility=0.25 if option else None, delta=-0.3 if option else None,
            gamma=0.02 if option else None, theta=-0.04 if option else None,
            vega=0.1 if option else None, greeks_source="feed" if option else "",
            marked_at=at,
        )  # fmt: skip


def rows_of(html: str) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = {}
    for item in walking.figures(html):
        _, _, group, part = (item.reference or "").split("-")
        text = item.text.replace("−", "-").replace("+", "").replace(",", "")
        found.setdefault(group, {})[part] = Decimal(text)
    return found


def test_nothing_is_explained_before_the_first_close(web: Client, book: Any) -> None:
    all_metrics()
    assert "Nothing to explain yet" in web.get(URL).content.decode()


@pytest.mark.parametrize("by", ["underlying", "leg", "day", "account", "chain"])
def test_parts_and_groups_add_up_to_the_cent(web: Client, yesterday: None, by: str) -> None:
    html = web.get(f"{URL}?explain_by={by}").content.decode()
    rows = rows_of(html)
    whole = rows.pop("all")
    assert len(rows) == {"underlying": 2, "leg": 3}.get(by, 1)
    for part, amount in whole.items():
        assert sum(row[part] for row in rows.values()) == amount
    for row in [whole, *rows.values()]:
        assert sum(amount for part, amount in row.items() if part != "total") == row["total"]
    # 100 shares from 51.50 to 52.00, a short call from 1.00 to 0.80, two short puts likewise.
    assert whole["total"] == Decimal("50.00") + 20 + 40


def test_of_one_symbol_alone(web: Client, yesterday: None) -> None:
    rows = rows_of(web.get(f"{URL}?of=KO").content.decode())
    assert rows["all"]["total"] == Decimal("70.00")


def test_every_part_opens_its_sum(web: Client, yesterday: None) -> None:
    query = "explain_by=leg"
    html = web.get(f"{URL}?{query}").content.decode()
    checked = 0
    for item in walking.figures(html):
        opened = walking.drawer(web, item.reference or "", query)
        assert opened is not None, item.reference
        assert walking.bare(opened.shown) == walking.bare(item.text), item.reference
        again = walking.show(opened.again(), opened.unit)
        assert walking.bare(again) == walking.bare(item.text), item.reference
        checked += 1
    assert checked >= 36


def test_a_stranger_sees_nothing_of_it(strangers_web: Client, yesterday: None) -> None:
    assert "Nothing to explain yet" in strangers_web.get(URL).content.decode()
