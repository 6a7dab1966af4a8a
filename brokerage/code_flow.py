"""The authorization-code flow: a single-use state bound to the session, then a grant."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from brokerage import valkey
from brokerage.environments import UnknownEnvironment, environment_for, scopes_for
from brokerage.tastytrade.resources import oauth

CALLBACK_PATH = "/connections/callback/"
STATE_SECONDS = 600
_SESSION_KEY = "brokerage_code_flows"
# Open consent pages that one session may have; the oldest is forgotten.
_OPEN_FLOWS = 5


class CodeFlowError(ValueError):
    """The consent cannot be used; the message is for the page."""


@dataclass(frozen=True, slots=True)
class OpenFlow:
    environment: str
    label: str
    redirect_uri: str


def available(environment_name: str) -> bool:
    """Whether this server has an OAuth client for the environment."""
    return bool(
        settings.OAUTH_CLIENT_IDS.get(environment_name)
        and settings.OAUTH_CLIENT_SECRETS.get(environment_name)
    )


def begin(
    session: MutableMapping[str, Any], environment_name: str, *, label: str, redirect_uri: str
) -> str:
    """The address of the broker's consent page; remembers the state in the session."""
    try:
        environment = environment_for(environment_name)
    except UnknownEnvironment as unknown:
        raise CodeFlowError(f"{unknown}.".capitalize()) from None
    if not available(environment_name):
        raise CodeFlowError(
            "This server has no OAuth client for that environment: paste a client secret and a "
            "refresh token instead."
        )
    state = secrets.token_urlsafe(32)
    flows = dict(session.get(_SESSION_KEY, {}))
    flows[_digest(state)] = [
        environment_name,
        label,
        redirect_uri,
        timezone.now().timestamp() + STATE_SECONDS,
    ]
    session[_SESSION_KEY] = dict(list(flows.items())[-_OPEN_FLOWS:])
    return oauth.authorize_url(
        environment,
        client_id=settings.OAUTH_CLIENT_IDS[environment_name],
        redirect_uri=redirect_uri,
        state=state,
        scopes=scopes_for(environment_name).split(),
    )


def finish(session: MutableMapping[str, Any], state: str) -> OpenFlow:
    """The flow that this state began, once; CodeFlowError for any other state."""
    digest = _digest(state)
    flows = dict(session.get(_SESSION_KEY, {}))
    found = flows.pop(digest, None)
    session[_SESSION_KEY] = flows
    # Two requests of one session may load it at the same moment: the server remembers as well.
    first = found and valkey.client().set(f"code-flow:{digest}", "1", nx=True, ex=STATE_SECONDS)
    if not found or not first or found[3] < timezone.now().timestamp():
        raise CodeFlowError(
            "This answer of the consent page was used already, is too old or was not asked for "
            "here. Start again."
        )
    return OpenFlow(*found[:3])


def default_redirect_uri() -> str:
    return settings.PUBLIC_URL.rstrip("/") + CALLBACK_PATH


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
