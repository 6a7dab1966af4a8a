"""How to tell that a process serves: a line that it prints, or an address that answers."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

from embedded.errors import NotReady

Process = subprocess.Popen[bytes]


class ReadyLine:
    """Ready when a line of output matches."""

    def __init__(self, pattern: str, timeout: float = 60.0) -> None:
        self._pattern = re.compile(pattern)
        self._timeout = timeout
        self._seen = threading.Event()

    def see(self, line: str) -> bool:
        if self._pattern.search(line):
            self._seen.set()
        return False

    def wait(self, process: Process) -> None:
        _wait(self._seen, process, self._timeout)


class Announcement:
    """Ready when a line is a JSON object that has the expected keys; the line holds secrets."""

    def __init__(self, keys: set[str], timeout: float = 60.0) -> None:
        self._keys = keys
        self._timeout = timeout
        self._seen = threading.Event()
        self.facts: dict[str, object] = {}

    def see(self, line: str) -> bool:
        if not line.startswith("{"):
            return False
        try:
            facts = json.loads(line)
        except ValueError:
            return False
        if not self._keys <= facts.keys():
            return False
        self.facts = facts
        self._seen.set()
        return True

    def wait(self, process: Process) -> None:
        _wait(self._seen, process, self._timeout)


def _wait(seen: threading.Event, process: Process, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not seen.wait(0.05):
        if process.poll() is not None:
            raise NotReady(f"it ended with code {process.returncode}")
        if time.monotonic() > deadline:
            raise NotReady(f"it was not ready within {timeout:.0f} s")


def wait_for_page(url: str, process: Process, timeout: float = 60.0) -> None:
    """Return once the loopback address answers 200; NotReady with its last words otherwise."""
    # Never through a proxy that the environment may name.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline, last = time.monotonic() + timeout, "no answer"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotReady(f"it ended with code {process.returncode}")
        try:
            with opener.open(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            last = f"{error.code}: {error.read(300).decode(errors='replace')}"
        except OSError as error:
            last = str(error)
        time.sleep(0.1)
    raise NotReady(f"{url} was not ready within {timeout:.0f} s ({last})")
