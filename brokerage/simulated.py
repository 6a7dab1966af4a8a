"""Steering the simulated broker: the door to its control API for people who use it.

Everybody who is connected to the simulator steers the same one. It is offered only where the
server's settings name one, and reached over loopback alone (`environments.simulator` sees to it).
"""

from __future__ import annotations

import re
from typing import Any

import httpx
from django.conf import settings

from brokerage.access import NotFound
from brokerage.enums import EnvironmentName
from brokerage.environments import UnknownEnvironment, environment_for
from brokerage.models import Connection

# A jump over months settles every day on the way.
SECONDS = 60.0
UNREACHABLE = "The simulator does not answer. Is it running?"


class SimulatorError(Exception):
    """The simulator refused, or did not answer; the text is for people."""

    def __init__(self, text: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.fields = fields or {}


class Control:
    """The control API at one address. All methods raise SimulatorError."""

    def __init__(self, api_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=api_url,
            headers={"user-agent": "strikedesk/1.0"},
            timeout=httpx.Timeout(SECONDS, connect=2.0),
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *failure: object) -> None:
        self._client.close()

    def read(self, path: str) -> dict[str, Any]:
        """The JSON object at a path below `/control`."""
        return self._json(self.call("GET", path))

    def write(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Change something; what the simulator says about it, {} when nothing."""
        return self._json(self.call(method, path, body))

    def download(self, path: str) -> tuple[bytes, str]:
        """Content and media type of a path below `/control`."""
        answer = self.call("GET", path)
        return answer.content, answer.headers.get("content-type", "application/octet-stream")

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request; a refusal becomes a SimulatorError in its words."""
        try:
            answer = self._client.request(method, f"/control{path}", json=body)
        except httpx.HTTPError as failure:
            raise SimulatorError(UNREACHABLE) from failure
        if answer.is_error:
            raise _refusal(answer)
        return answer

    @staticmethod
    def _json(answer: httpx.Response) -> dict[str, Any]:
        try:
            found = answer.json() if answer.content else {}
        except ValueError as failure:
            raise SimulatorError("The simulator gave an answer that cannot be read.") from failure
        return found if isinstance(found, dict) else {"items": found}


def _refusal(answer: httpx.Response) -> SimulatorError:
    try:
        error = answer.json()["error"]
        findings = [item for item in error.get("errors") or [] if isinstance(item, dict)]
        fields = {str(f.get("domain", "")): str(f.get("reason", "")) for f in findings}
        text = "; ".join(f"{name} {reason}".strip() for name, reason in fields.items())
        return SimulatorError(text or str(error["message"]), fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return SimulatorError(f"The simulator answered {answer.status_code}.")


def offered_to(user: Any) -> bool:
    """Whether this server has a simulator and the person is connected to it."""
    if not settings.SIMULATOR_URL:
        return False
    rows = Connection.objects.filter(user_id=user.pk, environment=EnvironmentName.SIMULATOR)
    return bool(rows.exists())


def control_for(user: Any) -> Control:
    """The steering for one person; NotFound where it is not offered."""
    if not offered_to(user):
        raise NotFound
    try:
        url = environment_for(EnvironmentName.SIMULATOR).api_url
    except UnknownEnvironment:
        raise NotFound from None
    return Control(re.sub(r"/v1/?$", "", url))
