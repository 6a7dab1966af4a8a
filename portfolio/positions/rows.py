"""The rows of the table, in order: what each is called and what it is made of, without numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2s

from portfolio import formats
from portfolio.ledger.strategies import NamedGroup, strategies_of
from portfolio.positions import filters
from portfolio.positions.legs import LegView
from portfolio.positions.scene import Scene, events_of
from portfolio.positions.strategies import Strategy
from portfolio.positions.underlyings import Underlying
from portfolio.positions.wish import Wish

# Longer lists of positions are named by a digest.
_NAMED_LEGS = 6
# Groupings that part strategies into their legs.
_LOOSE = ("expiration", "flat", "tag")


@dataclass(slots=True)
class Row:
    """``key`` begins every DOM id of the row. ``views`` are whole positions, or parts in a
    strategy; ``css`` its class; ``act`` the query of its actions, empty where there are none."""

    key: str
    kind: str
    css: str
    label: str
    views: tuple[LegView, ...]
    aside: str = ""
    badges: tuple[tuple[str, str], ...] = ()
    act: str = ""
    strategy: Strategy | None = None
    underlying: Underlying | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    # Accounts and underlying whose closed symbols count in the year: None for rows without.
    closed: tuple[tuple[int, ...], str | None] | None = None
    # Without what was closed today.
    held: tuple[LegView, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.held = tuple([view for view in self.views if not view.leg.closed_today])

    @property
    def view(self) -> LegView:
        """Of a leg's row its leg."""
        return self.views[0]


@dataclass(slots=True)
class Unit:
    """What filters keep or leave: a strategy, or a leg by itself."""

    views: tuple[LegView, ...]
    strategy: Strategy | None
    account_pk: int
    underlying: str


@dataclass(slots=True)
class Rows:
    """``body`` in order of the page; ``views`` are the whole positions that it counts."""

    body: list[Row] = field(default_factory=list)
    total: Row | None = None
    views: tuple[LegView, ...] = ()


def units_of(scene: Scene) -> list[Unit]:
    """Every strategy of every account, and what was closed today by itself."""
    found: list[Unit] = []
    for account in scene.desk.accounts:
        held = scene.desk.legs_of(account.pk)
        groups = strategies_of(
            held,
            spots=_spots(scene, account.pk),
            orders=scene.ledgers.opening_orders(held),
            is_cash=account.account.margin_or_cash == "Cash",
        )
        found += _strategies(scene, groups)
        found += [
            Unit((scene.view(leg.pk),), None, leg.account_pk, leg.underlying)
            for leg in held
            if leg.closed_today
        ]
    return found


def legs_of(scene: Scene) -> list[Unit]:
    """Every leg by itself."""
    return [
        Unit((scene.view(leg.pk),), None, leg.account_pk, leg.underlying) for leg in scene.desk.legs
    ]


def _spots(scene: Scene, account_pk: int) -> dict[str, object]:
    spots = {}
    for leg in scene.desk.legs_of(account_pk):
        if leg.is_option and leg.contract not in spots:
            mark = scene.spot_of(leg)
            if mark is not None:
                spots[leg.contract] = mark.price
    return spots  # type: ignore[return-value]


def _strategies(scene: Scene, groups: Sequence[NamedGroup]) -> Iterator[Unit]:
    places: dict[int, int] = defaultdict(int)
    names: dict[str, int] = defaultdict(int)
    for group in groups:
        views = []
        for pk, quantity in group.quantities:
            places[pk] += 1
            views.append(scene.part(pk, quantity, places[pk]))
        views.sort(key=_leg_order)
        key = _key(group.pks)
        names[key] += 1
        if names[key] > 1:
            key += f"_{names[key]}"
        leg = views[0].leg
        yield Unit(
            tuple(views), Strategy(group, views, f"strategy-{key}"), leg.account_pk, leg.underlying
        )


def _key(pks: Iterable[int]) -> str:
    parts = [str(pk) for pk in sorted(pks)]
    text = ".".join(parts)
    return (
        text
        if len(parts) <= _NAMED_LEGS
        else f"x{blake2s(text.encode(), digest_size=6).hexdigest()}"
    )


