"""Public clients in a scratch folder: fetched once by their own package managers, then kept.

The folder is pytest's cache, so nothing of them is ever committed. A registry that cannot be
reached is the one reason to go without, and is said loudly; any other failure is a failure.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded import assets

TASTYTRADE = "13.2.3"
PYTHON_CLIENTS = (
    f"tastytrade=={TASTYTRADE}",
    "tastytrade-cli==1.5.0",
    "tastytrade-sdk==1.2.0",
    "trio>=0.32",
    "pytest>=9",
)
NODE_CLIENTS = ("@tastytrade/api@7.0.2", "@dxfeed/dxlink-api@0.3.0")
OFFLINE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network|dns error"
    r"|[Cc]onnection (refused|reset|error|broken)|[Tt]emporary failure in name|timed out"
    r"|error sending request|Could not fetch URL|Failed to fetch|No matching distribution",
)
PATIENCE = 300


class Unreachable(Exception):
    """A registry did not answer."""


def python_clients(folder: Path) -> Path:
    """The interpreter of an environment with the Python clients."""
    return _kept(folder / "python", PYTHON_CLIENTS, _install_python) / "bin" / "python"


def package_source(folder: Path) -> Path:
    """The unpacked source distribution of `tastytrade`, its own tests included."""
    return _kept(folder / "source", (TASTYTRADE,), _fetch_source) / f"tastytrade-{TASTYTRADE}"


def node_clients(folder: Path) -> Path:
    """A folder whose `node_modules` has the JavaScript clients."""
    return _kept(folder / "node", NODE_CLIENTS, _install_node)


def node_command() -> list[str]:
    """How to start node."""
    npm, path = assets._npm()
    return [shutil.which("node", path=path) or npm[0]]


def or_skip(make: Callable[[Path], Path], folder: Path) -> Path:
    """What `make` gives; skips, with a warning, where its registry cannot be reached."""
    try:
        return make(folder)
    except Unreachable as failure:
        words = f"PUBLIC CLIENTS NOT TESTED: their registry cannot be reached ({failure})"
        warnings.warn(words, stacklevel=2)
        pytest.skip(words)


def _kept(folder: Path, pins: tuple[str, ...], install: Callable[[Path], None]) -> Path:
    """The folder, filled by `install` unless it already holds exactly these pins."""
    wanted = hashlib.sha256(" ".join((*pins, sys.version)).encode()).hexdigest()
    mark = folder / ".installed"
    with _alone(folder.with_suffix(".lock")):
        if not mark.is_file() or mark.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            install(folder)
            mark.write_text(wanted)
    return folder


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time: test workers share the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install_python(folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    _run([sys.executable, "-m", "venv", *(["--without-pip"] if uv.exists() else []), folder])
    python = folder / "bin" / "python"
    if uv.exists():
        _run([uv, "pip", "install", "--python", python, *PYTHON_CLIENTS])
    else:
        _run([python, "-m", "pip", "install", *PYTHON_CLIENTS])


def _fetch_source(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", "tastytrade"]
    _run([*pip, "--dest", folder, f"tastytrade=={TASTYTRADE}"])
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")


def _install_node(folder: Path) -> None:
    npm, path = assets._npm()
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    _run(
        [*npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *NODE_CLIENTS],
        cwd=folder,
        path=path,
    )


def _run(command: list[str | Path], cwd: Path | None = None, path: str | None = None) -> None:
    environment = {**os.environ, **({"PATH": path} if path else {})}
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as failure:
        raise Unreachable("no answer in time") from failure
    if done.returncode == 0:
        return
    words = done.stderr.strip() or done.stdout.strip()
    if OFFLINE.search(words):
        raise Unreachable(words.splitlines()[-1])
    raise AssertionError(f"{command[0]} failed:\n{words}")
