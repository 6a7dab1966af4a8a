"""One line in the log when something stops answering, one when it answers again, none between."""

from __future__ import annotations

import logging
import threading
import time


class Outage:
    """Of one thing in one process; may be used from several threads.

    ``what``, in the plural, begins both lines: "events cannot be told: ConnectionError".
    """

    def __init__(self, logger: logging.Logger, what: str) -> None:
        self._logger, self._what = logger, what
        self._lock = threading.Lock()
        self._since: float | None = None
        self._failed = 0

    def failed(self, error: Exception) -> None:
        """Another try failed; the first one of an outage is logged, without a traceback."""
        with self._lock:
            self._failed += 1
            if self._since is not None:
                return
            self._since = time.monotonic()
        self._logger.warning("%s cannot be told: %s", self._what, type(error).__name__)

    def worked(self) -> None:
        """A try went well; the end of an outage is logged with its length."""
        if self._since is None:
            return
        with self._lock:
            since, failed = self._since, self._failed
            self._since, self._failed = None, 0
        if since is not None:
            seconds = time.monotonic() - since
            self._logger.warning(
                "%s are told again after %.1f s; %d tries failed", self._what, seconds, failed
            )
