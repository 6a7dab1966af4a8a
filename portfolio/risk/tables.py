"""The risk page's tables: stresses, Greeks in groups, concentration, buying power."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.urls import reverse

from brokerage.models import MarginRequirement
from portfolio import formats
from portfolio.analytics import exposure
from portfolio.analytics.exposure import (
    Concentration,
    Exposure,
    Share,
    concentration,
    requirement_shares,
)
from portfolio.analytics.facts import Total
from portfolio.analytics.scenarios import STRESSES, Book, stress
from portfolio.charts.frame import Value
from portfolio.ledger.strategies import strategies_of
from portfolio.risk.book import RiskBook
from portfolio.risk.legs import RiskLeg


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: name, words beside it, ready values, a part of the whole (0 to 1), and the
    page of what it names."""

    name: str
    values: tuple[Value, ...]
    words: str = ""
    share: float | None = None
    url: str = ""


def plain(amount: Decimal | float | None, ref: str = "") -> Value:
    text = formats.signed(amount, 2)
    return Value(text, "num missing" if amount is None else "num", ref)


def gain(amount: Decimal | float | None, ref: str = "") -> Value:
    return Value(formats.signed_money(amount), f"num {formats.tone(amount)}".strip(), ref)


def page_of(underlying: str) -> str:
    return reverse("portfolio:underlying", args=[underlying])


def code_of(name: str) -> str:
    """A name within a reference."""
    return name.encode().hex()


# --- Stresses -----------------------------------------------------------------------------------


def stress_rows(book: Book, net_liq: Decimal | None, before: Book | None = None) -> list[Row]:
    """Each named stress in money, and beside it of net liq; with `before`, what it was without."""
    old = [amount for _, amount in stress(before, STRESSES)] if before is not None else []
    rows = []
    for at, (item, amount) in enumerate(stress(book, STRESSES)):
        part = _of(amount, net_liq)
        css = "num" if part is not None else "num missing"
        share = Value(formats.signed_percent(part), css, f"risk-stress-{at}-share")
        beside = gain(old[at], f"risk-stress-{at}-before") if old else share
        rows.append(Row(item.name, (gain(amount, f"risk-stress-{at}"), beside)))
    return rows


def _of(amount: float | None, net_liq: Decimal | None) -> float | None:
    if amount is None or net_liq is None or net_liq <= 0:
        return None
    return amount / float(net_liq)


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
    price = book.benchmark_price
    rows = [
        greek_row(name, exposure.expose([leg.exposed for leg in legs], price), len(legs),
                  f"risk-greek-{code_of(name)}")
        for name, legs in grouped(book, by).items()
    ]  # fmt: skip
    if by == "underlying":
        rows = [replace(row, url=page_of(row.name)) for row in rows]
    return rows, total_row(book, "Total", "risk-greek-all")


def total_row(book: RiskBook, name: str, ref: str) -> Row:
    """The sums of a whole book."""
    return greek_row(name, exposure.expose(book.exposed, book.benchmark_price), len(book.legs), ref)


def grouped(book: RiskBook, by: str) -> dict[str, list[RiskLeg]]:
    """The legs of a book by underlying, expiration, strategy or account."""
    groups: dict[str, list[RiskLeg]] = {}
    for name, leg in _keyed(book, by):
        groups.setdefault(name, []).append(leg)
    return groups


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


def greek_row(name: str, found: Exposure, legs: int, ref: str) -> Row:
    sums: dict[str, Total[float]] = {
        "ddelta": found.dollar_delta, "dgamma": found.dollar_gamma, "theta": found.greeks.theta,
        "vega": found.greeks.vega, "beta": found.beta_delta,
    }  # fmt: skip
    words = [f"{legs} leg{'' if legs == 1 else 's'}"]
    if found.words:
        words.append(f"sums of {found.words}")
    if found.model_legs:
        words.append(f"{found.model_legs} by the model")
    labels = (head for head, _ in GREEK_HEADS)
    values = tuple(
        replace(_total(total, f"{ref}-{part}"), label=label)
        for (part, total), label in zip(sums.items(), labels, strict=True)
    )
    return Row(name, values, " · ".join(words))


def _total(total: Total[float], ref: str) -> Value:
    text = formats.signed(total.value, 2)
    state = "missing" if total.value is None else "partial" if total.is_partial else ""
    zero = "zero" if text == "0.00" else ""
    return Value(text, " ".join(word for word in ("num", state, zero) if word), ref)


# --- What the book is made of -------------------------------------------------------------------


def concentration_rows(book: RiskBook) -> tuple[list[Row], Decimal | None]:
    """(parts by absolute dollar delta, the index: 1 for a single name)."""
    parts = concentration_of(book)
    rows = [_part(part) for part in parts.parts]
    rows += [Row(name, (plain(None), plain(None)), "no delta") for name in parts.missing]
    return [replace(row, url=page_of(row.name)) for row in rows], parts.index


def concentration_of(book: RiskBook) -> Concentration:
    """By the dollar delta of each underlying."""
    found = exposure.by_underlying(book.exposed, book.benchmark_price)
    sums = {name: one.dollar_delta.value for name, one in found.items()}
    return concentration(
        {name: None if value is None else Decimal(str(value)) for name, value in sums.items()}
    )


def _part(part: Share) -> Row:
    ref = f"risk-part-{code_of(part.key)}"
    share = Value(formats.percent(part.share, 1), "num", f"{ref}-share")
    bar = None if part.share is None else float(part.share)
    return Row(part.key, (plain(part.amount, f"{ref}-amount"), share), share=bar)


def requirements(margins: Iterable[MarginRequirement]) -> dict[str, list[MarginRequirement]]:
    """The rows of the broker's report by margin group, over the accounts."""
    found: dict[str, list[MarginRequirement]] = {}
    for row in margins:
        if row.code:
            found.setdefault(row.code, []).append(row)
    return found


def requirement_of(rows: Iterable[MarginRequirement]) -> Decimal | None:
    """The requirement of a group over the accounts, as a cost; None where one lacks it."""
    amounts = [row.margin_requirement for row in rows]
    if any(amount is None for amount in amounts):
        return None
    return sum((abs(amount) for amount in amounts if amount is not None), Decimal(0))


def power_rows(margins: Iterable[MarginRequirement], net_liq: Decimal | None) -> list[Row]:
    """The broker's requirement by its margin groups over the accounts, the largest first."""
    sums = {name: requirement_of(rows) for name, rows in requirements(margins).items()}
    shares: Mapping[str, Decimal | None] = requirement_shares(sums, net_liq)
    ordered = sorted(sums, key=lambda name: -(sums[name] or Decimal(-1)))
    return [_power_row(name, sums[name], shares[name]) for name in ordered]


def _power_row(name: str, amount: Decimal | None, share: Decimal | None) -> Row:
    ref = f"risk-power-{code_of(name)}"
    values = (
        Value(formats.money(amount), "num missing" if amount is None else "num", f"{ref}-amount"),
        Value(formats.percent(share, 1), "num missing" if share is None else "num", f"{ref}-share"),
    )
    return Row(name, values, share=None if share is None else float(min(Decimal(1), share)))
