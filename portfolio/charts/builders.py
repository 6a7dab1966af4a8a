"""Charts that several pages show: a value over time, and signed bars with names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from portfolio import formats
from portfolio.charts.frame import Chart, Line, Table, Value, number

Moment = date | datetime


def history(
    id: str,
    label: str,
    name: str,
    points: Sequence[tuple[Moment, formats.Number]],
    *,
    base: formats.Number = None,
    refs: Sequence[str] = (),
) -> Chart:
    """A value over time, oldest first: days, or instants of one day or several. Of two values of
    one moment the later one stands; unknown ones are left out. `base` is what changes count from,
    by default the first value; `refs` are the figures' references, one a point."""
    kept = {
        _time(at): (at, value, refs[index] if refs else "")
        for index, (at, value) in enumerate(points)
        if formats.decimal(value) is not None
    }
    times = sorted(kept)
    data = {
        "name": name,
        "points": [[time, number(kept[time][1])] for time in times],
        "base": number(base),
    }
    lines = tuple(
        Line(_words(at), (Value(formats.money(value), "num", ref),))
        for at, value, ref in (kept[time] for time in reversed(times))
    )
    return Chart("history", id, label, data, Table(("When", name), lines))


def _time(at: Moment) -> str | int:
    return int(at.timestamp()) if isinstance(at, datetime) else f"{at}"


def _words(at: Moment) -> str:
    if isinstance(at, datetime):
        return formats.market_datetime(at)
    return formats.short_date(at, year=True)


def bars(
    id: str,
    label: str,
    parts: Sequence[tuple[str, formats.Number, str]],
    *,
    total: tuple[str, formats.Number, str] | None = None,
) -> Chart:
    """Signed amounts by name, as (name, amount, reference); `total` stands last, apart."""
    rows = [*parts, *([total] if total else [])]
    data: dict[str, object] = {
        "labels": [name for name, _, _ in rows],
        "values": [number(amount) for _, amount, _ in rows],
    }
    if total is not None:
        data["total"] = len(rows) - 1
    lines = tuple(
        Line(
            name,
            (Value(formats.signed_money(amount), f"num {formats.tone(amount)}".strip(), ref),),
        )
        for name, amount, ref in rows
    )
    return Chart("bars", id, label, data, Table(("Part", "Amount"), lines), is_low=True)
