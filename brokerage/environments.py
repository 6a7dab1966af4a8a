"""The environments that this server offers, from its settings alone: never from a request."""

from __future__ import annotations

from django.conf import settings

from brokerage.enums import EnvironmentName
from brokerage.tastytrade import environments
from brokerage.tastytrade.environments import Environment


class UnknownEnvironment(LookupError):
    """A name that is not offered here."""


def environment_for(name: str) -> Environment:
    """The place behind a name; UnknownEnvironment when this server does not offer it."""
    if name == EnvironmentName.PRODUCTION:
        return environments.PRODUCTION.pinned(settings.PRODUCTION_ACCEPT_VERSION)
    if name == EnvironmentName.SANDBOX:
        return environments.SANDBOX
    if name == EnvironmentName.SIMULATOR and settings.SIMULATOR_URL:
        return environments.simulator(
            settings.SIMULATOR_URL, accept_version=settings.SIMULATOR_ACCEPT_VERSION
        )
    raise UnknownEnvironment("this server does not offer that environment")


def offered() -> list[EnvironmentName]:
    """What a person may choose from: the simulator only where its address is set."""
    return [
        name
        for name in EnvironmentName
        if name != EnvironmentName.SIMULATOR or settings.SIMULATOR_URL
    ]


def is_real(name: str) -> bool:
    """Whether the broker itself stands behind the name, sandbox included."""
    return name != EnvironmentName.SIMULATOR


def scopes_for(name: str) -> str:
    """The scopes to ask for: reading alone where this server may not send orders."""
    return "read trade" if name in settings.ORDER_ENVIRONMENTS else "read"


def narrowed_scope(name: str) -> str | None:
    """What each access token is narrowed to; None leaves the grant as its owner made it."""
    return None if name in settings.ORDER_ENVIRONMENTS else scopes_for(name)
