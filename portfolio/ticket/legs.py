"""The legs of a draft, as far as they are complete, and what is needed to quote them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from brokerage.execution.checks import InstrumentFacts
from brokerage.execution.commands import CRYPTOCURRENCY, EQUITY, OrderLeg
from brokerage.execution.instruments import Expiration
from portfolio.forms.ticket_fields import OPTION_TYPES
from portfolio.forms.ticket_part import Part
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket import values as ticket_values
from portfolio.ticket.quotes import QuotedLeg


def draft_legs(order: Part, chain: Mapping[str, Expiration]) -> list[OrderLeg | None]:
    """The legs as far as they are complete; None for one that is not."""
    return [_draft_leg(order, index, chain) for index in range(order.shape.legs)]


def _draft_leg(order: Part, index: int, chain: Mapping[str, Expiration]) -> OrderLeg | None:
    values, kind = order.values, order.shape.instrument_type
    symbol = values.get("symbol", "")
    if kind in OPTION_TYPES:
        symbol = _draft_contract(values, f"leg-{index}", chain)
    if not symbol:
        return None
    action = values.get(f"leg-{index}-action") or order.legs[index].fields["action"].choices[0][0]
    return OrderLeg(
        kind,
        symbol,
        action,
        ticket_values.decimal_of(values.get(f"leg-{index}-quantity")) or Decimal(1),
    )


def _draft_contract(values: Mapping[str, str], prefix: str, chain: Mapping[str, Expiration]) -> str:
    expiration = chain.get(values.get(f"{prefix}-expiration", ""))
    strike = ticket_values.decimal_of(values.get(f"{prefix}-strike"))
    pair = expiration.strikes.get(strike) if expiration and strike is not None else None
    if pair is None:
        return values.get(f"{prefix}-contract", "")
    return pair.put if values.get(f"{prefix}-option_type") == "P" else pair.call


def quoted(
    legs: list[OrderLeg], known: Mapping[tuple[str, str], InstrumentFacts]
) -> list[QuotedLeg]:
    shares = ticket_quotes.ratios([leg.quantity or Decimal(1) for leg in legs])
    quoted = []
    for leg, share in zip(legs, shares, strict=True):
        facts = known.get((leg.instrument_type, leg.symbol))
        if facts is None or not facts.streamer_symbol:
            return []
        tick = facts.ticks[-1].value if len(facts.ticks) == 1 else None
        quoted.append(QuotedLeg(facts.streamer_symbol, share if leg.buys else -share, tick))
    return quoted


def multiplier(found: Mapping[tuple[str, str], InstrumentFacts]) -> Decimal | None:
    """The units of one lot where all legs agree; a share or a coin is its own unit."""
    units = {
        Decimal(1) if kind in (EQUITY, CRYPTOCURRENCY) else facts.multiplier
        for (kind, _), facts in found.items()
    }
    return units.pop() if len(units) == 1 else None


def problem(found: Mapping[tuple[str, str], InstrumentFacts]) -> str:
    return next(
        (f"The broker does not know {key[1]}." for key, facts in found.items() if not facts.found),
        "",
    )
