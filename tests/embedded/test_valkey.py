"""A real server: started, killed, recovered."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import redis

from embedded import processes
from embedded.folders import socket_folder
from embedded.valkey import Valkey


def start(server: Valkey) -> subprocess.Popen[bytes]:
    server.prepare()
    process = processes.spawn(
        server.command(), env=os.environ, cwd=server.data, output=subprocess.DEVNULL
    )
    server.wait_ready(process)
    return process


def test_a_killed_server_comes_back_with_its_data_and_listens_on_its_socket_alone(
    tmp_path: Path,
) -> None:
    server = Valkey(tmp_path / "valkey", socket_folder(tmp_path))
    process = start(server)
    with redis.Redis.from_url(server.url()) as client:
        assert client.config_get("port") == {"port": "0"}
        client.set("kept", "yes")
        client.config_set("appendfsync", "always")
        client.set("kept-too", "yes")
    process.kill()
    process.wait()
    assert server.socket.exists()
    assert not server.answers()
    again = start(server)
    try:
        with redis.Redis.from_url(server.url()) as client:
            assert client.mget("kept", "kept-too") == [b"yes", b"yes"]
    finally:
        processes.end_group(again)
    assert not server.answers()
