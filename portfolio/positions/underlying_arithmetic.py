"""The arithmetic of what is known of an underlying: price, change, volatility, margin."""

from __future__ import annotations

from decimal import Decimal

from portfolio.analytics.arithmetic import Input, Number, Unit, Worked, added, given, worked
from portfolio.positions.columns import Column
from portfolio.positions.underlyings import Underlying, previous_close

METRICS = "the broker's metrics"


def explain(row: Underlying, column: Column, amount: Number | None, now: float, ref: str) -> Worked:
    """How a column's number came about."""
    title = f"{column.label}: {row.name}"
    if column.key in ("mark", "last"):
        mark = row.mark
        source = mark.source.value if mark else "no quote came"
        at = now - mark.age if mark else None
        marks = ("stale",) if mark and mark.is_stale else ()
        return given(f"Last: {row.name}", amount, Unit.PRICE, source, at, ref=ref, marks=marks)
    if column.key == "change":
        return _change(row, title, amount, ref)
    if column.key == "bp":
        return _margin(row, title, amount, ref)
    metric = row.scene.metric(row.name)
    at = metric.received_at.timestamp() if metric is not None and metric.received_at else None
    return given(title, amount, column.unit, METRICS, at, ref=ref)


def _change(row: Underlying, title: str, amount: Number | None, ref: str) -> Worked:
    mark = row.mark
    inputs = (
        Input("S", "Last", mark.price if mark else None, "quotes of the feed", None, Unit.PRICE),
        Input("C", "Previous close", previous_close(row), "summary of the feed", None, Unit.PRICE),
    )
    return worked(title, "(S-C)/C", inputs, amount, Unit.PERCENT_SIGNED, ref=ref)


def _margin(row: Underlying, title: str, amount: Number | None, ref: str) -> Worked:
    source = "the broker's margin report"
    terms = []
    for pk in row.account_pks:
        held: Decimal | None = row.scene.known.margins.get((pk, row.name))
        terms.append(given(row.scene.accounts[pk].title, held, Unit.MONEY, source))
    return added(title, terms, amount, Unit.MONEY, ref=ref)
