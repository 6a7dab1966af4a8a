"""Values that no client expects: fields that are missing, null, extra, "NaN" or of no known word.

A path is dotted; `*` is every entry of a list or every value of an object:
`data.items.*.quantity`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.faults import Fault

CHANGES = ("missing", "null", "nan", "unknown-enum", "extra", "set")
NEW_WORD = "Entirely New Word"
NEW_KEY = "entirely-new-key"


def changed(payload: Any, fault: Fault) -> Any:
    """A copy of decoded JSON with the fault's change made; paths that lead nowhere do nothing."""
    fresh = copy.deepcopy(payload)
    if fault.action == "extra":
        _extra(fresh, fault)
        return fresh
    for path in fault.fields:
        for holder, key in _places(fresh, path.split(".")):
            if fault.action == "missing":
                if isinstance(holder, dict):
                    del holder[key]
            else:
                holder[key] = _value(fault)
    return fresh


def _value(fault: Fault) -> Any:
    if fault.action == "nan":
        return "NaN"
    if fault.action == "null":
        return None
    if fault.action == "unknown-enum":
        return NEW_WORD if fault.value is None else fault.value
    return fault.value


def _places(node: Any, parts: list[str]) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key) that a path leads to."""
    for key in _keys(node, parts[0]):
        if len(parts) == 1:
            yield node, key
        else:
            yield from _places(node[key], parts[1:])


def _keys(node: Any, part: str) -> list[Any]:
    if isinstance(node, dict):
        return list(node) if part == "*" else [part] * (part in node)
    if isinstance(node, list):
        if part == "*":
            return list(range(len(node)))
        return [int(part)] if part.isdigit() and int(part) < len(node) else []
    return []


def _extra(fresh: Any, fault: Fault) -> None:
    value = "unheard of" if fault.value is None else fault.value
    if fault.fields:
        for path in fault.fields:
            *way, key = path.split(".")
            for holder in _holders(fresh, way):
                holder[key] = value
        return
    for node in _objects(fresh):
        node[NEW_KEY] = value


def _holders(node: Any, way: list[str]) -> Iterator[dict[str, Any]]:
    found = [h[k] for h, k in _places(node, way)] if way else [node]
    yield from (one for one in found if isinstance(one, dict))


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        inner = list(node.values())
        yield node
        for value in inner:
            yield from _objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value)
