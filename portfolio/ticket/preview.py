"""A dry run's answer as rows for the confirmation: fees, buying power, warnings, checks."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerage.execution.checks import CheckReport
from brokerage.execution.preview import PreviewOutcome
from brokerage.models import OrderPreview
from portfolio import formats
from portfolio.figures import show
from portfolio.figures.marked import Marked
from portfolio.orders.executed import signed
from portfolio.ticket import words as ticket_words
from portfolio.ticket.preview_arithmetic import POWER, told_query
from portfolio.ticket.words import OrderWords

_FEES = (
    ("Commission", "commission", "commission-breakdown"),
    ("Clearing", "clearing-fees", "clearing-fees-breakdown"),
    ("Regulatory", "regulatory-fees", "regulatory-fees-breakdown"),
    ("Index option fee", "proprietary-index-option-fees", "proprietary-fees-breakdown"),
    ("Rebates", "rebates", "rebates-breakdown"),
)
_PART_WORDS = {
    "orf": "ORF",
    "sec": "SEC",
    "taf": "TAF",
    "nfa": "NFA",
    "exchange": "exchange",
    "clearing": "clearing",
    "brokerage": "brokerage",
    "proprietary": "proprietary",
    "rebate": "rebate",
}
GROUP_TITLES = {
    "OTOCO": "Bracket: the exits work once the entry has filled; one cancels the other",
    "OCO": "One of the two fills, the other is cancelled",
    "OTO": "The next orders work once the first has filled",
    "PAIRS": "Both orders are sent together",
}


@dataclass(frozen=True, slots=True)
class FeeRow:
    """One kind of fee; `parts` name what it is made of, zero parts left out."""

    name: str
    amount: str
    css: str
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    text: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class PreviewFacts:
    """Everything a confirmation shows; a missing part of the answer is an empty list."""

    id: str = ""
    send: str = ""
    orders: list[OrderWords] = field(default_factory=list)
    group: str = ""
    conditions: list[str] = field(default_factory=list)
    account: str = ""
    environment: str = ""
    expires_at: datetime | None = None
    fees: list[FeeRow] = field(default_factory=list)
    total_fees: str = ""
    buying_power: list[Figure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    passed: tuple[str, ...] = ()
    skipped: tuple[Any, ...] = ()
    guards: CheckReport = field(default_factory=CheckReport)
    status: str = ""
    # What the drawers of these figures need beside their references.
    query: str = ""

    @classmethod
    def of_refusal(cls, answer: Mapping[str, Any]) -> PreviewFacts:
        """What came along with a refusal: the buying power that is not enough."""
        return cls(
            buying_power=_buying_power(answer, "told"),
            warnings=_warnings(answer),
            query=told_query(answer, time.time()),
        )

    @classmethod
    def of_change(cls, shown: OrderPreview) -> PreviewFacts:
        """The dry run of a change: buying power and warnings."""
        answer = shown.answer or {}
        power = _buying_power(answer, f"preview-{shown.pk}")
        return cls(buying_power=power, warnings=_warnings(answer))


def facts_of(
    shown: OrderPreview,
    outcome: PreviewOutcome,
    multipliers: Sequence[Decimal | None] = (),
) -> PreviewFacts:
    """Facts of a dry run; `multipliers`: units of one lot of each order, where known."""
    body, answer = shown.body, outcome.answer
    fees = answer.get("fee-calculation") or {}
    lead = f"preview-{shown.pk}"
    return PreviewFacts(
        id=str(shown.pk),
        send=ticket_words.send_words(body, shown.account.number),
        orders=ticket_words.order_words_of(body, multipliers, lead),
        group=GROUP_TITLES.get(str(body.get("type")), ""),
        conditions=ticket_words.ratio_words(body, lead),
        account=str(shown.account),
        environment=shown.environment,
        expires_at=shown.expires_at,
        fees=[row for row in (_fee(fees, lead, *names) for names in _FEES) if row],
        total_fees=_total(fees, lead),
        buying_power=_buying_power(answer, lead),
        warnings=_warnings(answer),
        passed=outcome.report.passed,
        skipped=outcome.report.skipped,
        guards=outcome.guards,
        status=str((answer.get("order") or {}).get("status") or ""),
    )


def _fee(fees: Mapping[str, Any], lead: str, name: str, key: str, breakdown: str) -> FeeRow | None:
    amount = signed(fees, key)
    if amount is None or (amount == 0 and key in ("rebates", "proprietary-index-option-fees")):
        return None
    text = Marked((formats.signed_exact(amount), f"{lead}-{key}"))
    parts = _parts(fees.get(breakdown), f"{lead}-{breakdown}")
    return FeeRow(name, text, formats.tone(amount), parts)


def _parts(rows: Any, lead: str) -> tuple[tuple[str, str], ...]:
    parts = []
    for place, row in enumerate(rows or ()):
        amount = signed({"value": row.get("value"), "value-effect": row.get("effect")}, "value")
        if amount:
            name = str(row.get("name") or "")
            text = Marked((formats.signed_exact(amount), f"{lead}.{place}"))
            parts.append((_PART_WORDS.get(name, name), text))
    # A kind of fee that has one part only is that part.
    return tuple(parts) if len(parts) > 1 else ()


def _total(fees: Mapping[str, Any], lead: str) -> Marked:
    return Marked((formats.signed_exact(signed(fees, "total-fees")), f"{lead}-total-fees"))


def _buying_power(answer: Mapping[str, Any], lead: str) -> list[Figure]:
    """Effect, what is there now, what is left; signed, a shortfall is negative and marked."""
    values = answer.get("buying-power-effect") or {}
    figures = []
    for key, (name, unit) in POWER.items():
        amount = signed(values, key)
        if amount is None:
            continue
        short = key == "new-buying-power" and amount < 0
        css = "loss" if short else ""
        text = Marked((show(amount, unit), f"{lead}-{key}"))
        figures.append(Figure(f"{name} (short)" if short else name, text, css))
    return figures


def _warnings(answer: Mapping[str, Any]) -> list[str]:
    """The broker's own words."""
    rows = [*(answer.get("warnings") or ()), *(answer.get("notes") or ())]
    return [str(row.get("message") or row.get("code") or "") for row in rows]
