"""Every page needs a sign-in but those that say otherwise."""

from __future__ import annotations

from django.contrib.auth import middleware


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Django's own, open for the sign-in pages and the health check."""

    # Innermost and synchronous: the whole chain then runs on one thread. Otherwise every middleware
    # goes through the event loop twice a request, which costs a page some milliseconds.
    async_capable = False

    _OPEN_PREFIXES = ("/sign-in/", "/healthz", "/static/")

    def process_view(self, request, view_func, view_args, view_kwargs):  # type: ignore[no-untyped-def]
        if request.path.startswith(self._OPEN_PREFIXES):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)
