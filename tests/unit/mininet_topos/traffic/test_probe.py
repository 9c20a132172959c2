"""Probe: tells who echoes from who does not."""

import asyncio
import socket
import time

from mininet_topos.traffic.probe import probe
from tests.unit.mininet_topos.traffic.tools import echo_server, free_port


def test_an_echo_is_told_from_a_closed_port() -> None:
    with echo_server() as port:
        targets = [f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}"]
        assert asyncio.run(probe(targets, 5)) == {targets[0]: True, targets[1]: False}


def test_a_server_that_says_nothing_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        assert asyncio.run(probe([target], 0.3)) == {target: False}
        assert time.monotonic() - began < 3
