"""Running: a supervisor's process, its workers, and what they say to the front, which is the test.

Invariant: whatever a test does to them, none of them is left when it ends.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slicer.proxy.settings import Settings
from slicer.workers.messages import LONGEST, Line, Message, Setup, decode, encode

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0
POLICY = """
listen: [tcp:127.0.0.1:{port}]
slices: {{red: {{controllers: [ptcp:7000]}}}}
flowspace: [{{slice: red, priority: 1}}]
"""
MAIN = """
import sys
from slicer.workers.__main__ import main
raise SystemExit(main(int(sys.argv[1])))
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def is_alive(pid: int) -> bool:
    """Is there a process of that number, and is it no zombie?"""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


class Running:
    """`port` is where datapaths connect."""

    def __init__(self, folder: Path, workers: int, first: str) -> None:
        self.port = free_port()
        path = folder / "policy.yaml"
        path.write_text(POLICY.format(port=self.port))
        self.front, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.lines: list[str] = []
        self.pids: dict[int, int] = {}
        """Of the workers that are up, by number."""
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", first + MAIN, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        self._clients: list[socket.socket] = []
        self.setup = Setup(
            str(path), workers, {"probe_interval": Settings().probe_interval}, 10, 700
        )

    def start(self) -> None:
        """Have it serve, and wait until all workers are up."""
        self.say(self.setup)
        for number in range(1, self.setup.workers + 1):
            self.wait_for(f"worker {number} of {self.setup.workers} is process")

    def say(self, message: Message) -> None:
        self.front.send(encode(message))

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first line that comes from now on in which the pattern is found."""
        self.front.settimeout(PATIENCE)
        while True:
            line = decode(self.front.recv(LONGEST))
            assert isinstance(line, Line)
            self.lines.append(line.text)
            up = re.match(r"worker (\d+) of \d+ is process (\d+)", line.text)
            if up is not None:
                self.pids[int(up[1])] = int(up[2])
            found = re.search(pattern, line.text)
            if found is not None:
                return found

    def rest(self) -> str:
        """What is said until all of them have ended."""
        self.front.settimeout(PATIENCE)
        while data := self.front.recv(LONGEST):
            line = decode(data)
            assert isinstance(line, Line)
            self.lines.append(line.text)
        return "\n".join(self.lines)

    def connect(self) -> tuple[socket.socket, int]:
        """A client, and the number of the worker that has greeted it."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self._clients.append(client)
        address = re.escape("{}:{}".format(*client.getsockname()))
        found = self.wait_for(rf"worker (\d+): a datapath has connected from {address}")
        assert client.recv(100), "a hello"
        return client, int(found[1])

    def all_gone(self) -> bool:
        """Have the supervisor and its workers ended, soon enough?"""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.process.poll()
            if not any(map(is_alive, (self.process.pid, *self.pids.values()))):
                return True
            time.sleep(0.02)
        return False

    def close(self) -> None:
        self.front.close()
        for client in self._clients:
            client.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in self.pids.values():
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def running(folder: Path, workers: int = 2, first: str = "") -> Iterator[Running]:
    """A supervisor that has not been told yet what to serve; its process does `first` first."""
    subject = Running(folder, workers, first)
    try:
        yield subject
    finally:
        subject.close()
