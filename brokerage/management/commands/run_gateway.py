"""Holds both streams of every connection; several may run. SIGTERM or SIGINT ends it cleanly."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from brokerage.credentials import keys
from brokerage.gateway.supervisor import Supervisor


class Command(BaseCommand):
    # The streams do not depend on pages: a fault in those must not stop them.
    requires_system_checks: list[str] = []
    help = "Hold the broker's streams: account notifications into the mirror, quotes to pages."

    def handle(self, *args: Any, **options: Any) -> None:
        keys.report_soon()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())
        # The pool's own threads would hold the process for seconds.
        connection.close_pool()

    async def _serve(self) -> None:
        supervisor = Supervisor(settings.GATEWAY_LEASE_SECONDS)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        await supervisor.run()
