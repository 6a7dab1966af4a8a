"""When each kind was last read: merged into ``synced_at`` in the database, since others write there
too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db.models.expressions import RawSQL
from django.utils import timezone

from brokerage.enums import SyncKind
from brokerage.models import Connection


def mark_read(model: Any, pk: Any, kinds: Iterable[SyncKind]) -> None:
    """The kinds were read just now; ``model`` is Account or Connection."""
    now = timezone.now().isoformat()
    times = json.dumps({str(kind): now for kind in kinds})
    model.objects.filter(pk=pk).update(synced_at=RawSQL("synced_at || %s::jsonb", [times]))


def make_due(connection: Connection, kinds: Iterable[SyncKind]) -> None:
    """Let the schedule read these kinds at its next tick instead of in their turn."""
    forgotten = RawSQL("synced_at - %s::text[]", [[str(kind) for kind in kinds]])
    Connection.objects.filter(pk=connection.pk).update(synced_at=forgotten)
