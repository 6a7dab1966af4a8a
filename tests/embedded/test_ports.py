from __future__ import annotations

import socket

import pytest

from embedded import ports
from embedded.errors import EmbeddedError, PortTaken


def test_a_taken_port_is_an_error_that_names_the_port_and_its_variable() -> None:
    with socket.socket() as holder:
        holder.bind((ports.HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            ports.require_free(port, "SIMULATOR_PORT")
    assert f"Port {port} " in str(caught.value)
    assert f"SIMULATOR_PORT={port + 1}" in str(caught.value)


def test_a_port_is_free_again_right_after_its_server_has_closed_a_connection() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((ports.HOST, 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection((ports.HOST, port)):
            accepted, _address = server.accept()
            accepted.close()  # the server closes first: its side lingers
    ports.require_free(port, "PORT")


@pytest.mark.parametrize("text", ["0", "65536", "web", "-1", "٨٠٠٠"])
def test_what_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(EmbeddedError, match="PORT must be a port"):
        ports.from_environment("PORT", 8000)


def test_the_default_stands_where_the_variable_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    assert ports.from_environment("PORT", 8000) == 8000
