"""The money of a chain, and a user's corrections of chains, which never change money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from portfolio.analytics.chains.events import Chain, Entry, History
from portfolio.analytics.facts import ZERO, Figure, Note


@dataclass(frozen=True, slots=True)
class Price:
    """What a held symbol is worth: mark and multiplier; for a future ``base`` is the last
    settlement, since earlier variation is cash already."""

    mark: Decimal | None
    multiplier: Decimal | None
    base: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class ChainPnl:
    """``credit`` is all cash before fees (negative: a debit). ``total`` = realized + open: all cash
    plus the value of what is open. ``net`` is that less fees."""

    credit: Decimal
    realized: Decimal
    open: Figure
    total: Figure
    fees: Decimal
    net: Figure


def pnl(chain: Chain, prices: Mapping[str, Price]) -> ChainPnl:
    """A missing mark of something open leaves open, total and net missing, with the reason."""
    credit = chain.cash
    basis = open_cash(chain)
    value = open_value(chain, prices)
    fees = chain.fees
    if value.value is None:
        return ChainPnl(credit, credit - basis, value, value, fees, value)
    total = credit + value.value
    return ChainPnl(
        credit,
        credit - basis,
        Figure(value.value + basis),
        Figure(total),
        fees,
        Figure(total - fees),
    )


def open_value(chain: Chain, prices: Mapping[str, Price]) -> Figure:
    """Σ q·(m − base)·M over what the chain still holds."""
    amount, notes = ZERO, set()
    for symbol, quantity in chain.holdings.items():
        price = prices.get(symbol)
        if price is None or price.mark is None:
            notes.add(Note.NO_MARK)
        elif price.multiplier is None:
            notes.add(Note.NO_MULTIPLIER)
        else:
            amount += quantity * (price.mark - price.base) * price.multiplier
    return Figure(None, tuple(notes)) if notes else Figure(amount)


def open_cash(chain: Chain) -> Decimal:
    """The opening cash of what is still open, first in, first out.

    A split or new symbol needs no care here: its entries close and open at cost.
    """
    pieces: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for entry in chain.entries:
        if entry.quantity:
            _walk(pieces.setdefault(entry.event.symbol, []), entry)
    return sum((cash for rows in pieces.values() for _, cash in rows), ZERO)


def _walk(rows: list[tuple[Decimal, Decimal]], entry: Entry) -> None:
    left, cash = entry.quantity, entry.cash
    while left and rows and (rows[0][0] > 0) != (left > 0):
        quantity, held = rows[0]
        part = min(abs(quantity), abs(left))
        signed = part.copy_sign(quantity)
        kept = held - (held if signed == quantity else held * signed / quantity)
        used = -signed
        cash -= cash if used == left else cash * used / left
        left -= used
        if signed == quantity:
            rows.pop(0)
        else:
            rows[0] = (quantity - signed, kept)
    if left:
        rows.append((left, cash))


def merge(history: History, keys: Iterable[str]) -> History:
    """Several chains of one account and underlying as one, under the key of the first.

    Raises ValueError for an unknown key, or chains of two accounts or underlyings.
    """
    wanted = list(dict.fromkeys(keys))
    found = [_find(history, key) for key in wanted]
    if len({(chain.account, chain.underlying) for chain in found}) > 1:
        raise ValueError("chains of different accounts or underlyings cannot be merged")
    if len(found) < 2:
        return history
    entries = sorted(
        (entry for chain in found for entry in chain.entries),
        key=lambda entry: (entry.event.at, len(entry.event.key), entry.event.key),
    )
    first = min(found, key=lambda chain: (chain.entries[0].event.at, chain.key))
    joined = Chain(first.key, first.account, first.underlying, tuple(entries))
    rest = tuple(chain for chain in history.chains if chain.key not in wanted)
    return History((*rest, joined), history.unchained)


def split(history: History, key: str, events: Iterable[str]) -> History:
    """The entries of these events become a chain of their own, under the key of the first.

    Raises ValueError for an unknown chain, or when one side would be empty.
    """
    chain, wanted = _find(history, key), set(events)
    out = tuple(entry for entry in chain.entries if entry.event.key in wanted)
    kept = tuple(entry for entry in chain.entries if entry.event.key not in wanted)
    if not out or not kept:
        raise ValueError("a split leaves at least one entry on either side")
    key_out, key_kept = out[0].event.key, kept[0].event.key
    if key_out == key_kept:
        key_out += "/2"
    parts = (
        Chain(key_kept, chain.account, chain.underlying, kept),
        Chain(key_out, chain.account, chain.underlying, out),
    )
    rest = tuple(other for other in history.chains if other.key != key)
    return History((*rest, *parts), history.unchained)


def _find(history: History, key: str) -> Chain:
    for chain in history.chains:
        if chain.key == key:
            return chain
    raise ValueError(f"there is no chain {key}")
