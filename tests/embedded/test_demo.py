"""The demo's command line, short of starting everything (tests/e2e does that)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from embedded import demo
from embedded.__main__ import main
from embedded.desk import Desk
from embedded.errors import EmbeddedError
from embedded.readiness import Announcement

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "SIMULATOR_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_named_servers_are_used_and_none_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path / "data", port=8000, simulator_port=8100)
    assert [service.name for service in desk.servers()] == ["postgres", "valkey"]
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/desk")
    monkeypatch.setenv("REDIS_URL", "redis://valkey.example/0")
    assert desk.servers() == []
    told = desk.environment()
    assert told["DATABASE_URL"] == "postgresql://db.example/desk"
    assert told["REDIS_URL"] == "redis://valkey.example/0"


def test_secrets_of_the_simulator_reach_the_seed_and_nobody_through_arguments(
    tmp_path: Path,
) -> None:
    told = Announcement(set())
    assert told.see('{"client_id": "c", "client_secret": "hush-1", "refresh_token": "hush-2"}')
    desk = Desk(tmp_path / "data", port=8000, simulator_port=8100, simulator=told)
    assert desk.seed_environment()["SIMULATOR_REFRESH_TOKEN"] == "hush-2"
    assert "hush-2" not in desk.environment().values()
    services = [*desk.servers(), desk.simulator_service(), *desk.services()]
    arguments = " ".join(word for service in services for word in service.command)
    assert "hush" not in arguments
    assert not set(desk.keys.values()) & set(arguments.split())


def test_a_reset_leaves_a_database_alone_that_is_not_the_demos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/desk")
    with pytest.raises(EmbeddedError, match="nothing was removed"):
        demo.reset()
    assert (tmp_path / "data").exists()


def test_a_reset_without_data_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reset"]) == 0
    assert "no data" in capsys.readouterr().out


def test_two_desks_on_one_folder_are_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    refusal = pytest.raises(EmbeddedError, match=r"already runs .*DATA_DIR")
    with demo._alone(data), refusal, demo._alone(data):
        raise AssertionError("both hold it")


def test_an_error_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "demo"]
    env = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path / "d"), "PORT": "many"}
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr.strip() == "PORT must be a port from 1 to 65535, not 'many'."
