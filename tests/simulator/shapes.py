"""Comparing an answer with a contract sample: same keys, same JSON types, same nesting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "contract" / "samples"
EITHER = {"quantity", "restricted-quantity", "multiplier", "size", "remaining-quantity"}
"""Numbers when whole, text or fractions when not: the contract names these keys."""


def sample(file: str, key: str) -> Any:
    """The body of one sample by the beginning of its key."""
    rows = json.loads((SAMPLES / file).read_text())
    found = [row for name, row in rows.items() if name.split("  ")[0] == key]
    assert found, f"{key} is not in {file}"
    return found[0]["body"]


def keys_of(file: str) -> list[str]:
    """The request lines of a sample file."""
    return list(json.loads((SAMPLES / file).read_text()))


def order_sample(name: str) -> Any:
    """The response body of an order sample."""
    return json.loads((SAMPLES / "orders" / f"{name}.json").read_text())["response"]["body"]


def differences(
    expected: Any, found: Any, optional: frozenset[str] = frozenset(), path: str = ""
) -> list[str]:
    """What `found` lacks, has too much, or has as another type."""
    if isinstance(expected, dict):
        return _objects(expected, found, optional, path)
    if isinstance(expected, list):
        if not isinstance(found, list):
            return [f"{path}: not a list"]
        return [
            text
            for i, one in enumerate(found if expected else [])
            for text in differences(expected[min(i, len(expected) - 1)], one, optional, f"{path}[]")
        ]
    if _kind(expected) != _kind(found) and path.rpartition(".")[2] not in EITHER:
        return [f"{path}: {_kind(found)} instead of {_kind(expected)}"]
    return []


def _objects(
    expected: dict[str, Any], found: Any, optional: frozenset[str], path: str
) -> list[str]:
    if not isinstance(found, dict):
        return [f"{path}: not an object"]
    missing = [f"{path}.{k}: missing" for k in expected if k not in found and k not in optional]
    extra = [f"{path}.{k}: unexpected" for k in found if k not in expected and k not in optional]
    inner = [
        text
        for key in expected
        if key in found
        for text in differences(expected[key], found[key], optional, f"{path}.{key}")
    ]
    return missing + extra + inner


def _kind(value: Any) -> str:
    return "none" if value is None else type(value).__name__
