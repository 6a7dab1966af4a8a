"""What one contract of an adjusted option class delivers: the option itself does not say.

The option chain does, per root. Its list is kept in the raw object of the option's instrument,
under the name that the chain has for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from brokerage.sync.pacing import PacedClient
from brokerage.tastytrade import errors
from brokerage.tastytrade.resources import chains

ADJUSTED = "Non-standard"
NAME = "deliverables"


def with_deliverables(client: PacedClient, options: Iterable[Any]) -> Iterator[Any]:
    """The same payloads; those of adjusted classes with their deliverables. One call an
    underlying that has any."""
    known: dict[str, dict[str, list[Any]]] = {}
    for option in options:
        if getattr(option, "option_chain_type", "") == ADJUSTED:
            underlying = option.underlying_symbol
            if underlying not in known:
                known[underlying] = _by_root(client, underlying)
            listed = known[underlying].get(option.root_symbol)
            if listed is not None:
                option.raw[NAME] = listed
        yield option


def _by_root(client: PacedClient, underlying: str) -> dict[str, list[Any]]:
    try:
        found = client.send(chains.compact(underlying))
    except (errors.NotFound, errors.Forbidden):
        # Delisted, or not public: the class stands without its list.
        return {}
    return {chain.root_symbol: list(chain.raw.get(NAME, [])) for chain in found}
