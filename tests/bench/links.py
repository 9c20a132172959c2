"""Links: the sockets of one fake party, its loop, and what it is asked by the benchmark.

A party is a process of its own that is told what to do through a pipe. Invariant: a link never
waits for its socket; what that doesn't take at once is kept and sent later.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from tests.bench.stream import Counter

READ_SIZE = 1 << 18
CORES = sorted(os.sched_getaffinity(0))
COARSE = 0.1
"""Seconds. An epoll waits for whole milliseconds, so what is shorter is waited for otherwise."""
SLICER_CORE, PARTIES_CORE = CORES[0], CORES[-1]
"""Where there are two cores, the slicer has one to itself, but for what else the machine does."""


class Link:
    """One connection of a party's."""

    def __init__(self, sock: socket.socket, counter: Counter) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.counter = counter
        self.position = 0
        """Where in its pool of frames it is."""
        self.sent = 0
        """Frames said since somebody last set it to 0."""
        self.unsent: list[bytes] = []

    def send(self, data: bytes) -> None:
        """Send, now or later."""
        if self.unsent:
            self.unsent.append(data)
            return
        try:
            taken = self.sock.send(data)
        except BlockingIOError:
            taken = 0
        except ConnectionError:  # the reader notices too
            return
        if taken < len(data):
            self.unsent.append(data[taken:])

    def send_more(self) -> None:
        """The socket takes data again."""
        data = b"".join(self.unsent)
        self.unsent.clear()
        self.send(data)


class Pool:
    """Frames of one length, to be said in turn."""

    def __init__(self, frames: bytes) -> None:
        self.size = frames[2] << 8 | frames[3]
        self.number = len(frames) // self.size
        self._twice = frames * 2

    def say(self, link: Link, count: int) -> None:
        """Say the next `count` frames."""
        link.sent += count
        while count:
            now = min(count, self.number)
            start = link.position * self.size
            link.send(self._twice[start : start + now * self.size])
            link.position = (link.position + now) % self.number
            count -= now


class Loop:
    """Reads the links of a party."""

    def __init__(self, heard: Callable[[Link, bytes], None]) -> None:
        self.links: dict[int, Link] = {}
        self._heard = heard
        self._epoll = select.epoll()
        self._others: dict[int, Callable[[], None]] = {}

    def watch(self, number: int, ready: Callable[[], None]) -> None:
        """Call `ready` when something else than a link can be read."""
        self._others[number] = ready
        self._epoll.register(number, select.EPOLLIN)

    def add(self, link: Link) -> None:
        """Read a link from now on."""
        self.links[link.sock.fileno()] = link
        self._epoll.register(link.sock.fileno(), select.EPOLLIN)

    def step(self, timeout: float) -> None:
        """Read what there is, once; wait for it for so many seconds at most."""
        for link in [each for each in self.links.values() if each.unsent]:
            link.send_more()
            timeout = min(timeout, 0.001)
        if timeout < COARSE:
            select.select([self._epoll], [], [], timeout)
            timeout = 0.0
        for number, _ in self._epoll.poll(timeout):
            if number in self._others:
                self._others[number]()
                continue
            if number in self.links:
                self._read(self.links[number])

    def _read(self, link: Link) -> None:
        try:
            data = link.sock.recv(READ_SIZE)
        except BlockingIOError:  # what `poll` found was read meanwhile, by what is watched
            return
        except ConnectionError:
            data = b""
        if data:
            self._heard(link, data)
        else:
            self.drop(link)

    def drop(self, link: Link) -> None:
        """Close a connection."""
        number = link.sock.fileno()
        self._epoll.unregister(number)
        del self.links[number]
        link.sock.close()


class Party:
    """A process of fakes, seen from the benchmark: `party.ask("name", ...)` has it call the method
    of that name and returns what that returns."""

    def __init__(self, main: Callable[[Connection], None]) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=main, args=(theirs,), daemon=True)
        self.process.start()

    def tell(self, what: str, *arguments: Any) -> None:
        """Ask without waiting; `hear` has what it says."""
        self._pipe.send((what, arguments))

    def hear(self, timeout: float = 120.0) -> Any:
        """What the last question was answered with."""
        if not self._pipe.poll(timeout):
            raise TimeoutError(f"a fake has not answered for {timeout:g} s")
        try:
            answer = self._pipe.recv()
        except EOFError:
            raise RuntimeError("a fake has ended") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask(self, what: str, *arguments: Any, timeout: float = 120.0) -> Any:
        """Ask and wait."""
        self.tell(what, *arguments)
        return self.hear(timeout)

    def end(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.join()


def serve(party: Any, loop: Loop, pipe: Connection) -> None:
    """Run a party: do what the benchmark asks, and read the links meanwhile."""
    os.sched_setaffinity(0, {PARTIES_CORE})

    def asked() -> None:
        what, arguments = pipe.recv()
        try:
            pipe.send(getattr(party, what)(*arguments))
        except (OSError, RuntimeError, ValueError) as error:
            pipe.send(error)

    loop.watch(pipe.fileno(), asked)
    while True:
        loop.step(1.0)
