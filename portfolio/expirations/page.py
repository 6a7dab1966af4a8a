"""The expiration page, ready to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolio import formats
from portfolio.analytics.arithmetic import Worked
from portfolio.analytics.expiration import AccountView, DividendRisk, Outcome, Settlement
from portfolio.expirations import arithmetic
from portfolio.expirations.scene import BANDS, Scene
from portfolio.figures import show


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure: its text, its class, and where its arithmetic is."""

    text: str
    css: str
    ref: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A date or a band that can be chosen."""

    value: str
    label: str
    detail: str
    current: bool


@dataclass(frozen=True, slots=True)
class LegRow:
    """One expiring leg; ``settles`` says how and when, ``ends`` what becomes of it."""

    pk: int
    label: str
    badges: tuple[tuple[str, str], ...]
    quantity: Shown
    itm: Shown
    extrinsic: Shown
    settles: str
    last_trade: str
    ends: str
    pinned: bool
    shares: Shown
    cash: Shown


@dataclass(frozen=True, slots=True)
class Panel:
    """One underlying of one account until the chosen day."""

    key: str
    underlying: str
    account: str
    spot: str
    spot_state: str
    rows: tuple[LegRow, ...]
    before: Shown
    after: Shown
    cash: Shown
    uncovered: Shown
    is_uncovered: bool
    pins: str
    range: str
    missing: str
    earnings: str


@dataclass(frozen=True, slots=True)
class DividendRow:
    pk: int
    label: str
    ex_date: str
    dividend: Shown
    left: Shown
    owed: Shown


@dataclass(frozen=True, slots=True)
class Page:
    days: tuple[Choice, ...]
    bands: tuple[Choice, ...]
    day: str
    heading: str
    query: str
    panels: tuple[Panel, ...]
    dividends: tuple[DividendRow, ...]
    unread: tuple[str, ...]
    left_out: tuple[str, ...]


def page_of(scene: Scene) -> Page:
    day = scene.day
    known = {item.leg.pk for item in scene.legs}
    return Page(
        days=tuple(_day(scene, one) for one in scene.days),
        bands=tuple(_band(scene, one) for one in BANDS),
        day=day.isoformat() if day else "",
        heading=_heading(scene, day) if day else "",
        query=f"day={day.isoformat() if day else ''}&band={scene.band}",
        panels=tuple(_panel(scene, view) for view in scene.views),
        dividends=tuple(_dividend(scene, risk) for risk in scene.dividends),
        unread=scene.inputs.gaps,
        left_out=tuple(
            leg.label
            for leg in scene.desk.facts.legs
            if leg.pk not in known and not leg.closed_today
        ),
    )


def _heading(scene: Scene, day: date) -> str:
    if scene.today is None:
        return formats.short_date(day)
    days = (day - scene.today).days
    words = {0: "tonight", 1: "tomorrow"}.get(days, f"in {days} days")
    if days < 0:
        words = "past, not yet booked"
    return f"{day:%A} {formats.short_date(day)} · {words}"


def _day(scene: Scene, day: date) -> Choice:
    legs = sum(1 for item in scene.legs if item.leg.is_option and item.leg.expiration == day)
    label = "Tonight" if day == scene.today else f"{day:%a} {formats.short_date(day)}"
    return Choice(day.isoformat(), label, f"{legs} leg{'s' * (legs != 1)}", day == scene.day)


def _band(scene: Scene, band: Decimal) -> Choice:
    return Choice(str(band), f"± {formats.percent(band, 2)}", "", band == scene.band)


def _shown(figure: Worked, css: str = "") -> Shown:
    text = show(figure.value, figure.unit)
    return Shown(text, f"num {css} {'missing' if figure.value is None else ''}".strip(), figure.ref)


def _panel(scene: Scene, view: AccountView) -> Panel:
    account = next(a for a in scene.desk.facts.accounts if str(a.pk) == view.account)
    spot = scene.spots.get(view.underlying)
    mark = spot.mark if spot else None
    before = arithmetic.before(scene, view)
    day = scene.earnings(view.underlying)
    return Panel(
        key=f"{view.account}-{view.underlying.encode().hex()}",
        underlying=view.underlying,
        account=account.title,
        spot=formats.price(mark.price if mark else None),
        spot_state="stale" if mark is not None and mark.is_stale else "",
        rows=tuple(_leg(scene, outcome) for outcome in view.outcomes),
        before=Shown(show(before.value, before.unit), "num", arithmetic.view_ref(view, "before")),
        after=_shown(arithmetic.after(scene, view)),
        cash=_shown(arithmetic.view_cash(scene, view), formats.tone(view.cash)),
        uncovered=_shown(arithmetic.uncovered(scene, view)),
        is_uncovered=view.uncovered > 0,
        pins=", ".join(formats.trimmed(strike) for strike in view.pinned),
        range=_range(view),
        missing="" if view.is_complete else f"No price of {view.underlying}: its legs are open",
        earnings=formats.short_date(day) if day else "",
    )


def _range(view: AccountView) -> str:
    """The fewest and the most that may be held, where a strike is too near to call."""
    low, high = view.pinned_shares
    return "" if low == high else f"{formats.quantity(low)} to {formats.quantity(high)}"


def _leg(scene: Scene, outcome: Outcome) -> LegRow:
    dated = scene.by_key[outcome.leg.key]
    leg = dated.leg
    return LegRow(
        pk=leg.pk,
        label=leg.label,
        badges=leg.badges,
        quantity=_shown(arithmetic.quantity(scene, outcome)),
        itm=_shown(arithmetic.in_the_money(scene, outcome)),
        extrinsic=_shown(arithmetic.extrinsic(scene, outcome)),
        settles=_settles(outcome),
        last_trade=_last_trade(scene, leg.seconds_left, leg.is_morning),
        ends=outcome.fate.value,
        pinned=outcome.is_pinned,
        shares=_shown(arithmetic.shares(scene, outcome)),
        cash=_shown(arithmetic.cash(scene, outcome), formats.tone(outcome.cash)),
    )


def _settles(outcome: Outcome) -> str:
    how = "cash" if outcome.leg.settlement is Settlement.CASH else "delivery"
    return f"AM, {how}" if outcome.leg.is_morning else f"PM, {how}"


def _last_trade(scene: Scene, seconds: float | None, is_morning: bool) -> str:
    """How long it can still be traded; morning series stop at the close of the day before."""
    if is_morning:
        return "until the close before"
    if seconds is None:
        return formats.UNKNOWN
    return "ended" if seconds <= 0 else f"{formats.age(seconds)} left"


def _dividend(scene: Scene, risk: DividendRisk) -> DividendRow:
    key = risk.leg.key

    def figure(name: str) -> Shown:
        made = arithmetic.of_dividend(scene, risk, name)
        return Shown(show(made.value, made.unit), "num", f"expires-{key}-{name}")

    leg = scene.by_key[key].leg
    return DividendRow(
        pk=leg.pk,
        label=f"{formats.quantity(leg.holding.quantity)} {leg.label}",
        ex_date=formats.short_date(scene.ex_date(risk.leg.underlying)),
        dividend=figure("dividend"),
        left=figure("left"),
        owed=figure("owed"),
    )
