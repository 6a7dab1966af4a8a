"""What is known of an underlying as a whole: its price, its volatility rank, its margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portfolio.analytics.marks import Mark
from portfolio.positions.legs import BLANK, Amount
from portfolio.positions.scene import Scene


@dataclass(frozen=True, slots=True)
class Underlying:
    """In the accounts of one row. ``streamer_symbol`` is empty where nothing streams its price."""

    scene: Scene
    name: str
    account_pks: tuple[int, ...]
    feed: str
    streamer_symbol: str

    @classmethod
    def of(cls, scene: Scene, name: str, account_pks: Sequence[int]) -> Underlying:
        groups = [scene.groups[pk, name] for pk in account_pks if (pk, name) in scene.groups]
        symbol = next((group.streamer_symbol for group in groups if group.streamer_symbol), "")
        return cls(scene, name, tuple(account_pks), groups[0].feed if groups else "", symbol)

    @property
    def mark(self) -> Mark | None:
        return self.scene.spot(self.feed, self.streamer_symbol) if self.streamer_symbol else None


def last(row: Underlying) -> Amount:
    return row.mark.price if row.mark else None


def previous_close(row: Underlying) -> Decimal | None:
    summary = row.scene.valuation.book(row.feed).summary(row.streamer_symbol)
    close = summary.prev_close if summary is not None else None
    return Decimal(str(close)) if close else None


def change(row: Underlying) -> Amount:
    """Since the previous close, as a ratio."""
    close = previous_close(row)
    return None if row.mark is None or close is None else (row.mark.price - close) / close


def volatility_rank(row: Underlying) -> Amount:
    """As the broker states it, 0 to 1."""
    metric = row.scene.metric(row.name)
    return metric.implied_volatility_index_rank if metric is not None else None


def volatility_index(row: Underlying) -> Amount:
    metric = row.scene.metric(row.name)
    return metric.implied_volatility_index if metric is not None else None


def requirement(row: Underlying) -> Amount:
    """What the broker's margin report asks for, over the accounts of the row."""
    found = [row.scene.known.margins.get((pk, row.name)) for pk in row.account_pks]
    known = [amount for amount in found if amount is not None]
    return sum(known, Decimal(0)) if known else None


def beta(row: Underlying) -> Amount:
    found, _ = row.scene.beta(row.name)
    return BLANK if found is None else found
