"""How pages look for the person who asks: rendered into them, so that nothing flashes."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

THEME_COOKIE, RAIL_COOKIE = "strikedesk_theme", "strikedesk_rail"


class Look:
    """Theme, palette, density and the rail: rendered into the page, so nothing flashes."""

    def __init__(self, request: HttpRequest) -> None:
        user = getattr(request, "user", None)
        preferences = getattr(user, "preferences", None) if user else None
        cookie = request.COOKIES.get(THEME_COOKIE)
        self.theme = preferences.theme if preferences else cookie
        if self.theme not in ("dark", "light"):
            self.theme = "dark"
        self.palette = preferences.palette if preferences else "safe"
        self.density = "compact" if preferences and preferences.compact else "normal"
        self.flash = "off" if preferences and not preferences.flash_ticks else "on"
        self.rail = "folded" if request.COOKIES.get(RAIL_COOKIE) == "folded" else "open"

    @property
    def sign_up_open(self) -> bool:
        return bool(settings.SIGN_UP_OPEN)

    @property
    def other_theme(self) -> str:
        return "light" if self.theme == "dark" else "dark"
