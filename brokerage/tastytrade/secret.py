"""Text that must not show itself in a repr, and so in no traceback, dump or debug page."""

from __future__ import annotations


class Secret(str):
    """A string whose `repr` hides it. `str()` and headers still see the text: it must be usable."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(•••)"
