"""Serving: a server on real sockets whose engine does what a test tells it to.

No OpenFlow passes here; any bytes do. Invariant: whatever a test leaves open is closed with the
bench.
"""

from __future__ import annotations

import socket as blocking
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
from eventlet.green import socket

from slicer.policy import parse
from slicer.proxy.engine import Engine
from slicer.proxy.events import (
    Command,
    Connected,
    ControllerEndpoint,
    DatapathEndpoint,
    DataReceived,
    Endpoint,
    Event,
    Listen,
    TimePassed,
    Written,
)
from slicer.server import Server

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [tcp:127.0.0.1:6653]}}
flowspace: [{slice: red, priority: 1}]
"""
PATIENCE = 5.0
"""Seconds until what a test waits for is taken never to come."""


class ScriptedEngine(Engine):
    """Asks for what a test tells it to, and keeps the events."""

    def __init__(self) -> None:
        super().__init__(parse(POLICY, "p"))
        self.events: list[Event] = []
        self.at_start: list[Command] = []
        self.on: dict[type, Callable[[Any], list[Command]]] = {}
        """What an event of a type is answered with."""
        self.deadline: float | None = None
        self._asked: list[Command] = []
        self.room: Callable[[], bool] = lambda: True

    @property
    def has_room(self) -> bool:
        return self.room()

    @property
    def next_deadline(self) -> float | None:
        return self.deadline

    def start(self) -> list[Command]:
        return self.at_start

    def take(self, event: Event, now: float) -> None:
        self.events.append(event)
        self._asked += self.on.get(type(event), lambda _: [])(event)

    @property
    def is_settled(self) -> bool:
        return not self._asked

    def settle(self, now: float) -> list[Command]:
        asked, self._asked = self._asked, []
        return asked

    def of(self, kind: type) -> list[Any]:
        """The events of a type so far."""
        return [each for each in self.events if isinstance(each, kind)]


class Bench:
    """A server that runs, and clients of it."""

    def __init__(self) -> None:
        self.engine = ScriptedEngine()
        self.server = Server(self.engine)
        self.endpoint = DatapathEndpoint("127.0.0.1", free_port())
        self.engine.at_start = [Listen(self.endpoint)]
        self._clients: list[Any] = []
        self._running: Any = None

    def run(self) -> None:
        self._running = eventlet.spawn(self.server.run)
        eventlet.sleep(0)

    @property
    def is_running(self) -> bool:
        """Has `run` not returned?"""
        return self._running is not None and not self._running.dead

    def connect(self) -> tuple[Any, int]:
        """A client, and the number of its peer."""
        before = len(self.engine.of(Connected))
        client = socket.create_connection((self.endpoint.host, self.endpoint.port))
        self._clients.append(client)
        until(lambda: len(self.engine.of(Connected)) > before)
        return client, self.engine.of(Connected)[-1].peer

    def command(self, *commands: Command) -> None:
        """Have the engine ask for something."""
        self.engine.on[TimePassed] = lambda _: list(commands)
        self.server._handle(TimePassed())
        del self.engine.on[TimePassed]

    def received(self, peer: int) -> bytes:
        """What the engine has been told that a peer sent."""
        return b"".join(each.data for each in self.engine.of(DataReceived) if each.peer == peer)

    def written(self, peer: int) -> int:
        """How many bytes the engine has been told of that have left for a peer."""
        return sum(each.count for each in self.engine.of(Written) if each.peer == peer)

    def close(self) -> None:
        self.server.stop()
        for client in self._clients:
            client.close()
        if self._running is not None:
            self._running.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens at."""
    with blocking.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def until(condition: Callable[[], object]) -> None:
    """Let the server work until that is true."""
    with eventlet.Timeout(PATIENCE, AssertionError("it did not become true")):
        while not condition():
            eventlet.sleep(0.005)


def read(client: Any, size: int) -> bytes:
    """So many bytes, or those up to the end."""
    data = bytearray()
    while len(data) < size:
        more = client.recv(min(size - len(data), 1 << 16))
        if not more:
            break
        data += more
    return bytes(data)


def is_over(bench: Bench) -> bool:
    """Are all connections gone?"""
    return not bench.server._connections


def controller(port: int, host: str = "127.0.0.1") -> ControllerEndpoint:
    """A controller that is dialled there."""
    return ControllerEndpoint("red", 1, 0, host, port, False)


def refuses(endpoint: Endpoint) -> bool:
    """Does nobody listen there?"""
    assert isinstance(endpoint, DatapathEndpoint)
    try:
        with socket.create_connection((endpoint.host, endpoint.port)):
            return False
    except ConnectionRefusedError:
        return True


@contextmanager
def serving() -> Iterator[Bench]:
    """A bench whose server doesn't run yet, for a test that takes no longer than it may."""
    bench = Bench()
    with eventlet.Timeout(4 * PATIENCE):
        yield bench
        bench.close()
