"""Page objects of the broker logins: state, token, streams, syncs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from brokerage import market, selectors
from brokerage.enums import ConnectionState, SyncKind, SyncState
from brokerage.models import Connection, SyncRun
from portfolio import formats

STATE_TONES = {
    ConnectionState.ACTIVE: "good",
    ConnectionState.DEGRADED: "ours",
    ConnectionState.RECONNECT: "bad",
    ConnectionState.PAUSED: "submission",
}
STREAM_TONES = {"up": "good", "quiet": "ours", "connecting": "submission", "off": "submission"}
STREAM_WORDS = {
    "up": "up",
    "quiet": "open, nothing coming in",
    "connecting": "connecting",
    "off": "off",
    "down": "down",
}


@dataclass(frozen=True, slots=True)
class StreamLine:
    label: str
    words: str
    tone: str
    reason: str


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind of data and the age of its last good read."""

    label: str
    age: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One sync run: progress while it lasts, the outcome afterwards."""

    run: SyncRun
    is_running: bool
    percent: int
    words: str
    tone: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConnectionCard:
    connection: Connection
    name: str
    tone: str
    token_words: str
    token_tone: str
    refreshed: str
    synced: str
    accounts: int
    scopes: str
    quotes: str
    streams: tuple[StreamLine, ...]
    kinds: tuple[KindLine, ...]
    run: RunPage | None


def name_of(connection: Connection) -> str:
    """How a login is called: by its own name, else by its environment."""
    return connection.label or f"The {connection.get_environment_display().lower()} login"


def ago(at: datetime | None) -> str:
    """`3 min ago`, `never`."""
    if at is None:
        return "never"
    return f"{formats.age((timezone.now() - at).total_seconds())} ago"


def connection_cards(user: Any) -> list[ConnectionCard]:
    counts = selectors.account_counts(user)
    rows = list(selectors.connections_for(user))
    latest = latest_runs(rows)
    return [_card(row, counts.get(str(row.pk), 0), latest.get(row.pk)) for row in rows]


def latest_runs(rows: Iterable[Connection]) -> dict[Any, SyncRun]:
    """The newest run per connection, in one query."""
    runs = SyncRun.objects.filter(connection__in=[row.pk for row in rows])
    runs = runs.order_by("connection_id", "-started_at").distinct("connection_id")
    return {run.connection_id: run for run in runs}


def _card(connection: Connection, accounts: int, run: SyncRun | None) -> ConnectionCard:
    words, tone = token_state(connection)
    health = market.health(connection)
    return ConnectionCard(
        connection=connection,
        name=connection.label or str(connection.get_environment_display()),
        tone=STATE_TONES.get(ConnectionState(connection.state), "submission"),
        token_words=words,
        token_tone=tone,
        refreshed=ago(connection.last_refresh_at),
        synced=ago(connection.last_sync_at),
        accounts=accounts,
        scopes=connection.scopes or "not stated",
        quotes=quote_words(connection, health),
        streams=(
            _stream("Account stream", health.account),
            _stream("Quote stream", health.market),
        ),
        kinds=_kinds(connection),
        run=run_page(run) if run else None,
    )


def token_state(connection: Connection) -> tuple[str, str]:
    """How long the access token still lasts; it is renewed by itself when it is needed."""
    if connection.state == ConnectionState.PAUSED:
        return "not renewed while paused", "submission"
    if connection.state == ConnectionState.RECONNECT:
        return "no longer renewed", "bad"
    expires = connection.access_token_expires_at
    if expires is None:
        return "none yet", "submission"
    left = (expires - timezone.now()).total_seconds()
    if left <= 0:
        return "expired, renewed on next use", "submission"
    minutes = int(left // 60)
    return (f"{minutes} min left" if minutes else "under a minute left"), "good"


def quote_words(connection: Connection, health: market.FeedHealth) -> str:
    delayed = connection.quotes_delayed if health.delayed is None else health.delayed
    if delayed is None:
        return "not known yet"
    return "delayed by 15 minutes" if delayed else "real time"


def _stream(label: str, health: market.StreamHealth) -> StreamLine:
    return StreamLine(
        label,
        STREAM_WORDS.get(health.state, health.state),
        STREAM_TONES.get(health.state, "bad"),
        health.reason,
    )


def _kinds(connection: Connection) -> tuple[KindLine, ...]:
    lines = []
    for kind in SyncKind:
        text = connection.synced_at.get(kind.value)
        if text:
            lines.append(KindLine(str(kind.label).capitalize(), ago(_instant(text))))
    return tuple(lines)


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def run_page(run: SyncRun) -> RunPage:
    running = run.state == SyncState.RUNNING
    total = run.steps_total or 0
    percent = round(100 * run.steps_done / total) if total else 0
    return RunPage(
        run=run,
        is_running=running,
        percent=percent if running else 100,
        words=_run_words(run, running),
        tone={SyncState.DONE: "good", SyncState.FAILED: "bad"}.get(run.state, "submission"),
        problems=tuple(_problems(run)),
    )


def _run_words(run: SyncRun, running: bool) -> str:
    if running:
        step = f"{run.steps_done} of {run.steps_total}" if run.steps_total else "starting"
        return f"{step} · {run.current}" if run.current else step
    took = ""
    if run.finished_at:
        took = f" in {(run.finished_at - run.started_at).total_seconds():.1f} s"
    if run.state == SyncState.DONE:
        changed = sum(int(step.get("changed") or 0) for step in run.report)
        return f"{run.steps_done} steps{took}, {changed} rows changed, {ago(run.finished_at)}"
    return run.message or str(run.get_state_display())


def _problems(run: SyncRun) -> Iterable[str]:
    for step in run.report:
        if step.get("state") == SyncState.FAILED:
            yield f"{step.get('kind', 'step')}: {step.get('message') or 'failed'}"
