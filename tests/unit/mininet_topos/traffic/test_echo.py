"""Echo: what is sent comes back, for one client after the other, until SIGTERM."""

import socket

from tests.unit.mininet_topos.traffic.tools import (
    TIMEOUT,
    echo_server,
    first_line,
    free_port,
    running,
)


def test_what_is_sent_comes_back() -> None:
    with echo_server() as port:
        for words in (b"one", b"another"):
            with socket.create_connection(("127.0.0.1", port), TIMEOUT) as client:
                client.sendall(words)
                client.shutdown(socket.SHUT_WR)
                assert client.makefile("rb").read() == words


def test_it_ends_well_on_sigterm() -> None:
    with running("echo", free_port(), free_port()) as server:
        assert first_line(server) == "listening"
        server.terminate()
        assert server.wait(TIMEOUT) == 0
