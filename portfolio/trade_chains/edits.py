"""A person's corrections of rebuilt chains: split, merge, move a leg. Pure.

A correction says which chain a booking belongs to, never what it was worth: cash, fees, units and
what is realized stay the same over all chains, to the last digit that thirds leave. One that would
part an opening from its closing changes what counts as realized, and is refused.

Bookings that arrive later may give a chain another first event. A correction finds its chains by
the bookings they hold, and where that is no longer clear it is passed over, and said so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portfolio.analytics.chains import figures
from portfolio.analytics.chains.events import Chain, History
from portfolio.analytics.facts import ZERO
from portfolio.models import ChainEdit, EditKind

# Shares of one booking are apportioned with 28 digits.
FINE = Decimal("1e-9")


class EditRefused(ValueError):
    """The correction cannot be made; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Edit:
    """As in the table; ``pk`` is None for one that is only being tried."""

    kind: str
    chain: str
    events: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    pk: int | None = None

    @classmethod
    def of(cls, row: ChainEdit) -> Edit:
        return cls(row.kind, row.chain, tuple(row.events), tuple(row.others), row.pk)


def find(history: History, key: str) -> Chain | None:
    """The chain of that key, or the only one that holds the booking of that number."""
    exact = next((chain for chain in history.chains if chain.key == key), None)
    if exact is not None:
        return exact
    number = key.partition("/")[0]
    holding = [
        chain
        for chain in history.chains
        if any(entry.event.key == number for entry in chain.entries)
    ]
    return holding[0] if len(holding) == 1 else None


def apply_all(history: History, edits: Iterable[Edit]) -> tuple[History, dict[int | None, str]]:
    """The corrected history, and why by number of correction those that do not hold any more."""
    problems: dict[int | None, str] = {}
    for edit in edits:
        try:
            history = apply(history, edit)
        except EditRefused as refusal:
            problems[edit.pk] = str(refusal)
    return history, problems


def apply(history: History, edit: Edit) -> History:
    """Raises EditRefused when the chains are not there, or money would change."""
    chain = _wanted(history, edit.chain)
    others = [_wanted(history, key) for key in edit.others]
    try:
        changed = _changed(history, edit, chain, others)
    except ValueError as problem:
        raise EditRefused(_WORDS.get(str(problem), f"This is not possible: {problem}.")) from None
    _keep_money(history, changed)
    return changed


_WORDS = {
    "a split leaves at least one entry on either side": (
        "A split must leave at least one leg in the chain, and take at least one out."
    ),
    "chains of different accounts or underlyings cannot be merged": (
        "Only chains of one account and one underlying can be joined."
    ),
}


def _wanted(history: History, key: str) -> Chain:
    chain = find(history, key)
    if chain is None:
        raise EditRefused("The chain is not there any more; it may have been joined to another.")
    return chain


def _changed(history: History, edit: Edit, chain: Chain, others: Sequence[Chain]) -> History:
    if edit.kind == EditKind.MERGE:
        keys = [chain.key, *(other.key for other in others)]
        if len(set(keys)) < 2:
            raise EditRefused("Choose a chain to join with.")
        return figures.merge(history, keys)
    if edit.kind == EditKind.SPLIT:
        return figures.split(history, chain.key, edit.events)
    return _moved(history, edit, chain, others)


def _moved(history: History, edit: Edit, chain: Chain, others: Sequence[Chain]) -> History:
    if len(others) != 1 or others[0].key == chain.key:
        raise EditRefused("Choose the chain that the leg moves to.")
    target = others[0]
    if (chain.account, chain.underlying) != (target.account, target.underlying):
        raise EditRefused("A leg moves only within one account and one underlying.")
    held = {entry.event.key for entry in chain.entries}
    if not held & set(edit.events):
        raise EditRefused("None of these legs is in the chain.")
    if held <= set(edit.events):
        return figures.merge(history, [target.key, chain.key])
    parted = figures.split(history, chain.key, edit.events)
    before = {other.key for other in history.chains} - {chain.key}
    loose = next(
        one for one in parted.chains
        if one.key not in before and {e.event.key for e in one.entries} <= set(edit.events)
    )  # fmt: skip
    return figures.merge(parted, [target.key, loose.key])


def _keep_money(before: History, after: History) -> None:
    """The law of corrections; raises EditRefused where it is broken."""
    kept = {id(chain) for chain in before.chains} & {id(chain) for chain in after.chains}
    sides = []
    for history in (before, after):
        touched = [chain for chain in history.chains if id(chain) not in kept]
        sides.append(_sums(touched))
    (cash, fees, realized, units), (cash_2, fees_2, realized_2, units_2) = sides
    if abs(cash - cash_2) > FINE or abs(fees - fees_2) > FINE or units != units_2:
        raise EditRefused("This would change money, and is not done.")
    if abs(realized - realized_2) > FINE:
        raise EditRefused(
            "This would part an opening from what closed it, and change what counts as realised."
            " Take the whole leg: its openings and its closings."
        )


def _sums(chains: Iterable[Chain]) -> tuple[Decimal, Decimal, Decimal, dict[str, Decimal]]:
    cash = fees = realized = ZERO
    units: dict[str, Decimal] = defaultdict(Decimal)
    for chain in chains:
        cash, fees = cash + chain.cash, fees + chain.fees
        realized += chain.cash - figures.open_cash(chain)
        for symbol, quantity in chain.holdings.items():
            units[symbol] += quantity
    return cash, fees, realized, {symbol: amount for symbol, amount in units.items() if amount}
