"""How lists are narrowed by an address: days, words, and the chips that lead on from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

LONGEST = 64


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that can be chosen."""

    label: str
    query: str
    current: bool


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included; ``problem`` says what could not be read."""

    since: date | None = None
    until: date | None = None
    problem: str = ""


def days_of(given: Mapping[str, str]) -> Days:
    """`since` and `until` of an address."""
    try:
        since, until = _day(given.get("since", "")), _day(given.get("until", ""))
    except ValueError:
        return Days(problem="Write a day as 2026-03-11.")
    late = since is not None and until is not None and until < since
    return Days(since, until, "The last day is before the first one." if late else "")


def _day(text: str) -> date | None:
    return date.fromisoformat(text.strip()) if text.strip() else None


def word_of(text: str) -> str:
    """A word of an address, fit for a query."""
    return text.replace("\x00", "").strip()[:LONGEST]


def address(values: Mapping[str, str | date | None]) -> str:
    """The query of an address; what is empty is left out."""
    return urlencode({key: value for key, value in values.items() if value})
