"""The contract's sample sessions, found in the repository or where the contract lies."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[4]
_PLACES = (
    _ROOT / "tests" / "contract" / "samples" / "streams",
    Path(os.environ.get("CONTRACT_SAMPLES_DIR", _ROOT.parent / "shared/contract/samples"))
    / "streams",
)


def lines(name: str) -> list[dict[str, Any]]:
    """The lines of one sample file; a missing one fails the test that wants it."""
    for place in _PLACES:
        if (place / name).exists():
            text = (place / name).read_text()
            return [json.loads(line) for line in text.splitlines() if line.strip()]
    raise FileNotFoundError(f"{name} in none of {', '.join(map(str, _PLACES))}")


def frames(name: str, sender: str) -> list[dict[str, Any]]:
    """The frames of one side in order."""
    return [line["frame"] for line in lines(name) if line["from"] == sender and "frame" in line]
