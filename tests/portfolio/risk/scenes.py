"""Scenes of a person's book for tests of the risk page."""

from __future__ import annotations

import time
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from brokerage.models import Instrument, MarketMetric
from portfolio import selectors
from portfolio.live.hub import hub
from portfolio.live.valuation import Valuation
from portfolio.risk.page import RiskPage
from portfolio.scope import Scope


def page_of(user: Any, query: str = "") -> RiskPage:
    """The risk page of all simulated accounts of a user."""
    hub._snapshots.clear()
    desk = selectors.load_desk(selectors.accounts_of(user), Scope("simulator"))
    now = time.time()
    valuation = Valuation(desk, hub.book)
    valuation.update(now)
    return RiskPage(desk, valuation, now, QueryDict(query))


def metric(symbol: str, **facts: Any) -> MarketMetric:
    values = {"implied_volatility_index": "0.2", "beta": "1.2", "received_at": timezone.now()}
    return MarketMetric.objects.create(
        environment="simulator", symbol=symbol, **{**values, **facts}
    )


def all_metrics() -> None:
    """Of everything in the small book: nothing has to be asked of a broker."""
    metric("SPY", beta="1.01")
    metric("KO", beta="0.5", raw={"dividend-yield": "0.03"})


def make_european(root: str) -> None:
    Instrument.objects.filter(underlying_symbol=root).update(exercise_style="European")
