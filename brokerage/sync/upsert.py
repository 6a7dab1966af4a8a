"""Write many rows at once: COPY into a temporary table, one INSERT … ON CONFLICT statement.

Unchanged rows are left untouched, rows are locked in one order (no deadlocks between two syncs),
and the caller may say when an incoming row is not newer than the stored one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from brokerage.sync import copy_text

# For rows with the broker's time: a figure without one cannot be shown to be older.
LATER = (
    "excluded.updated_at IS NULL OR stored.updated_at IS NULL "
    "OR excluded.updated_at >= stored.updated_at"
)
# From so many rows on their sorting and joining gets more memory than the server's usual share.
_MANY, _MEMORY = 1000, "64MB"


@dataclass(frozen=True, slots=True)
class Written:
    """What an upsert did: how many rows were given, the ids of those inserted and changed."""

    rows: int = 0
    inserted: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()

    @property
    def touched(self) -> int:
        return len(self.inserted) + len(self.changed)

    def __add__(self, other: Written) -> Written:
        return Written(
            self.rows + other.rows, self.inserted + other.inserted, self.changed + other.changed
        )


def upsert(
    model: type[Model],
    rows: Sequence[dict[str, Any]],
    *,
    key: Sequence[str],
    newer: str | None = None,
    quiet: Iterable[str] = (),
) -> Written:
    """Insert rows or update those whose ``key`` fields match, in one transaction.

    ``rows``: dicts with the same field names each (foreign keys as ``name_id``); of two with the
    same key the last stands. Fields not given keep their stored value, or start at their default.
    ``newer``: SQL that must hold for an update, over the aliases ``stored`` and ``excluded``.
    ``quiet`` fields alone do not make a row different (times of receipt).
    """
    if not rows:
        return Written()
    unique = list(dict(zip(map(itemgetter(*key), rows), rows, strict=True)).values())
    statement = _Upsert(model, tuple(unique[0]), tuple(key))
    with transaction.atomic(), connection.cursor() as cursor:
        statement.stage(cursor, unique)
        cursor.execute(statement.merge(newer, frozenset(quiet)))
        results = cursor.fetchall()
    return Written(
        len(unique),
        inserted=tuple(pk for pk, is_new in results if is_new),
        changed=tuple(pk for pk, is_new in results if not is_new),
    )


class _Upsert:
    """The statements for one model and one set of its fields."""

    def __init__(self, model: type[Model], given: tuple[str, ...], key: tuple[str, ...]) -> None:
        by_name = {field.attname: field for field in model._meta.concrete_fields}
        self.given = given
        self.key = key
        # Columns that may not be null and were not given start at the model's default.
        self.defaults = {
            name: field.get_default()
            for name, field in by_name.items()
            if name not in given and not field.primary_key and not field.null
        }
        self.fields = {name: by_name[name] for name in (*given, *self.defaults)}
        self.table = sql.Identifier(model._meta.db_table)
        self.types = {name: field.db_type(connection) for name, field in self.fields.items()}
        shape = json.dumps([model._meta.db_table, self.types])
        digest = hashlib.sha256(shape.encode()).hexdigest()[:20]
        self.temporary = sql.Identifier(f"stage_{digest}")

    def stage(self, cursor: Any, rows: Sequence[dict[str, Any]]) -> None:
        """Copy the rows into this session's temporary table.

        The table is made once per database session and emptied at each commit: a new one for
        each batch would bloat the catalogue.
        """
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(self._column(name), sql.SQL(kind))
            for name, kind in self.types.items()
        )
        create = "CREATE TEMPORARY TABLE IF NOT EXISTS {} ({}) ON COMMIT DELETE ROWS"
        cursor.execute(sql.SQL(create).format(self.temporary, columns))
        empty = sql.SQL("DELETE FROM {}").format(self.temporary)
        if len(rows) >= _MANY:
            empty += sql.SQL("; SET LOCAL work_mem = {}").format(_MEMORY)
        cursor.execute(empty)
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(self.temporary, self._columns())
        with cursor.copy(copy) as channel:
            for lines in copy_text.chunks(rows, *self._written()):
                channel.write(lines)

    def _written(self) -> tuple[dict[str, Any], list[tuple[Any, Any]]]:
        """What each row has, and what was not given at its default."""
        given = {name: self.fields[name] for name in self.given}
        return given, [(self.fields[name], value) for name, value in self.defaults.items()]

    def merge(self, newer: str | None, quiet: frozenset[str]) -> sql.Composed:
        updated = [name for name in self.given if name not in self.key]
        compared = [name for name in updated if name not in quiet]
        guard = sql.SQL(" AND ({})").format(sql.SQL(newer)) if newer else sql.SQL("")
        # Rows that say nothing new are left out before they are locked; the same is asked again
        # of the row that the conflict finds, which another sync may have written meanwhile.
        return sql.SQL(
            "INSERT INTO {table} AS stored ({columns}) "
            "SELECT {excluded} FROM {temporary} AS excluded "
            "LEFT JOIN {table} AS stored ON {same} "
            "WHERE stored.id IS NULL OR (({old}) IS DISTINCT FROM ({new}){guard}) "
            "ORDER BY {ordered} "
            "ON CONFLICT ({keys}) DO UPDATE SET {assignments} "
            "WHERE ({old}) IS DISTINCT FROM ({new}){guard} "
            "RETURNING stored.id, (xmax = 0)"
        ).format(
            table=self.table,
            columns=self._columns(),
            excluded=self._columns("excluded"),
            temporary=self.temporary,
            same=sql.SQL(" AND ").join(map(self._same, self.key)),
            ordered=self._columns("excluded", self.key),
            keys=self._columns(names=self.key),
            assignments=sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(self._column(name)) for name in updated
            ),
            old=self._columns("stored", compared),
            new=self._columns("excluded", compared),
            guard=guard,
        )

    def _same(self, name: str) -> sql.Composed:
        """Two keys that the unique constraint calls the same."""
        comparison = "stored.{0} IS NOT DISTINCT FROM excluded.{0}"
        if not self.fields[name].null:
            comparison = "stored.{0} = excluded.{0}"
        return sql.SQL(comparison).format(self._column(name))

    def _column(self, name: str) -> sql.Identifier:
        return sql.Identifier(self.fields[name].column)

    def _columns(self, alias: str = "", names: Iterable[str] | None = None) -> sql.Composed:
        prefix = sql.SQL(f"{alias}." if alias else "")
        chosen = self.fields if names is None else names
        return sql.SQL(", ").join(prefix + self._column(name) for name in chosen)
