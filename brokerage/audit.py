"""Write down who did what, when and with what outcome. Nothing here may hold a secret."""

from __future__ import annotations

import math
import re
from typing import Any

from brokerage.models import Account, AuditEntry, Connection

_SECRET_KEY = re.compile(r"token|secret|password|authorization|cookie|otp|^code$", re.IGNORECASE)
_TEXT_LIMIT = 500


def record(
    kind: str,
    action: str,
    outcome: str,
    *,
    user: Any = None,
    connection: Connection | None = None,
    account: Account | None = None,
    milliseconds: float | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """One row, in the caller's transaction.

    ``kind``: call, connection, order, preview, cancel, sync, sign-in. ``action``: a verb or a
    route template, never a path with an account number. ``details``: plain JSON values; keys
    that name a secret are dropped, long texts cut.
    """
    return AuditEntry.objects.create(
        user_id=user.pk if user is not None else None,
        connection_id=connection.pk if connection is not None else None,
        account_id=account.pk if account is not None else None,
        who=user.get_username()[:150] if user is not None else "",
        through=str(connection)[:120] if connection is not None else "",
        about=str(account)[:60] if account is not None else "",
        kind=kind,
        action=action[:160],
        outcome=outcome[:40],
        milliseconds=milliseconds,
        details=_clean(details or {}),
    )


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _clean(v) for k, v in value.items() if not _SECRET_KEY.search(str(k))}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, float):
        # A float's spelling must survive the database for the entry's hash.
        return value if math.isfinite(value) and value == round(value, 6) else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)[:_TEXT_LIMIT]
