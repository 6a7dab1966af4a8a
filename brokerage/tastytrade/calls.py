"""A call says what to ask and how to read the answer; it sends nothing itself.

The resources build calls, both clients send the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, TypeVar, overload
from urllib.parse import quote

from brokerage.tastytrade import wire
from brokerage.tastytrade.payloads import fast
from brokerage.tastytrade.payloads.base import P, Payload
from brokerage.tastytrade.wire import Pagination

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
QueryValue = str | int | bool | date | datetime | Decimal | Sequence[str] | None


class Safety(Enum):
    """What sending a call twice would do."""

    # Changes nothing: may be repeated.
    READ = "read"
    # A dry run changes nothing either, but somebody waits for it: not asked again after silence.
    CHECK = "check"
    # Ends in the same state however often it is sent: repeated when it was certainly not done.
    IDEMPOTENT = "idempotent"
    # Creates something: sent again only after a 401.
    CREATE = "create"
    # Places, changes or cancels an order: sent once, whatever happens.
    SUBMIT = "submit"
    # Asks for an access token with a refresh token.
    GRANT = "grant"
    # Trades in an authorization code, which works once.
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Page(Sequence[T_co], Generic[T_co]):
    """One page of a list; itself a sequence of its items."""

    rows: tuple[T_co, ...]
    pagination: Pagination | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...
    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        return self.rows[index]

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.rows)


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """`path` is encoded; `route` is its template, which names no account and no symbol."""

    method: str
    route: str
    path: str
    parse: Callable[[Any], T_co] = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    safety: Safety = Safety.READ
    authenticated: bool = True
    # Tells rows that slid from one page to the next; for calls that come in pages.
    identity: Callable[[Any], Any] | None = field(default=None, repr=False)

    @property
    def target(self) -> str:
        """Path and query as they go over the wire."""
        if not self.query:
            return self.path
        pairs = (f"{quote(key, safe='')}={_escape(value)}" for key, value in self.query)
        return f"{self.path}?{'&'.join(pairs)}"

    def with_query(self, **changes: QueryValue) -> Call[T_co]:
        """The call with some query values set anew (`page_offset=2`)."""
        new = query({wire.kebab(key): value for key, value in changes.items()})
        names = {key for key, _ in new}
        kept = tuple(pair for pair in self.query if pair[0] not in names)
        return replace(self, query=kept + new)


# Stands for a slash that goes over the wire unescaped.
_RAW_SLASH = "\x00"


def raw_slashes(symbol: str) -> str:
    """The symbol marked so that its slashes are sent unescaped in a query."""
    return symbol.replace("/", _RAW_SLASH)


def _escape(value: str) -> str:
    return quote(value, safe=",").replace(quote(_RAW_SLASH), "/")


def query(values: Mapping[str, QueryValue]) -> tuple[tuple[str, str], ...]:
    """Query pairs; None is left out, a list is repeated."""
    pairs: list[tuple[str, str]] = []
    for key, value in values.items():
        if value is None:
            continue
        if isinstance(value, Sequence) and not isinstance(value, str):
            pairs.extend((key, _word(item)) for item in value)
        else:
            pairs.append((key, _word(value)))
    return tuple(pairs)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return wire.instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return wire.plain(value) if isinstance(value, Decimal) else str(value)


def segment(value: str | int) -> str:
    """One path segment, percent-encoded; refuses what would leave its place in the path."""
    text = str(value)
    if not text.strip() or text in (".", ".."):
        raise ValueError("an empty or relative path segment")
    return quote(text, safe="")


def fill(route: str, parts: Iterable[str | int]) -> str:
    """The route with its `{}` filled by encoded segments."""
    return route.format(*(segment(part) for part in parts))


# --- readers of answers ---


def one(kind: type[P]) -> Callable[[Any], P]:
    return lambda body: kind.read(wire.one(body))


@dataclass(frozen=True, slots=True)
class Many(Generic[P]):
    """Reads all rows of an answer; from its bytes where that is possible, which is faster."""

    kind: type[P]

    def __call__(self, body: Any) -> tuple[P, ...]:
        return tuple(self.kind.read(row) for row in wire.items(body))

    def of_bytes(self, content: bytes) -> tuple[P, ...] | None:
        """None: this answer must be decoded and read the tolerant way."""
        return fast.many(self.kind)(content)


def many(kind: type[P]) -> Callable[[Any], tuple[P, ...]]:
    return Many(kind)


def page(kind: type[P]) -> Callable[[Any], Page[P]]:
    def read(body: Any) -> Page[P]:
        return Page(tuple(kind.read(row) for row in wire.items(body)), wire.pagination(body))

    return read


def nothing(_body: Any) -> None:
    """For answers whose body does not matter."""


# --- builders ---


def get(
    route: str,
    *parts: str | int,
    parse: Callable[[Any], T],
    query: Mapping[str, QueryValue] | None = None,
    authenticated: bool = True,
) -> Call[T]:
    return Call(
        "GET",
        route,
        fill(route, parts),
        parse,
        query=_pairs(query),
        authenticated=authenticated,
    )


def get_pages(
    route: str,
    *parts: str | int,
    of: type[P],
    identity: Callable[[P], Any],
    query: Mapping[str, QueryValue] | None = None,
) -> Call[Page[P]]:
    return Call("GET", route, fill(route, parts), page(of), query=_pairs(query), identity=identity)


def send(
    method: str,
    route: str,
    *parts: str | int,
    parse: Callable[[Any], T],
    safety: Safety,
    body: Mapping[str, Any] | Payload | None = None,
    query: Mapping[str, QueryValue] | None = None,
) -> Call[T]:
    """A call with a body or an effect."""
    return Call(
        method,
        route,
        fill(route, parts),
        parse,
        query=_pairs(query),
        body=None if body is None else wire.outgoing(body),
        safety=safety,
    )


def _pairs(values: Mapping[str, QueryValue] | None) -> tuple[tuple[str, str], ...]:
    # The module's `query` is shadowed by the parameter of that name in the builders above.
    return query(values or {})
