"""Somebody who looks at pages all the while: do they answer, and how soon after a kill."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import httpx

# Between two looks, and how long one page may take.
PAUSE, PATIENCE = 0.5, 20.0


class Visitor:
    """Signed in; looks at one page after another on a thread of its own."""

    def __init__(self, user: Any, port: int) -> None:
        from django.conf import settings
        from django.test import Client
        from django.urls import reverse

        from portfolio.context import NAVIGATION

        self.pages = [reverse(name) for name, *_ in NAVIGATION]
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False,
            cookies={name: client.cookies[name].value},
        )  # fmt: skip
        self.answers: Counter[str] = Counter()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(PATIENCE * 2)

    def _look(self) -> None:
        while not self._over.is_set():
            for page in self.pages:
                self.answers[self._status(page)] += 1
                if self._over.wait(PAUSE):
                    return

    def _status(self, page: str) -> str:
        try:
            return str(self._http.get(page).status_code)
        except httpx.TimeoutException:
            return "too late"
        except httpx.HTTPError:
            return "refused"

    def judge(self, timeout: float = 30.0) -> tuple[float, list[str]]:
        """Seconds until every page has answered well once, and those that never did."""
        started, left = time.monotonic(), self.pages
        while left and time.monotonic() - started < timeout:
            told = {page: self._status(page) for page in left}
            left = [page for page, status in told.items() if status != "200"]
            if left:
                time.sleep(0.2)
        told_wrong = [f"page {page} answers {told[page]}" for page in left]
        self._http.close()
        return round(time.monotonic() - started, 2), told_wrong
