"""The contract's samples of the market's families, asked of the simulator at the samples' instant.

Values differ; keys, JSON types and the way numbers, dates and times are written do not. Keys that
may be absent are those that the contract marks so. Sessions must be equal to the letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from simulator.clock import Clock
from simulator.http import ApiError
from simulator.market.market import Market
from simulator.model import Settings
from simulator.rest import (
    chains,
    instruments,
    market_data,
    market_time,
    metrics,
    precisions,
    search,
)

SAMPLES = Path(__file__).parents[2] / "contract" / "samples"
INSTANT = datetime(2026, 3, 11, 18, 30, tzinfo=UTC)
FILES = (
    "instruments.json", "option-chains.json", "market-data.json", "market-metrics.json",
    "market-time.json", "symbol-search.json",
)  # fmt: skip
# marked with a question mark, "optional" or "absent" in the contract
OPTIONAL_TEXT = """
    instrument-sub-type cusip borrow-rate is-fractional-quantity-eligible is-fraud-risk tick-sizes
    option-tick-sizes contract-size first-notice-date main-fraction sub-fraction closing-only-date
    future-etf-equivalent spread-tick-sizes streamer-symbol roll-target-symbol option-products
    max-quantity-precision max-price-precision symbol threshold exchange stops-trading-at
    deliverables instrument-type call-streamer-symbol put-streamer-symbol
    bid bid-size last-ext close open-interest volume beta dividend-amount dividend-frequency
    year-low-price year-high-price low-limit-price high-limit-price
"""
OPTIONAL = frozenset(OPTIONAL_TEXT.split())
KINDS = (
    ("stamp", re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")),
    ("zulu", re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")),
    ("date", re.compile(r"^\d{4}-\d\d-\d\d$")),
    ("decimal", re.compile(r"^-?\d+\.\d+$")),
)


def requests() -> list[Any]:
    return list(_requests())


def _requests() -> Iterator[Any]:
    for file in FILES:
        for name, answer in json.loads((SAMPLES / file).read_text()).items():
            if name != "_about" and "plural list" not in name:
                yield pytest.param(name.partition("  ")[0], answer, id=f"{file}:{name}")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    market = Market(7, Clock(INSTANT, speed=0))
    world: Any = SimpleNamespace(
        market=market, clock=Clock(INSTANT, speed=0), settings=Settings(), announcements={}
    )
    families = (chains, instruments, market_data, market_time, metrics, precisions, search)
    app = Starlette(
        routes=[route for family in families for route in family.routes(world)],
        exception_handlers={ApiError: lambda _, failure: failure.response()},  # type: ignore
    )
    app.state.world = world
    with TestClient(app) as found:
        yield found


def kind(value: Any) -> str:
    if isinstance(value, str):
        return next((name for name, pattern in KINDS if pattern.match(value)), "text")
    return type(value).__name__


def differences(sample: Any, ours: Any, where: str = "") -> list[str]:
    if kind(sample) != kind(ours):
        return [f"{where}: {kind(sample)} became {kind(ours)} ({ours!r})"]
    if isinstance(sample, dict):
        lost = [f"{where}.{k} is missing" for k in sample if k not in ours and k not in OPTIONAL]
        new = [f"{where}.{k} is new" for k in ours if k not in sample and k not in OPTIONAL]
        both = sorted(set(sample) & set(ours))
        return (
            lost + new + [d for k in both for d in differences(sample[k], ours[k], f"{where}.{k}")]
        )
    if isinstance(sample, list) and sample and not ours:
        return [f"{where}: empty"]
    if isinstance(sample, list) and sample:
        ours = ours[:: 1 + len(ours) // 60]
        return [d for n, item in enumerate(ours) for d in closest(sample, item, f"{where}[{n}]")]
    return []


def closest(samples: list[Any], ours: Any, where: str) -> list[str]:
    """What sets an item apart from the sample's item that is most like it."""
    return min((differences(s, ours, where) for s in samples), key=len)


def target(request: str) -> str:
    path = request.split(" ", 1)[1]
    if "equity-option=..." in path:
        path = path.replace("equity-option=...", "equity-option=SPY%20%20%20260417P00560000")
        path = path.replace("future-option=...", "future-option=./ESM6%20EW2J6%20260410P5400")
    return path


