"""Rows as CSV and JSON, streamed: however many there are, a page's memory does not grow."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# A cell that begins so would be computed by a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A negative amount begins like one, and is none.
_AMOUNT = re.compile(r"[+-]?\d+(\.\d+)?")


class _Echo:
    def write(self, value: str) -> str:
        return value


def csv_file(
    name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """Text that could be taken for a formula is written with an apostrophe before it."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield writer.writerow(head)
        for row in rows:
            yield writer.writerow([_cell(value) for value in row])

    return _answer(lines(), "text/csv; charset=utf-8", f"{name}.csv")


def json_file(
    name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A list of objects; amounts are texts, so that no digit is lost."""

    def lines() -> Iterator[str]:
        yield "["
        for place, row in enumerate(rows):
            values = dict(zip(head, map(_plain, row), strict=True))
            yield ("," if place else "") + "\n" + json.dumps(values, ensure_ascii=False)
        yield "\n]\n"

    return _answer(lines(), "application/json", f"{name}.json")


def _answer(lines: Iterator[str], kind: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    is_amount = _AMOUNT.fullmatch(text) is not None
    risky = isinstance(value, str) and text.startswith(_FORMULA) and not is_amount
    return f"'{text}" if risky else text
