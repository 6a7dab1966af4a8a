"""`python -m simulator`: the pretend broker on one loopback port.

Prints one line of JSON on standard output when it is ready; everything else goes to standard error.
"""

from __future__ import annotations

import argparse
import errno
import ipaddress
import json
import logging
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from simulator.app import create_app
from simulator.boot import open_world
from simulator.scenarios import SCENARIOS
from simulator.server import PingAware
from simulator.world import World


def main(arguments: list[str] | None = None) -> int:
    """Parse, open the world, serve until told to stop."""
    options = _parse(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        listener = _bind(options.host, options.port)
    except OSError as failure:
        return _complain(_reason(options, failure))
    try:
        world = open_world(
            scenario=options.scenario,
            seed=options.seed,
            start=options.start,
            speed=options.speed,
            state=options.state,
        )
    except ValueError as failure:
        return _complain(str(failure))
    world.settings.skip_closed = options.skip_closed or world.settings.skip_closed
    host, port = listener.getsockname()[:2]
    world.base_url = f"http://{_in_url(host)}:{port}"
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn shuts down on these, then raises them again: to whoever had them before
        signal.signal(number, _already_done)
    Announcing(_config(world), world).run(sockets=[listener])
    return 0


def _already_done(number: int, frame: object) -> None:
    """The server has stopped by then: there is nothing left to interrupt."""


class Announcing(uvicorn.Server):
    """A server that tells where it is once it answers."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self.world = world

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then print the line."""
        await super().startup(sockets=sockets)
        if not self.should_exit:
            print(json.dumps(announcement(self.world)), flush=True)


def announcement(world: World) -> dict[str, Any]:
    """What a client needs to know."""
    grant = next(g for g in world.grants.values() if not g.revoked)
    client = world.clients[grant.client_id]
    return {
        "api_url": world.base_url,
        "account_stream_url": f"{world.base_url.replace('http', 'ws', 1)}/account-stream",
        "authorize_url": f"{world.base_url}/auth.html",
        "client_id": client.client_id,
        "client_secret": client.secret,
        "refresh_token": grant.refresh_token,
        "accounts": list(world.accounts),
        "control_url": f"{world.base_url}/control",
    }


def _config(world: World) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(world),
        ws=PingAware,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        date_header=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=2,
    )


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", type=_loopback, help="loopback only")
    parser.add_argument("--port", default=8100, type=int, help="0 takes a free one")
    parser.add_argument("--scenario", default="demo", choices=sorted(SCENARIOS))
    parser.add_argument("--seed", default=7, type=int)
    parser.add_argument("--start", type=_moment, help="ISO time; default: an open market")
    parser.add_argument("--speed", default=1.0, type=float, help="0 is a stopped clock")
    parser.add_argument("--state", type=Path, help="file that keeps the state")
    parser.add_argument(
        "--skip-closed", action="store_true", help="jump over the hours without a session"
    )
    return parser.parse_args(arguments)


def _loopback(text: str) -> str:
    if text == "localhost":
        return text
    try:
        if ipaddress.ip_address(text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text} is not a loopback address")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not an ISO time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _reason(options: argparse.Namespace, failure: OSError) -> str:
    if failure.errno == errno.EADDRINUSE:
        return f"port {options.port} is taken: choose another one with --port"
    return f"cannot listen on {options.host}:{options.port}: {failure.strerror}"


def _complain(text: str) -> int:
    print(f"simulator: {text}", file=sys.stderr)
    return 1


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
