"""Figures as they appear: the text, the class and the tip of one element, found by its id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from django.conf import settings

from portfolio import formats
from portfolio.analytics.facts import Figure, Total
from portfolio.analytics.pnl import buying_power_use
from portfolio.facts import AccountFacts, Group
from portfolio.live.valuation import (
    LegValue,
    Totals,
    Valuation,
    is_offline,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One live element. ``tip`` is for the page's first rendering; sockets patch text and class.

    ``is_figure``: its arithmetic can be opened, under ``ref`` or else under its id.
    """

    id: str
    text: str
    css: str
    tip: str = ""
    is_figure: bool = False
    ref: str = ""


def classes(*names: str) -> str:
    return " ".join(name for name in names if name)


def by_part(cells: Iterable[Cell]) -> dict[str, Cell]:
    """Cells by the last part of their ids."""
    return {cell.id.rsplit("-", 1)[1]: cell for cell in cells}


def pl_cell(id: str, value: Decimal | None, base: str, state: str = "", tip: str = "") -> Cell:
    """A P/L: sign in the text, arrow and colour by the class."""
    css = classes(base, formats.tone(value), state)
    return Cell(id, formats.signed_money(value), css, tip, is_figure=True)


def number_cell(id: str, text: str, base: str, state: str = "", tip: str = "") -> Cell:
    if text == formats.UNKNOWN:
        return Cell(id, text, classes(base, "missing"), tip, is_figure=True)
    css = classes(base, "zero" if text == "0.00" else "", state)
    return Cell(id, text, css, tip, is_figure=bool(text))


def _tip(figure: Figure) -> str:
    return "; ".join(note.value for note in figure.notes)


# --- Legs ---------------------------------------------------------------------

GREEKS = ("delta", "gamma", "theta", "vega")


def leg_cells(value: LegValue) -> Iterator[Cell]:
    """The live cells of a leg's row, in the order of the table's columns from Mark on."""
    leg, name = value.leg, f"leg-{value.leg.pk}"
    stale = classes("stale" if value.price_stale else "", "offline" if value.offline else "")
    yield mark_cell(f"{name}-mark", value)
    yield pl_cell(f"{name}-open", value.open.value, "num w-pl", stale, _tip(value.open))
    assumed = "assumed" if value.day.notes and value.day.value is not None else ""
    yield pl_cell(
        f"{name}-day", value.day.value, "num w-pl", classes(stale, assumed), _tip(value.day)
    )
    lost = "offline" if value.offline and leg.is_option else ""
    old = classes("stale" if value.greeks_stale else "", lost)
    for greek in GREEKS:
        text = formats.greek(getattr(value.greeks, greek))
        yield number_cell(f"{name}-{greek}", text, "num w-greek", old)
    volatility = formats.volatility(value.volatility) if leg.is_option else ""
    yield number_cell(f"{name}-iv", volatility, "num w-iv", old)
    yield Cell(f"{name}-age", leg_age(value), "num w-age secondary")


def mark_cell(id: str, value: LegValue) -> Cell:
    if value.leg.closed_today:
        return Cell(id, "", "num w-price")
    if value.mark is None:
        return Cell(id, formats.UNKNOWN, "num w-price missing", _tip(value.open), is_figure=True)
    state = classes(
        "stale" if value.mark.is_stale else "",
        "offline" if value.offline else "",
        "delayed" if value.leg.delayed else "",
    )
    text = formats.aligned(formats.price(formats.rounded(value.mark.price, 8), value.mark_tick))
    tip = f"Mark: {value.mark.source.value}"
    return Cell(id, text, classes("num w-price", state), tip, is_figure=True)


def leg_age(value: LegValue) -> str:
    """The age of the mark's input and, for options, of the Greeks: `2 s · 14 s`."""
    if value.leg.closed_today:
        return ""
    price = formats.age(value.mark.age if value.mark else None)
    return f"{price} · {formats.age(value.greeks_age)}" if value.leg.is_option else price


# --- Sums ---------------------------------------------------------------------


