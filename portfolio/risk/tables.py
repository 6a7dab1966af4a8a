"""The risk page's tables: stresses, Greeks in groups, concentration, buying power."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from brokerage.models import MarginRequirement
from portfolio import formats
from portfolio.analytics import exposure
from portfolio.analytics.exposure import Exposure, Share, concentration, requirement_shares
from portfolio.analytics.facts import Total
from portfolio.analytics.scenarios import STRESSES, Book, stress
from portfolio.charts.frame import Value
from portfolio.ledger.strategies import strategies_of
from portfolio.risk.book import RiskBook
from portfolio.risk.legs import RiskLeg


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: name, words beside it, ready values, and a part of the whole (0 to 1)."""

    name: str
    values: tuple[Value, ...]
    words: str = ""
    share: float | None = None


def plain(amount: Decimal | float | None, places: int = 2) -> Value:
    text = formats.signed(amount, places)
    return Value(text, "num missing" if amount is None else "num")


def gain(amount: Decimal | float | None) -> Value:
    return Value(formats.signed_money(amount), f"num {formats.tone(amount)}".strip())


# --- Stresses -----------------------------------------------------------------------------------


def stress_rows(book: Book, net_liq: Decimal | None, before: Book | None = None) -> list[Row]:
    """Each named stress in money and of net liq; with `before` what it was without the what-if."""
    old = [amount for _, amount in stress(before, STRESSES)] if before is not None else []
    rows = []
    for at, (item, amount) in enumerate(stress(book, STRESSES)):
        part = amount / float(net_liq) if net_liq and net_liq > 0 else None
        share = Value(formats.signed_percent(part), "num" if part is not None else "num missing")
        values = [gain(amount), share]
        rows.append(Row(item.name, tuple([*values, gain(old[at])] if old else values)))
    return rows


# --- Greeks -------------------------------------------------------------------------------------

GREEK_HEADS = (
    ("Dollar delta", "Position delta × price of the underlying, in money"),
    ("Dollar gamma 1%", "Change of the dollar delta when the underlying moves by 1%"),
    ("Theta a day", "Money per calendar day"),
    ("Vega a point", "Money per volatility point"),
    ("Beta delta", "Position delta in units of the benchmark: delta × beta × price ÷ benchmark"),
)


def greek_rows(book: RiskBook, by: str) -> tuple[list[Row], Row]:
    """(rows of the groups, the total)."""
    groups: dict[str, list[RiskLeg]] = {}
    for name, leg in _keyed(book, by):
        groups.setdefault(name, []).append(leg)
    price = book.benchmark_price
    rows = [
        greek_row(name, exposure.expose([leg.exposed for leg in legs], price), len(legs))
        for name, legs in groups.items()
    ]
    whole = exposure.expose(book.exposed, price)
    return rows, greek_row("Total", whole, len(book.legs))


def _keyed(book: RiskBook, by: str) -> Iterable[tuple[str, RiskLeg]]:
    if by == "strategy":
        return _by_strategy(book)
    key: Callable[[RiskLeg], str] = {
        "underlying": lambda leg: leg.leg.underlying,
        "account": lambda leg: leg.account,
        "expiration": _expiration,
    }[by]
    order = sorted(book.legs, key=lambda leg: _day_order(leg) if by == "expiration" else key(leg))
    return [(key(leg), leg) for leg in order]


def _expiration(leg: RiskLeg) -> str:
    if not leg.leg.is_option:
        return "Without expiration"
    return f"{formats.short_date(leg.leg.expiration, year=True)} ({formats.dte(leg.leg.days)})"


def _day_order(leg: RiskLeg) -> str:
    return f"{leg.leg.expiration}" if leg.leg.is_option else "~"


def _by_strategy(book: RiskBook) -> list[tuple[str, RiskLeg]]:
    """A position that several structures share stands with the one that holds most of it."""
    found: dict[int, tuple[Decimal, str]] = {}
    accounts: dict[int, list[RiskLeg]] = {}
    for leg in book.legs:
        accounts.setdefault(leg.leg.account_pk, []).append(leg)
    for legs in accounts.values():
        for group in strategies_of([leg.leg for leg in legs]):
            for pk, quantity in group.quantities:
                if pk not in found or abs(quantity) > found[pk][0]:
                    found[pk] = (abs(quantity), group.name)
    named = [(found[leg.leg.pk][1], leg) for leg in book.legs if leg.leg.pk in found]
    return sorted(named, key=lambda pair: pair[0])


def greek_row(name: str, found: Exposure, legs: int) -> Row:
    sums: tuple[Total[float], ...] = (
        found.dollar_delta, found.dollar_gamma, found.greeks.theta, found.greeks.vega,
        found.beta_delta,
    )  # fmt: skip
    words = [f"{legs} leg{'' if legs == 1 else 's'}"]
    if found.words:
        words.append(f"sums of {found.words}")
    if found.model_legs:
        words.append(f"{found.model_legs} by the model")
    values = tuple(_total(total) for total in sums)
    return Row(name, values, " · ".join(words))


def _total(total: Total[float]) -> Value:
    css = "num missing" if total.value is None else "num partial" if total.is_partial else "num"
    return Value(formats.signed(total.value, 2), css)


# --- What the book is made of -------------------------------------------------------------------


def concentration_rows(book: RiskBook) -> tuple[list[Row], Decimal | None]:
    """(parts by absolute dollar delta, the index: 1 for a single name)."""
    found = exposure.by_underlying(book.exposed, book.benchmark_price)
    sums = {name: one.dollar_delta.value for name, one in found.items()}
    parts = concentration(
        {name: None if value is None else Decimal(str(value)) for name, value in sums.items()}
    )
    rows = [_part(part) for part in parts.parts]
    rows += [Row(name, (plain(None), plain(None)), "no delta") for name in parts.missing]
    return rows, parts.index


def _part(part: Share) -> Row:
    share = None if part.share is None else float(part.share)
    return Row(part.key, (plain(part.amount), Value(formats.percent(share, 1))), share=share)


def power_rows(margins: Iterable[MarginRequirement], net_liq: Decimal | None) -> list[Row]:
    """The broker's requirement by its margin groups over the accounts, the largest first."""
    sums: dict[str, Decimal | None] = {}
    for row in margins:
        if row.code:
            amount = row.margin_requirement
            known = sums.get(row.code, Decimal(0))
            sums[row.code] = None if amount is None or known is None else known + abs(amount)
    shares: Mapping[str, Decimal | None] = requirement_shares(sums, net_liq)
    ordered = sorted(sums, key=lambda name: -(sums[name] or Decimal(-1)))
    return [
        Row(
            name,
            (
                Value(
                    formats.money(sums[name]), "num" if sums[name] is not None else "num missing"
                ),
                Value(formats.percent(shares[name], 1)),
            ),
            share=None if shares[name] is None else float(min(Decimal(1), shares[name] or 0)),
        )
        for name in ordered
    ]
