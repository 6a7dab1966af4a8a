"""Lock files pin every package by hash and name no place to fetch them from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
ADDRESS = re.compile(r"https?://|file://|--(extra-)?index-url|--find-links|@ git", re.IGNORECASE)


def requirements(lock: Path) -> dict[str, str]:
    """Package → its whole entry, continuation lines joined."""
    text = re.sub(r"\\\n", " ", lock.read_text())
    entries = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    return {re.split(r"[=<>\[ ;]", entry, maxsplit=1)[0].lower(): entry for entry in entries}


def test_the_locks_are_there() -> None:
    assert [lock.name for lock in LOCKS] == ["bench.txt", "dev.txt", "runtime.txt", "uv.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_names_an_address_and_each_pin_has_hashes(lock: Path) -> None:
    assert not ADDRESS.search(lock.read_text())
    for name, entry in requirements(lock).items():
        assert re.match(r"[\w.\-]+(\[[\w,\-]+\])?==\S+", entry), name
        assert "--hash=sha256:" in entry, name


def test_what_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"]]
    wanted += project["project"]["optional-dependencies"]["embedded"]
    wanted += project["dependency-groups"]["assets"]
    names = {re.split(r"[=<>\[]", text, maxsplit=1)[0].lower() for text in wanted}
    assert names <= requirements(ROOT / "requirements" / "runtime.txt").keys()
    dev = {
        re.split(r"[=<>\[]", t, maxsplit=1)[0].lower() for t in project["dependency-groups"]["dev"]
    }
    assert names | dev <= requirements(ROOT / "requirements" / "dev.txt").keys()


def test_tests_run_on_the_versions_that_are_served() -> None:
    runtime, dev = (requirements(ROOT / "requirements" / f"{n}.txt") for n in ("runtime", "dev"))
    pin = re.compile(r"==([^\s;]+)")
    for name, entry in runtime.items():
        assert pin.search(entry)[1] == pin.search(dev[name])[1], name  # type: ignore[index]


def test_the_front_end_lock_pins_by_hash_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-"), name
    npmrc = (ROOT / ".npmrc").read_text()
    assert "registry=" not in npmrc.replace("omit-lockfile-registry-resolved=", "")
    assert "ignore-scripts=true" in npmrc
