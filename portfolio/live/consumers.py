"""The browser socket: patches of one page, facts about its user's accounts, state of the streams.

From the browser: ``{"page": name, "args": {…}}`` opens or replaces the page's live view (with
``"also": {"page": name, "args": {…}}`` a second one beside it, for the ticket in the drawer),
``{"idle": true}`` stops all work (paused, hidden tab), ``{"idle": false}`` resumes.
To the browser: ``{"p": [[id, text, class?], …]}`` patches, ``{"e": [[name, detail], …]}`` facts,
``{"s": {…}}`` streams, ``{"since": ms}`` once, when the latest fact before the joining was told,
``{"gone": true}`` for a page that there is not, or not for this user.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.http import Http404

from brokerage import events
from brokerage.aio import end
from portfolio.live import doors
from portfolio.live.hub import Hub, Listener, hub
from portfolio.live.patches import LiveView, Together, live_view
from portfolio.live.status import stream_status

logger = logging.getLogger(__name__)

# At most four patch messages a second.
PATCH_SECONDS = 0.25
# Everything is computed again this often: figures grow old without a tick.
AGE_SECONDS = 2.0
REBUILD_SECONDS = 1.0
STATUS_SECONDS = 5.0
SIGNED_IN_SECONDS = 30.0
SEND_SECONDS = 20.0
# A burst of facts is told as "all of them changed".
MAX_FACTS = 100
SIGNED_OUT = 4401


def _in_thread(function: Any) -> Any:
    return database_sync_to_async(function, thread_sensitive=False)


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One open page. Its figures wait in the hub while the browser is slow, never in a queue."""

    hub: Hub = hub

    async def connect(self) -> None:
        self.user = self.scope.get("user")
        if self.user is None or not self.user.is_authenticated:
            await self.close()
            return
        self.listener = Listener()
        self.view: LiveView | None = None
        self.page: tuple[type[LiveView], dict[str, Any]] | None = None
        self.joined: set[str] = set()
        self.facts: list[list[Any]] = []
        self.idle = self.outdated = False
        self.rebuilt_at = self.aged_at = self.told_at = 0.0
        self.signed_in_at = time.monotonic()
        self.status: dict[str, Any] = {}
        await self.accept()
        await self._join()
        await self._send({"since": await _in_thread(events.latest)(self.joined)})
        self.pusher = asyncio.create_task(self._push())

    async def disconnect(self, code: int) -> None:
        pusher = getattr(self, "pusher", None)
        if pusher is None:
            return
        await end(pusher)
        self.hub.leave(self.listener)
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    # --- From the browser ---------------------------------------------------------------------

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    async def receive_json(self, content: Any, **_: Any) -> None:
        if not isinstance(content, dict):
            return
        if "page" in content:
            await self._open(content["page"], content.get("args"), content.get("also"))
        elif "idle" in content:
            await self._rest(bool(content["idle"]))

    async def _open(self, name: Any, args: Any, also: Any) -> None:
        kind = live_view(name)
        self.view, self.page = None, None
        if kind is not None:
            self.page = (kind, args if isinstance(args, dict) else {})
            if isinstance(also, dict) and (second := live_view(also.get("page"))) is not None:
                more = also.get("args")
                beside = (second, more if isinstance(more, dict) else {})
                self.page = (Together, {"views": (self.page, beside)})
        await self._build()

    async def _rest(self, idle: bool) -> None:
        self.idle = idle
        if idle:
            self.hub.leave(self.listener)
            return
        self.outdated = True
        self.listener.wake.set()

    # --- From the mirror ------------------------------------------------------------------------

    async def desk_event(self, message: dict[str, Any]) -> None:
        """A fact was committed about something this user may see."""
        self.outdated = True
        if len(self.facts) < MAX_FACTS:
            self.facts.append([message["name"], message.get("detail", {})])
        if not self.idle:
            self.listener.wake.set()

    async def _join(self) -> None:
        allowed = await _in_thread(doors.groups_of)(self.user)
        for group in allowed - self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self.joined - allowed:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.joined = allowed

    # --- The view -------------------------------------------------------------------------------

    async def _build(self) -> None:
        """Build the page's view anew; access is decided each time."""
        self.outdated, self.rebuilt_at = False, time.monotonic()
        self.view = await self._built()
        if self.view is None:
            self.hub.leave(self.listener)
            await self._send({"gone": True})
            return
        if not self.idle:
            await self.hub.show(self.listener, self.view.feeds_and_symbols())
        self.aged_at = 0.0
        self.listener.wake.set()

    async def _built(self) -> LiveView | None:
        if self.page is None:
            return None
        kind, args = self.page
        try:
            view: LiveView = await _in_thread(kind)(self.user, args)
            return view
        except Http404:
            return None
        except Exception:
            # Whatever the browser sent as args: it learns no more than that there is no such page.
            logger.exception("a live view could not be built")
            return None

    # --- To the browser -------------------------------------------------------------------------

    async def _push(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGE_SECONDS):
                    await self.listener.wake.wait()
            self.listener.wake.clear()
            try:
                await self._push_once()
            except asyncio.CancelledError:
                raise
            except TimeoutError:
                await self.close()
                return
            except OSError:
                # The browser left in the middle of a message.
                return
            except Exception:
                logger.exception("a page could not be patched")
                await asyncio.sleep(1.0)
            await asyncio.sleep(PATCH_SECONDS)

    async def _push_once(self) -> None:
        if not await self._signed_in():
            await self.close(code=SIGNED_OUT)
            return
        if self.idle:
            return
        if self.outdated:
            await self._refresh()
        message = {"e": self._take_facts(), "p": self._patches(), "s": self._status()}
        filled = {key: value for key, value in message.items() if value}
        if filled:
            await self._send(filled)

    async def _refresh(self) -> None:
        """Facts changed: see again who may see what, and build the view anew."""
        if time.monotonic() - self.rebuilt_at < REBUILD_SECONDS:
            # The next round comes by itself, within AGE_SECONDS at the latest.
            return
        await self._join()
        if self.page is not None:
            await self._build()
        else:
            self.outdated = False

    def _take_facts(self) -> list[list[Any]]:
        facts, self.facts = self.facts, []
        return facts

    def _patches(self) -> list[Any]:
        if self.view is None:
            return []
        now = time.monotonic()
        dirty, self.listener.dirty = self.listener.dirty, set()
        if now - self.aged_at >= AGE_SECONDS:
            self.aged_at = now
            return self.view.patches(self.hub, None)
        return self.view.patches(self.hub, dirty) if dirty else []

    def _status(self) -> dict[str, Any]:
        """The streams' state when it changed, and now and then for its age."""
        now = time.monotonic()
        status = stream_status(self.hub, self.listener.wanted)
        same = {**status, "age": None} == {**self.status, "age": None}
        if same and now - self.told_at < STATUS_SECONDS:
            return {}
        self.status, self.told_at = status, now
        return status

    async def _signed_in(self) -> bool:
        """Signed out elsewhere, deactivated, or another password: this socket ends too."""
        session = self.scope.get("session")
        if session is None or time.monotonic() - self.signed_in_at < SIGNED_IN_SECONDS:
            return True
        self.signed_in_at = time.monotonic()
        return bool(await _in_thread(doors.still_signed_in)(session.session_key, self.user.pk))

    async def _send(self, message: dict[str, Any]) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self.send_json(message)
