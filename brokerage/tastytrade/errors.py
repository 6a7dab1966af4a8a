"""Every way a call can fail, and what each way proves about the call's outcome.

`outcome` is one of

- ``not_sent``: the broker never saw the call;
- ``refused``: the broker saw it and did nothing;
- ``unknown``: it may have been carried out. Never send again; look.

No error carries a token, a secret or a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Outcome = Literal["not_sent", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One finding of a refusal: about a field of the request, or under a code of its own."""

    text: str
    field: str | None = None
    code: str | None = None
    preflight_id: int | None = None


class TastytradeError(Exception):
    """The root. `message` is the broker's wording where there is one: show it, never match on it.

    `retry_after` is in seconds. `raw` is the decoded body of the refusal, where it was JSON.
    """

    outcome: Outcome = "unknown"
    default_code: ClassVar[str] = ""

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: str = "",
        items: tuple[ErrorItem, ...] = (),
        retry_after: float | None = None,
        route: str = "",
        raw: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code or self.default_code
        self.items = items
        self.retry_after = retry_after
        self.route = route
        self.raw = raw

    def __str__(self) -> str:
        head = " ".join(str(part) for part in (self.status, self.code) if part)
        return f"{head}: {self.message}" if head and self.message else head or self.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def by_field(self) -> dict[str, list[str]]:
        """Texts per field, for a form; findings without a field are under ``""``."""
        found: dict[str, list[str]] = {}
        for item in self.items:
            found.setdefault(item.field or "", []).append(item.text)
        return found


# --- the call never became an answer ---


class TransportError(TastytradeError):
    """The connection failed before, while or after the call was sent."""

    default_code = "transport"


class ConnectError(TransportError):
    """No connection could be made (or none was free): the broker never saw the call."""

    outcome = "not_sent"
    default_code = "connect_failed"


class TimeoutError_(TransportError):
    """The call was sent and no answer came in time."""

    default_code = "timed_out"


class ConnectionLost(TransportError):
    """The connection broke while sending or receiving."""

    default_code = "connection_lost"


class MalformedAnswer(TastytradeError):
    """A success answer that cannot be read: not JSON, no data, or an object without identity."""

    default_code = "malformed_answer"


class UnexpectedRedirect(TastytradeError):
    """A redirect. None is followed, since the credentials would follow it too."""

    default_code = "redirect"


# --- the broker answered no ---


class Refusal(TastytradeError):
    """An answer with a status of 400 or above."""

    outcome: Outcome = "refused"


class BadRequest(Refusal):
    """400: the request is malformed; `items` name the fields."""


class Unauthorized(Refusal):
    """401 after a refresh. For an order this proves nothing: look before sending again."""

    outcome = "unknown"


class Forbidden(Refusal):
    """403: a foreign account, a missing scope, a withdrawn route."""


class NotFound(Refusal):
    """404: an unknown record or route."""


class VersionNotSupported(Refusal):
    """406: the pinned Accept-Version is no longer served."""


class Conflict(Refusal):
    """409: the record is in a state that does not allow this."""


class Unprocessable(Refusal):
    """422: well-formed but refused."""


class PreflightFailed(Unprocessable):
    """422 of an order: business rules failed, one item each.

    `buying_power_effect` (payloads.orders.BuyingPowerEffect) is there for a margin failure.
    """

    buying_power_effect: Any = None


class RateLimited(Refusal):
    """429: too many requests; `retry_after` where the broker says so."""


class OtherRefusal(Refusal):
    """A 4xx status that the contract does not name."""


class ServerError(Refusal):
    """5xx: the broker failed; what it did before is unknown."""

    outcome = "unknown"


class BadGateway(ServerError):
    """502: the broker's proxy got no good answer."""


class ServiceUnavailable(ServerError):
    """503: down for now."""


class GatewayTimeout(ServerError):
    """504: the broker's proxy waited in vain."""


class NotAvailableHere(Refusal):
    """A 5xx on a route that this environment does not serve: a missing feature, no outage."""

    default_code = "not_available_here"


# --- sign-in ---


class OAuthError(TastytradeError):
    """The token endpoint gave no access token. The call that needed it was not sent."""

    outcome = "not_sent"
    # True where only the user can mend it: stop calling, ask to reconnect.
    terminal: ClassVar[bool] = False


class InvalidGrant(OAuthError):
    """The grant is revoked, or the refresh token is mangled or of the other environment."""

    terminal = True
    default_code = "invalid_grant"


class InvalidClient(OAuthError):
    """The client secret or id is wrong."""

    terminal = True
    default_code = "invalid_client"


class OAuthRefused(OAuthError):
    """Another lasting refusal: unauthorized_client, invalid_scope, access_denied and the like."""

    terminal = True


class InvalidOAuthRequest(OAuthError):
    """invalid_request, which passes by itself: degraded, never a dead grant."""

    default_code = "invalid_request"


class OAuthUnavailable(OAuthError):
    """The token endpoint could not be reached or failed for now."""

    default_code = "temporarily_unavailable"