def _leg_order(view: LegView) -> tuple[object, ...]:
    leg = view.leg
    return (leg.is_option, leg.expiration or date.max, leg.right, leg.strike or 0, leg.pk)


def rows_of(scene: Scene, wish: Wish, *, only: frozenset[int] | None = None) -> Rows:
    """The rows of a wish. ``only``: these positions and no others, whatever prices say now."""
    units = legs_of(scene) if wish.group in _LOOSE else units_of(scene)
    kept = [unit for unit in units if filters.keeps(wish, unit, scene, only)]
    pks = dict.fromkeys(view.leg.pk for unit in kept for view in unit.views)
    views = tuple(scene.view(pk) for pk in pks)
    every = tuple(scene.accounts)
    counted = None if wish.is_filtered else (every, None)
    total = Row("total", "total", "", "Total", views, closed=counted)
    make = _GROUPINGS[wish.group]
    return Rows(list(make(scene, kept, not wish.is_filtered)), total, views)


def _whole(scene: Scene, units: Iterable[Unit]) -> tuple[LegView, ...]:
    pks = dict.fromkeys(view.leg.pk for unit in units for view in unit.views)
    return tuple(scene.view(pk) for pk in pks)


# --- Groupings ----------------------------------------------------------------------------------


def _by_underlying(scene: Scene, units: list[Unit], whole: bool) -> Iterator[Row]:
    """Underlying › strategy › leg, over all accounts in view."""
    for name, members in _parted(units, lambda unit: unit.underlying):
        accounts = tuple(dict.fromkeys(unit.account_pk for unit in members))
        key = f"symbol-{name.encode().hex()}"
        act = f"group={scene.groups[accounts[0], name].key}" if len(accounts) == 1 else ""
        yield from _underlying_rows(scene, name, members, accounts, key, act, whole)


def _by_account(scene: Scene, units: list[Unit], whole: bool) -> Iterator[Row]:
    """Account › underlying › strategy › leg."""
    for account in scene.desk.accounts:
        own = [unit for unit in units if unit.account_pk == account.pk]
        if not own:
            continue
        counted = ((account.pk,), None) if whole else None
        yield Row(
            f"account-{account.pk}", "account", "group group--account", account.name,
            _whole(scene, own), aside=account.short_number, closed=counted,
        )  # fmt: skip
        for name, members in _parted(own, lambda unit: unit.underlying):
            group = scene.groups[account.pk, name]
            key, act = f"group-{group.key}", f"group={group.key}"
            yield from _underlying_rows(scene, name, members, (account.pk,), key, act, whole)


def _underlying_rows(
    scene: Scene, name: str, units: list[Unit], accounts: tuple[int, ...], key: str, act: str,
    whole: bool,
) -> Iterator[Row]:  # fmt: skip
    underlying = Underlying.of(scene, name, accounts)
    views = _whole(scene, units)
    many = len(scene.desk.accounts) > 1
    if len(views) == 1 and len(units) == 1:
        row = _leg_row(scene, views[0], units[0], many, "group single")
        yield replace(row, underlying=underlying)
        return
    only = units[0].strategy if len(units) == 1 else None
    today = scene.today(accounts[0])
    yield Row(
        key, "underlying", "group", name, views,
        aside=_join(only.label if only else "", _account(scene, accounts[0], many and bool(only))),
        badges=tuple(events_of(scene.metric(name), today)),
        act=act, strategy=only, underlying=underlying,
        tags=_tags(scene, views) if only else (), note=_note(scene, views) if only else "",
        closed=(accounts, name) if whole else None,
    )  # fmt: skip
    for unit in units:
        if only is None and len(unit.views) > 1 and unit.strategy is not None:
            yield _strategy_row(scene, unit, unit.strategy, many)
        deep = "leg" if only is not None or len(unit.views) == 1 else "leg leg--deep"
        for view in unit.views:
            named = unit if len(unit.views) == 1 else None
            yield _leg_row(scene, view, named, many and named is not None, deep)


