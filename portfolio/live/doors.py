"""What a socket may hear, and for how long."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.utils.crypto import constant_time_compare

from brokerage import access, events
from brokerage.models import Connection


def groups_of(user: Any) -> set[str]:
    """The groups of everything this user may see now."""
    accounts = access.visible_accounts(user).values_list("pk", flat=True)
    connections = Connection.objects.filter(user_id=user.pk).values_list("pk", flat=True)
    return {
        events.user_group(user.pk),
        *map(events.account_group, accounts),
        *map(events.connection_group, connections),
    }


def still_signed_in(session_key: str | None, user_id: Any) -> bool:
    """Whether the session still stands for this user, who may still sign in."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if store.get(SESSION_KEY) != str(user_id):
        return False
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return False
    return constant_time_compare(store.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
