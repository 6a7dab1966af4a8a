"""The audit's hash chain: entries are sealed in batches, a few seconds after they were written.

Each link holds the hash of its entries and of the link before it, so that an entry that was
changed, taken away or slipped in shows from there on. Sealing apart from writing keeps the
writers from waiting for each other. Entries of calls may be pruned after a while: their links stay,
and say how many there were.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from brokerage import locks
from brokerage.models import AUDIT_WORDS, AuditEntry, AuditSeal

CALLS, FACTS = "calls", "facts"
START = "0" * 64
BATCH = 5000
# An entry that is not sealed after so long means that nobody seals.
LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. ``problems`` are in plain words; empty: the chain holds."""

    links: int
    entries: int
    pruned: int
    unsealed: int
    problems: tuple[str, ...]
    head: str

    @property
    def holds(self) -> bool:
        return not self.problems


def seal() -> int:
    """Add what is written and committed to the chain; how many entries were sealed."""
    sealed = 0
    with locks.seal_lock() as held:
        while held:
            batch = list(AuditEntry.objects.filter(seal=None).order_by("id")[:BATCH])
            for stream in (FACTS, CALLS):
                entries = [entry for entry in batch if _stream(entry) == stream]
                if entries:
                    _add_link(stream, entries)
            sealed += len(batch)
            if len(batch) < BATCH:
                break
    return sealed


@transaction.atomic
def _add_link(stream: str, entries: list[AuditEntry]) -> None:
    last = AuditSeal.objects.order_by("-position").first()
    link = AuditSeal(
        position=last.position + 1 if last else 1,
        stream=stream,
        entries=len(entries),
        entries_hash=_hash_of(entries),
        last_entry_at=max(entry.at for entry in entries),
        previous_hash=last.hash if last else START,
    )
    link.hash = _link_hash(link)
    link.save()
    AuditEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(seal=link)


def prune(days: int) -> int:
    """Forget calls older than so many days, whole links at a time; how many entries went."""
    limit = timezone.now() - timedelta(days=days)
    links = AuditSeal.objects.filter(stream=CALLS, pruned_at=None, last_entry_at__lt=limit)
    gone = 0
    for link in links:
        with transaction.atomic():
            gone += AuditEntry.objects.filter(seal=link).delete()[0]
            AuditSeal.objects.filter(pk=link.pk).update(pruned_at=timezone.now())
    return gone


def verify() -> Verdict:
    """Walk the whole chain; memory does not grow with its length."""
    problems: list[str] = []
    previous, position, entries, pruned = START, 0, 0, 0
    for link in AuditSeal.objects.order_by("position").iterator(chunk_size=200):
        position += 1
        problems += _link_problems(link, previous, position)
        problems += _entry_problems(link)
        previous, position = link.hash, link.position
        pruned += link.entries if link.pruned_at else 0
        entries += 0 if link.pruned_at else link.entries
    unsealed = AuditEntry.objects.filter(seal=None)
    if unsealed.filter(at__lt=timezone.now() - LATE).exists():
        problems.append(f"entries older than {LATE.seconds // 60} minutes are not sealed")
    return Verdict(position, entries, pruned, unsealed.count(), tuple(problems), previous)


def state() -> dict[str, Any]:
    """For the page: how many links, until when, and the head of the chain."""
    last = AuditSeal.objects.order_by("-position").first()
    latest = AuditSeal.objects.aggregate(at=Max("sealed_at"))["at"]
    return {
        "links": last.position if last else 0,
        "head": last.hash if last else "",
        "sealed_at": latest,
        "unsealed": AuditEntry.objects.filter(seal=None).count(),
    }


def _link_problems(link: AuditSeal, previous: str, position: int) -> Iterator[str]:
    if link.position != position:
        yield f"links {position} to {link.position - 1} are missing"
    elif link.previous_hash != previous:
        yield f"link {link.position} does not follow the one before it"
    if link.hash != _link_hash(link):
        yield f"link {link.position} was changed"


def _entry_problems(link: AuditSeal) -> Iterator[str]:
    rows = AuditEntry.objects.filter(seal=link).order_by("id")
    if link.pruned_at is not None:
        if link.stream != CALLS:
            yield f"link {link.position} lost entries that are never pruned"
        if rows.exists():
            yield f"link {link.position} was pruned and has entries"
        return
    entries = list(rows)
    if len(entries) != link.entries:
        yield f"link {link.position} has {len(entries)} of {link.entries} entries"
    elif _hash_of(entries) != link.entries_hash:
        yield f"an entry of link {link.position} was changed"


def _stream(entry: AuditEntry) -> str:
    return CALLS if entry.kind == "call" else FACTS


def _hash_of(entries: Iterable[AuditEntry]) -> str:
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(hashlib.sha256(_words(entry)).digest())
    return digest.hexdigest()


def _words(entry: AuditEntry) -> bytes:
    """The entry's lasting words in one spelling."""
    words = {name: getattr(entry, name) for name in AUDIT_WORDS}
    words["at"] = _instant(entry.at)
    return json.dumps(words, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def _link_hash(link: AuditSeal) -> str:
    parts = (
        str(link.position),
        link.stream,
        str(link.entries),
        link.entries_hash,
        _instant(link.last_entry_at),
        link.previous_hash,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
