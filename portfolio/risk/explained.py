"""P&L explained on the risk page: what moved the book since a kept close, by whatever group.

Every part of a group is the sum of its rows to the cent, and the parts add up to what was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, added, given, worked
from portfolio.analytics.attribution import Explained, add
from portfolio.analytics.greeks import PositionGreeks
from portfolio.charts import builders
from portfolio.charts.frame import Chart, Value
from portfolio.desk import RequestDesk
from portfolio.ledger.explained import Explanation, LegDay, explain
from portfolio.risk.choices import Choices
from portfolio.risk.tables import Row, code_of
from portfolio.trade_chains.scene import scene_of

PARTS = (
    ("delta", "Delta"), ("gamma", "Gamma"), ("theta", "Theta"), ("vega", "Vega"),
    ("trades", "Trades"), ("fees", "Fees"), ("income", "Income"), ("residual", "Rest"),
    ("total", "Total"),
)  # fmt: skip
NO_CHAIN = "Outside chains"


@dataclass(frozen=True)
class ExplainedView:
    """The rows of the accounts in view over the days asked for, of one underlying or of all."""

    desk: RequestDesk
    choices: Choices

    @cached_property
    def explanation(self) -> Explanation:
        accounts = self.desk.facts.accounts
        if not accounts:
            return Explanation((), ())
        first = max(account.today for account in accounts) - timedelta(self.choices.explain - 1)
        chains = chain_names(self.desk) if self.choices.explain_by == "chain" else None
        found = explain(self.desk.valuation, self.desk.ledgers, first, self.desk.now, chains=chains)
        of = self.choices.of
        gaps = tuple(gap for gap in found.gaps if not of or self._underlying(gap.symbol) == of)
        return Explanation(tuple(row for row in found.rows if not of or row.underlying == of), gaps)

    def _underlying(self, symbol: str) -> str:
        known = {leg.symbol: leg.underlying for leg in self.desk.facts.legs}
        return known.get(symbol, symbol)

    @cached_property
    def groups(self) -> dict[str, list[LegDay]]:
        key = _KEYS[self.choices.explain_by]
        names = {account.pk: account.title for account in self.desk.facts.accounts}
        found: dict[str, list[LegDay]] = {}
        for row in self.explanation.rows:
            found.setdefault(key(row, names), []).append(row)
        if self.choices.explain_by == "day":
            return found
        return dict(sorted(found.items(), key=lambda pair: -abs(_sum(pair[1]).total)))

    heads = tuple(name for _, name in PARTS)

    @cached_property
    def rows(self) -> list[Row]:
        return [
            _row(name, _sum(rows), f"risk-explained-{code_of(name)}")
            for name, rows in self.groups.items()
        ]

    @cached_property
    def total(self) -> Row:
        return _row("Total", self.explanation.total, "risk-explained-all")

    @cached_property
    def chart(self) -> Chart | None:
        """By parts; over several days by day."""
        if not self.explanation.rows:
            return None
        whole = self.explanation.total
        parts = [
            (label, getattr(whole, name), f"risk-explained-all-{name}")
            for name, label in PARTS[:-1]
        ]
        total = ("Total", whole.total, "risk-explained-all-total")
        return builders.bars("risk-explained", "P&L by what made it", parts, total=total)

    @cached_property
    def since(self) -> str:
        """The close that the first row starts from."""
        days = {row.since for row in self.explanation.rows}
        return formats.short_date(min(days), year=True) if days else ""

    @cached_property
    def gaps(self) -> list[tuple[str, str, str]]:
        return [
            (formats.symbol_label(gap.symbol), formats.short_date(gap.day), gap.reason)
            for gap in self.explanation.gaps
        ]


def _sum(rows: list[LegDay]) -> Explained:
    return add(row.explained for row in rows)


def _row(name: str, found: Explained, ref: str) -> Row:
    values = tuple(
        Value(
            formats.signed_money(getattr(found, part)),
            f"num {formats.tone(getattr(found, part)) if part == 'total' else ''}".strip(),
            f"{ref}-{part}",
            label,
        )
        for part, label in PARTS
    )
    words = "" if found.is_complete else "incomplete"
    return Row(name, values, words)


_KEYS: dict[str, Callable[[LegDay, dict[int, str]], str]] = {
    "underlying": lambda row, names: row.underlying,
    "leg": lambda row, names: formats.symbol_label(row.symbol),
    "chain": lambda row, names: row.chain or NO_CHAIN,
    "account": lambda row, names: names.get(row.account_pk, ""),
    "day": lambda row, names: formats.short_date(row.day, year=True),
}


def chain_names(desk: RequestDesk) -> dict[tuple[int, str], str]:
    """By account and symbol the trade chain that holds it last, by its underlying and first day."""
    found: dict[tuple[int, str], str] = {}
    for history, chain in scene_of(desk).histories.chains():
        opened = chain.entries[0].event.at.astimezone(formats.NEW_YORK).date()
        name = f"{chain.underlying}, opened {formats.short_date(opened, year=True)}"
        for entry in chain.entries:
            found[history.account.pk, entry.event.symbol] = name
    return found


# --- Arithmetic ---------------------------------------------------------------------------------

_FORMULAS = {
    "delta": ("d*x", "delta", "d", "Position delta at the start"),
    "gamma": ("0.5*d*x**2", "gamma", "d", "Position gamma at the start"),
    "theta": ("d*n", "theta", "d", "Position theta at the start, a day"),
    "vega": ("d*s", "vega", "d", "Position vega at the start, a point"),
}


def worked_part(view: ExplainedView, group: str, part: str) -> Worked | None:
    """A part of a group (`all`, or its name in hex): its rows' parts added up."""
    rows = list(view.explanation.rows)
    name = "all in view"
    if group != "all":
        name = bytes.fromhex(group).decode()
        rows = view.groups[name]
    labels = dict(PARTS)
    terms = [_term(row, part, labels[part]) for row in rows]
    value = getattr(_sum(rows), part)
    return added(f"{labels[part]}: {name}", terms, value, Unit.SIGNED)


def _term(row: LegDay, part: str, label: str) -> Worked:
    days = f"{formats.short_date(row.since)} to {formats.short_date(row.day)}"
    title = f"{label}: {formats.symbol_label(row.symbol)}, {days}"
    value = getattr(row.explained, part)
    if part not in _FORMULAS:
        return given(title, value, Unit.SIGNED, _SOURCES[part])
    formula, greek, name, words = _FORMULAS[part]
    greeks: PositionGreeks = row.facts.greeks
    moves = row.facts.moves
    inputs = (
        Input(name, words, getattr(greeks, greek), "kept at the close"),
        Input("x", "Move of the underlying", moves.spot, "kept at the close, and now"),
        Input("n", "Days", moves.days, "the market's clock"),
        Input(
            "s", "Move of the volatility, points", moves.volatility, "kept at the close, and now"
        ),
    )
    used = tuple(item for item in inputs if item.name in formula.replace("**2", ""))
    return worked(title, formula, used, value, Unit.SIGNED)


_SOURCES = {
    "trades": "fills against the mark at the end",
    "fees": "fees of the fills",
    "income": "dividends and interest booked",
    "residual": "what is left: total less all other parts",
    "total": "marks at both ends, fills and fees",
}
