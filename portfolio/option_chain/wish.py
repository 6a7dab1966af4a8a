"""What the address of a chain page asks for, and the address that asks for the same again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from portfolio.option_chain.facts import normalise
from portfolio.option_chain.templates import Wish

COUNTS = (10, 16, 24, 40, 80, 160)
MIN_DELTAS = (0, 2, 5, 10, 16, 25)
USUAL_COUNT, USUAL_DAYS, USUAL_DELTA = 24, 45, 30
MAX_TEXT = 80


@dataclass(frozen=True)
class ChainWish:
    """Values of the address, each valid or its usual one; `do` is the button that was pressed."""

    symbol: str = ""
    kind: str = ""
    account: str = ""
    expiration: str = ""
    contract: str = ""
    count: int = USUAL_COUNT
    min_delta: int = 0
    legs: tuple[str, ...] = ()
    lots: str = "1"
    template: Wish = field(default_factory=lambda: Wish("iron-condor"))
    do: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """Query values without the basket and the button; usual ones are left out."""
        found = [("symbol", self.symbol), ("account", self.account)]
        found += [("expiration", self.expiration)]
        if self.count != USUAL_COUNT:
            found.append(("count", str(self.count)))
        if self.min_delta:
            found.append(("min_delta", str(self.min_delta)))
        return [(name, value) for name, value in found if value]


def read(data: Mapping[str, Any]) -> ChainWish:
    """The wish of a query; whatever is malformed counts as not said."""
    values = {key: str(data[key])[:MAX_TEXT] for key in data}
    kind, symbol = normalise(values.get("symbol", ""))
    do = values.get("do", "")
    expiration = values.get("expiration", "")
    if do.startswith("expiration:"):
        expiration, do = do.partition(":")[2], ""
    legs = data.getlist("leg") if hasattr(data, "getlist") else []
    return ChainWish(
        symbol=symbol,
        kind=kind,
        account=values.get("account", ""),
        expiration=expiration,
        contract=values.get("contract", ""),
        count=_among(values.get("count"), COUNTS, USUAL_COUNT),
        min_delta=_among(values.get("min_delta"), MIN_DELTAS, 0),
        legs=tuple(str(leg)[:MAX_TEXT] for leg in legs),
        lots=values.get("lots", "1"),
        template=_template(values),
        do=do,
    )


def _template(values: Mapping[str, str]) -> Wish:
    return Wish(
        name=values.get("template", "iron-condor"),
        days=_between(values.get("days"), 0, 2000, USUAL_DAYS),
        delta=_between(values.get("delta"), 1, 99, USUAL_DELTA),
        width=_positive(values.get("width")),
        far_days=_between(values.get("far_days"), 1, 3000, 0) or None,
    )


def _whole(text: str | None) -> int | None:
    try:
        return int((text or "").strip())
    except ValueError:
        return None


def _among(text: str | None, choices: tuple[int, ...], usual: int) -> int:
    number = _whole(text)
    return number if number in choices else usual


def _between(text: str | None, least: int, most: int, usual: int) -> int:
    number = _whole(text)
    return number if number is not None and least <= number <= most else usual


def _positive(text: str | None) -> Decimal | None:
    try:
        number = Decimal((text or "").strip().replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 < number < 100_000 else None
