"""The list of chains: filters, order, rows, sums, and the same rows as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from portfolio import formats, narrowing
from portfolio.formats import NEW_YORK
from portfolio.live.cells import Cell, number_cell
from portfolio.narrowing import Chip
from portfolio.trade_chains.cells import MONEY, RATIOS, chain_cells
from portfolio.trade_chains.histories import slug
from portfolio.trade_chains.summary import Status, Summary

# Word in the address, words on the chip, statuses that it leaves.
GROUPS: tuple[tuple[str, str, frozenset[Status]], ...] = (
    ("open", "Open", frozenset({Status.OPEN})),
    ("closed", "Closed", frozenset({Status.CLOSED})),
    ("assigned", "Assigned", frozenset({Status.ASSIGNED, Status.EXERCISED})),
    ("expired", "Expired", frozenset({Status.EXPIRED, Status.SETTLED})),
)
NEVER = Decimal("-Infinity")
ORDERS: dict[str, Callable[[Summary], Any]] = {
    "opened": lambda one: one.opened,
    "underlying": lambda one: one.chain.underlying,
    "days": lambda one: one.days,
    "rolls": lambda one: one.chain.rolls,
    "credit": lambda one: one.worth.pnl.credit,
    "realized": lambda one: one.worth.pnl.realized,
    "open": lambda one: _or_never(one.worth.pnl.open.value),
    "total": lambda one: _or_never(one.worth.pnl.total.value),
    "net": lambda one: _or_never(one.worth.pnl.net.value),
    "max": lambda one: _or_never(one.of_max),
    "roc": lambda one: _or_never(one.roc),
}
HEAD = (
    "account", "underlying", "strategy_at_open", "strategy_now", "status", "opened", "ended",
    "days", "rolls", "total_credit", "pl_realised", "pl_open", "pl_total", "fees", "pl_after_fees",
    "percent_of_max", "roc_annualised_percent", "capital", "capital_source", "tags", "chain",
)  # fmt: skip


def _or_never(value: Decimal | None) -> Decimal:
    return NEVER if value is None else value


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person narrowed the list to; what makes no sense is ignored and said."""

    status: str = ""
    symbol: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None
    sort: str = "-opened"
    problem: str = ""

    @property
    def query(self) -> str:
        return narrowing.address(
            {
                "status": self.status,
                "symbol": self.symbol,
                "tag": self.tag,
                "since": self.since,
                "until": self.until,
                "sort": self.sort if self.sort != "-opened" else "",
            }
        )

    @property
    def narrows(self) -> bool:
        return any((self.status, self.symbol, self.tag, self.since, self.until))


@dataclass(frozen=True, slots=True)
class Head:
    """A column that sorts: the query that turns the order around."""

    name: str
    label: str
    tip: str
    css: str
    query: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Row:
    """One chain, ready to be printed; ``cells`` in the order of the money and ratio columns."""

    one: Summary
    url: str
    account: str
    opened: str
    days: Cell
    rolls: Cell
    status: str
    tone: str
    badges: tuple[tuple[str, str], ...]
    cells: tuple[Cell, ...]

    @property
    def labelled(self) -> list[tuple[Cell, str]]:
        """Cells with the words of their columns, for the phone's card."""
        names = [label for _, label, _ in (*MONEY, *RATIOS)]
        return list(zip(self.cells, names, strict=True))


TONES = {Status.OPEN: "working", Status.ASSIGNED: "ours", Status.EXERCISED: "ours"}


def read_filters(given: QueryDict) -> Filters:
    status = given.get("status", "")
    sort = given.get("sort", "")
    days = narrowing.days_of(given)
    return Filters(
        status if status in {name for name, _, _ in GROUPS} else "",
        narrowing.word_of(given.get("symbol", "")).upper(),
        narrowing.word_of(given.get("tag", "")),
        days.since,
        days.until,
        sort if sort.removeprefix("-") in ORDERS else "-opened",
        days.problem,
    )


