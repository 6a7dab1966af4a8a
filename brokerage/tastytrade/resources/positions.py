"""Positions of an account."""

from __future__ import annotations

from collections.abc import Sequence

from brokerage.tastytrade.calls import Call, get, many
from brokerage.tastytrade.payloads.positions import Position


def list_positions(
    number: str,
    *,
    underlying_symbols: Sequence[str] = (),
    symbol: str | None = None,
    instrument_type: str | None = None,
    underlying_product_code: str | None = None,
    include_closed_positions: bool | None = None,
    include_marks: bool | None = None,
    net_positions: bool | None = None,
    partition_keys: Sequence[str] = (),
) -> Call[tuple[Position, ...]]:
    """All of them at once, in no particular order. Marks make the answer slower."""
    return get(
        "/accounts/{}/positions",
        number,
        parse=many(Position),
        query={
            "underlying-symbol[]": underlying_symbols,
            "symbol": symbol,
            "instrument-type": instrument_type,
            "underlying-product-code": underlying_product_code,
            "include-closed-positions": include_closed_positions,
            "include-marks": include_marks,
            "net-positions": net_positions,
            "partition-keys[]": partition_keys,
        },
    )