def total_cells(name: str, totals: Totals) -> Iterator[Cell]:
    """The live cells of a group's, an account's or the grand total's row."""
    stale = sum_state(totals)
    for part, sum_ in (("open", totals.open), ("day", totals.day)):
        assumed = "assumed" if part == "day" and totals.assumed else ""
        css = classes(stale, assumed, _partial(sum_))
        yield pl_cell(f"{name}-{part}", sum_.value, "num w-pl", css, sum_.words)
    old = classes("stale" if totals.greeks_stale else "", "offline" if totals.offline else "")
    for greek in GREEKS:
        sum_f = getattr(totals.greeks, greek)
        text = formats.greek(sum_f.value)
        css = classes(old, _partial(sum_f))
        yield number_cell(f"{name}-{greek}", text, "num w-greek", css, sum_f.words)


def sum_state(totals: Totals) -> str:
    """The classes of a sum's age: stale when all of it is, aged when some of it is."""
    return classes(
        "stale" if totals.is_stale else "aged" if totals.stale_legs else "",
        "offline" if totals.offline else "",
        "delayed" if totals.delayed else "",
    )


def _partial(sum_: Total[Decimal] | Total[float]) -> str:
    return "partial" if sum_.is_partial else ""


def words_cell(name: str, totals: Totals) -> Cell:
    """Beside the group's name: which legs are missing from its sums."""
    return Cell(f"{name}-words", totals.words, "small secondary words")


def underlying_row_cells(groups: list[Group], valuation: Valuation, now: float) -> dict[str, Cell]:
    """One underlying over all accounts: last price, P/L, delta, theta and what is missing."""
    name = f"underlying-{groups[0].underlying.encode().hex()}"
    totals = valuation.totals(leg for group in groups for leg in group.legs)
    cells = by_part(total_cells(name, totals))
    last = underlying_cell(groups[0], valuation, now)
    return {
        "last": replace(last, id=f"{name}-last"),
        "words": words_cell(name, totals),
        **{part: cells[part] for part in ("day", "open", "delta", "theta")},
    }


def underlying_cell(group: Group, valuation: Valuation, now: float) -> Cell:
    """The last price of the underlying in its group's row."""
    book = valuation.book(group.feed)
    mark = valuation.spot(group.feed, group.streamer_symbol, now)
    old = classes(
        "stale" if mark is not None and mark.is_stale else "",
        "offline" if is_offline(book, now) else "",
    )
    text = formats.aligned(formats.price(mark.price if mark else None))
    return number_cell(f"group-{group.key}-last", text, "num w-price", old, group.underlying)


# --- Accounts and the shell ---------------------------------------------------------------------


def balance_stale(account: AccountFacts, now: float) -> bool:
    age = balance_age(account, now)
    return age is not None and age > settings.STALE_BALANCE_SECONDS


def balance_age(account: AccountFacts, now: float) -> float | None:
    received = account.balance.received_at if account.balance else None
    return max(0.0, now - received.timestamp()) if received else None


def account_cells(account: AccountFacts, totals: Totals, now: float) -> Iterator[Cell]:
    """The live cells of an account's card: P/L and the ages."""
    name = f"card-{account.pk}"
    stale = sum_state(totals)
    for part, sum_ in (("open", totals.open), ("day", totals.day)):
        assumed = "assumed" if part == "day" and totals.assumed else ""
        css = classes(stale, assumed, _partial(sum_))
        yield pl_cell(f"{name}-{part}", sum_.value, "figure", css, sum_.words)
    yield Cell(f"{name}-words", totals.words, "small secondary words")
    age = balance_age(account, now)
    text = f"Balances {formats.age(age)} old" if age is not None else "No balances yet"
    yield Cell(f"{name}-age", text, "stale" if balance_stale(account, now) else "secondary")


def shell_cells(valuation: Valuation, now: float) -> dict[str, Cell]:
    """The figures of the top bar, over the accounts in view."""
    desk = valuation.desk
    stale = "stale" if any(balance_stale(account, now) for account in desk.accounts) else ""
    net_liq = desk.balance("net_liquidating_value")
    power = desk.balance("derivative_buying_power")
    totals = valuation.totals(desk.legs)
    state = classes(
        sum_state(totals),
        "assumed" if totals.assumed else "",
        _partial(totals.day),
    )
    day = totals.day.value if desk.accounts else None
    use = buying_power_use(net_liq, power)
    return {
        "net_liq": number_cell("top-net-liq", formats.money(net_liq), "", stale),
        "day": pl_cell("top-day", day, "", state, totals.words),
        "power": number_cell("top-power", formats.money(power), "", stale),
        "use": Cell("top-use", f"{formats.percent(use)} used", stale, is_figure=True),
    }
