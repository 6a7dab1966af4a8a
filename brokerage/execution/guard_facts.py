"""What the guards look at: plain values; the settings of a person, quotes, what is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from brokerage.execution.check_facts import InstrumentFacts
from brokerage.execution.commands import OrderLeg

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GuardRules:
    """Limits of one person for one account; None does not bind. Percentages from 0 to 100."""

    closing_only: bool = False
    max_shares: Decimal | None = None
    max_contracts: Decimal | None = None
    max_coins: Decimal | None = None
    # Dollars over all legs, without netting.
    max_notional: Decimal | None = None
    max_buying_power_percent: Decimal | None = None
    limit_band_percent: Decimal | None = None
    wide_percent: Decimal = Decimal(20)


@dataclass(frozen=True, slots=True)
class QuoteFact:
    """Best bid and ask with our time of their receipt; None where a side is empty."""

    bid: Decimal | None
    ask: Decimal | None
    at: datetime

    @property
    def mid(self) -> Decimal | None:
        """None without both sides, or when they are crossed."""
        if self.bid is None or self.ask is None or self.ask < self.bid:
            return None
        return (self.bid + self.ask) / 2

    @property
    def spread_percent(self) -> Decimal | None:
        """The spread in percent of the mid; None without a mid above zero."""
        if self.bid is None or self.ask is None or not self.mid:
            return None
        return (self.ask - self.bid) / self.mid * 100


@dataclass(frozen=True, slots=True)
class PowerFact:
    """Of a dry run: signed change of buying power (a debit is negative), what there is now."""

    change: Decimal
    current: Decimal


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """`quotes` holds fresh quotes alone; `positions` None: never read; `power` None: not asked."""

    rules: GuardRules = field(default_factory=GuardRules)
    quotes: Mapping[Key, QuoteFact] = field(default_factory=dict)
    instruments: Mapping[Key, InstrumentFacts] = field(default_factory=dict)
    positions: Mapping[Key, Decimal] | None = None
    power: PowerFact | None = None
    # Whether a dry run has been asked already, so that `power` should be there.
    dry_run_done: bool = False

    def quote(self, leg: OrderLeg) -> QuoteFact | None:
        return self.quotes.get((leg.instrument_type, leg.symbol))

    def multiplier(self, leg: OrderLeg) -> Decimal | None:
        """Dollars a point of one unit; a share and a coin are one, others the broker says."""
        known = self.instruments.get((leg.instrument_type, leg.symbol))
        if known is not None and known.multiplier is not None:
            return known.multiplier
        return Decimal(1) if leg.instrument_type in ("Equity", "Cryptocurrency") else None
