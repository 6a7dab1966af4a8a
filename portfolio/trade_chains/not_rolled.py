"""What a chain would have made had it stayed as it was before a roll.

What was held then counts at its mark of now; what has expired since at intrinsic value, by the
price of the underlying at the close of its last day. That price is known where this desk kept the
day's marks; else a person may give it. Fees paid until the roll are counted, none afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.http import QueryDict

from brokerage import reads
from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, given, worked
from portfolio.analytics.facts import ZERO
from portfolio.analytics.ratios import intrinsic
from portfolio.analytics.strategies.legs import Form
from portfolio.models import DailyMark
from portfolio.trade_chains import structure
from portfolio.trade_chains.explained import BOOKED, DESK
from portfolio.trade_chains.scene import Scene
from portfolio.trade_chains.steps import Step, steps
from portfolio.trade_chains.structure import Held
from portfolio.trade_chains.summary import Summary

MARK = "quote of the broker, over REST"
GIVEN = "price of the underlying that you gave"
KEPT = "price of the underlying at that close, kept by this desk"
Closes = Mapping[tuple[str, date], tuple[Decimal, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A close that is needed and not known: the field's name, and what it is."""

    name: str
    words: str
    value: str


@dataclass(frozen=True, slots=True)
class Stayed:
    """One roll that was not made. ``made`` is after fees; ``better`` is that less what the chain
    makes as it is. ``why`` says what is missing."""

    number: int
    when: str
    held: str
    made: Worked
    better: Worked
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    rows: tuple[Stayed, ...]
    asked: tuple[Asked, ...]


def not_rolled(scene: Scene, one: Summary, query: QueryDict) -> Answer:
    """Every roll of the chain; one question to the broker at most."""
    told = steps(one.one, one.chain)
    rolls = [(place, step) for place, step in enumerate(told, 1) if step.is_roll]
    before = {place: structure.from_entries(one.one, step.before) for place, step in rolls}
    today = one.account.today if one.account is not None else one.opened.date()
    held = [leg for legs in before.values() for leg in legs]
    expired = {_expiry(leg) for leg in held if _is_over(leg, today)}
    closes = _closes(one, expired, query)
    marks = _marks(scene, one, [leg for leg in held if not _is_over(leg, today)])
    rows = tuple(
        _stayed(one, place, step, before[place], today, closes, marks) for place, step in rolls
    )
    return Answer(rows, tuple(_asked(expired, closes, query)))


def _is_over(leg: Held, today: date) -> bool:
    return leg.leg.expiration is not None and leg.leg.expiration < today


def _expiry(leg: Held) -> tuple[str, date]:
    assert leg.leg.expiration is not None
    return leg.leg.underlying, leg.leg.expiration


def field_name(place: tuple[str, date]) -> str:
    """`close-KO-261120`: the underlying and the day."""
    return f"close-{place[0]}-{place[1]:%y%m%d}"


def _closes(one: Summary, wanted: set[tuple[str, date]], query: QueryDict) -> Closes:
    found: dict[tuple[str, date], tuple[Decimal, str]] = {}
    kept = DailyMark.objects.filter(
        account=one.one.account, day__in={day for _, day in wanted}, spot__isnull=False
    ).values_list("underlying", "day", "spot")
    for underlying, day, spot in kept:
        found[underlying, day] = (Decimal(str(spot)), KEPT)
    for place in wanted:
        price = _price(query.get(field_name(place), ""))
        if price is not None:
            found[place] = (price, GIVEN)
    return found


def _price(text: str) -> Decimal | None:
    """A positive price that a person wrote; anything else is none."""
    try:
        price = Decimal(text.strip())
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 < price < 10_000_000 else None


def _asked(wanted: Iterable[tuple[str, date]], closes: Closes, query: QueryDict) -> Iterable[Asked]:
    for place in sorted(wanted):
        known = closes.get(place)
        if known is None or known[1] == GIVEN:
            words = f"{place[0]} at the close of {formats.short_date(place[1], year=True)}"
            yield Asked(field_name(place), words, query.get(field_name(place), "")[:20])


