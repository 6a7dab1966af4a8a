from __future__ import annotations

from pathlib import Path

import pytest

from embedded import browser
from embedded.errors import BinaryMissing


def test_a_named_browser_comes_first_and_must_be_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    monkeypatch.setenv("CHROMIUM", str(program))
    with pytest.raises(BinaryMissing, match="no program"):
        browser.find()
    program.chmod(0o755)
    assert browser.find() == str(program)


def test_without_any_browser_it_is_one_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    for step in ("_playwrights_own", "_download", "_debian_package"):
        monkeypatch.setattr(browser, step, lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BinaryMissing, match="Install Chromium, or set CHROMIUM"):
        browser.obtain()
    with pytest.raises(BinaryMissing, match="make test"):
        browser.launch_options()
