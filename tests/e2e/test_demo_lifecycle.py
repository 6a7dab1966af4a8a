"""`make demo` as a person uses it: up, killed, up again with its data, Ctrl-C, nothing left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest

from embedded import processes
from embedded.folders import socket_folder
from embedded.postgres import Postgres, environment
from tests.e2e.live_desk import ROOT, LiveDesk

PROCESSES = {
    "postgres", "valkey", "simulator", "web", "worker", "reconciler", "beat", "gateway",
}  # fmt: skip


def command(desk: LiveDesk, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "embedded", name],
        cwd=ROOT,
        env=desk.environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )


SHOW = (
    "from brokerage.models import Connection; "
    "print(*Connection.objects.values_list('id', 'environment', 'created_at'))"
)
# A login whose grant is dead: nothing of the desk calls the broker for it.
MAKE_REAL = (
    "from brokerage.models import Connection; from users.models import User; "
    "Connection.objects.create(user=User.objects.get(username='demo'), environment='sandbox', "
    "label='My sandbox', client_secret='s', refresh_token='r', grant_fingerprint='f', "
    "state='reconnect')"
)


def shell(desk: LiveDesk, script: str) -> str:
    return desk.manage("shell", "--no-imports", "-c", script)


def test_a_whole_life(tmp_path: Path) -> None:
    desk = LiveDesk(tmp_path / "data")
    desk.start()
    try:
        assert desk.pids().keys() == PROCESSES
        with urllib.request.urlopen(f"{desk.address}/healthz", timeout=5) as answer:
            assert answer.status == 200
        before = shell(desk, SHOW)
        second = command(desk, "demo")
        assert second.returncode == 1 and "A desk already runs on" in second.stderr

        desk.kill_supervisor()  # its children live on: the next start must end them
        desk.start()
        assert shell(desk, SHOW) == before
        shell(desk, MAKE_REAL)
        simulator = desk.facts["simulator"]
    finally:
        code = desk.stop()
    assert code == 0
    assert desk.survivors() == []
    assert_none_was_shown(desk, simulator["client_secret"], simulator["refresh_token"])
    refused = command(desk, "reset")
    assert refused.returncode == 1 and "sandbox: My sandbox of demo" in refused.stderr
    assert (desk.data / "postgres" / "PG_VERSION").exists()
    assert desk.survivors() == []

    remove_real_login(desk)
    reset = command(desk, "reset")
    assert reset.returncode == 0, reset.stderr
    assert not desk.data.exists()


def remove_real_login(desk: LiveDesk) -> None:
    """Without starting the whole desk once more."""
    server = Postgres(desk.data / "postgres", socket_folder(desk.data))
    server.prepare()
    process = processes.spawn(
        server.command(), env=environment(), cwd=desk.data, output=subprocess.DEVNULL
    )
    try:
        server.wait_ready(process)
        with psycopg.connect(server.url("strikedesk")) as database:
            database.execute(
                "UPDATE brokerage_connection SET environment = 'simulator' "
                "WHERE environment = 'sandbox'"
            )
    finally:
        processes.end_group(process, signal.SIGINT)


def assert_none_was_shown(desk: LiveDesk, *secrets: str) -> None:
    kept = json.loads((desk.data / "keys.json").read_text())
    for file in [*desk.logs.glob("*.log"), desk.output]:
        text = file.read_text()
        for secret in (kept["SECRET_KEY"], kept["FIELD_ENCRYPTION_KEYS"], *secrets):
            assert secret not in text, file.name


@pytest.mark.parametrize("variable", ["PORT", "SIMULATOR_PORT"])
def test_a_taken_port_is_named_before_anything_starts(
    tmp_path: Path, desk: LiveDesk, variable: str
) -> None:
    taken = {"PORT": desk.port, "SIMULATOR_PORT": desk.simulator_port}[variable]
    other = LiveDesk(tmp_path / "data", settings={variable: str(taken)})
    result = command(other, "demo")
    assert result.returncode == 1
    assert f"Port {taken} " in result.stderr and f"{variable}=" in result.stderr
    assert not (other.data / "postgres").exists()


def test_a_reset_is_refused_while_the_desk_runs(desk: LiveDesk) -> None:
    result = command(desk, "reset")
    assert result.returncode == 1 and "A desk already runs on" in result.stderr
    assert (desk.data / "postgres" / "PG_VERSION").exists()
