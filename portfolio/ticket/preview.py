"""A dry run's answer as rows for the confirmation: fees, buying power, warnings, checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from brokerage.execution.checks import CheckReport
from brokerage.execution.preview import PreviewOutcome
from brokerage.models import OrderPreview
from portfolio import formats
from portfolio.orders import words as order_words
from portfolio.ticket import words as ticket_words
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

    @classmethod
    def of_refusal(cls, answer: Mapping[str, Any]) -> PreviewFacts:
        """What came along with a refusal: the buying power that is not enough."""
        return cls(buying_power=_buying_power(answer), warnings=_warnings(answer))


def facts_of(
    shown: OrderPreview,
    outcome: PreviewOutcome,
    multipliers: Sequence[Decimal | None] = (),
) -> PreviewFacts:
    """Facts of a dry run; `multipliers`: units of one lot of each order, where known."""
    body, answer = shown.body, outcome.answer
    fees = answer.get("fee-calculation") or {}
    return PreviewFacts(
        id=str(shown.pk),
        send=ticket_words.send_words(body, shown.account.number),
        orders=ticket_words.order_words_of(body, multipliers),
        group=GROUP_TITLES.get(str(body.get("type")), ""),
        conditions=ticket_words.ratio_words(body),
        account=str(shown.account),
        environment=shown.environment,
        expires_at=shown.expires_at,
        fees=[row for row in (_fee(fees, *names) for names in _FEES) if row],
        total_fees=_total(fees),
        buying_power=_buying_power(answer),
        warnings=_warnings(answer),
        passed=outcome.report.passed,
        skipped=outcome.report.skipped,
        guards=outcome.guards,
        status=str((answer.get("order") or {}).get("status") or ""),
    )


def amount_of(values: Mapping[str, Any], key: str) -> Decimal | None:
    """Signed by its effect: a debit takes."""
    try:
        amount = Decimal(str(values[key]))
    except (KeyError, InvalidOperation):
        return None
    return -abs(amount) if values.get(f"{key}-effect") == "Debit" else amount


def _fee(fees: Mapping[str, Any], name: str, key: str, breakdown: str) -> FeeRow | None:
    amount = amount_of(fees, key)
    if amount is None or (amount == 0 and key in ("rebates", "proprietary-index-option-fees")):
        return None
    return FeeRow(name, fee_text(amount), formats.tone(amount), _parts(fees.get(breakdown)))


def _parts(rows: Any) -> tuple[tuple[str, str], ...]:
    parts = []
    for row in rows or ():
        amount = amount_of({"value": row.get("value"), "value-effect": row.get("effect")}, "value")
        if amount:
            name = str(row.get("name") or "")
            parts.append((_PART_WORDS.get(name, name), fee_text(amount)))
    # A kind of fee that has one part only is that part.
    return tuple(parts) if len(parts) > 1 else ()


def fee_text(amount: Decimal) -> str:
    """Fees have up to six decimals; what is below a cent is not rounded away."""
    exact = amount.normalize()
    places = max(2, -int(exact.as_tuple().exponent)) if exact else 2
    return formats.signed(amount, places)


def _total(fees: Mapping[str, Any]) -> str:
    total = amount_of(fees, "total-fees")
    return formats.UNKNOWN if total is None else fee_text(total)


def _buying_power(answer: Mapping[str, Any]) -> list[Figure]:
    """Effect, what is there now, what is left; signed, a shortfall is negative and marked."""
    values = answer.get("buying-power-effect") or {}
    rows = (
        ("Buying power effect", "change-in-buying-power", formats.signed_money),
        ("Buying power now", "current-buying-power", formats.money),
        ("Buying power left", "new-buying-power", formats.money),
        ("Change in margin requirement", "change-in-margin-requirement", formats.signed_money),
    )
    figures = []
    for name, key, write in rows:
        amount = amount_of(values, key)
        if amount is None:
            continue
        short = key == "new-buying-power" and amount < 0
        css = "loss" if short else ""
        figures.append(Figure(f"{name} (short)" if short else name, write(amount), css))
    return figures


def _warnings(answer: Mapping[str, Any]) -> list[str]:
    """The broker's own words."""
    rows = [*(answer.get("warnings") or ()), *(answer.get("notes") or ())]
    return [str(row.get("message") or row.get("code") or "") for row in rows]


def compared(shown: OrderPreview, order: Any, average: str) -> list[tuple[str, str, str]]:
    """Name, shown before sending, what it came to; fees are known only from transactions."""
    body = shown.body
    rows = [("Price", order_words.body_price(body), average or "not executed yet")]
    fees = (shown.answer or {}).get("fee-calculation") or {}
    rows.append(("Fees", _total(fees), "booked with the transactions"))
    for figure in _buying_power(shown.answer or {})[:1]:
        rows.append((figure.name, figure.text, "see the account's balances"))
    return rows
