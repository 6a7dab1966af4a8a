"""A private Valkey in a data folder, reached through a unix socket alone."""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from embedded import binaries
from embedded.errors import NotReady


@dataclass
class Valkey:
    """One server; `durable` keeps an append-only file, so that a kill loses at most a second."""

    data: Path
    sockets: Path
    durable: bool = True

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def url(self) -> str:
        return f"unix://{quote(str(self.socket), safe='/')}?db=0"

    def command(self) -> list[str]:
        """The server in the foreground; SIGTERM stops it cleanly."""
        kept = "yes" if self.durable else "no"
        return [
            str(binaries.valkey_server()),
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--dir", str(self.data), "--appendonly", kept, "--save", "", "--daemonize", "no"),
        ]

    def prepare(self) -> None:
        """Make the data folder and take away the socket of a dead server."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.answers():
            self.socket.unlink(missing_ok=True)

    def answers(self) -> bool:
        """Whether a server on our socket answers PING (one that still loads its file does not)."""
        with socket.socket(socket.AF_UNIX) as plug:
            plug.settimeout(1)
            try:
                plug.connect(str(self.socket))
                plug.sendall(b"PING\r\n")
                return plug.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def wait_ready(self, process: subprocess.Popen[bytes], timeout: float = 30.0) -> None:
        """Return once the server answers; NotReady when it ends or stays silent."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise NotReady(f"Valkey ended with code {process.returncode} while starting.")
            if self.answers():
                return
            time.sleep(0.02)
        raise NotReady(f"Valkey did not answer within {timeout:.0f} s.")
