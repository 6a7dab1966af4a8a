"""Reads the contract's samples and compares what the adapter made of them with the originals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx

from brokerage.tastytrade import wire
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.payloads.base import Payload, fields_of
from brokerage.tastytrade.payloads.customers import Customer

SAMPLES = Path(__file__).parent / "samples"

# Payloads of which the adapter maps a part on purpose; the rest stays in `raw`.
PARTIAL: tuple[type[Payload], ...] = (Customer,)


@dataclass(frozen=True)
class Sample:
    file: str
    name: str
    status: int
    body: Any
    # Method and target of the request, where the sample's name is one.
    method: str = ""
    target: str = ""

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()

    def response(self) -> httpx.Response:
        return httpx.Response(self.status, content=self.content)

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"


def rest_samples(file: str) -> Iterator[Sample]:
    """The answers of one file; a remark stands after two blanks and is no part of the request."""
    for name, answer in json.loads((SAMPLES / file).read_text()).items():
        if name == "_about":
            continue
        words = name.partition("  ")[0].split(" ", 1)
        method, target = words if len(words) == 2 and words[0].isupper() else ("", "")
        yield Sample(file, name, answer["status"], answer["body"], method, target)


def order_sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / "orders" / f"{name}.json").read_text())


def same_request(call: Call[Any], method: str, target: str) -> bool:
    """Whether a call asks for what the sample's request line says, beyond paging defaults."""
    path, _, query = target.partition("?")
    asked_path, _, asked_query = call.target.partition("?")
    wanted = set(parse_qsl(query, keep_blank_values=True))
    asked = set(parse_qsl(asked_query, keep_blank_values=True))
    spare = {key for key, _ in asked - wanted}
    return (
        call.method == method
        and unquote(asked_path) == unquote(path)
        and wanted <= asked
        and spare <= {"per-page", "page-offset", "currency"}
    )


def losses(parsed: Any, original: Any, where: str = "") -> list[str]:
    """What of the original JSON a parsed answer does not hold, or holds differently."""
    if isinstance(parsed, Payload):
        return _losses_of_payload(parsed, original, where)
    if isinstance(parsed, Mapping):
        return [
            loss
            for key in original
            for loss in losses(parsed[key], original[key], f"{where}.{key}")
        ]
    if isinstance(parsed, Sequence) and not isinstance(parsed, str):
        rows = [row for row in _rows(original) if row not in ({}, None)]
        if len(rows) != len(parsed):
            return [f"{where}: {len(parsed)} rows of {len(rows)}"]
        return [
            loss
            for index, (mine, theirs) in enumerate(zip(parsed, rows, strict=True))
            for loss in losses(mine, theirs, f"{where}[{index}]")
        ]
    return [] if _same(parsed, original) else [f"{where}: {original!r} became {parsed!r}"]


def _rows(original: Any) -> list[Any]:
    return original if isinstance(original, list) else [original]


def _losses_of_payload(parsed: Payload, original: Any, where: str) -> list[str]:
    found = [f"{where}: unreadable {key}" for key in parsed.unreadable]
    if parsed.raw != original:
        found.append(f"{where}: raw differs")
    known = {wire.kebab(key): value for key, value in original.items()}
    mapped = set()
    for field in fields_of(type(parsed)):
        mapped |= {*field.keys, field.effect}
        key = next((key for key in field.keys if known.get(key) is not None), None)
        if key is None:
            continue
        value, theirs = getattr(parsed, field.name), known[key]
        if field.effect and value is not None:
            if value and (value < 0) != (known.get(field.effect) == "Debit"):
                found.append(f"{where}.{key}: sign")
            value, theirs = abs(value), abs(wire.number(theirs) or Decimal(0))
        found += losses(value, theirs, f"{where}.{key}")
    if not isinstance(parsed, PARTIAL):
        found += [f"{where}: {key} is not mapped" for key in known if key not in mapped]
    return found


def _same(mine: Any, theirs: Any) -> bool:
    """Whether a parsed value says what the JSON value says. Deliberately not the adapter's code."""
    if isinstance(mine, bool) or isinstance(theirs, bool):
        return mine is theirs
    if mine is None:
        return theirs in (None, "", "NaN", 0, -1, "0")
    if isinstance(mine, Decimal):
        return mine == Decimal(str(theirs))
    if isinstance(mine, datetime):
        return _same_moment(mine, theirs)
    if isinstance(mine, date):
        return mine.isoformat() == theirs[:10]
    if isinstance(mine, int):
        return mine == theirs or str(mine) == str(theirs)
    return str(mine) == str(theirs)


def _same_moment(mine: datetime, theirs: Any) -> bool:
    if isinstance(theirs, int) or theirs.isdigit():
        epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        return mine - epoch == timedelta(milliseconds=int(theirs))
    return mine == datetime.fromisoformat(theirs)
