"""Stream: every message is noted, and so is a connection that breaks."""

import json
import socket
import threading
from typing import Any

import pytest

from mininet_topos.traffic.stream import SIZE
from tests.unit.mininet_topos.traffic.tools import (
    TIMEOUT,
    echo_server,
    first_line,
    free_port,
    running,
)


def record(server: int, messages: int) -> list[dict[str, Any]]:
    """The record of a stream that is stopped after so many lines, or ends before."""
    with running("stream", "127.0.0.1", server, free_port(), 0.01) as stream:
        lines = [first_line(stream) for _ in range(messages)]
        stream.terminate()
        rest, _ = stream.communicate(timeout=TIMEOUT)
        return [json.loads(line) for line in [*lines, *rest.splitlines()] if line]


def test_every_message_comes_back() -> None:
    with echo_server() as port:
        connected, *messages, end = record(port, 5)
    assert connected == {"connected": True}
    assert len(messages) >= 4
    assert all(0 < message["back"] - message["sent"] < TIMEOUT for message in messages)
    assert end == {"broken": None}


def serve_once(listener: socket.socket, reply: bytes, echoes: int) -> None:
    """Echo a few messages, send something else, and close the connection."""
    client, _ = listener.accept()
    with client, client.makefile("rb") as reader:
        for _ in range(echoes):
            client.sendall(reader.read(SIZE))
        reader.read(SIZE)
        client.sendall(reply)


@pytest.mark.parametrize(
    ("reply", "why"), [(b"", "the server closed the connection"), (b"?" * SIZE, "expected 00")]
)
def test_a_connection_that_breaks_is_told(reply: bytes, why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve_once, args=(listener, reply, 2))
        server.start()
        _, *messages, end = record(listener.getsockname()[1], 5)
        server.join(TIMEOUT)
    assert why in end["broken"]
    assert [message["back"] is not None for message in messages[:2]] == [True, True]
    assert messages[2:]
    assert all(message["back"] is None for message in messages[2:])
