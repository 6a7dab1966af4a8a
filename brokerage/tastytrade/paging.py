"""Walking through the pages of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from brokerage.tastytrade.calls import Call, Page

T = TypeVar("T")


class Walk(Generic[T]):
    """Which page to ask for next (`call`, None at the end), and which of its items are new.

    Rows slide from page to page while the broker's data change, so items are told apart by the
    call's identity. Two pages in a row without anything new end the walk: the offset is ignored.
    """

    def __init__(self, call: Call[Sequence[T]]) -> None:
        self.call: Call[Sequence[T]] | None = call
        self._seen: set[Any] = set()
        self._offset = _first_offset(call)
        self._fruitless = 0

    def take(self, answer: Sequence[T]) -> list[T]:
        """The new items of the page just received; sets `call` to the next one."""
        assert self.call is not None
        new = [item for item in answer if self._is_new(item)]
        self._offset += 1
        self._fruitless = 0 if new else self._fruitless + 1
        more = isinstance(answer, Page) and self._more(answer)
        self.call = self.call.with_query(page_offset=self._offset) if more else None
        return new

    def _is_new(self, item: T) -> bool:
        assert self.call is not None
        key = self.call.identity(item) if self.call.identity is not None else None
        if key is None:
            return True
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _more(self, answer: Page[T]) -> bool:
        block = answer.pagination
        if block is None or not answer or self._fruitless > 1:
            return False
        if block.total_pages is not None:
            return self._offset < block.total_pages
        return block.per_page is not None and 0 < block.per_page <= len(answer)


def _first_offset(call: Call[Any]) -> int:
    return next((int(value) for key, value in call.query if key == "page-offset"), 0)
