"""History kept by the database: triggers write each inserted and changed row beside its table.

Two kinds of trigger. A table that is written in batches has statement triggers: ten thousand
rows cost one more INSERT. They ask no question of the rows, because the upsert writes only those
that differ (and because the join of old and new rows that such a question needs is planned once
for a session, from an empty batch, and is quadratic ever after). A table of one row an account
has row triggers, which look whether anything but the time of receipt has changed.

Rows of the mirror are closed, never deleted, so there is nothing to keep of deletions; when a
person asks for the data of a login to be deleted, the history goes with it (see
``brokerage.connections``). The broker's raw object is kept in the row itself, not in each version:
it would make the history ten times as large and repeats the columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
from django.db import models

Model = TypeVar("Model", bound=type[models.Model])


def kept(*, without: tuple[str, ...] = (), batches: bool = False) -> Callable[[Model], Model]:
    """Keep every version of the model's rows in ``<Model>Event``, told apart by its instant.

    ``without``: columns that are not part of the history. ``batches``: written many at a time.
    """
    changed = pghistory.UpdateEvent(condition=None) if batches else pghistory.UpdateEvent()
    decorate: Callable[[Model], Model] = pghistory.track(
        pghistory.InsertEvent(),
        changed,
        exclude=list(without),
        obj_field=pghistory.ObjForeignKey(db_index=False, related_name="+"),
        context_field=None,
        level=pghistory.Statement if batches else pghistory.Row,
        meta={"indexes": [models.Index(fields=["pgh_obj", "pgh_created_at"])]},
    )
    return decorate


def versions_of(model: type[models.Model]) -> Any:
    """The model of the versions of ``model``'s rows."""
    return model.pgh_event_model  # type: ignore[attr-defined]
