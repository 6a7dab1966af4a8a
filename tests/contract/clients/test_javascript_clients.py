"""`@tastytrade/api` and `@dxfeed/dxlink-api` from npm: given addresses, otherwise as published."""

from __future__ import annotations

import pytest

from tests.contract.clients.conftest import NodeClients


@pytest.mark.timeout(240)
@pytest.mark.parametrize("version", ["", "20251101"], ids=["no version", "a version"])
def test_every_call_of_the_api_client(node_clients: NodeClients, version: str) -> None:
    told = node_clients.run("api.mjs", VERSION=version)
    assert told["failed"] == {}
    assert told["calls"] >= 70
    assert told["beats"] > 0
    assert told["events"] > 20


@pytest.mark.timeout(240)
def test_the_dxlink_client(node_clients: NodeClients) -> None:
    told = node_clients.run("dxlink.mjs")
    for form in ("FULL", "COMPACT"):
        assert told[form]["types"] == ["Candle", "Quote", "Trade"]
        assert told[form]["quote"] is True
        assert told[form]["candles"] >= 10
    depth = told["depth"]
    assert depth["bids"] and depth["asks"] and not depth["crossed"]
    assert "AUTHORIZED" in told["states"]
    assert told["errors"] == 0
    assert told["refused"] == {"authorized": False}
