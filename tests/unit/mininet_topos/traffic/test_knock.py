"""Knock: connects again and again, and keeps few connections open."""

import socket

from mininet_topos.traffic.knock import KEPT
from tests.unit.mininet_topos.traffic.tools import TIMEOUT, running


def test_it_connects_again_and_again_and_closes() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        listener.settimeout(TIMEOUT)
        with running("knock", "127.0.0.1", listener.getsockname()[1], 0.001) as knock:
            clients = [listener.accept()[0] for _ in range(KEPT + 5)]
            clients[0].settimeout(TIMEOUT)
            assert clients[0].recv(1) == b""
            knock.terminate()
            assert knock.wait(TIMEOUT) == 0
        for client in clients:
            client.close()
