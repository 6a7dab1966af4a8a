"""What a person sees while the desk runs: progress, and each process's lines under its name."""

from __future__ import annotations

import re
import sys
import threading
from typing import TextIO

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
_LEVEL = re.compile(r"\b(debug|info|notice|log|warning|warn|error|critical|fatal)\b", re.IGNORECASE)
_LOUD = {"warning", "warn", "error", "critical", "fatal"}
_DATED = re.compile(r"^\S{0,24}\d{2}:\d{2}|^\[|^(INFO|DEBUG|WARNING|ERROR|CRITICAL)\b|^\d{4}-")


class Terminal:
    """Prints whole lines from several threads.

    Unless `everything` is asked for, a process's line is shown only when its level says that
    something is wrong, together with the lines that continue it (a traceback).
    """

    def __init__(self, stream: TextIO | None = None, *, everything: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._everything = everything
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}
        self._loud: dict[str, bool] = {}

    def say(self, text: str = "") -> None:
        """A line of the desk's own."""
        self._write(text)

    def line(self, name: str, text: str) -> None:
        """A line that the process `name` wrote."""
        if self._everything or self._is_loud(name, text):
            self._write(f"{self._prefix(name)} {text}")

    def _is_loud(self, name: str, text: str) -> bool:
        if text.startswith("Traceback"):
            self._loud[name] = True
        elif _DATED.search(text):
            level = _LEVEL.search(text)
            self._loud[name] = level is not None and level[1].lower() in _LOUD
        return self._loud.get(name, False)

    def _prefix(self, name: str) -> str:
        text = f"{name:<10} |"
        if not self._stream.isatty():
            return text
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\033[{colour}m{text}\033[0m"

    def _write(self, text: str) -> None:
        with self._lock:
            try:
                print(text, file=self._stream, flush=True)
            except (OSError, ValueError):
                return  # the terminal is gone; the logs remain
