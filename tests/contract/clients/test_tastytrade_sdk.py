"""`tastytrade-sdk` from PyPI, which knows only the log-in with a password."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.contract.clients.conftest import HERE, PythonClients


@pytest.mark.timeout(120)
def test_log_in_calls_and_quotes(python_clients: PythonClients) -> None:
    control = python_clients.told["control_url"]
    answer = httpx.post(f"{control}/settings", json={"legacy-sessions": True})
    assert answer.status_code == 200
    done = python_clients.run(
        "tastytrade-sdk",
        str(HERE / "drivers" / "sdk.py"),
        LOGIN="demo",
        PASSWORD=answer.json()["legacy-password"],
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["account"] in python_clients.told["accounts"]
    assert seen["equities"] == ["AAPL", "SPY"]
    assert seen["COMPACT"] == ["SPY"]
    assert seen["FULL"] == sorted(["SPY", "BTC/USD", seen["option"], "/ESZ6"])
    assert seen["after"] == "Unauthorized"
