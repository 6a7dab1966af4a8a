"""PostgreSQL refuses to run as root: run it as nobody, in a namespace of its own where allowed."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded.errors import EmbeddedError

_NOBODY = 65534
_UNSHARE = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")


@dataclass(frozen=True)
class Demotion:
    """How to start a program that must not be root: words before it, options of Popen."""

    prefix: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def owner(self) -> int | None:
        """The user that must own the data folder, where it is not the caller."""
        return self.options.get("user")


@functools.cache
def _namespaces_allowed() -> bool:
    if shutil.which(_UNSHARE[0]) is None:
        return False
    probe = subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False)
    return probe.returncode == 0


def demotion() -> Demotion:
    """Nothing for an ordinary user.

    As root: a user namespace in which we are nobody (files keep their owner, no new user, no
    chmod); where namespaces are refused, the real nobody.
    """
    if os.geteuid() != 0:
        return Demotion()
    if _namespaces_allowed():
        return Demotion(prefix=_UNSHARE)
    return Demotion(options={"user": _NOBODY, "group": _NOBODY, "extra_groups": []})


def require_access(folder: Path, variable: str) -> None:
    """EmbeddedError, naming the variable that moves it, when the real nobody cannot enter."""
    probe = subprocess.run(["test", "-x", str(folder)], check=False, cwd="/", **demotion().options)
    if probe.returncode != 0:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the user it runs as may not enter {folder}. "
            f"Move it with {variable}, or start the desk as an ordinary user."
        )
