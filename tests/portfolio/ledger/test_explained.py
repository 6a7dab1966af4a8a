"""P&L explained from kept closes, over the simulator: it adds up to what the account made."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from portfolio.analytics.attribution import CENT
from portfolio.ledger import daily
from portfolio.ledger.explained import Explanation, explain
from portfolio.ledger.ledgers import load_ledgers
from portfolio.live.book import LatestBook
from portfolio.live.valuation import Valuation
from portfolio.models import DailyMark
from tests.portfolio.ledger.conftest import Broker

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = date(2026, 11, 1)


def kept(broker: Broker) -> int:
    """The marks of this moment as those of the day, by the broker's own marks."""
    return daily.keep(broker.desk(), timezone.now(), LatestBook)


def explained(broker: Broker, **more: Any) -> Explanation:
    desk = broker.desk()
    now = timezone.now().timestamp()
    valuation = Valuation(desk, LatestBook)
    valuation.update(now)
    return explain(valuation, load_ledgers(desk.accounts), FIRST, now, **more)


def next_morning(broker: Broker) -> None:
    broker.control("clock", to="next-open")
    broker.control("clock", advance=3600)


def check(found: Explanation, made: Decimal) -> None:
    assert found.gaps == ()
    assert found.total.parts == found.total.total
    for row in found.rows:
        assert row.explained.parts == row.explained.total
        assert abs(row.explained.total - row.facts.pnl) <= CENT / 2
    assert abs(found.total.total - made) <= CENT * len(found.rows)
    for key in (lambda r: r.symbol, lambda r: r.day, lambda r: r.chain):
        sums = found.by(key).values()
        assert sum((part.total for part in sums), Decimal(0)) == found.total.total


def test_three_days_add_up_to_the_net_liq(broker: Broker) -> None:
    broker.order(("Buy to Open", "KO", 200))
    call = broker.option("KO", "2026-11-20", "C", 0)
    broker.order(("Sell to Open", call, 2))
    broker.order(("Buy", "/MESZ6", 1))
    broker.sync()
    assert kept(broker) == 3
    before = broker.net_liq()
    chains = {(broker.account.pk, "KO"): "1", (broker.account.pk, call): "1"}

    next_morning(broker)
    broker.order(("Sell to Close", "KO", 50))
    broker.order(("Buy to Open", "PEP", 10))
    broker.order(("Sell to Close", "PEP", 10))
    broker.sync()
    found = explained(broker, chains=chains)
    check(found, broker.net_liq() - before)
    assert {row.symbol for row in found.rows} == {"KO", call, "/MESZ6", "PEP"}
    assert set(found.by(lambda row: row.chain)) == {"1", ""}
    assert kept(broker) == 3

    next_morning(broker)
    broker.control("corporate-actions", kind="split", symbol="KO", new="2", old="1")
    broker.sync()
    broker.sync()
    assert kept(broker) == 3
    next_morning(broker)
    broker.sync()
    found = explained(broker, chains=chains)
    check(found, broker.net_liq() - before)
    assert len({row.day for row in found.rows}) == 3


def test_greeks_at_the_start_explain_the_moves(broker: Broker) -> None:
    call = broker.option("KO", "2026-12-18", "C", 0)
    broker.order(("Sell to Open", call, 3))
    broker.sync()
    kept(broker)
    DailyMark.objects.filter(symbol=call).update(
        delta=0.4, gamma=0.1, theta=-0.02, vega=0.05, volatility=0.2, spot=70.0
    )
    next_morning(broker)
    broker.sync()
    (row,) = explained(broker).rows
    days = row.facts.moves.days
    assert 0.9 < days < 1.1
    assert float(row.explained.theta) == pytest.approx(-300 * -0.02 * days, abs=0.006)
    # No quote of the underlying and no volatility now: their money is residual, and said so.
    assert not row.explained.is_complete
    assert row.explained.parts == row.explained.total


def test_what_the_bookings_do_not_lead_to_is_told(broker: Broker) -> None:
    broker.order(("Buy to Open", "KO", 200))
    broker.sync()
    kept(broker)
    DailyMark.objects.update(quantity=150)
    next_morning(broker)
    broker.sync()
    found = explained(broker)
    assert found.rows == ()
    assert [(gap.symbol, "bookings" in gap.reason) for gap in found.gaps] == [("KO", True)]


def test_marks_are_kept_in_the_session_and_once_after_it(broker: Broker) -> None:
    broker.order(("Buy to Open", "KO", 200))
    broker.sync()
    assert daily.keep_marks(timezone.now()) == 1
    assert daily.keep_marks(timezone.now()) == 1
    assert DailyMark.objects.count() == 1
    broker.control("clock", to="close")
    broker.control("clock", advance=600)
    broker.sync()
    assert daily.keep_marks(timezone.now()) == 1
    assert daily.keep_marks(timezone.now()) == 0
    broker.control("clock", to="midnight")
    broker.sync()
    assert daily.keep_marks(timezone.now()) == 0
    next_morning(broker)
    broker.order(("Sell to Close", "KO", 200))
    broker.sync()
    assert daily.keep_marks(timezone.now()) == 0
    assert DailyMark.objects.count() == 1
