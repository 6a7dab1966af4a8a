"""A real server: started, asked, killed, recovered, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import privileges, processes
from embedded.errors import BinaryMissing, EmbeddedError
from embedded.folders import socket_folder
from embedded.postgres import Postgres, environment

Running = subprocess.Popen[bytes]


def start(server: Postgres) -> Running:
    server.prepare()
    with (server.data.parent / "log").open("ab") as log:
        process = processes.spawn(
            server.command(),
            env=environment(),
            cwd=server.data.parent,
            output=log,
            **privileges.demotion().options,
        )
    server.wait_ready(process)
    return process


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    data = tmp_path_factory.mktemp("pg")
    return Postgres(data / "postgres", socket_folder(data))


@pytest.fixture
def running(server: Postgres) -> Iterator[Running]:
    process = start(server)
    yield process
    processes.end_group(process, signal.SIGINT)


def ask(server: Postgres, sql: str) -> str:
    result = server._query(sql)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_it_listens_on_its_socket_alone_and_keeps_what_was_committed(
    server: Postgres, running: Running
) -> None:
    assert ask(server, "SHOW listen_addresses") == ""
    assert ask(server, "SHOW synchronous_commit") == "on"
    server.create_database("desk")
    server.create_database("desk")  # the second time changes nothing
    assert ask(server, "SELECT count(*) FROM pg_database WHERE datname = 'desk'") == "1"


def test_a_killed_server_comes_back_with_every_commit(server: Postgres, running: Running) -> None:
    ask(server, "CREATE TABLE kept (n int)")
    ask(server, "INSERT INTO kept SELECT generate_series(1, 500)")
    running.kill()
    running.wait()
    assert (server.data / "postmaster.pid").exists()
    again = start(server)
    try:
        assert ask(server, "SELECT count(*) FROM kept") == "500"
    finally:
        processes.end_group(again, signal.SIGINT)


def test_a_lock_whose_number_now_belongs_to_another_program_is_no_obstacle(
    server: Postgres,
) -> None:
    processes.end_group(start(server), signal.SIGINT)
    lock = server.data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{server.data}\n")
    processes.end_group(start(server), signal.SIGINT)
    assert not lock.exists()


def test_a_server_that_a_killed_supervisor_left_is_ended_before_a_start(server: Postgres) -> None:
    left = start(server)
    again = start(server)
    try:
        assert left.wait(5) is not None
        assert ask(server, "SELECT 1") == "1"
    finally:
        processes.end_group(again, signal.SIGINT)


def test_data_of_another_version_is_refused_with_a_way_out(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"written by PostgreSQL 9; .* PG_BIN"):
        Postgres(data, tmp_path).prepare()
    assert (data / "PG_VERSION").read_text() == "9\n"


def test_a_named_folder_without_a_server_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(BinaryMissing, match="PG_BIN"):
        Postgres(tmp_path / "postgres", tmp_path).command()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user needs no demotion")
def test_as_root_without_namespaces_it_runs_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privileges, "_namespaces_allowed", lambda: False)
    with tempfile.TemporaryDirectory() as name:
        server = Postgres(Path(name) / "postgres", socket_folder(Path(name)))
        process = start(server)
        try:
            assert Path(f"/proc/{process.pid}").stat().st_uid == 65534
            assert ask(server, "SELECT 1") == "1"
        finally:
            processes.end_group(process, signal.SIGINT)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user needs no demotion")
def test_a_folder_that_nobody_may_enter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privileges, "_namespaces_allowed", lambda: False)
    with tempfile.TemporaryDirectory() as name:  # for its owner alone
        data = Path(name) / "data"
        data.mkdir()
        with pytest.raises(EmbeddedError, match="DATA_DIR"):
            Postgres(data / "postgres", socket_folder(data)).prepare()
