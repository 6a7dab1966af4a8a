"""One log file per process, turned over when it has grown."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

_LARGEST = 20 * 1024 * 1024


class LogFile:
    """Appends lines; at 20 MB the file becomes `NAME.1` (the one before is dropped)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._recent: deque[str] = deque(maxlen=40)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(self, line: str) -> None:
        with self._lock:
            self._recent.append(line)
            if self._file.closed:
                return
            self._file.write(f"{line}\n")
            if self._file.tell() > _LARGEST:
                self._turn_over()

    def _turn_over(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_suffix(".log.1"))
        self._file = self._path.open("a", encoding="utf-8", buffering=1)

    def last_lines(self, count: int) -> str:
        """The end of what this process wrote since it was first started here."""
        with self._lock:
            return "\n".join(list(self._recent)[-count:])

    def close(self) -> None:
        with self._lock:
            self._file.close()
