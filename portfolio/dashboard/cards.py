"""Which card of the dashboard comes after which, as a person arranged them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from portfolio.models import DashboardChoice
from portfolio.models.dashboard import USUAL_SHARE

CARDS = {
    "accounts": "Accounts",
    "figures": "Profit and loss, exposure, coming up",
    "bands": "Bounds",
    "alerts": "Alerts",
    "history": "Net liq over time",
    "underlyings": "By underlying",
    "risks": "Largest risks",
    "chains": "Chains to look at",
}
LEAST, MOST = Decimal("0.05"), Decimal(10)


class BadChoice(ValueError):
    """A wish that cannot be kept: the text says why."""


@dataclass(frozen=True, slots=True)
class Card:
    key: str
    label: str
    is_first: bool
    is_last: bool


def choice_of(user: Any) -> DashboardChoice:
    """What this person chose; the usual, unsaved, where they never did."""
    return DashboardChoice.objects.filter(pk=user.pk).first() or DashboardChoice(user_id=user.pk)


def ordered(choice: DashboardChoice) -> list[Card]:
    """Every card once: those that are arranged first, one that is new at its usual place after."""
    keys = _keys(choice)
    return [Card(key, CARDS[key], key == keys[0], key == keys[-1]) for key in keys]


def _keys(choice: DashboardChoice) -> list[str]:
    kept = choice.cards if isinstance(choice.cards, list) else []
    found = [key for key in dict.fromkeys(map(str, kept)) if key in CARDS]
    return [*found, *(key for key in CARDS if key not in found)]


def move(user: Any, key: str, step: int) -> None:
    """One card a place further up (−1) or down (1). BadChoice."""
    if key not in CARDS:
        raise BadChoice("There is no such card.")
    choice = choice_of(user)
    _keep(choice, cards=_moved(_keys(choice), key, step))


def _moved(keys: Sequence[str], key: str, step: int) -> list[str]:
    found = list(keys)
    at = found.index(key)
    found.insert(max(0, at + step), found.pop(at))
    return found


def reset(user: Any) -> None:
    """The usual order again."""
    _keep(choice_of(user), cards=[])


def bound(user: Any, text: str) -> None:
    """Keep what per cent of net liq a move of the benchmark by 1 % may change. BadChoice."""
    try:
        share = Decimal(text.strip().rstrip("%").strip() or USUAL_SHARE)
    except InvalidOperation:
        raise BadChoice("The bound is a number, such as 0.5.") from None
    if not share.is_finite() or not LEAST <= share <= MOST:
        raise BadChoice(f"The bound lies between {LEAST} and {MOST} per cent.")
    _keep(choice_of(user), delta_share=round(share, 2))


def _keep(choice: DashboardChoice, **facts: Any) -> None:
    DashboardChoice.objects.update_or_create(user_id=choice.pk, defaults=facts)