@pytest.mark.parametrize(("request_line", "answer"), requests())
def test_sample(client: TestClient, request_line: str, answer: dict[str, Any]) -> None:
    found = client.get(target(request_line))
    assert found.status_code == answer["status"]
    body = found.json()
    if found.status_code >= 400:
        assert body == answer["body"]
        return
    assert sorted(body) == sorted(answer["body"])
    assert body.get("context") == answer["body"].get("context")
    assert differences(answer["body"], body)[:10] == []


@pytest.mark.parametrize(
    ("request_line", "answer"),
    [p for p in requests() if "/market-time/" in p.values[0] and "holidays" not in p.values[0]],
)
def test_sessions_to_the_letter(
    client: TestClient, request_line: str, answer: dict[str, Any]
) -> None:
    assert client.get(target(request_line)).json() == answer["body"]


def test_holidays_of_the_year(client: TestClient) -> None:
    sample = json.loads((SAMPLES / "market-time.json").read_text())
    wanted = sample["GET /market-time/equities/holidays"]["body"]["data"]
    ours = client.get("/market-time/equities/holidays").json()["data"]
    for name, days in wanted.items():
        assert [d for d in ours[name] if d.startswith("2026")] == days


# -- odd requests ----------------------------------------------------------------------------


def rows(client: TestClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]["items"]
    return found


def test_symbols_of_the_wrong_kind_are_passed_over(client: TestClient) -> None:
    asked = "symbol%5B%5D=SPY&symbol%5B%5D=BTC%2FUSD&symbol%5B%5D=%2FESM6&symbol[]=NOPE"
    for path, symbol in (
        ("equities", "SPY"),
        ("cryptocurrencies", "BTC/USD"),
        ("futures", "/ESM6"),
    ):
        assert [r["symbol"] for r in rows(client, f"/instruments/{path}?{asked}")] == [symbol]
    for path in ("equity-options", "future-options", "warrants"):
        assert rows(client, f"/instruments/{path}?{asked}") == []


def test_futures_with_and_without_their_slash(client: TestClient) -> None:
    for spelling in ("ESM6", "%2FESM6", "/ESM6"):
        answer = client.get(f"/instruments/futures/{spelling}")
        assert answer.json()["data"]["symbol"] == "/ESM6"
    assert [r["symbol"] for r in rows(client, "/instruments/futures?symbol[]=ESM6")] == ["/ESM6"]


def test_filters_and_pages_of_shares(client: TestClient) -> None:
    first = client.get("/instruments/equities/active?per-page=50").json()
    second = client.get("/instruments/equities/active?per-page=50&page-offset=1").json()
    symbols = [r["symbol"] for page in (first, second) for r in page["data"]["items"]]
    assert len(set(symbols)) == len(symbols) == first["pagination"]["total-items"] >= 60
    assert all(r["is-etf"] for r in rows(client, "/instruments/equities?is-etf=True"))
    indices = {r["symbol"] for r in rows(client, "/instruments/equities?is-index=true")}
    assert {"SPX", "XSP", "VIX", "NDX", "RUT"} <= indices
    assert not indices & set(symbols)
    assert client.get("/instruments/equities?per-page=x").status_code == 400


def test_by_type_takes_commas_and_repetition_and_at_most_a_hundred(client: TestClient) -> None:
    path = "/market-data/by-type?index=SPX&index=VIX&equity=AAPL,SPY,NOPE&future=/ESM6"
    assert {r["symbol"] for r in rows(client, path)} == {"SPX", "VIX", "AAPL", "SPY", "/ESM6"}
    assert client.get("/market-data/by-type?equity=" + "A," * 101 + "B").status_code == 200
    many = ",".join(f"A{n}" for n in range(101))
    assert client.get(f"/market-data/by-type?equity={many}").status_code == 400
    assert client.get("/market-data/Equity/SPX").status_code == 404
    assert client.get("/market-data/Equity%20Option/SPY%20%20%20260417P00560000").status_code == 200


