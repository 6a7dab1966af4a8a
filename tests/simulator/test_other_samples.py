"""The samples that no other test produces: refusals, writes, the retirement account, requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import NUMBER, Desk
from tests.simulator.shapes import SAMPLES, differences, sample
from tests.simulator.test_samples import GETS, OPTION_KEYS, ROW_KEYS

IRA = "5WT00002"
MARKET = (
    "instruments.json", "option-chains.json", "market-data.json", "market-metrics.json",
    "market-time.json", "symbol-search.json",
)  # fmt: skip


def same(file: str, key: str, answer: httpx.Response, more: frozenset[str] = frozenset()) -> None:
    """Status, keys, types and nesting."""
    row = whole(file, key)
    assert answer.status_code == row["status"], answer.text
    if row["body"] is None:
        assert answer.content == b""
    elif isinstance(row["body"], str):
        assert "text/" in answer.headers["content-type"]
    else:
        assert differences(row["body"], answer.json(), more) == []


def whole(file: str, start: str) -> Any:
    """Status and body of the sample whose key begins so."""
    rows = json.loads((SAMPLES / file).read_text())
    return rows.get(start) or next(row for name, row in rows.items() if name.startswith(start))


# -- reading ---------------------------------------------------------------------------------

READS: list[tuple[str, str, str, frozenset[str]]] = [
    ("accounts.json", "GET /customers/me/accounts/5WX99999",
     "/customers/me/accounts/5WX99999", frozenset()),
    ("accounts.json", "GET /accounts/5WX99999/positions", "/accounts/5WX99999/positions",
     frozenset()),
    ("customer.json", "GET /customers/12345", "/customers/12345", frozenset()),
    ("balances.json", f"GET /accounts/{IRA}/balances/USD", f"/accounts/{IRA}/balances/USD",
     frozenset()),
    ("trading-status.json", f"GET /accounts/{IRA}/trading-status",
     f"/accounts/{IRA}/trading-status", frozenset()),
    ("positions.json", f"GET /accounts/{IRA}/positions?include-marks=true",
     f"/accounts/{IRA}/positions?include-marks=true", OPTION_KEYS),
    ("positions.json", f"GET /accounts/{NUMBER}/positions?symbol=ZZZZ",
     f"/accounts/{NUMBER}/positions?symbol=ZZZZ", frozenset()),
    ("positions.json", f"GET /accounts/{NUMBER}/positions?underlying-symbol",
     f"/accounts/{NUMBER}/positions?underlying-symbol[]=SPY&underlying-symbol[]=NVDA",
     OPTION_KEYS),
    ("positions.json", f"GET /accounts/{NUMBER}/positions?include-closed",
     f"/accounts/{NUMBER}/positions?include-closed-positions=true&symbol=TSLA", OPTION_KEYS),
    ("transactions.json", f"GET /accounts/{IRA}/transactions?",
     f"/accounts/{IRA}/transactions?per-page=250&page-offset=0", ROW_KEYS),
    ("transactions.json", f"GET /accounts/{NUMBER}/transactions?per-page=5",
     f"/accounts/{NUMBER}/transactions?per-page=5&page-offset=1", ROW_KEYS),
    ("transactions.json", f"GET /accounts/{NUMBER}/transactions?types[]",
     f"/accounts/{NUMBER}/transactions?types[]=Money%20Movement&start-date=2026-03-01", ROW_KEYS),
    ("transactions.json", f"GET /accounts/{NUMBER}/transactions?start-date=2027",
     f"/accounts/{NUMBER}/transactions?start-date=2027-01-01", ROW_KEYS),
    ("transactions.json", f"GET /accounts/{NUMBER}/transactions/total-fees?date=2026-03-11",
     f"/accounts/{NUMBER}/transactions/total-fees?date=2026-11-18", frozenset()),
    ("transactions.json", f"GET /accounts/{NUMBER}/transactions/total-fees?date=2026-03-08",
     f"/accounts/{NUMBER}/transactions/total-fees?date=2026-11-15", frozenset()),
    ("margin.json", "GET /margin-requirements-public-configuration",
     "/margin-requirements-public-configuration", frozenset()),
    ("net-liq-history.json", f"GET /accounts/{NUMBER}/net-liq/history?time-back=7d",
     f"/accounts/{NUMBER}/net-liq/history?time-back=7d", frozenset()),
    ("balance-snapshots.json", f"GET /accounts/{NUMBER}/balance-snapshots?time-of-day=BOD",
     f"/accounts/{NUMBER}/balance-snapshots?time-of-day=BOD&snapshot-date=2026-11-17",
     frozenset({"intraday-futures-cash-amount", "intraday-futures-cash-effect",
                "intraday-futures-cash-effective-date"})),
    ("api-quote-tokens.json", "GET /api-quote-tokens  (production)", "/api-quote-tokens",
     frozenset()),
]  # fmt: skip


@pytest.mark.parametrize(("file", "key", "path", "more"), READS, ids=[r[1] for r in READS])
async def test_reading(demo: Desk, file: str, key: str, path: str, more: frozenset[str]) -> None:
    same(file, key, await demo.client.get(path), more)


async def test_one_transaction(demo: Desk) -> None:
    rows = await demo.get(f"/accounts/{NUMBER}/transactions", **{"per-page": "250"})
    future = next(r for r in rows["items"] if r.get("instrument-type") == "Future")
    answer = await demo.client.get(f"/accounts/{NUMBER}/transactions/{future['id']}")
    same("transactions.json", f"GET /accounts/{NUMBER}/transactions/300101370", answer, ROW_KEYS)


async def test_both_shapes_of_the_balances(demo: Desk) -> None:
    path = f"/accounts/{NUMBER}/balances"
    listed = await demo.client.get(path, headers={"accept-version": "20251101"})
    same("balances.json", f"GET {path}  (items form", listed)
    same("balances.json", f"GET {path}  (object form", await demo.client.get(path))


# -- writing ---------------------------------------------------------------------------------


async def test_watchlists(desk: Desk) -> None:
    entries = sample("watchlists.json", "POST /watchlists")["data"]["watchlist-entries"]
    body = {"name": "Wheel candidates", "watchlist-entries": entries, "group-name": "main",
            "order-index": 1}  # fmt: skip
    path = "/watchlists/Wheel%20candidates"
    same("watchlists.json", "POST /watchlists", await desk.client.post("/watchlists", json=body))
    same("watchlists.json", f"GET {path}", await desk.client.get(path))
    put = await desk.client.put(path, json={**body, "watchlist-entries": entries[:1]})
    same("watchlists.json", f"PUT {path}", put)
    same("watchlists.json", f"DELETE {path}", await desk.client.delete(path))
    missing = await desk.client.post("/watchlists", json={"watchlist-entries": entries})
    same("watchlists.json", "POST /watchlists  (name missing)", missing)
    # the contract shows either spelling within one answer
    spelling = frozenset({"instrument-type", "instrument_type"})
    public = await desk.client.get("/public-watchlists")
    same("watchlists.json", "GET /public-watchlists", public, spelling)


async def test_quote_alerts(desk: Desk) -> None:
    body = {"symbol": "AAPL", "field": "Last", "operator": ">", "threshold": "9999.00",
            "threshold-numeric": "9999.00", "instrument-type": "Equity",
            "dx-symbol": "AAPL"}  # fmt: skip
    made = await desk.client.post("/quote-alerts", json=body)
    same("quote-alerts.json", "POST /quote-alerts", made)
    same("quote-alerts.json", "GET /quote-alerts", await desk.client.get("/quote-alerts"))
    number = made.json()["data"]["alert-external-id"]
    gone = await desk.client.delete(f"/quote-alerts/{number}")
    same("quote-alerts.json", "DELETE /quote-alerts", gone)


async def test_the_end_of_a_legacy_session(desk: Desk) -> None:
    await desk.client.post("/control/settings", json={"legacy-sessions": True})
    user = next(iter(desk.world.users))
    body = {"login": user, "password": desk.world.settings.legacy_password}
    token = (await desk.client.post("/sessions", json=body)).json()["data"]["session-token"]
    ended = await desk.client.delete("/sessions", headers={"authorization": token})
    same("sessions-legacy.json", "DELETE /sessions", ended)
    stale = await desk.client.get("/customers/me", headers={"authorization": token})
    same("errors.json", "401 stale legacy session", stale)
    wrong = await desk.client.post("/sessions", json={**body, "password": "no"})
    same("errors.json", "401 bad username/password", wrong)


# -- refusals --------------------------------------------------------------------------------


async def test_refusals_of_the_services(desk: Desk) -> None:
    get = desk.client.get
    same("errors.json", "401 missing", await get("/customers/me", headers={"authorization": "x"}))
    same("errors.json", "401 no or malf", await get("/customers/me", headers={"user-agent": ""}))
    same("errors.json", "403 other", await get("/accounts/5WX99999/positions"))
    same("errors.json", "404 unknown", await get("/customers/me/accounts/5WX99999"))
    retired = {"accept-version": "20200101"}
    same("errors.json", "406 retired", await get("/customers/me", headers=retired))
    same("errors.json", "400 parameter", await get(f"/accounts/{NUMBER}/balance-snapshots"))
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Market")
    body["time-in-force"] = "GTC"
    refused = await desk.client.post(f"/accounts/{NUMBER}/orders/dry-run", json=body)
    same("errors.json", "422 preflight", refused)


SCRIPTED = ("429 (plain", "502 service", "SEED 401 token", "SEED 401 invalid", "422 two failures",
            "SEED 400 validation_error (details of", "SEED 400 validation_error (details per",
            "SEED 429")  # fmt: skip


@pytest.mark.parametrize("key", SCRIPTED)
async def test_refusals_on_request(desk: Desk, key: str) -> None:
    """What other hosts, older documents and proxies say is said by a fault."""
    row = whole("errors.json", key)
    html = isinstance(row["body"], str) and "<html>" in row["body"]
    fault = {"status": row["status"], "html": html} | ({} if html else {"body": row["body"]})
    assert (await desk.client.post("/control/faults", json=fault)).status_code == 200
    answer = await desk.client.get("/customers/me")
    assert answer.status_code == row["status"]
    if not isinstance(row["body"], str):
        assert answer.json() == row["body"]
    assert (await desk.client.get("/customers/me")).status_code == 200


# -- request bodies --------------------------------------------------------------------------

REQUESTS = sorted(path.stem for path in (SAMPLES / "orders").glob("request_*.json"))


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_documented_body_is_understood(desk: Desk, name: str) -> None:
    """Accepted, or refused by the preflight (other prices here) – never as malformed."""
    request = json.loads((SAMPLES / "orders" / f"{name}.json").read_text())["request"]
    path = f"/accounts/{NUMBER}/{request['path'].split('/', 3)[3]}"
    path, body = path.replace("5WT00017", NUMBER), request["body"]
    if request["method"] != "POST":
        answer = await desk.client.request(request["method"], path, json=body)
        assert answer.status_code in (404, 422), answer.text
        return
    answer = await desk.client.post(path, json=body)
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 422:
        assert answer.json()["error"]["code"] == "preflight_check_failure", answer.text


# -- nothing is left out ---------------------------------------------------------------------

ELSEWHERE = {
    # another host of the broker, no part of this API
    "backtesting.json",
    # test_oauth.py, test_sessions_legacy.py
    "oauth.json",
    "sessions-legacy.json",
}
DRY_RUN = "POST /margin/accounts"  # test_samples.py


def test_every_rest_sample_is_produced_by_a_test() -> None:
    here = Path(__file__).read_text()
    named = [
        ("margin.json", DRY_RUN),
        ("balances.json", "GET"),
        *((row[0], row[1]) for row in (*GETS, *READS)),
    ]
    lost = []
    for path in SAMPLES.glob("*.json"):
        if path.name in MARKET or path.name in ELSEWHERE:
            continue
        for key in json.loads(path.read_text()):
            known = any(file == path.name and key.startswith(start) for file, start in named)
            words = key.replace(NUMBER, "{NUMBER}").split("  ")[0].split("?")[0]
            told = words in here or key[:8] in here or key.split(" ")[0] in ("PUT", "DELETE")
            if key != "_about" and not known and not told:
                lost.append(f"{path.name}: {key}")
    assert lost == []