def narrowed(rows: Iterable[Summary], filters: Filters) -> list[Summary]:
    """What the filters leave, sorted; chains of equal rank stand in the order of their opening."""
    statuses = next((found for name, _, found in GROUPS if name == filters.status), None)
    left = [
        one for one in rows
        if (statuses is None or one.status in statuses)
        and (not filters.symbol or one.chain.underlying == filters.symbol)
        and (not filters.tag or filters.tag.lower() in {tag.lower() for tag in one.tags})
        and (filters.since is None or _opened(one) >= filters.since)
        and (filters.until is None or _opened(one) <= filters.until)
    ]  # fmt: skip
    key = ORDERS[filters.sort.removeprefix("-")]
    return sorted(left, key=key, reverse=filters.sort.startswith("-"))


def _opened(one: Summary) -> date:
    return one.opened.astimezone(NEW_YORK).date()


def chips(filters: Filters, rows: Sequence[Summary]) -> list[Chip]:
    """The statuses with how many chains each has."""
    made = [Chip(f"All {len(rows)}", replace(filters, status="").query, not filters.status)]
    for name, label, statuses in GROUPS:
        count = sum(one.status in statuses for one in rows)
        query = replace(filters, status=name).query
        made.append(Chip(f"{label} {count}", query, filters.status == name))
    return made


def head(filters: Filters, name: str, label: str, tip: str = "", css: str = "") -> Head:
    """A second click turns the order around; figures begin with the greatest."""
    first = name if name == "underlying" else f"-{name}"
    other = name if first.startswith("-") else f"-{name}"
    wanted = other if filters.sort == first else first
    order = ""
    if filters.sort.removeprefix("-") == name:
        order = "descending" if filters.sort.startswith("-") else "ascending"
    query = replace(filters, sort=wanted).query or "sort=-opened"
    return Head(name, label, tip, css, query, order)


def row(one: Summary) -> Row:
    account = one.one.account
    return Row(
        one=one,
        url=chain_url(account.pk, one.chain.key),
        account=f"…{account.number[-4:]}",
        opened=formats.short_date(_opened(one), year=True),
        days=number_cell(f"chain-{one.id}-days", str(one.days), "num"),
        rolls=number_cell(f"chain-{one.id}-rolls", str(one.chain.rolls), "num"),
        status=one.status.value.capitalize(),
        tone=TONES.get(one.status, "terminal"),
        badges=tuple(badges(one)),
        cells=tuple(chain_cells(one)),
    )


def badges(one: Summary) -> Iterator[tuple[str, str]]:
    if one.waits:
        yield "not booked", "Filled, but not booked by the broker yet: fees are still to come"
    if one.is_partial:
        yield "part", "Its bookings do not make up the position: part of its history is missing"
    for tag in one.tags:
        yield tag, "Your tag"


def chain_url(account_pk: int, key: str) -> str:
    return reverse("portfolio:trade-chain-detail", args=[account_pk, slug(key)])


def exported(rows: Iterable[Summary]) -> Iterator[tuple[Any, ...]]:
    """The rows in full, for a file; column names in HEAD."""
    for one in rows:
        pnl = one.worth.pnl
        yield (
            f"…{one.one.account.number[-4:]}",
            one.chain.underlying,
            one.at_open,
            one.now,
            one.status.value,
            one.opened.isoformat(),
            one.ended.isoformat() if one.ended else None,
            one.days,
            one.chain.rolls,
            *map(_exact, (pnl.credit, pnl.realized, pnl.open.value, pnl.total.value)),
            _exact(pnl.fees),
            _exact(pnl.net.value),
            _exact(None if one.of_max is None else 100 * one.of_max, 4),
            _exact(None if one.roc is None else 100 * one.roc, 4),
            _exact(one.capital.amount),
            one.capital.source,
            "; ".join(one.tags),
            one.chain.key,
        )


def _exact(value: Decimal | None, places: int = 10) -> Decimal | None:
    """Without what thirds leave behind, and without an exponent."""
    return None if value is None else Decimal(f"{formats.rounded(value, places).normalize():f}")
