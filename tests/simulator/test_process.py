"""The command: announcement, loopback, taken ports, crashes, and two of them alike."""

from __future__ import annotations

import signal
import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.__main__ import main
from tests.simulator.running import Process, credentials, process

ACCOUNT = "5WT00001"
BUY = {
    "order-type": "Market",
    "time-in-force": "Day",
    "external-identifier": "before the crash",
    "legs": [{"instrument-type": "Equity", "symbol": "MSFT", "action": "Buy to Open",
              "quantity": 3}],
}  # fmt: skip
REST = {
    "order-type": "Limit",
    "time-in-force": "GTC",
    "price": "40.00",
    "price-effect": "Debit",
    "legs": [{"instrument-type": "Equity", "symbol": "PEP", "action": "Buy to Open",
              "quantity": 3}],
}  # fmt: skip
READS = (
    "/customers/me",
    "/customers/me/accounts",
    f"/accounts/{ACCOUNT}/balances/USD",
    f"/accounts/{ACCOUNT}/positions?include-marks=true",
    f"/accounts/{ACCOUNT}/transactions",
    f"/accounts/{ACCOUNT}/orders/live",
    f"/accounts/{ACCOUNT}/net-liq/history?time-back=1d",
    f"/margin/accounts/{ACCOUNT}/requirements",
    "/api-quote-tokens",
)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::"])
def test_only_loopback(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--host", host])
    assert ended.value.code == 2
    assert "not a loopback address" in capsys.readouterr().err


def test_a_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["--port", port]) == 1
    told = capsys.readouterr()
    assert f"port {port} is taken" in told.err
    assert told.out == ""


def state_of(client: httpx.Client, path: str) -> Any:
    """`data` of a read."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def advance(client: httpx.Client, seconds: float) -> None:
    """Move the virtual clock."""
    answer = client.post("/control/clock", json={"advance": seconds})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_announces_itself_and_stops_on_request(number: signal.Signals) -> None:
    with process("--speed", "0") as it:
        assert it.told.keys() >= {
            "api_url", "account_stream_url", "client_id", "client_secret", "refresh_token",
            "accounts", "control_url",
        }  # fmt: skip
        assert it.told["accounts"] == ["5WT00001", "5WT00002", "5WT00003", "5WT00004"]
        answer = httpx.get(f"{it.told['api_url']}/healthz")
        assert answer.json() == {"status": "ok"}
        it.popen.send_signal(number)
        assert it.popen.wait(10) == 0
        assert it.popen.stderr is not None
        assert it.popen.stderr.read() == ""


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "data" / "state.jsonl"
    options = ("--speed", "0", "--state", str(file))
    with process(*options) as first:
        before = _trade(first)
        first.kill()
    with file.open("ab") as torn:
        torn.write(b'{"k":"order","i":"1","v":{"half')
    with process(*options) as second:
        told_again = second.told["refresh_token"] == first.told["refresh_token"]
        assert told_again
        client = second.client()
        for path, data in before.items():
            assert state_of(client, path) == data, path
        advance(client, 5)
        orders = {o["underlying-symbol"]: o for o in state_of(client, READS[5])["items"]}
        assert orders["PEP"]["status"] == "Live"
        ledger = client.get("/control/ledger").json()["entries"]
        assert "before the crash" in [entry.get("external-identifier") for entry in ledger]


def _trade(it: Process) -> dict[str, Any]:
    client = it.client()
    for body in (BUY, REST):
        answer = client.post(f"/accounts/{ACCOUNT}/orders", json=body)
        assert answer.status_code == 201, answer.text
        advance(client, 5)
    held = {p["symbol"]: p for p in state_of(client, f"/accounts/{ACCOUNT}/positions")["items"]}
    assert held["MSFT"]["quantity"] == 3
    # an order that is on its way when the process dies
    answer = client.post(f"/accounts/{ACCOUNT}/orders", json=REST | {"price": "41.00"})
    assert answer.json()["data"]["order"]["status"] == "Routed"
    return {path: state_of(client, path) for path in READS[:-1]}


def test_two_processes_answer_alike() -> None:
    with process("--speed", "0") as one, process("--speed", "0") as two:
        transcripts = [_transcript(it) for it in (one, two)]
    assert transcripts[0] == transcripts[1]


def _transcript(it: Process) -> list[tuple[str, bytes]]:
    """Bytes of the same requests, the port of this process left out."""
    port = it.told["api_url"].rpartition(":")[2].encode()
    client = it.client()
    token = client.post("/oauth/token", json=credentials(it.told))
    found = [("token", token.content)]
    for body in (BUY, REST):
        answer = client.post(f"/accounts/{ACCOUNT}/orders", json=body)
        found.append(("order", answer.content))
        advance(client, 3)
    for path in READS:
        answer = client.get(path)
        found.append((path, answer.content.replace(port, b"PORT")))
        found.append((path, answer.headers["date"].encode()))
    return found


def test_another_seed_is_another_market(tmp_path: Path) -> None:
    with process("--speed", "0", "--seed", "8", "--scenario", "empty") as it:
        client = it.client()
        balance = state_of(client, f"/accounts/{ACCOUNT}/balances/USD")
        assert Decimal(balance["cash-balance"]) == 100_000
