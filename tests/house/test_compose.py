"""docker-compose.yml: valid, complete, and without a secret of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
OURS = {"web", "worker", "reconciler", "beat", "gateway", "migrate", "simulator"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text())["services"])


def test_it_follows_the_compose_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*command, str(FILE)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_process_of_the_desk_is_there(services: dict[str, Any]) -> None:
    assert set(services) >= OURS | {"db", "valkey"}
    assert services["simulator"]["profiles"] == ["simulator"]
    assert all("profiles" not in services[name] for name in OURS - {"simulator"})


def test_each_queue_is_served(services: dict[str, Any]) -> None:
    served = [
        queue
        for service in services.values()
        if "-Q" in service.get("command", [])
        for queue in service["command"][service["command"].index("-Q") + 1].split(",")
    ]
    assert sorted(served) == ["default", "reconcile", "sync"]


def test_no_secret_has_a_default(services: dict[str, Any]) -> None:
    text = FILE.read_text()
    required = {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    for name in required:
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert uses and all(use.startswith(":?") for use in uses), name
    for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", text):
        assert not re.search("SECRET|PASSWORD|KEY|TOKEN", name) or default == "", name


def test_the_database_and_valkey_are_published_to_nobody(services: dict[str, Any]) -> None:
    publishing = {name for name, service in services.items() if "ports" in service}
    assert publishing == {"network"}
    assert services["network"]["ports"] == ["${BIND:-127.0.0.1}:${PORT:-8000}:8000"]


def test_every_variable_is_explained_in_the_example() -> None:
    explained = set(re.findall(r"^#? ?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", FILE.read_text()))
    assert used <= explained
