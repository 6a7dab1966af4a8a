"""Net liq over time, of the accounts in view together: the broker's bars as they were mirrored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from brokerage.models import NetLiqPoint
from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, added, given, worked
from portfolio.charts import builders
from portfolio.charts.frame import Chart
from portfolio.dashboard.overview import Shown, shown
from portfolio.desk import RequestDesk

# Key, word, which of the broker's histories, how many days of it; None for all.
SPANS = (("day", "Day", "1d", None), ("month", "Month", "1y", 31), ("year", "Year", "1y", None))
SOURCE = "history of net liq, by the broker"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment with each account's latest bar at it, as (account, its time, value)."""

    at: datetime
    parts: tuple[tuple[str, datetime, Decimal], ...]

    @property
    def total(self) -> Decimal:
        """To the cent: what the chart draws and what the change is of are the same numbers."""
        return formats.rounded(sum((value for _, _, value in self.parts), Decimal(0)))


@dataclass(frozen=True, slots=True)
class History:
    """One span of the history, ready to print."""

    key: str
    label: str
    chart: Chart
    change: Shown


def moments(desk: RequestDesk, key: str) -> list[Moment]:
    """From the first moment at which every account has a bar; one query."""
    span, days = next((span, days) for name, _, span, days in SPANS if name == key)
    names = {item.pk: item.title for item in desk.facts.accounts}
    rows = NetLiqPoint.objects.filter(account__in=names, span=span).exclude(total_close=None)
    if desk.as_of:
        rows = rows.filter(at__lte=desk.as_of)
    found = _together(rows.order_by("at").values_list("account_id", "at", "total_close"), names)
    if not found or days is None:
        return found
    since = found[-1].at - timedelta(days=days)
    return [moment for moment in found if moment.at >= since]


def _together(rows: Iterable[tuple[int, datetime, Decimal]], names: dict[int, str]) -> list[Moment]:
    latest: dict[int, tuple[datetime, Decimal]] = {}
    found: dict[datetime, Moment] = {}
    for pk, at, value in rows:
        latest[pk] = (at, value)
        if len(latest) == len(names):
            parts = tuple((names[one], *latest[one]) for one in names)
            found[at] = Moment(at, parts)
    return list(found.values())


def histories(desk: RequestDesk) -> list[History]:
    """Those spans of which there is more than one moment."""
    found = []
    for key, label, _, _ in SPANS:
        rows = moments(desk, key)
        if len(rows) > 1:
            found.append(History(key, label, _chart(key, label, rows), _shown(key, label, rows)))
    return found


def _chart(key: str, label: str, rows: list[Moment]) -> Chart:
    refs = [f"dash-net-{key}-{int(row.at.timestamp())}" for row in rows]
    points = [(row.at, row.total) for row in rows]
    title = f"Net liq, {label.lower()}"
    return builders.history(f"net-liq-{key}", title, "Net liq", points, refs=refs)


def _shown(key: str, label: str, rows: list[Moment]) -> Shown:
    return shown(_change(label, rows), f"dash-net-{key}-change")


def _change(label: str, rows: list[Moment]) -> Worked:
    first, last = rows[0], rows[-1]
    inputs = (
        Input("b", "Net liq then", first.total, SOURCE, first.at.timestamp(), Unit.MONEY),
        Input("e", "Net liq last", last.total, SOURCE, last.at.timestamp(), Unit.MONEY),
    )
    note = f"Since {formats.market_datetime(first.at)}; deposits and withdrawals are in it."
    title = f"Change of net liq, {label.lower()}"
    return worked(title, "e-b", inputs, last.total - first.total, Unit.SIGNED, note=note)


def explain(desk: RequestDesk, part: str) -> Worked | None:
    """`<span>-change` or `<span>-<epoch seconds>`."""
    key, _, name = part.partition("-")
    label = next((word for one, word, _, _ in SPANS if one == key), "")
    rows = moments(desk, key) if label else []
    if name == "change":
        return _change(label, rows) if rows else None
    row = next((row for row in rows if str(int(row.at.timestamp())) == name), None)
    if row is None:
        return None
    terms = [
        given(f"Net liq: {account}", value, Unit.MONEY, SOURCE, at.timestamp())
        for account, at, value in row.parts
    ]
    title = f"Net liq, {formats.market_datetime(row.at)}"
    return added(title, terms, row.total, Unit.MONEY)
