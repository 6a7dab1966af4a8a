"""Ports from the environment; a taken one is an error that names it."""

from __future__ import annotations

import os
import socket

from embedded.errors import EmbeddedError, PortTaken

HOST = "127.0.0.1"


def from_environment(variable: str, default: int) -> int:
    """The port that `variable` names, or the default; EmbeddedError for what is no port."""
    text = os.environ.get(variable) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise EmbeddedError(f"{variable} must be a port from 1 to 65535, not {text!r}.")
    return int(text)


def require_free(port: int, variable: str, host: str = HOST) -> None:
    """PortTaken unless a server could listen on the port now."""
    with socket.socket() as plug:
        # Servers set this too: connections of a former run that still linger are no obstacle.
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            plug.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} on {host} cannot be used ({error.strerror}). End the program that "
                f"holds it, or choose another port: {variable}={port + 1} make demo"
            ) from None


def free_port(host: str = HOST) -> int:
    """A port that nobody holds at this moment."""
    with socket.socket() as plug:
        plug.bind((host, 0))
        return int(plug.getsockname()[1])
