"""How the tests of the traffic tools run them: as processes, on loopback."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TIMEOUT = 10.0


def free_port() -> int:
    """A TCP port that nobody listens at."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running(name: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """A tool, ended by SIGTERM."""
    tool = subprocess.Popen(
        [sys.executable, "-m", f"mininet_topos.traffic.{name}", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield tool
    finally:
        tool.terminate()
        tool.communicate(timeout=TIMEOUT)


def first_line(tool: "subprocess.Popen[str]") -> str:
    """The next line that a tool writes."""
    assert tool.stdout is not None
    return tool.stdout.readline().strip()


@contextmanager
def echo_server() -> Iterator[int]:
    """An echo server that listens; its port."""
    port = free_port()
    with running("echo", port) as server:
        assert first_line(server) == "listening"
        yield port
