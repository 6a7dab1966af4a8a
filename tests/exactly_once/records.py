"""What is finished stays finished: one line of JSON a round, so that a run can be resumed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def say(line: str) -> None:
    """One line for whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Records:
    """Rounds of one seed and size; a line that was cut off by a kill is not counted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def finished(self) -> dict[int, dict[str, Any]]:
        return {line["round"]: line for line in self._lines()}

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for text in self.path.read_text().splitlines():
            try:
                yield json.loads(text)
            except ValueError:
                continue

    def add(self, number: int, **facts: Any) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps({"round": number, **facts}) + "\n")
