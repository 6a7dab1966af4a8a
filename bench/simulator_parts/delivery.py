"""The way of frames to a client, without the market behind them: the simulator's and a bare one.

Both servers are processes of their own and send the same recorded frames over and over. The
simulator's goes through its whole stack (faults, lock, encoding, uvicorn); the bare one encodes a
frame and sends it, or for comparison sends texts that were encoded before. What the market costs is
in the events a second of a real stream.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from typing import Any

import orjson
import uvicorn
import uvloop
import websockets
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from simulator.boot import open_world
from simulator.dxlink import Connection, dxlink_endpoint
from simulator.server import PingAware

Frames = list[dict[str, Any]]


class _Played(Connection):
    """A connection whose session always has the recorded frames to send."""

    frames: Frames = []

    async def _follow(self) -> None:
        while True:
            await self.send(self.frames)


def _simulator(frames: Frames, port: Any) -> None:
    _Played.frames = frames
    world = open_world(scenario="empty", speed=0)
    dxlink_endpoint(world)
    server: Any = world.dxlink  # type: ignore[attr-defined]

    async def endpoint(socket: Any) -> None:
        await _Played(server, socket).serve()

    app = Starlette(routes=[WebSocketRoute("/", endpoint)])
    config = uvicorn.Config(
        app, port=0, ws=PingAware, ws_per_message_deflate=False, ws_ping_interval=None,
        log_config=None, lifespan="off",
    )  # fmt: skip
    running = uvicorn.Server(config)

    async def run() -> None:
        task = asyncio.create_task(running.serve())
        while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        port.send(running.servers[0].sockets[0].getsockname()[1])
        await task

    uvloop.run(run())


def _bare(frames: Frames, port: Any, ready: bool = False) -> None:
    texts = [orjson.dumps(frame).decode() for frame in frames] if ready else []

    async def serve(socket: Any) -> None:
        while True:
            for text in texts:
                await socket.send(text)
            for frame in () if ready else frames:
                await socket.send(orjson.dumps(frame).decode())

    async def run() -> None:
        async with websockets.serve(serve, "127.0.0.1", 0, compression=None) as server:
            port.send(next(iter(server.sockets)).getsockname()[1])
            await server.serve_forever()

    uvloop.run(run())


def _bare_texts(frames: Frames, port: Any) -> None:
    _bare(frames, port, ready=True)


async def ratios(frames: Frames, seconds: float) -> tuple[float, float]:
    """Frames a second through the simulator's stack, as parts of those of the bare library.

    First of a bare server that encodes what it sends, then of one that need not.
    """
    servers = (_simulator, _bare, _bare_texts)
    best = dict.fromkeys(servers, 0.0)
    for _ in range(2):
        for server in servers:
            best[server] = max(best[server], await _rate(server, frames, seconds))
    return best[_simulator] / best[_bare], best[_simulator] / best[_bare_texts]


async def _rate(server: Callable[[Frames, Any], None], frames: Frames, seconds: float) -> float:
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=server, args=(frames, there))
    worker.start()
    try:
        address = f"ws://127.0.0.1:{here.recv()}"
        async with websockets.connect(address, max_size=None, compression=None) as socket:
            count, began = 0, time.perf_counter()
            while time.perf_counter() - began < seconds:
                await socket.recv()
                count += 1
            passed = time.perf_counter() - began
            worker.kill()
            return count / passed
    except websockets.ConnectionClosed:
        raise RuntimeError("the server went away") from None
    finally:
        worker.kill()
        worker.join()
