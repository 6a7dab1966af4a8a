"""Legs of a desk as the maths of expirations sees them, with the prices that decide their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from brokerage import selectors
from portfolio.analytics.expiration import ExpiringLeg, Settlement
from portfolio.analytics.facts import Kind
from portfolio.analytics.marks import Mark
from portfolio.analytics.strategies.legs import Form
from portfolio.facts import Desk, Group, Leg
from portfolio.live.valuation import Valuation


@dataclass(frozen=True, slots=True)
class Spot:
    """The price of what options deliver: None where nothing came."""

    symbol: str
    mark: Mark | None

    @property
    def price(self) -> Decimal | None:
        return self.mark.price if self.mark else None


@dataclass(frozen=True, slots=True)
class Dated:
    """A leg with its place on the desk, none for one that is only thought of; ``expiring`` is what
    the maths works on."""

    leg: Leg
    group: Group | None
    expiring: ExpiringLeg


def dated_legs(desk: Desk, valuation: Valuation) -> list[Dated]:
    """Every open leg whose kind is known. One query: which underlyings are indices."""
    indices = _indices(desk)
    found = []
    for groups in desk.groups.values():
        for group in groups:
            for leg in group.legs:
                mark = valuation.values[leg.pk].mark
                made = None if leg.closed_today else expiring_of(leg, indices, mark)
                if made is not None:
                    found.append(Dated(leg, group, made))
    return found


def _indices(desk: Desk) -> frozenset[str]:
    account = next(iter(desk.accounts), None)
    contracts = {leg.contract for leg in desk.legs if leg.is_option and leg.contract}
    if account is None or not contracts:
        return frozenset()
    return indices_of(account.account.environment, contracts)


def indices_of(environment: str, contracts: set[str]) -> frozenset[str]:
    """Which of these are indices, paid in cash."""
    rows = selectors.instruments_for(environment, contracts)
    return frozenset(symbol for symbol, row in rows.items() if row.is_index)


def expiring_of(leg: Leg, indices: frozenset[str], mark: Mark | None) -> ExpiringLeg | None:
    """None for what has no multiplier or is of an unknown kind: nothing can be said of it."""
    holding = leg.holding
    if holding.multiplier is None or holding.kind is Kind.UNKNOWN:
        return None
    if leg.is_option and (leg.strike is None or leg.delivered is None):
        return None
    return ExpiringLeg(
        key=str(leg.pk),
        account=str(leg.account_pk),
        underlying=leg.contract if leg.is_option else leg.symbol,
        form=_form(leg),
        quantity=holding.quantity,
        multiplier=holding.multiplier,
        delivered=leg.delivered or Decimal(1),
        strike=leg.strike if leg.is_option else None,
        expiration=leg.expiration if leg.is_option else None,
        settlement=Settlement.CASH if leg.contract in indices else Settlement.PHYSICAL,
        is_morning=leg.is_morning,
        mark=mark.price if mark else None,
    )


def _form(leg: Leg) -> Form:
    if leg.is_option:
        return Form.CALL if leg.right == "C" else Form.PUT
    return Form.FUTURE if leg.holding.kind is Kind.FUTURE else Form.STOCK


def spots_of(legs: list[Dated], valuation: Valuation, now: float) -> dict[str, Spot]:
    """The price of each thing that an option here delivers, by its symbol."""
    found: dict[str, Spot] = {}
    for dated in legs:
        symbol = dated.expiring.underlying
        if not dated.leg.is_option or symbol in found:
            continue
        product = dated.group.streamer_symbol if dated.group else ""
        streamer = dated.leg.underlying_streamer or product
        mark = valuation.spot(dated.leg.feed, streamer, now) if streamer else None
        found[symbol] = Spot(symbol, mark)
    return found


def prices_of(spots: Mapping[str, Spot]) -> dict[str, Decimal]:
    return {symbol: spot.price for symbol, spot in spots.items() if spot.price is not None}


def days_of(legs: list[Dated]) -> list[date]:
    """The expirations that are held, soonest first."""
    held = (dated.leg.expiration for dated in legs if dated.leg.is_option)
    return sorted({day for day in held if day is not None})
