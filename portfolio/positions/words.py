"""Tags and notes of positions: read once for a page, written for one or several legs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from brokerage.models import Position
from portfolio.facts import AccountFacts, Leg
from portfolio.models import PositionNote, PositionTag

TAG_LENGTH, TAGS, NOTE_LENGTH = 40, 12, 2000
Place = tuple[int, str]


class BadWords(ValueError):
    """Tags or a note that cannot be kept: the text says why."""


@dataclass(frozen=True, slots=True)
class Words:
    """By account and symbol."""

    tags: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    notes: Mapping[Place, str] = field(default_factory=dict)

    def tags_of(self, legs: Iterable[Leg]) -> tuple[str, ...]:
        """Every tag of these legs once, in order."""
        found = {tag for leg in legs for tag in self.tags.get((leg.account_pk, leg.symbol), ())}
        return tuple(sorted(found, key=str.lower))

    def note_of(self, legs: Iterable[Leg]) -> str:
        """The notes of these legs; the same text once."""
        texts = (self.notes.get((leg.account_pk, leg.symbol), "") for leg in legs)
        return " · ".join(dict.fromkeys(text for text in texts if text))

    @property
    def all_tags(self) -> list[str]:
        return sorted({tag for tags in self.tags.values() for tag in tags}, key=str.lower)


NOTHING = Words()


def read_words(user: Any, accounts: Sequence[AccountFacts]) -> Words:
    """In two queries."""
    if not accounts:
        return NOTHING
    pks = [item.pk for item in accounts]
    tags: dict[Place, list[str]] = defaultdict(list)
    own = PositionTag.objects.filter(user_id=user.pk, account__in=pks)
    for account, symbol, name in own.values_list("account_id", "symbol", "name"):
        tags[account, symbol].append(name)
    notes = PositionNote.objects.filter(user_id=user.pk, account__in=pks)
    rows = notes.values_list("account_id", "symbol", "text")
    return Words(
        {place: tuple(names) for place, names in tags.items()},
        {(account, symbol): text for account, symbol, text in rows},
    )


def of_rows(user: Any, rows: Sequence[Position]) -> tuple[tuple[str, ...], str]:
    """The tags of these positions, each once, and their notes."""
    symbols = {(row.account_id, row.symbol) for row in rows}
    own = {"user_id": user.pk, "account__in": {account for account, _ in symbols}}
    tags = PositionTag.objects.filter(**own).values_list("account_id", "symbol", "name")
    notes = PositionNote.objects.filter(**own).values_list("account_id", "symbol", "text")
    names = {name for account, symbol, name in tags if (account, symbol) in symbols}
    texts = [text for account, symbol, text in notes if (account, symbol) in symbols]
    return tuple(sorted(names, key=str.lower)), "\n".join(dict.fromkeys(texts))


def split_tags(text: str) -> list[str]:
    """`hedge, earnings` → the names; BadWords for too many or too long ones."""
    parts = [" ".join(part.replace("\x00", "").split()) for part in text.split(",")]
    names = list(dict.fromkeys(part for part in parts if part))
    if any(len(name) > TAG_LENGTH for name in names):
        raise BadWords(f"A tag has at most {TAG_LENGTH} characters.")
    if len(names) > TAGS:
        raise BadWords(f"At most {TAGS} tags on one position.")
    return names


def save_words(user: Any, rows: Sequence[Position], tags: str, note: str) -> None:
    """These tags and this note on each of the positions, in place of what was there. BadWords."""
    names, text = split_tags(tags), note.replace("\x00", "").strip()
    if len(text) > NOTE_LENGTH:
        raise BadWords(f"A note has at most {NOTE_LENGTH:,} characters.")
    with transaction.atomic():
        for row in rows:
            place = {"user": user, "account_id": row.account_id, "symbol": row.symbol}
            PositionTag.objects.filter(**place).exclude(name__in=names).delete()
            PositionTag.objects.bulk_create(
                [PositionTag(**place, name=name) for name in names], ignore_conflicts=True
            )
            if text:
                PositionNote.objects.update_or_create(**place, defaults={"text": text})
            else:
                PositionNote.objects.filter(**place).delete()
