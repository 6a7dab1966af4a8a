"""The family `dash` of figures: what the dashboard shows and no other page explains."""

from __future__ import annotations

from django.http import QueryDict

from portfolio.analytics.arithmetic import Worked
from portfolio.dashboard import net_liq
from portfolio.dashboard.bands import Bands
from portfolio.dashboard.overview import SOON, Overview
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains


@explains("dash")
def explain(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`dash-band-use`, `dash-band-delta`, `dash-vix`;

    `dash-theta`, `dash-working`, `dash-expiring<days>`, `dash-net-<span>-<moment>`."""
    kind, _, part = rest.partition("-")
    page = Overview(desk)
    if kind == "net":
        return net_liq.explain(desk, part)
    if kind in ("band", "vix"):
        return _bound(desk, part or kind)
    if kind == "theta":
        return page.theta_share
    if kind == "working":
        return page.working()
    days = {f"expiring{days}": days for days in SOON}.get(kind)
    return None if days is None else page.expiring(days)


def _bound(desk: RequestDesk, name: str) -> Worked | None:
    if desk.as_of:
        return None
    bands = Bands(desk)
    found = {"use": lambda: bands.use_bound, "delta": lambda: bands.delta_bound,
             "vix": lambda: bands.vix}.get(name)  # fmt: skip
    return found() if found else None