def _marks(scene: Scene, one: Summary, held: Iterable[Held]) -> dict[str, Decimal]:
    """By symbol: marks of the desk's own positions, else the broker's quotes."""
    known = {
        value.leg.symbol: value.mark.price
        for value in scene.valuation.values.values()
        if value.mark is not None
    }
    missing: dict[str, list[str]] = {}
    for leg in held:
        if leg.leg.key not in known:
            row = next((r for r in one.one.booked.values() if r.symbol == leg.leg.key), None)
            missing.setdefault(row.instrument_type if row else "Equity", []).append(leg.leg.key)
    connection = one.account.connection if one.account is not None else None
    if not missing or connection is None:
        return known
    try:
        quotes = reads.market_data(connection, missing).value
    except reads.ReadError:
        return known
    fresh = {symbol: quote.mark for symbol, quote in quotes.items() if quote.mark is not None}
    return {**known, **fresh}


def _stayed(
    one: Summary,
    number: int,
    step: Step,
    held: list[Held],
    today: date,
    closes: Closes,
    marks: Mapping[str, Decimal],
) -> Stayed:
    name = f"chain-{one.id}-stayed{number}"
    credit, fees = step.credit - step.cash, step.paid - step.fees
    parts = [_worth(leg, today, closes, marks) for leg in held]
    values = [part.value for part in parts]
    complete = all(isinstance(value, Decimal) for value in values)
    value = sum((v for v in values if isinstance(v, Decimal)), ZERO) if complete else None
    kept = None if value is None else credit + value - fees
    made = worked(
        f"Not rolled on {formats.market_datetime(step.at)}", "C+V-F",
        (
            Input("C", "Total credit before the roll", credit, BOOKED, None, Unit.MONEY),
            Input("V", "What was held then, now", value, _sources(parts), None, Unit.MONEY),
            Input("F", "Fees before the roll", fees, BOOKED, None, Unit.MONEY),
        ),
        kept, Unit.SIGNED, note=_lines(parts), ref=f"{name}-made",
    )  # fmt: skip
    net = one.worth.pnl.net.value
    better = worked(
        "Not rolled, against what it makes as it is", "A-B",
        (
            Input("A", "Not rolled, after fees", kept, DESK, None, Unit.MONEY),
            Input("B", "P/L after fees", net, DESK, None, Unit.MONEY),
        ),
        None if kept is None or net is None else kept - net, Unit.SIGNED, ref=f"{name}-better",
    )  # fmt: skip
    why = "" if complete else "not known: " + ", ".join(
        part.title for part in parts if part.value is None
    )  # fmt: skip
    return Stayed(
        number, formats.market_datetime(step.at), structure.names(held) or "nothing", made, better,
        why,
    )  # fmt: skip


def _worth(leg: Held, today: date, closes: Closes, marks: Mapping[str, Decimal]) -> Worked:
    """q · M · (mark, or what is left at expiration); a future has moved cash all along, so that
    what it would have made cannot be told from its mark alone."""
    title = f"{formats.quantity(leg.quantity)} {formats.symbol_label(leg.leg.key)}"
    price, source = _unit_price(leg, today, closes, marks)
    if leg.leg.key.startswith("/"):
        return given(title, None, Unit.SIGNED, "a future's cash is settled every day")
    if price is None or leg.units is None:
        return given(title, None, Unit.SIGNED, source)
    return given(title, leg.quantity * price * leg.units, Unit.SIGNED, source)


def _unit_price(
    leg: Held, today: date, closes: Closes, marks: Mapping[str, Decimal]
) -> tuple[Decimal | None, str]:
    if not _is_over(leg, today):
        return marks.get(leg.leg.key), MARK
    known = closes.get(_expiry(leg))
    if known is None or leg.leg.strike is None:
        return None, "the price of the underlying at its expiration is not known"
    is_call = leg.leg.form is Form.CALL
    return intrinsic(known[0], leg.leg.strike, is_call=is_call), known[1]


def _sources(parts: Iterable[Worked]) -> str:
    return ", ".join(dict.fromkeys(item.source for part in parts for item in part.inputs))


def _lines(parts: Iterable[Worked]) -> str:
    return "; ".join(f"{part.title}: {formats.signed_money(part.value)}" for part in parts)


def figures_of(answer: Answer) -> dict[str, Worked]:
    """By name within the chain: `stayed2-made`, `stayed2-better`."""
    return {
        f"stayed{row.number}-{name}": figure
        for row in answer.rows
        for name, figure in (("made", row.made), ("better", row.better))
    }
