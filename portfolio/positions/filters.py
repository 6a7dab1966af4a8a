"""Which strategies and legs a wish leaves in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portfolio.positions.legs import is_in_the_money, open_pnl

if TYPE_CHECKING:
    from portfolio.positions.rows import Unit
    from portfolio.positions.scene import Scene
    from portfolio.positions.wish import Wish


def keeps(wish: Wish, unit: Unit, scene: Scene, only: frozenset[int] | None) -> bool:
    """Whether a strategy (or a leg by itself) passes every filter.

    A strategy is near, in the money or tagged as soon as one of its legs is; it is a loser when
    its legs together lose. ``only`` stands in for the filters that prices decide.
    """
    if wish.account and str(unit.account_pk) != wish.account:
        return False
    if wish.dte and not _is_near(unit, int(wish.dte)):
        return False
    if wish.tag and wish.tag not in scene.known.words.tags_of(v.leg for v in unit.views):
        return False
    if only is not None:
        return any(view.leg.pk in only for view in unit.views)
    if wish.money and not _is_money(unit, wish.money == "itm"):
        return False
    return not wish.losers or _loses(unit)


def _is_near(unit: Unit, days: int) -> bool:
    found = [view.leg.days for view in unit.views if view.leg.days is not None]
    return bool(found) and min(found) <= days


def _is_money(unit: Unit, inside: bool) -> bool:
    found = [is_in_the_money(view) for view in unit.views]
    known = [one for one in found if one is not None]
    return bool(known) and (any(known) if inside else not any(known))


def _loses(unit: Unit) -> bool:
    parts = [open_pnl(view) for view in unit.views if not view.is_closed]
    known = [part for part in parts if isinstance(part, int | float) or hasattr(part, "as_tuple")]
    return bool(known) and float(sum(float(part) for part in known)) < 0  # type: ignore[arg-type]
