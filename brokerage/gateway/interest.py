"""What a connection's feed must follow: what is held, and what pages want to see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from brokerage.models import Account, Instrument, Position
from brokerage.tastytrade.streaming import Subscription

UNDERLYING_EVENTS = ("Quote", "Trade", "TradeETH", "Summary", "Profile", "Underlying")
STOCK_EVENTS = ("Quote", "Trade", "TradeETH", "Summary", "Profile")
OPTION_EVENTS = ("Quote", "Trade", "Summary", "Greeks")
OPTION_TYPES = frozenset({"Equity Option", "Future Option"})
# Order books are asked for by source; the aggregated one is the one that is served most.
DEPTH_SOURCE = "ntv"
# The event types that pages may ask for.
SERVED = frozenset({*UNDERLYING_EVENTS, *OPTION_EVENTS, "TheoPrice", "TimeAndSale", "Order"})
# What nobody wants any more is followed a little longer: people click back and forth.
GRACE_SECONDS = 15.0
MAX_SYMBOL = 80

Pair = tuple[str, str]


def held_pairs(connection_id: UUID) -> list[Pair]:
    """(event type, streamer symbol) of all open positions the connection reaches, and underlyings.

    Reads the database.
    """
    accounts = Account.objects.filter(accesses__connection_id=connection_id)
    positions = list(
        Position.objects.filter(account__in=accounts, closed_at__isnull=True)
        .exclude(quantity=0)
        .values(
            "account__environment",
            "instrument_type",
            "symbol",
            "streamer_symbol",
            "underlying_symbol",
        )
    )
    streamers = _streamer_symbols(positions)
    pairs: list[Pair] = []
    for position in positions:
        own = position["streamer_symbol"] or streamers.get(position["symbol"], "")
        is_option = position["instrument_type"] in OPTION_TYPES
        pairs += [(event, own) for event in (OPTION_EVENTS if is_option else STOCK_EVENTS)]
        underlying = position["underlying_symbol"]
        # A stock's own symbol is a streamer symbol; a future's is not and must be known.
        fallback = "" if underlying.startswith(("/", ".")) else underlying
        spot = streamers.get(underlying) or fallback
        pairs += [(event, spot) for event in UNDERLYING_EVENTS]
    return list(dict.fromkeys(pair for pair in pairs if pair[1]))


def _streamer_symbols(positions: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Streamer symbols by tastytrade symbol, from held positions and known instruments."""
    rows = list(positions)
    symbols = {row["symbol"] for row in rows} | {row["underlying_symbol"] for row in rows}
    environments = {row["account__environment"] for row in rows}
    known = Instrument.objects.filter(
        environment__in=environments, symbol__in=symbols - {""}
    ).exclude(streamer_symbol="")
    found = dict(known.values_list("symbol", "streamer_symbol"))
    return {**found, **{r["symbol"]: r["streamer_symbol"] for r in rows if r["streamer_symbol"]}}


def subscription(pair: Pair) -> Subscription:
    event, symbol = pair
    return Subscription(event, symbol, DEPTH_SOURCE if event == "Order" else None)


class Following:
    """The pairs that are followed upstream; what is dropped leaves after a time of grace. Pure."""

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self._grace = grace
        self._followed: dict[Pair, float | None] = {}

    def want(self, pairs: Iterable[Pair], now: float) -> tuple[list[Pair], list[Pair]]:
        """(to add, to remove), in the order given: what people look at comes first.

        Pairs of unknown event types and unusable symbols are left out.
        """
        wanted = {pair: None for pair in pairs if usable(pair)}
        added = [pair for pair in wanted if pair not in self._followed]
        for pair in wanted:
            self._followed[pair] = None
        removed = []
        for pair, since in list(self._followed.items()):
            if pair in wanted:
                continue
            if since is None:
                self._followed[pair] = now
            elif now - since >= self._grace:
                removed.append(pair)
                del self._followed[pair]
        return added, removed

    def symbols(self) -> set[str]:
        return {symbol for _, symbol in self._followed}


def usable(pair: Pair) -> bool:
    """Whether it can be asked for upstream: pages are not trusted with the protocol."""
    event, symbol = pair
    return (
        event in SERVED
        and 0 < len(symbol) <= MAX_SYMBOL
        and symbol.isprintable()
        and (symbol != "*")
    )
