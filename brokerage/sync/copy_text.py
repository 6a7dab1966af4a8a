"""Values as PostgreSQL's COPY reads them in its text format, a column of many rows at a time.

By columns, because a function call for each value costs more than the value: most of a column is
one list comprehension, a time that thousands of rows share is written once, JSON is encoded in
one go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.db import models
from django.db.models import Field

Column = Callable[[Sequence[Any]], list[str]]
Fields = Mapping[str, "Field[Any, Any]"]

NULL = r"\N"
# Decimals stay numbers with all their digits; PostgreSQL's jsonb keeps them exact.
_encoder = msgspec.json.Encoder(decimal_format="number")
# An escaped NUL; not the letters after a backslash that is itself escaped.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
# Rows that go over the wire at once.
_CHUNK = 500
# Few values in many rows.
_REPEATED = (models.DateField, models.BooleanField, models.ForeignKey)


def chunks(
    rows: Sequence[dict[str, Any]], given: Fields, alike: Sequence[tuple[Field[Any, Any], Any]] = ()
) -> Iterator[str]:
    """Lines of all rows, some hundred at a time: the fields of ``given`` by their names in a row,
    then those of ``alike``, which have one value in all rows.
    """
    columns = [(name, _column(field)) for name, field in given.items()]
    last = [_column(field)([value])[0] for field, value in alike]
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        written = [write([row[name] for row in part]) for name, write in columns]
        written += [[text] * len(part) for text in last]
        yield "\n".join(map("\t".join, zip(*written, strict=True))) + "\n"


def _column(field: Field[Any, Any]) -> Column:
    """How the values of this field are written."""
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.CharField | models.TextField):
        limit = field.max_length
        return lambda values: [_text(value, limit) for value in values]
    if isinstance(field, _REPEATED):
        return _Written().of
    return lambda values: [NULL if value is None else str(value) for value in values]


class _Written(dict[Any, str]):
    """Texts by their values; what is equal is the same to its column."""

    def __missing__(self, value: Any) -> str:
        text = self[value] = NULL if value is None else str(value)
        return text

    def of(self, values: Sequence[Any]) -> list[str]:
        return [self[value] for value in values]


def _json(values: Sequence[Any]) -> list[str]:
    """For a jsonb column, which holds no NUL; no line of JSON has a bare line break."""
    text = _encoder.encode_lines(values).decode()
    if "\\" in text:
        text = _NUL.sub(r"\1", text).replace("\\", "\\\\")
    return [NULL if line == "null" else line for line in text.split("\n")[:-1]]


def _text(value: Any, limit: int | None) -> str:
    """PostgreSQL stores no NUL; a word longer than its column stays whole in `raw`."""
    if value is None:
        return NULL
    kept = str(value)
    if kept.isprintable() and "\\" not in kept:
        return kept[:limit]
    kept = kept.replace("\x00", "")[:limit].replace("\\", "\\\\")
    return kept.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
