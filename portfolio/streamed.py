"""A page that is sent while it is made: its head, its frame, the slow part in its place, the end.

A browser fetches styles and scripts while the server still works on the figures. What can fail for
a reason that has an answer of its own (not signed in, not there, no database) is done before the
first byte; whatever fails later is said on the page itself. Servers without streams get the page
in one piece.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.messages import get_messages
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

logger = logging.getLogger(__name__)

# Stands in the rendered page where the slow part goes; printed text cannot hold it unescaped.
_PLACE = mark_safe("<!--slow-->")
_FAULT = (
    '<p class="notice notice--error" role="alert"><span class="notice__body">This part of the page'
    " failed; the log says why. Load the page again.</span></p>"
)


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    name: str,
    slow: Callable[[], str],
) -> HttpResponseBase:
    """The page with what ``slow`` returns (safe HTML) as ``name``.

    The template's base prints the head alone where ``part`` is "head", and the rest where it is
    "body".
    """
    if not isinstance(request, ASGIRequest):
        return render(request, template, {**context, name: slow()})
    # Cookies go with the first byte: the token, and that messages have been shown.
    get_token(request)
    list(get_messages(request))
    return StreamingHttpResponse(_served(_parts(request, template, context, name, slow)))


def _parts(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    name: str,
    slow: Callable[[], str],
) -> Iterator[str]:
    yield render_to_string(template, {**context, "part": "head"}, request)
    try:
        body = render_to_string(template, {**context, "part": "body", name: _PLACE}, request)
    except Exception:
        logger.exception("a page failed after its first byte")
        yield render_to_string("500.html", {}, request)
        return
    before, place, after = body.partition(_PLACE)
    yield before
    if place:
        yield _made(slow)
        yield after


def _made(slow: Callable[[], str]) -> str:
    try:
        return slow()
    except Exception:
        logger.exception("a part of a page failed")
        return _FAULT


async def _served(parts: Iterator[str]) -> AsyncIterator[str]:
    """One part after another, each made in the thread of the request."""
    step = sync_to_async(next, thread_sensitive=True)
    while (part := await step(parts, None)) is not None:
        yield part
