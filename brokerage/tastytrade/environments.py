"""Where the broker lives. Hosts come from here alone, never from a request or an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

# A name, an IPv4 or an IPv6 address.
_HOST = re.compile(r"[a-z0-9.\-]+|[0-9a-f:.]+", re.ASCII)

DEFAULT_ACCEPT_VERSION = "20261012"


class InsecureAddress(ValueError):
    """An address that credentials must not be sent to."""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Reading the port checks it.
        _ = parts.port
    except ValueError:
        raise InsecureAddress("not an address") from None
    if not _HOST.fullmatch(parts.hostname or ""):
        raise InsecureAddress("an address needs a host")
    return parts


def _split(url: str, schemes: tuple[str, str], loopback: bool) -> SplitResult:
    """The parts of `url` when it may be spoken to; `schemes` is (encrypted, plain)."""
    parts = _parts(url)
    if parts.username is not None or parts.password is not None:
        raise InsecureAddress("an address carries no credentials")
    if loopback and not _is_loopback(parts.hostname or ""):
        raise InsecureAddress("the simulator is spoken to on a loopback address alone")
    if parts.scheme == schemes[0] or (loopback and parts.scheme == schemes[1]):
        return parts
    raise InsecureAddress(f"only {schemes[0]} is spoken to {parts.hostname}")


@dataclass(frozen=True, slots=True)
class Environment:
    """One place to trade. `unserved` are prefixes of route templates that answer 5xx there.

    A `streamer_hosts` entry that begins with a dot allows every host below that domain.
    Plain http and ws are accepted when `name` is "simulator" and every host is loopback.
    Raises InsecureAddress.
    """

    name: str
    api_url: str
    account_stream_url: str
    authorize_url: str
    accept_version: str | None = None
    streamer_hosts: frozenset[str] = frozenset()
    unserved: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for url, schemes in (
            (self.api_url, ("https", "http")),
            (self.authorize_url, ("https", "http")),
            (self.account_stream_url, ("wss", "ws")),
        ):
            _split(url, schemes, self.is_simulator)
        object.__setattr__(self, "api_url", self.api_url.rstrip("/"))

    @property
    def is_simulator(self) -> bool:
        return self.name == "simulator"

    def serves(self, route: str) -> bool:
        """False for a route template that this environment is known not to serve."""
        return not any(route.startswith(prefix) for prefix in self.unserved)

    def pinned(self, accept_version: str | None) -> Environment:
        """The same place under another Accept-Version; empty or None sends no header."""
        return replace(self, accept_version=accept_version or None)

    def check_streamer_url(self, url: str) -> str:
        """`url` itself when a stream token may be sent there; raises InsecureAddress otherwise."""
        host = _split(url, ("wss", "ws"), self.is_simulator).hostname or ""
        if self.is_simulator or any(_matches(host, entry) for entry in self.streamer_hosts):
            return url
        raise InsecureAddress(f"{host} is not on the list of streamer hosts")


def _matches(host: str, entry: str) -> bool:
    return host.endswith(entry) if entry.startswith(".") else host == entry


# The vendor of the market data renames its hosts now and then, always below its own domain.
_DXFEED = frozenset({".dxfeed.com"})

PRODUCTION = Environment(
    name="production",
    api_url="https://api.tastyworks.com",
    account_stream_url="wss://streamer.tastyworks.com",
    authorize_url="https://my.tastytrade.com/auth.html",
    accept_version=DEFAULT_ACCEPT_VERSION,
    streamer_hosts=_DXFEED,
)

SANDBOX = Environment(
    name="sandbox",
    api_url="https://api.cert.tastyworks.com",
    account_stream_url="wss://streamer.cert.tastyworks.com",
    authorize_url="https://cert-my.staging-tasty.works/auth.html",
    # The sandbox refuses the version header.
    accept_version=None,
    streamer_hosts=_DXFEED,
    unserved=(
        "/symbols/search",
        "/market-metrics",
        "/market-data",
        "/quote-alerts",
        "/watchlists",
        "/pairs-watchlists",
        "/accounts/{}/net-liq",
    ),
)


def simulator(
    api_url: str = "http://127.0.0.1:8100",
    *,
    account_stream_url: str | None = None,
    accept_version: str | None = DEFAULT_ACCEPT_VERSION,
) -> Environment:
    """The pretend broker on a loopback address; raises InsecureAddress for any other."""
    base = api_url.rstrip("/")
    scheme, _, rest = base.partition("://")
    socket = "wss" if scheme == "https" else "ws"
    return Environment(
        name="simulator",
        api_url=base,
        account_stream_url=account_stream_url or f"{socket}://{rest}/account-stream",
        authorize_url=f"{base}/auth.html",
        accept_version=accept_version or None,
    )
