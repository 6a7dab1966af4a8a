"""What companies did to what is held: splits, new symbols, mergers, told where they are booked.

The broker books such an action as a row that takes the old holding away and, next to it, one that
brings the new. Cash and positions change without an order, so people are told in one sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from brokerage import notices
from brokerage.models import Account, Connection, Transaction

# Sub-types of the rows by the words for them.
WORDS = {
    "Forward Split": "forward split",
    "Reverse Split": "reverse split",
    "Reverse Split Removal": "reverse split",
    "Symbol Change": "symbol change",
    "Stock Merger": "merger",
    "Stock Merger Removal": "merger",
    "Spin Off": "spin-off",
    "Special Dividend": "special dividend",
}
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Turned:
    """One holding that became another; either side may be missing."""

    words: str
    old: Transaction | None
    new: Transaction | None

    @property
    def symbol(self) -> str:
        row = self.old or self.new
        assert row is not None
        return row.underlying_symbol or row.symbol

    @property
    def text(self) -> str:
        if self.old is None:
            return f"{_holding(self.new)} came in"
        if self.new is None:
            return f"{_holding(self.old)} went out"
        return f"{_holding(self.old)} became {_holding(self.new)}"


def tell(account: Account, booked: Collection[int]) -> None:
    """Post a notice for each action among the bookings (ids of rows that are new here), to every
    login that reaches the account.
    """
    rows = Transaction.objects.filter(
        pk__in=booked, transaction_type="Receive Deliver", transaction_sub_type__in=WORDS
    )
    by_action: dict[tuple[str, str], list[Turned]] = {}
    for turned in pairs(rows.order_by("broker_id")):
        by_action.setdefault((turned.words, turned.symbol), []).append(turned)
    if not by_action:
        return
    connections = list(Connection.objects.filter(accesses__account=account))
    for (words, symbol), members in by_action.items():
        first = (members[0].old or members[0].new).broker_id  # type: ignore[union-attr]
        for connection in connections:
            notices.post(
                connection,
                f"corporate:{account.pk}:{symbol}:{first}",
                f"{account}: {words} of {symbol}. {_listed(members)}. What was held before stays "
                "in the history; the broker has taken out working orders on it.",
            )


def pairs(rows: Iterable[Transaction]) -> list[Turned]:
    """Rows in the broker's order as what they did; a row that went out waits for the next one of
    its kind that comes in.
    """
    found: list[Turned] = []
    gone: Transaction | None = None
    for row in rows:
        if gone is not None and (_comes_in(row) is False or _words(gone) != _words(row)):
            found.append(Turned(_words(gone), gone, None))
            gone = None
        if _comes_in(row):
            found.append(Turned(_words(row), gone, row))
            gone = None
        else:
            gone = row
    if gone is not None:
        found.append(Turned(_words(gone), gone, None))
    return found


def _words(row: Transaction) -> str:
    return WORDS[row.transaction_sub_type]


def _comes_in(row: Transaction) -> bool:
    if row.action:
        return row.action.endswith("Open")
    return not row.transaction_sub_type.endswith("Removal")


def _holding(row: Transaction | None) -> str:
    assert row is not None
    quantity = "?" if row.quantity is None else f"{row.quantity.normalize():f}"
    # Short positions are sold to open and bought to close.
    sign = "−" if row.action in ("Sell to Open", "Buy to Close") else ""
    return f"{sign}{quantity} {' '.join(row.symbol.split())}"


def _listed(members: list[Turned]) -> str:
    more = f" and {len(members) - _NAMED} more" if len(members) > _NAMED else ""
    return "; ".join(turned.text for turned in members[:_NAMED]) + more
