"""The hash that binds a confirmation to exactly what was shown."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from brokerage.execution import boot
from brokerage.models import OrderPreview


def canonical(value: Any) -> bytes:
    """One spelling of a JSON value: sorted keys, no blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def content_hash(preview: OrderPreview, client_order_id: str) -> str:
    """SHA-256 over account, environment, login, target, the whole body, identifier and boot.

    The preview's own id is part of it: a new dry run always has a new hash.
    """
    shown = {
        "preview": str(preview.pk),
        "user": preview.user_id,
        "connection": str(preview.connection_id),
        "environment": preview.environment,
        "account": preview.account_id,
        "kind": str(preview.kind),
        "target": preview.target_id,
        "group": preview.complex_id,
        "expires": preview.expires_at.isoformat(),
        "body": preview.body,
        "client_order_id": client_order_id,
        "boot": boot.current(),
    }
    return hashlib.sha256(canonical(shown)).hexdigest()


def matches(left: str, right: str) -> bool:
    return secrets.compare_digest(left.encode(), right.encode())
