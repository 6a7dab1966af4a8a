"""Booked transactions read as events: which side, which kind, and what belongs together.

A broker's row says less than a chain needs. Removals (expiration, assignment, settlement) name no
side: it is the opposite of what is held. The shares of an assignment come as a row of their own,
found by strike and size. A split or a new symbol is a pair, one row out and one in; what was ever
traded under an old name belongs to the new one. A transfer moves units for no cash: it counts as
bought or sold at the price of its row, against money of the same size outside all chains.

Amounts are signed from the account's side; every cent and every unit of the rows is in the events.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from portfolio.analytics.chains.events import Event, EventKind
from portfolio.analytics.facts import ZERO

_FUTURE = re.compile(r"^(/[A-Z0-9]+?)[FGHJKMNQUVXZ]\d{1,2}$")
_OPTION = re.compile(r"\d{6}([CP])(\d+(?:\.\d+)?)$")
_THOUSANDTHS = Decimal("0.001")

_ENDS = {
    "Assignment": EventKind.ASSIGNMENT,
    "Exercise": EventKind.EXERCISE,
    "Expiration": EventKind.EXPIRATION,
    "Cash Settled Assignment": EventKind.CASH_SETTLEMENT,
    "Cash Settled Exercise": EventKind.CASH_SETTLEMENT,
    "Futures Settlement": EventKind.CASH_SETTLEMENT,
    "Maturity": EventKind.CASH_SETTLEMENT,
    "Cash Merger": EventKind.CASH_SETTLEMENT,
    "ACAT": EventKind.TRANSFER,
    "Transfer": EventKind.TRANSFER,
}
_EXCHANGES = {
    "Forward Split": EventKind.SPLIT,
    "Reverse Split": EventKind.SPLIT,
    "Reverse Split Removal": EventKind.SPLIT,
    "Special Dividend": EventKind.SPLIT,
    "Symbol Change": EventKind.SYMBOL_CHANGE,
    "Stock Merger": EventKind.SYMBOL_CHANGE,
    "Stock Merger Removal": EventKind.SYMBOL_CHANGE,
    "Spin Off": EventKind.SYMBOL_CHANGE,
}


@dataclass(frozen=True, slots=True)
class Booked:
    """One row of the broker's ledger, in the broker's words. ``quantity`` is unsigned; ``value``
    and ``net_value`` are signed, a credit positive; None is what the broker did not send.

    ``multiplier`` (money per point) is needed for futures, and for transfers of derivatives.
    """

    key: int
    at: datetime
    account: str
    type: str
    sub_type: str
    action: str = ""
    symbol: str = ""
    instrument_type: str = ""
    underlying: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    value: Decimal | None = None
    net_value: Decimal | None = None
    order: int | None = None
    reverses: int | None = None
    multiplier: Decimal | None = None


@dataclass(slots=True)
class _Reading:
    """What is known while rows are read in order."""

    held: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    renamed: dict[tuple[str, str], str] = field(default_factory=dict)
    signed: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    groups: dict[tuple[str, int], str] = field(default_factory=dict)


def events(rows: Iterable[Booked]) -> list[Event]:
    """The events of the rows, of any number of accounts and in any order."""
    ordered = sorted(rows, key=lambda row: (row.at, row.account, row.key))
    pairs = _exchanges(ordered)
    names = {old.underlying: new.underlying for old, new in pairs if _is_renamed(old, new)}
    reading = _Reading(renamed={(o.account, o.symbol): n.symbol for o, n in pairs})
    reading.groups |= _pair_groups(pairs) | _deliveries(ordered)
    found: list[Event] = []
    for row in ordered:
        found += _read(row, reading, names)
    return found


def family(underlying: str) -> str:
    """What legs of one strategy share: the product of a future (`/ESM6` → `/ES`), else itself."""
    match = _FUTURE.match(underlying)
    return match.group(1) if match else underlying


def _is_renamed(old: Booked, new: Booked) -> bool:
    return bool(old.underlying and new.underlying) and old.underlying != new.underlying


def _read(row: Booked, reading: _Reading, names: dict[str, str]) -> list[Event]:
    kind = _kind(row)
    quantity = _quantity(row, kind, reading)
    if kind is EventKind.CASH_SETTLEMENT and not quantity:
        kind = EventKind.INCOME if row.symbol else EventKind.OTHER
    reading.held[row.account, row.symbol] += quantity
    reading.signed[row.account, row.key] = quantity
    cash, fees = _money(row)
    is_future = row.instrument_type == "Future"
    event = Event(
        key=str(row.key),
        at=row.at,
        account=row.account,
        kind=kind,
        symbol=row.symbol if quantity else _present_name(row, reading),
        underlying=_underlying(row, names),
        right=_right(row),
        quantity=quantity,
        cash=cash,
        fees=fees,
        group=_group(row, reading),
        price=row.price if is_future else None,
        multiplier=row.multiplier if is_future else None,
    )
    return _in_kind(row, event) if kind is EventKind.TRANSFER and quantity else [event]


def _kind(row: Booked) -> EventKind:
    if not row.symbol:
        return EventKind.OTHER
    if row.type == "Trade":
        return EventKind.TRADE
    if row.sub_type in _ENDS:
        return _ENDS[row.sub_type]
    if not row.quantity:
        return EventKind.INCOME
    if row.sub_type in _EXCHANGES:
        return _EXCHANGES[row.sub_type]
    if row.type == "Administrative Transfer":
        return EventKind.TRANSFER
    return EventKind.DELIVERY if row.type == "Receive Deliver" else EventKind.INCOME


def _quantity(row: Booked, kind: EventKind, reading: _Reading) -> Decimal:
    """Signed by the action; a reversal undoes its row; a removal takes from what is held."""
    if not row.quantity or kind in (EventKind.INCOME, EventKind.OTHER):
        return ZERO
    if row.reverses is not None and (row.account, row.reverses) in reading.signed:
        return -reading.signed[row.account, row.reverses]
    if row.action.startswith(("Buy", "Sell")):
        return row.quantity if row.action.startswith("Buy") else -row.quantity
    held = reading.held[row.account, row.symbol]
    if not held:
        return ZERO
    return -row.quantity if held > 0 else row.quantity


def _money(row: Booked) -> tuple[Decimal, Decimal]:
    """(cash before fees, fees as a cost); what moved cash is `net_value`, when it is there."""
    net = row.net_value if row.net_value is not None else row.value or ZERO
    gross = row.value if row.value is not None else net
    return gross, gross - net


def _underlying(row: Booked, names: dict[str, str]) -> str:
    name = row.underlying or row.symbol
    seen = {name}
    while name in names and names[name] not in seen:
        name = names[name]
        seen.add(name)
    return family(name)


def _right(row: Booked) -> str:
    terms = _option_terms(row)
    return terms[0] if terms else ""


def _option_terms(row: Booked) -> tuple[str, Decimal] | None:
    """(right, strike) from the symbol: padded by thousandths for shares, plain for futures."""
    match = _OPTION.search(row.symbol) if "Option" in row.instrument_type else None
    if match is None:
        return None
    strike = Decimal(match.group(2))
    return match.group(1), strike if row.symbol.startswith(".") else strike * _THOUSANDTHS


def _present_name(row: Booked, reading: _Reading) -> str:
    """Money that is still paid on an old symbol goes to who holds the new one."""
    symbol = row.symbol
    seen = {symbol}
    while not reading.held[row.account, symbol]:
        later = reading.renamed.get((row.account, symbol), symbol)
        if later in seen:
            return symbol
        seen.add(later)
        symbol = later
    return symbol


def _group(row: Booked, reading: _Reading) -> str:
    if row.reverses is not None:
        return f"reversal:{row.key}"
    if row.type == "Trade" and row.order is not None:
        return f"order:{row.order}"
    if row.type == "Trade" or not row.quantity:
        return ""
    return reading.groups.get((row.account, row.key), f"row:{row.key}")


def _in_kind(row: Booked, event: Event) -> list[Event]:
    """Units for the money they were worth, and that money from outside."""
    points = row.multiplier if "Option" in row.instrument_type else Decimal(1)
    if row.price is None or points is None or row.instrument_type == "Future":
        return [event]
    worth = event.quantity * row.price * points
    outside = replace(
        event, key=f"{row.key}/in kind", kind=EventKind.OTHER, symbol="", right="",
        quantity=ZERO, cash=worth, fees=ZERO, group="",
    )  # fmt: skip
    return [replace(event, cash=event.cash - worth), outside]


# -- what belongs together -------------------------------------------------------------------


def _exchanges(rows: Iterable[Booked]) -> list[tuple[Booked, Booked]]:
    """Pairs (out, in) of splits, new symbols and mergers: neighbours whose values cancel out."""
    waiting: dict[tuple[str, datetime], list[Booked]] = defaultdict(list)
    pairs = []
    for row in rows:
        if not row.quantity or row.sub_type not in _EXCHANGES or row.type != "Receive Deliver":
            continue
        out = waiting[row.account, row.at]
        if row.action.endswith("Close"):
            out.append(row)
            continue
        fitting = [old for old in out if (old.value or ZERO) == -(row.value or ZERO)]
        if fitting:
            out.remove(fitting[-1])
            pairs.append((fitting[-1], row))
    return pairs


def _pair_groups(pairs: Iterable[tuple[Booked, Booked]]) -> dict[tuple[str, int], str]:
    return {
        (row.account, row.key): f"exchange:{old.key}" for old, new in pairs for row in (old, new)
    }


def _deliveries(rows: Iterable[Booked]) -> dict[tuple[str, int], str]:
    """Groups of an exercise or assignment with what was delivered for it."""
    ends: dict[tuple[str, datetime], list[Booked]] = defaultdict(list)
    arrivals = []
    for row in rows:
        if _kind(row) in (EventKind.ASSIGNMENT, EventKind.EXERCISE):
            ends[row.account, row.at].append(row)
        elif _kind(row) is EventKind.DELIVERY:
            arrivals.append(row)
    groups: dict[tuple[str, int], str] = {}
    for row in arrivals:
        end = _source(row, ends[row.account, row.at])
        if end is not None:
            groups[end.account, end.key] = groups[row.account, row.key] = f"end:{end.key}"
    return groups


def _source(arrival: Booked, ends: list[Booked]) -> Booked | None:
    """The option that delivered: by strike and side, else the row before; one time each."""
    fitting = [end for end in ends if _delivers(end, arrival)]
    before = [end for end in ends if end.key < arrival.key]
    chosen = fitting or before[-1:]
    if not chosen:
        return None
    if fitting:
        ends.remove(chosen[0])
    return chosen[0]


def _delivers(end: Booked, arrival: Booked) -> bool:
    terms = _option_terms(end)
    if terms is None or family(end.underlying) != family(arrival.underlying):
        return False
    right, strike = terms
    takes = (right == "C") == (end.sub_type == "Exercise")
    return arrival.price == strike and arrival.action.startswith("Buy" if takes else "Sell")
