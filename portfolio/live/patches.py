"""Live views: what one open page shows, which figures it needs, and its patches.

A page names its live view (``<body data-live-page="positions" data-live-args='{…}'>``); the
consumer builds it for the signed-in user and asks it for patches at most four times a second.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.http import Http404

if TYPE_CHECKING:
    from portfolio.live.hub import Hub

# [dom id, text] or [dom id, text, css class]; a class of "" takes the former one away.
Patch = list[str | None]
# Feed -> (event type, streamer symbol) pairs, see brokerage.market.register_interest.
Wanted = Mapping[str, Iterable[tuple[str, str]]]


class LiveView:
    """Base of live views; subclasses are registered under their page's name.

    ``__init__`` runs in a thread and may read the database; it opens every row through
    ``brokerage.access``, so that a foreign id raises NotFound exactly like a missing one. It is
    built anew when a fact about the user's accounts changes. The other two methods run in the
    event loop: they compute from memory and never touch the database.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        self.user = user
        self.args = args

    def feeds_and_symbols(self) -> Wanted:
        """The figures the page shows, by feed."""
        return {}

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        """What to write now.

        ``dirty`` holds (feed, streamer symbol) pairs that changed since the last call; None means
        everything (first call, after a pause, after a rebuild, and every few seconds for ages).
        """
        return []


class Together(LiveView):
    """Two views on one page: its own and that of the drawer beside it.

    args: ``{"views": ((class, args), (class, args))}``, made by the consumer. When the second is
    not there for this user (any more) the page goes on without it.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        (first, own), (second, more) = args["views"]
        self.parts: list[LiveView] = [first(user, own)]
        with contextlib.suppress(Http404):
            self.parts.append(second(user, more))

    def feeds_and_symbols(self) -> Wanted:
        wanted: dict[str, set[tuple[str, str]]] = {}
        for part in self.parts:
            for feed, pairs in part.feeds_and_symbols().items():
                wanted.setdefault(feed, set()).update(pairs)
        return wanted

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        return [patch for part in self.parts for patch in part.patches(hub, dirty)]


View = TypeVar("View", bound=type[LiveView])
_views: dict[str, type[LiveView]] = {}


def register(name: str) -> Callable[[View], View]:
    """Class decorator: this is the live view of the page ``name``."""

    def add(view: View) -> View:
        if _views.setdefault(name, view) is not view:
            raise ValueError(f"two live views are called {name!r}")
        return view

    return add


def live_view(name: object) -> type[LiveView] | None:
    """The live view registered for a page, or None."""
    return _views.get(name) if isinstance(name, str) else None