def test_symbols_with_slashes_in_paths(client: TestClient) -> None:
    for path in ("/instruments/equities/BRK%2FB", "/option-chains/BRK%2FB/nested",
                 "/market-data/Equity/BRK%2FB", "/instruments/cryptocurrencies/ETH%2FUSD",
                 "/market-metrics/historic-corporate-events/dividends/BRK%2FB"):  # fmt: skip
        assert client.get(path).status_code == 200, path


def test_every_option_of_a_chain_is_an_instrument(client: TestClient) -> None:
    chain = rows(client, "/option-chains/SPX/nested")
    assert [c["root-symbol"] for c in chain] == ["SPX", "SPXW"]
    for item in chain:
        for end in (item["expirations"][0], item["expirations"][-1]):
            for strike in end["strikes"][:: len(end["strikes"]) // 4]:
                one = client.get(f"/instruments/equity-options/{strike['put']}").json()["data"]
                assert one["expiration-date"] == end["expiration-date"]
                assert one["streamer-symbol"] == strike["put-streamer-symbol"]
                assert one["strike-price"] == strike["strike-price"]
                assert one["settlement-type"] == end["settlement-type"]


def test_every_future_option_of_a_chain_is_an_instrument(client: TestClient) -> None:
    for code in ("ES", "CL", "GC", "ZB", "6E", "ZC", "NG"):
        data = client.get(f"/futures-option-chains/{code}/nested").json()["data"]
        contracts = {f["symbol"] for f in data["futures"]}
        ends = data["option-chains"][0]["expirations"]
        assert len(ends) > 3
        for end in ends:
            strike = end["strikes"][len(end["strikes"]) // 2]
            path = f"/instruments/future-options/{strike['call'].replace('/', '%2F')}"
            one = client.get(path).json()["data"]
            assert one["underlying-symbol"] == end["underlying-symbol"]
            assert one["streamer-symbol"] == strike["call-streamer-symbol"]
            assert end["underlying-symbol"] in contracts
        if code == "ES":
            assert "call-streamer-symbol" in ends[0]["strikes"][-1], "clients insist on it"


def test_metrics_are_consistent(client: TestClient) -> None:
    found = rows(client, "/market-metrics?symbols=AAPL,BRK%2FB,SPY,SPX,GLD,/ES,NOPE")
    assert [r["symbol"] for r in found] == ["AAPL", "BRK/B", "SPY", "SPX", "GLD", "/ES"]
    for row in found:
        assert 0 <= float(row["implied-volatility-index-rank"]) <= 1
        assert 0 <= float(row["implied-volatility-percentile"]) <= 1
        index = float(row["implied-volatility-index"])
        assert float(row["implied-volatility-30-day"]) == pytest.approx(index * 100, rel=1e-6)
        assert row["option-expiration-implied-volatilities"]
    spy = next(r for r in found if r["symbol"] == "SPY")
    assert float(spy["corr-spy-3month"]) == 1.0
    assert client.get("/market-metrics").status_code == 400


def test_sessions_refuse_what_they_cannot_serve(client: TestClient) -> None:
    for path in ("/market-time/sessions/current", "/market-time/sessions",
                 "/market-time/sessions?to-date=2027-12-31&from-date=2026-01-01",
                 "/market-time/sessions/current?instrument-collections[]=Smalls"):  # fmt: skip
        assert client.get(path).status_code == 400, path
    assert client.get("/market-time/futures/sessions/current/XYZ").status_code == 404


def test_search(client: TestClient) -> None:
    assert [r["symbol"] for r in rows(client, "/symbols/search/AAP")] == ["AAP", "AAPL"]
    assert rows(client, "/symbols/search/aapl")[0]["symbol"] == "AAPL"
    assert "KO" in [r["symbol"] for r in rows(client, "/symbols/search/coca")]
    assert rows(client, "/symbols/search/BRK%2FB")[0]["symbol"] == "BRK/B"
    assert rows(client, "/symbols/search/%2FES")[0]["instrument-type"] == "Future"
    found = rows(client, "/instruments/search?query=gold&type=Future,Equity&limit=100")
    assert {r["instrument-type"] for r in found} == {"Future", "Equity"}
