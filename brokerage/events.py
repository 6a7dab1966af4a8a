"""Facts that pages want to hear of: names, groups, and publishing once they are committed.

A fact is told to the channel-layer groups of what it concerns: ``account.<pk>``,
``connection.<uuid>``, ``user.<pk>``. A socket joins only the groups its user may see, so nothing
is filtered in the consumer. The message is::

    {"type": "desk.event", "name": "order.updated", "detail": {"account": 1, "order": 7}}

Only rare facts travel here; quotes have a way of their own (see ``brokerage.market``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.cache import cache
from django.db import transaction

from brokerage.models import Account, Connection
from brokerage.outage import Outage

ORDER_UPDATED = "order.updated"
POSITION_UPDATED = "position.updated"
BALANCE_UPDATED = "balance.updated"
CONNECTION_UPDATED = "connection.updated"
SYNC_UPDATED = "sync.updated"
NOTICE_UPDATED = "notice.updated"

NAMES = frozenset(
    {
        ORDER_UPDATED,
        POSITION_UPDATED,
        BALANCE_UPDATED,
        CONNECTION_UPDATED,
        SYNC_UPDATED,
        NOTICE_UPDATED,
    }
)

# A page that was rendered longer ago than this looks again anyhow.
REMEMBER_SECONDS = 3600

logger = logging.getLogger(__name__)
_outage = Outage(logger, "events")


def account_group(account_id: int) -> str:
    return f"account.{account_id}"


def connection_group(connection_id: object) -> str:
    return f"connection.{connection_id}"


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


def publish(
    name: str,
    *,
    account: Account | None = None,
    connection: Connection | None = None,
    user: Any = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Tell a fact to the groups of everything given, after the present transaction commits.

    ``detail`` must be plain values without secrets; the ids of what was given are added to it.
    Call it from synchronous code (a thread, never a running event loop). A channel layer that
    does not answer costs a log line, never the work that published.
    """
    if name not in NAMES:
        raise ValueError(f"unknown event {name!r}")
    groups: list[str] = []
    facts: dict[str, Any] = dict(detail or {})
    if account is not None:
        groups.append(account_group(account.pk))
        facts.setdefault("account", account.pk)
    if connection is not None:
        groups.append(connection_group(connection.pk))
        facts.setdefault("connection", str(connection.pk))
    if user is not None:
        groups.append(user_group(user.pk))
    message = {"type": "desk.event", "name": name, "detail": facts}
    transaction.on_commit(lambda: _send(groups, message), robust=True)


def _send(groups: list[str], message: dict[str, Any]) -> None:
    """Pages re-read on their own clock; a lost event must never undo what it reports."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        now = time.time_ns() // 1_000_000
        cache.set_many({_latest_key(group): now for group in groups}, REMEMBER_SECONDS)
        async_to_sync(_send_all)(layer, groups, message)
    except (redis.RedisError, OSError) as error:
        _outage.failed(error)
    except Exception:
        logger.warning("event %s could not be published", message["name"], exc_info=True)
    else:
        _outage.worked()


async def _send_all(layer: Any, groups: list[str], message: dict[str, Any]) -> None:
    for group in groups:
        await layer.group_send(group, message)


def latest(groups: Iterable[str]) -> int:
    """When the latest fact was told to any of these groups: epoch milliseconds, 0 for none.

    A socket that joins asks for it: what was told between the rendering of its page and the
    joining reached nobody, and the page must look again.
    """
    return max(cache.get_many(map(_latest_key, groups)).values(), default=0)


def _latest_key(group: str) -> str:
    return f"latest-fact:{group}"
