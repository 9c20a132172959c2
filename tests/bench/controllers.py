"""Controllers: a process of fake tenant controllers that answer each packet-in at once.

One listening port serves any number of slivers, and an unsliced switch as well. Invariant: for each
packet-in that is counted one answer goes out.
"""

from __future__ import annotations

import socket
import time
from multiprocessing.connection import Connection

from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import EchoReply, EchoRequest, Hello
from slicer.openflow.multipart import FlowStatsReply, FlowStatsRequest
from tests.bench.links import Link, Loop, Pool, serve
from tests.bench.stream import Counter
from tests.bench.wire import BARRIER_TYPES, DIALECTS, Answer, answers, barrier

_PACKET_IN = 10


class Controllers:
    """The fakes, and what the benchmark asks of them."""

    def __init__(self) -> None:
        self.loop = Loop(self._heard)
        self._version = 4
        self._dialect: Dialect = DIALECTS[4]
        self._pool = Pool(answers(4, Answer.FLOW_MOD))
        self._ready: set[Link] = set()
        self._barriers = 0
        self._errors = 0
        self._parts: list[int] = []
        self._is_listed = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self.loop.watch(self._listener.fileno(), self._accept)

    # ---- what the benchmark asks ----

    def port(self) -> int:
        """Where they listen."""
        number: int = self._listener.getsockname()[1]
        return number

    def speak(self, version: int, answer: Answer) -> None:
        """Speak this version with whoever connects from now on, and answer with that."""
        self._version, self._dialect = version, DIALECTS[version]
        self._pool = Pool(answers(version, answer))
        self._ready.clear()

    def ready(self, count: int, timeout: float) -> float:
        """Wait until so many connections stand, each with a switch that has answered a barrier: a
        hello alone may be ahead of what the slicer knows. Returns the seconds that took."""
        start = time.monotonic()
        while len(self._ready) < count:
            if time.monotonic() - start > timeout:
                raise TimeoutError(f"{len(self._ready)} of {count} controllers are connected")
            self.loop.step(0.01)
        return time.monotonic() - start

    def errors(self) -> int:
        """How many errors they have been told of."""
        return self._errors

    def burst(self, size: int, seconds: float) -> float:
        """Flow-mods a second, sent by `size` with a barrier after them whose answer is awaited."""
        link = next(iter(self.loop.links.values()))
        start, done = time.monotonic(), 0
        while not done or time.monotonic() - start < seconds:
            before = self._barriers
            self._pool.say(link, size)
            link.send(barrier(self._version))
            while self._barriers == before:
                self.loop.step(1.0)
            done += size
        return done / (time.monotonic() - start)

    def list_flows(self) -> tuple[int, float]:
        """Ask for all flows: how many bytes that were, and how many seconds it took."""
        link = next(iter(self.loop.links.values()))
        self._parts, self._is_listed = [], False
        start = time.monotonic()
        link.send(self._dialect.encode(FlowStatsRequest(0x5)))
        while not self._is_listed:
            self.loop.step(1.0)
        return sum(self._parts), time.monotonic() - start

    # ---- what switches say ----

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except BlockingIOError:  # whoever `poll` found was accepted meanwhile, by what is asked
            return
        special = bytes((self._version, BARRIER_TYPES[self._version] + 1, 0, 8))
        link = Link(sock, Counter(_PACKET_IN, special))
        self.loop.add(link)
        link.send(self._dialect.encode(Hello(0, frozenset({self._version}))))

    def _heard(self, link: Link, data: bytes) -> None:
        before = link.counter.count
        others = link.counter.feed(data)
        asked = link.counter.count - before
        if asked:
            self._pool.say(link, asked)
        for frame in others:
            self._other(link, frame)

    def _other(self, link: Link, frame: bytes) -> None:
        kind = self._dialect.kind(frame)
        if kind is Kind.HELLO:
            link.send(barrier(self._version))
        elif kind is Kind.BARRIER_REPLY and link not in self._ready:
            self._ready.add(link)
        elif kind is Kind.BARRIER_REPLY:
            self._barriers += 1
        elif kind is Kind.ERROR:
            self._errors += 1
        elif kind is Kind.ECHO_REQUEST:
            said = self._dialect.decode(frame)
            assert isinstance(said, EchoRequest)
            link.send(self._dialect.encode(EchoReply(said.xid, said.data)))
        elif kind is Kind.FLOW_STATS_REPLY:
            self._parts.append(len(frame))
            part = self._dialect.decode(frame[:16].replace(frame[2:4], b"\0\x10", 1))
            assert isinstance(part, FlowStatsReply)
            self._is_listed = not part.more


def main(pipe: Connection) -> None:
    """The process."""
    controllers = Controllers()
    serve(controllers, controllers.loop, pipe)
