"""What the simulator page can ask for: each action is a form and one request of the control API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django import forms

Choices = tuple[tuple[str, str], ...]
BLANK = ("", "–")
# A plain name for each key, its kind, and choices where there are some.
CARD, SHOWN = 3, 5
TEXT, NUMBER, WHOLE, YES, CHOICE, LIST = "text", "number", "whole", "yes", "choice", "list"


@dataclass(frozen=True)
class Entry:
    """One field of an action; `name` is the key of the request or a part of its path."""

    name: str
    label: str
    kind: str = TEXT
    choices: Choices = ()
    initial: Any = None
    help: str = ""
    required: bool = False


@dataclass(frozen=True)
class Action:
    """One form. `path` may name entries in braces; `build` makes a body that is not flat."""

    slug: str
    title: str
    section: str
    path: str
    entries: tuple[Entry, ...] = ()
    button: str = "Do it"
    done: str = "Done."
    method: str = "POST"
    danger: bool = False
    build: Callable[[dict[str, Any]], Any] | None = None


class ActionForm(forms.Form):
    """The form of an action, with live choices where the simulator offers some."""

    def __init__(self, action: Action, choices: dict[str, Any], data: Any = None) -> None:
        super().__init__(data, auto_id=f"{action.slug}_%s")
        self.deed = action  # a field of the form may be named action
        for entry in action.entries:
            self.fields[entry.name] = _field(entry, choices.get(entry.name))

    @property
    def long(self) -> bool:
        """Too many fields for a card: it takes the whole width."""
        return len(self.fields) > CARD

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields that are in sight at once."""
        return list(self)[: SHOWN if len(self.fields) > SHOWN + 2 else None]

    @property
    def more(self) -> list[forms.BoundField]:
        """The rarer ones, folded away."""
        return list(self)[len(self.shown) :]

    @property
    def unfolded(self) -> bool:
        """One of the folded ones was refused."""
        return any(bound.errors for bound in self.more)

    def request(self) -> tuple[str, Any]:
        """Path and body of the request; empty entries are left out."""
        values = {k: v for k, v in self.cleaned_data.items() if v not in (None, "", [], False)}
        path = self.deed.path
        for name in [name for name in values if f"{{{name}}}" in path]:
            path = path.replace(f"{{{name}}}", quote(str(values.pop(name)), safe=""))
        return path, (self.deed.build or flat)(values)


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """Entries as they stand; decimals as text, so that no digit is lost."""
    return {k: str(v) if isinstance(v, Decimal) else v for k, v in values.items()}


def _field(entry: Entry, live: Any) -> forms.Field:
    common = {
        "label": entry.label,
        "required": entry.required,
        "initial": entry.initial,
        "help_text": entry.help,
    }
    if entry.kind == YES:
        return forms.BooleanField(**{**common, "required": False})
    if entry.kind == CHOICE:
        offered = live if live is not None else entry.choices
        blank = () if entry.required else (BLANK,)
        return forms.ChoiceField(choices=[*blank, *offered], **common)
    if entry.kind == NUMBER:
        return forms.DecimalField(**common, max_digits=24, decimal_places=9)
    if entry.kind == WHOLE:
        return forms.IntegerField(**common)
    if entry.kind == LIST:
        return ListField(**common)
    return forms.CharField(
        **common, max_length=2000, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class ListField(forms.CharField):
    """Words between commas."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value) or ""
        return [word.strip() for word in text.split(",") if word.strip()]
