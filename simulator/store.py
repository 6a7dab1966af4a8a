"""The state file: a snapshot and, after it, one line per changed record.

Lines are written before the answer leaves, so that a kill loses nothing that was acknowledged. A
line cut off by a kill is ignored. When the file has grown long it is rewritten as a snapshot
through a temporary file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

LONGEST = 20_000


class Store:
    """Append-only JSON lines: `{"k": kind, "i": id, "v": value}`, the last one of an id counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any = None
        self.lines = 0
        self._encode = msgspec.json.Encoder().encode

    def load(self) -> dict[str, dict[str, msgspec.Raw]]:
        """Records by kind and id; empty when there is no file."""
        found: dict[str, dict[str, msgspec.Raw]] = {}
        if not self.path.exists():
            return found
        with self.path.open("rb") as file:
            for line in file:
                self.lines += 1
                try:
                    record = msgspec.json.decode(line, type=_Line)
                except msgspec.DecodeError:
                    continue
                found.setdefault(record.k, {})[record.i] = record.v
        return found

    def append(self, records: Iterable[tuple[str, str, Any]]) -> None:
        """Write changed records (kind, id, value)."""
        lines = [self._encode({"k": k, "i": i, "v": v}) for k, i, v in records]
        if not lines:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)
            self._file.write(b"\n" if self.lines else b"")
        self._file.write(b"\n".join(lines) + b"\n")
        self.lines += len(lines)

    @property
    def long(self) -> bool:
        """Time for a rewrite."""
        return self.lines > LONGEST

    def rewrite(self, records: Iterable[tuple[str, str, Any]]) -> None:
        """Replace the file by a snapshot, atomically."""
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_name(f"{self.path.name}.new")
        count = 0
        with scratch.open("wb") as file:
            for k, i, v in records:
                file.write(self._encode({"k": k, "i": i, "v": v}) + b"\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self.path)
        self.lines = count

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class _Line(msgspec.Struct):
    k: str
    i: str
    v: msgspec.Raw
