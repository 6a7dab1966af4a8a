"""Who can explain which figures."""

from __future__ import annotations

from collections.abc import Callable

from django.http import QueryDict

from portfolio.analytics.arithmetic import Worked
from portfolio.desk import RequestDesk

Explainer = Callable[[RequestDesk, str, QueryDict], Worked | None]
FAMILIES: dict[str, Explainer] = {}


class NoFigure(Exception):
    """There is no such figure (any more) among what the person may see."""


def explains(family: str) -> Callable[[Explainer], Explainer]:
    """Register the explainer of a family: given the desk, what follows the family's name in the
    reference, and the page's query, it returns the figure's arithmetic, or None."""

    def register(explainer: Explainer) -> Explainer:
        if family in FAMILIES and FAMILIES[family] is not explainer:
            raise ValueError(f"{family} is explained twice")
        FAMILIES[family] = explainer
        return explainer

    return register


def explain(desk: RequestDesk, reference: str, query: QueryDict) -> Worked:
    """The arithmetic of a figure as of now. Raises NoFigure."""
    family, rest = _parted(reference)
    explainer = FAMILIES.get(family)
    found = explainer(desk, rest, query) if explainer else None
    if found is None:
        raise NoFigure(reference)
    return found


def _parted(reference: str) -> tuple[str, str]:
    """Family and rest; a number may follow the family at once: `x590-c-bid`."""
    name, _, rest = reference.partition("-")
    family = name.rstrip("0123456789.")
    return (name, rest) if family == name else (family, reference[len(family) :])
