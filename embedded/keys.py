"""The secrets of a private desk: made on first start, kept for its owner's eyes alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

_MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    # A Fernet key: 32 bytes, URL-safe base64.
    "FIELD_ENCRYPTION_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "DEMO_PASSWORD": lambda: secrets.token_urlsafe(9),
}


def load_or_make(file: Path) -> dict[str, str]:
    """The secrets by variable name; missing ones are made and kept.

    A variable that is set in the environment wins and is not written down.
    """
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    missing = {name: make() for name, make in _MAKERS.items() if name not in kept}
    if missing:
        kept |= missing
        write_private(file, json.dumps(kept, indent=1))
    return {name: os.environ.get(name) or kept[name] for name in _MAKERS}


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    temporary.replace(file)
