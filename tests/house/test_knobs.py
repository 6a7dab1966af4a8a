"""Each knob of the server stands in .env.example, and nothing stands there that turns nothing."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Read by docker-compose.yml, by `make demo` or by the tests, not by the settings.
ELSEWHERE = {
    "BIND", "CHROMIUM", "DATA_DIR", "HOST", "PG_BIN", "PORT", "POSTGRES_PASSWORD",
    "SIMULATOR_PORT", "SIMULATOR_SCENARIO", "SIMULATOR_SEED", "SIMULATOR_SPEED",
    "SIMULATOR_START", "VALKEY_BIN", "VALKEY_PASSWORD", "VERBOSE",
}  # fmt: skip


def listed() -> list[str]:
    text = (ROOT / ".env.example").read_text()
    return re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)


def test_each_knob_of_the_settings_is_listed_once_and_no_other() -> None:
    settings = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z0-9_]+)\"", settings))
    names = listed()
    assert len(names) == len(set(names))
    assert set(names) - ELSEWHERE == read


def test_no_secret_has_a_value() -> None:
    text = (ROOT / ".env.example").read_text()
    secret = re.findall(r"^#? ?(\w*(?:SECRET|PASSWORD|_KEY)\w*)=(.*)$", text, re.MULTILINE)
    assert secret and all(value == "" for _name, value in secret)
