"""Finding a route among many: by the path's words first, by Starlette's patterns then.

The surface has some two hundred routes; trying their patterns one after the other would cost more
than most answers. Words of a path lead to the few routes it may belong to, and a small router of
those, in their old order, does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send


@dataclass
class Node:
    """What may follow some words of a path; routes by their place in the list."""

    words: dict[str, Node] = field(default_factory=dict)
    anything: Node | None = None
    here: list[int] = field(default_factory=list)
    """Routes that end here."""
    below: list[int] = field(default_factory=list)
    """Routes that take all that follows as one parameter."""


class Switch(Router):
    """A router that looks at the routes with the words of the path alone."""

    def __init__(self, routes: list[BaseRoute], lifespan: object) -> None:
        super().__init__(routes, redirect_slashes=False, lifespan=lifespan)  # type: ignore[arg-type]
        self._root = Node()
        self._routers: dict[tuple[int, ...], Router] = {}
        for place, route in enumerate(routes):
            plain = isinstance(route, Route | WebSocketRoute)
            self._enter(place, route.path if plain else None)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to the router of the few."""
        if scope["type"] == "lifespan":
            await super().app(scope, receive, send)
        else:
            await self.few(scope["path"]).app(scope, receive, send)

    def few(self, path: str) -> Router:
        """The router of the routes that a path may belong to."""
        chosen = tuple(sorted(self._candidates(path)))
        found = self._routers.get(chosen)
        if found is None:
            found = Router([self.routes[n] for n in chosen], redirect_slashes=False)
            self._routers[chosen] = found
        return found

    def _enter(self, place: int, path: str | None) -> None:
        node = self._root
        if path is None:  # other kinds of routes decide for themselves
            node.below.append(place)
            return
        for word in path.split("/")[1:]:
            if ":path}" in word:
                node.below.append(place)
                return
            if "{" in word:
                node.anything = node = node.anything or Node()
            else:
                node = node.words.setdefault(word, Node())
        node.here.append(place)

    def _candidates(self, path: str) -> set[int]:
        nodes, found = [self._root], set(self._root.below)
        for word in path.split("/")[1:]:
            after = [n.words[word] for n in nodes if word in n.words]
            nodes = after + [n.anything for n in nodes if n.anything is not None]
            for node in nodes:
                found.update(node.below)
        for node in nodes:
            found.update(node.here)
        return found
