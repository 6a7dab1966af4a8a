"""Open lots of positions, first in first out, and the family `lot` of their figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.http import QueryDict

from portfolio import formats
from portfolio.analytics.arithmetic import Unit, Worked, given
from portfolio.analytics.lots import Lot
from portfolio.desk import RequestDesk
from portfolio.facts import Leg
from portfolio.figures import show
from portfolio.figures.registry import explains

PARTS = {
    "qty": ("Quantity", Unit.QUANTITY),
    "price": ("Price", Unit.PRICE),
    "fees": ("Fees", Unit.MONEY),
}


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot; `cells` are (reference, word, text) in the order of PARTS, `notes` assumptions."""

    label: str
    day: str
    cells: tuple[tuple[str, str, str], ...]
    notes: str


def lot_rows(desk: RequestDesk, legs: Iterable[Leg]) -> list[LotRow]:
    """The oldest lot of each position first."""
    found = []
    for leg in legs:
        if leg.closed_today:
            continue
        ledger, notes = desk.ledgers.ledger(leg)
        words = "; ".join(note.value for note in notes)
        for place, lot in enumerate(ledger.lots):
            cells = tuple(
                (f"lot-{leg.pk}-{place}-{part}", word, show(_value(lot, part), unit))
                for part, (word, unit) in PARTS.items()
            )
            found.append(LotRow(leg.label, _day(lot), cells, words))
    return found


def _day(lot: Lot) -> str:
    known = lot.day > date.min
    return formats.short_date(lot.day, year=True) if known else "before the bookings"


def _value(lot: Lot, part: str) -> Decimal:
    return {"qty": lot.quantity, "price": lot.price, "fees": lot.fees}[part]


@explains("lot")
def explain(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`lot-<position>-<place>-<part>`."""
    number, _, rest = rest.partition("-")
    place, _, part = rest.partition("-")
    leg = next((item for item in desk.facts.legs if str(item.pk) == number), None)
    if leg is None or part not in PARTS or not place.isdecimal():
        return None
    lots = desk.ledgers.ledger(leg)[0].lots
    if int(place) >= len(lots):
        return None
    lot = lots[int(place)]
    title, unit = PARTS[part]
    source = "bookings and fills, first in first out"
    return given(f"{title}: lot of {leg.label}", _value(lot, part), unit, source, note=_day(lot))
