"""Page objects of accounts and sync: scores, differences, backfills, limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from brokerage import upkeep
from brokerage.enums import SyncState
from brokerage.models import Account, Backfill, Connection, Difference, Reconciliation
from portfolio import formats
from portfolio.connection_pages import ConnectionCard
from portfolio.figures.marked import Marked


@dataclass(frozen=True, slots=True)
class BackfillLine:
    """One history being read back, or read."""

    label: str
    words: str
    tone: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    what: str
    fields: tuple[str, ...]
    explanation: str
    age: str


@dataclass(frozen=True, slots=True)
class AccountLine:
    account: Account
    name: str
    authority: str
    score: str
    score_tone: str
    compared: str
    differences: tuple[DifferenceLine, ...]
    backfills: tuple[BackfillLine, ...]


@dataclass(frozen=True, slots=True)
class SyncCard:
    """One login: what its card shows elsewhere, its pace, and its accounts."""

    card: ConnectionCard
    pace: str
    pace_tone: str
    accounts: tuple[AccountLine, ...]
    queue: str
    queue_tone: str


def sync_card(card: ConnectionCard, accounts: Iterable[Account]) -> SyncCard:
    reached = [a for a in accounts if _access(a, card.connection) is not None]
    known = upkeep.scores(reached)
    words, tone = pace_words(upkeep.pace(card.connection))
    lines = tuple(
        account_line(account, card.connection, known.get(account.pk)) for account in reached
    )
    queue, queue_tone = queue_words(upkeep.tasks_waiting())
    return SyncCard(card, words, tone, lines, queue, queue_tone)


def _access(account: Account, connection: Connection) -> Any:
    return next((a for a in account.accesses.all() if a.connection_id == connection.pk), None)


def queue_words(waiting: int | None) -> tuple[str, str]:
    """What the workers have not taken up yet, of all logins together."""
    if waiting is None:
        return "cannot be asked", "bad"
    if waiting == 0:
        return "nothing waits", "good"
    return f"{waiting} task{'' if waiting == 1 else 's'} waiting for a worker", "ours"


def pace_words(pace: upkeep.Pace) -> tuple[str, str]:
    if pace.held_off is not None:
        return f"the broker asked us to wait: {pace.held_off:.0f} s left", "ours"
    limit = f"{pace.rate:g} calls a second"
    if pace.tokens is None:
        return f"idle · at most {limit}", "good"
    if pace.tokens < 0:
        return f"{-pace.tokens:.0f} calls waiting · {limit}", "ours"
    return f"{pace.tokens:.0f} of {pace.burst} calls at hand · {limit}", "good"


def account_line(
    account: Account, connection: Connection, score: Reconciliation | None
) -> AccountLine:
    access = _access(account, connection)
    words, tone = score_words(score)
    return AccountLine(
        account=account,
        name=str(account),
        authority=(access.authority_level if access else "") or "authority not stated",
        score=words,
        score_tone=tone,
        compared=since(score.at) if score else "not compared yet",
        differences=tuple(difference_line(row) for row in account.differences.all()),
        backfills=tuple(backfill_lines(account.backfills.all())),
    )


def score_words(score: Reconciliation | None) -> tuple[str, str]:
    """`41 of 41 lines match`; never rounded up to all."""
    if score is None:
        return formats.UNKNOWN, "submission"
    if score.lines == 0:
        return "nothing to compare", "good"
    tone = "good" if score.matching == score.lines else "bad"
    lead = f"score-{score.account_id}"
    words = Marked(
        (str(score.matching), f"{lead}-matching"),
        (" of ", ""),
        (str(score.lines), f"{lead}-lines"),
        (" lines match", ""),
    )
    return words, tone


def difference_line(row: Difference) -> DifferenceLine:
    fields = tuple(
        f"{item['field'].replace('_', ' ')}: {item['ours'] or '–'} here, "
        f"{item['theirs'] or '–'} at the broker"
        for item in row.fields
    )
    return DifferenceLine(
        f"{row.part.capitalize()} {row.line}", fields, row.explanation, since(row.first_seen_at)
    )


def backfill_lines(rows: Iterable[Backfill]) -> list[BackfillLine]:
    """The latest of each kind."""
    latest: dict[str, Backfill] = {}
    for row in rows:
        latest.setdefault(row.kind, row)
    return [backfill_line(row) for _, row in sorted(latest.items(), reverse=True)]


def backfill_line(row: Backfill) -> BackfillLine:
    label = row.get_kind_display().capitalize()
    if row.finished_at is not None:
        tones = {SyncState.DONE: "good", SyncState.UNAVAILABLE: "submission"}
        span = f"{row.start_date.isoformat()} to {row.end_date.isoformat()}"
        return BackfillLine(
            label, f"{row.message or span} · {span}", tones.get(row.state, "bad"), None
        )
    if row.rows_total is None:
        return BackfillLine(label, row.message or "waiting for a worker", "submission", None)
    speed, left = upkeep.speed(row), upkeep.seconds_left(row)
    words = f"{row.rows_done:,} of {row.rows_total:,}"
    words += f" · {speed:,.0f} rows a second" if speed else ""
    words += f" · {formats.age(left)} left" if left is not None else ""
    percent = min(100, round(100 * row.rows_done / row.rows_total)) if row.rows_total else 100
    return BackfillLine(label, words, "working", percent)


def since(at: datetime | None) -> str:
    return f"{formats.age((timezone.now() - at).total_seconds())} ago" if at else formats.UNKNOWN
