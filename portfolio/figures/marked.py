"""A text with figures in it: `3/10`, `stop 171.25, 1.35 cr`. Each finds its own arithmetic."""

from __future__ import annotations

from typing import Any

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

Piece = tuple[str, str]


class Marked(str):
    """A plain text that knows which of its pieces are figures: (text, reference or nothing).

    Printed as it is, it is the text alone, so that it fits into attributes, titles and copies;
    the filter ``marked`` prints its figures as elements whose arithmetic can be opened.
    """

    pieces: tuple[Piece, ...]

    def __new__(cls, *pieces: Piece) -> Marked:
        text = super().__new__(cls, "".join(text for text, _ in pieces))
        text.pieces = pieces
        return text


def marked_html(text: Any) -> SafeString:
    """The text for a page; what holds no figures is escaped and nothing else."""
    if not isinstance(text, Marked):
        return SafeString(conditional_escape(text))
    return format_html_join("", "{}", ((_piece(*piece),) for piece in text.pieces))


def _piece(text: str, reference: str) -> SafeString:
    if not reference:
        return format_html("{}", text)
    return format_html('<span data-figure="{}">{}</span>', reference, text)