def _strategy_row(scene: Scene, unit: Unit, strategy: Strategy, many: bool) -> Row:
    return Row(
        strategy.key, "strategy", "strategy", strategy.label, unit.views,
        aside=_account(scene, unit.account_pk, many),
        act="&".join(f"leg={view.leg.pk}" for view in unit.views),
        strategy=strategy, tags=_tags(scene, unit.views), note=_note(scene, unit.views),
    )  # fmt: skip


def _leg_row(scene: Scene, view: LegView, unit: Unit | None, many: bool, css: str) -> Row:
    """A leg; one that is a strategy by itself has its name and its numbers."""
    leg = view.leg
    strategy = unit.strategy if unit is not None else None
    label = strategy.group.name if strategy and leg.is_option else ""
    return Row(
        view.key, "leg", f"{css} closed" if leg.closed_today else css, leg.label, (view,),
        aside=_join(label, _account(scene, leg.account_pk, many)), badges=leg.badges,
        act="" if leg.closed_today else f"leg={leg.pk}", strategy=strategy,
        tags=_tags(scene, [view]), note=_note(scene, [view]),
    )  # fmt: skip


def _by_expiration(scene: Scene, units: list[Unit], whole: bool) -> Iterator[Row]:
    many = len(scene.desk.accounts) > 1
    days = _parted(units, lambda unit: unit.views[0].leg.expiration or date.max)
    for day, members in days:
        left = [view.leg.days for unit in members for view in unit.views]
        never = day == date.max
        words = "Without expiration" if never else formats.short_date(day, year=True)
        aside = "" if never or left[0] is None else formats.dte(left[0])
        key = "expiry-none" if never else f"expiry-{day:%Y%m%d}"
        yield Row(key, "expiration", "group", words, _whole(scene, members), aside=aside)
        for unit in sorted(members, key=_flat_order):
            yield _leg_row(scene, unit.views[0], unit, many, "leg")


def _by_tag(scene: Scene, units: list[Unit], whole: bool) -> Iterator[Row]:
    """A position with two tags stands under both, and counts once in the total."""
    many = len(scene.desk.accounts) > 1
    found: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        for tag in _tags(scene, unit.views) or ("",):
            found[tag].append(unit)
    for tag in sorted(found, key=lambda name: (not name, name.lower())):
        key = f"tag-{tag.encode().hex() or 'none'}"
        members = sorted(found[tag], key=_flat_order)
        yield Row(key, "tag", "group", tag or "Without a tag", _whole(scene, members))
        for unit in members:
            row = _leg_row(scene, unit.views[0], unit, many, "leg")
            yield replace(row, key=f"{key}-{row.key}")


def _flat(scene: Scene, units: list[Unit], whole: bool) -> Iterator[Row]:
    many = len(scene.desk.accounts) > 1
    for unit in sorted(units, key=_flat_order):
        yield _leg_row(scene, unit.views[0], unit, many, "flat")


_GROUPINGS = {
    "underlying": _by_underlying,
    "account": _by_account,
    "expiration": _by_expiration,
    "tag": _by_tag,
    "flat": _flat,
}


# --- Words of rows --------------------------------------------------------------------------------


def _parted(units: Iterable[Unit], name):  # type: ignore[no-untyped-def]
    """Units by a name of theirs, the names in order."""
    found = defaultdict(list)
    for unit in units:
        found[name(unit)].append(unit)
    return sorted(found.items(), key=lambda pair: pair[0])


def _flat_order(unit: Unit) -> tuple[object, ...]:
    return (unit.underlying, *_leg_order(unit.views[0]))


def _account(scene: Scene, pk: int, wanted: bool) -> str:
    return scene.accounts[pk].short_number if wanted else ""


def _join(*words: str) -> str:
    return " · ".join(word for word in words if word)


def _tags(scene: Scene, views: Iterable[LegView]) -> tuple[str, ...]:
    return scene.known.words.tags_of(view.leg for view in views)


def _note(scene: Scene, views: Iterable[LegView]) -> str:
    return scene.known.words.note_of(view.leg for view in views)
