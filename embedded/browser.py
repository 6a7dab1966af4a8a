"""A Chromium for the browser tests: one that is there, the test tool's own, or Debian's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from embedded.errors import BinaryMissing

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Keeps a browser under test from talking to its maker.
_QUIET = (
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
    "--disable-component-update",
    "--disable-default-apps",
)


def find() -> str | None:
    """The browser's program: $CHROMIUM, playwright's own, then the system's; None without one."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise BinaryMissing(f"CHROMIUM names {named}, which is no program.")
        return named
    return _playwrights_own() or next(filter(None, map(shutil.which, _NAMES)), None)


def obtain() -> str:
    """The same, installing one where there is none; BinaryMissing when that fails too."""
    found = find() or _download() or _debian_package()
    if not found:
        raise BinaryMissing(
            "The browser tests need Chromium: none was found, playwright could not download one "
            "and no Debian package could be installed. Install Chromium, or set CHROMIUM to one."
        )
    print(f"Browser tests use {found}")
    return found


def launch_options() -> dict[str, object]:
    """What playwright's `chromium.launch` needs here."""
    arguments = list(_QUIET)
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium's sandbox refuses to run as root
    return {"executable_path": obtain_quietly(), "args": arguments}


def obtain_quietly() -> str:
    """The browser that set-up left; a clear failure, never a skip, without one."""
    found = find()
    if found is None:
        raise BinaryMissing("No Chromium for the browser tests. Run `make test`, or set CHROMIUM.")
    return found


def _playwrights_own() -> str | None:
    """Where playwright keeps its downloads, asked of playwright itself."""
    script = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    answer = _run([sys.executable, "-c", script])
    path = Path(answer.stdout.strip() or "/nonexistent") if answer else None
    return str(path) if path and path.is_file() else None


def _download() -> str | None:
    print("Downloading playwright's Chromium …")
    _run([sys.executable, "-m", "playwright", "install", "chromium"], timeout=600)
    return _playwrights_own()


def _debian_package() -> str | None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return None
    print("Installing Debian's chromium …")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run([apt, "update", "-qq"], env=env, timeout=300)
    _run([apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"], env=env, timeout=900)
    return shutil.which("chromium")


def _run(
    command: list[str], *, env: dict[str, str] | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str] | None:
    """The finished command, or None when it failed; a failure here only means: try the next."""
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, env=env, timeout=timeout
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result if result.returncode == 0 else None
