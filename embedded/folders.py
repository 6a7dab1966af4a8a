"""The data folder, and a folder whose path is short enough for a unix socket."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from embedded import privileges
from embedded.errors import EmbeddedError

# A socket's path may be 104 bytes on macOS, 108 on Linux; leave room for ".s.PGSQL.5432.lock".
_LONGEST_FOLDER = 80


def private(folder: Path) -> Path:
    """Make the folder, and its parents, for us alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def socket_folder(data: Path) -> Path:
    """`data/run`, or where that path is too long a folder of its own under the temporary one."""
    folder = data.resolve() / "run"
    if len(os.fsencode(folder)) <= _LONGEST_FOLDER:
        return private(folder)
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = private(Path(tempfile.gettempdir()) / f"strikedesk-{os.geteuid()}-{digest}")
    _refuse_foreign(short)
    return short


def _refuse_foreign(folder: Path) -> None:
    """Anyone may create names in a shared temporary folder: accept only what is ours."""
    facts = folder.lstat()
    ours = {os.geteuid(), privileges.demotion().owner}
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in ours:
        raise EmbeddedError(f"{folder} belongs to somebody else; remove it and start again.")
    folder.chmod(0o700)
