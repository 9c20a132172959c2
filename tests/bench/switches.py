"""Switches: a process of fake switches that say packet-ins and count the answers.

Each is set up by the slicer like any switch (`switch.py`), or connects to a controller directly;
from then on it is a stream of packet-ins with so many unanswered at a time. Invariant: what is
reported was answered in the time that was measured.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection

from slicer.openflow.messages import Hello
from slicer.openflow.v13 import V13
from tests.bench.links import Link, Loop, Pool, serve
from tests.bench.processes import family, used
from tests.bench.stream import Counter
from tests.bench.switch import Switch, Switch10
from tests.bench.wire import BARRIER_TYPES, DIALECTS, POOL, Answer, packet_ins

ANSWER_TYPES = {Answer.FLOW_MOD: 14, Answer.NEW_FLOW_MOD: 14, Answer.PACKET_OUT: 13}
JOINING_AT_ONCE = 128
WARM_UP = 0.3
MOST_WARM_UP = 4.0
"""Seconds before it is measured."""
WARM = 4 * POOL
"""So many answers of each sliver's controller come before that, if there is time."""
DRAINING = 30.0
"""Seconds that the last answers may take, on a machine that others use as well."""
_BARRIER_REPLY = {20: 21, 18: 19}
AWAKE = 0.3
"""For the last such part of the time until a packet-in is due a switch doesn't sleep: to be woken
takes long, and isn't what is measured."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run has shown. `processor` is of the slicer's process and those that it has started,
    in seconds; `latencies` are in seconds, in order of size."""

    answered: int
    seconds: float
    processor: float
    latencies: tuple[float, ...] = ()


class Switches:
    """The fakes, and what the benchmark asks of them."""

    def __init__(self) -> None:
        self.loop = Loop(self._heard)
        self._version = 4
        self._switches: dict[Link, Switch | Switch10] = {}
        self._answer = 14
        self._latencies: list[float] = []
        self._said: deque[float] = deque()
        self._is_set_up = False

    # ---- what the benchmark asks ----

    def connect(self, count: int, port: int, version: int, answer: Answer, sliced: bool) -> None:
        """Connect to the slicer, or to a controller."""
        self._version, self._is_set_up = version, not sliced
        for number in range(1, count + 1):
            sock = socket.create_connection(("127.0.0.1", port))
            special = bytes((version, BARRIER_TYPES[version], 0, 8))
            link = Link(sock, Counter(ANSWER_TYPES[answer], special))
            self.loop.add(link)
            if sliced:
                switch = Switch(number) if version == V13.version else Switch10(number)
                self._switches[link] = switch
                switch.connect()
                link.send(switch.take())
            else:
                link.send(DIALECTS[version].encode(Hello(0, frozenset({version}))))
            if number % JOINING_AT_ONCE == 0:
                self._settle()

    def _settle(self) -> None:
        """Let those that are joining get on."""
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            self.loop.step(0.01)

    def hold(self, flows: int) -> int:
        """Make each switch hold so many of a slice's flows; returns how many one has then."""
        held = 0
        for switch in self._switches.values():
            assert isinstance(switch, Switch)
            switch.fill(flows)
            held = len(switch.flows)
        return held

    def leave(self) -> None:
        """Close all connections."""
        for link in list(self.loop.links.values()):
            self.loop.drop(link)
        self._switches.clear()

    def run(self, seconds: float, unanswered: int, process: int) -> Run:
        """Packet-ins with so many unanswered at each switch."""
        pools = self._pools()
        self._start()
        refill = max(1, unanswered // 4)
        answered, start, used, warm = 0, time.monotonic(), 0.0, False
        while True:
            now = time.monotonic()
            if not warm and self._is_warm(now - start):
                warm, start, used, answered = True, now, _used(process), self._answered()
            if warm and now - start > seconds:
                break
            for link, pool in pools:
                room = unanswered - (link.sent - link.counter.count)
                if room >= refill:
                    pool.say(link, room)
            self.loop.step(1.0)
        spent = time.monotonic() - start
        result = Run(self._answered() - answered, spent, _used(process) - used)
        self._drain()
        return result

    def latency(self, seconds: float, rate: float, process: int) -> Run:
        """Packet-ins of one switch, so many a second, or where that is 0 one at a time."""
        link, pool = self._pools()[0]
        self._start()
        start, used = time.monotonic(), _used(process)
        due = start
        heard = 0
        while (now := time.monotonic()) - start < seconds:
            is_due = now >= due if rate else not self._said
            if is_due:
                self._said.append(now if not rate else due)
                pool.say(link, 1)
                due += 1 / rate if rate else 0
                continue
            self.loop.step(min(1.0, max(0.0, due - now - AWAKE / rate)) if rate else 1.0)
            now = time.monotonic()
            for _ in range(link.counter.count - heard):
                self._latencies.append(now - self._said.popleft())
            heard = link.counter.count
        spent = time.monotonic() - start
        latencies = tuple(sorted(self._latencies))
        result = Run(len(latencies), spent, _used(process) - used, latencies)
        self._drain()
        return result

    # ---- inside ----

    def _pools(self) -> list[tuple[Link, Pool]]:
        pools: dict[tuple[int, ...], Pool] = {}
        found = []
        for link in self.loop.links.values():
            tags = self._switches[link].tags if link in self._switches else []
            if tuple(tags) not in pools:
                pools[tuple(tags)] = Pool(packet_ins(self._version, tags))
            found.append((link, pools[tuple(tags)]))
        return found

    def set_up(self) -> None:
        """What comes from now on is counted and no longer carried out, but for questions."""
        self._is_set_up = True

    def _start(self) -> None:
        self.set_up()
        self._latencies, self._said = [], deque()
        for link in self.loop.links.values():
            link.sent = link.counter.count = 0

    def _is_warm(self, seconds: float) -> bool:
        if seconds < WARM_UP:
            return False
        slivers = sum(max(len(each.tags), 1) for each in self._switches.values())
        return self._answered() >= WARM * slivers or seconds > MOST_WARM_UP

    def _answered(self) -> int:
        return sum(link.counter.count for link in self.loop.links.values())

    def _drain(self) -> None:
        """Hear the last answers, so that they are not the next run's."""
        end = time.monotonic() + DRAINING
        while self._answered() < sum(link.sent for link in self.loop.links.values()):
            if time.monotonic() > end:
                said = sum(link.sent for link in self.loop.links.values())
                raise TimeoutError(f"{self._answered()} of {said} packet-ins are answered")
            self.loop.step(0.1)

    def _heard(self, link: Link, data: bytes) -> None:
        switch = self._switches.get(link)
        if switch is None:
            self._answer_barriers(link, link.counter.feed(data))
            return
        if self._is_set_up:
            for frame in link.counter.feed(data):
                switch.handle(frame)
        else:
            switch.receive(data)
        said = switch.take()
        if said:
            link.send(said)

    def _answer_barriers(self, link: Link, frames: list[bytes]) -> None:
        for frame in frames:
            reply = _BARRIER_REPLY.get(frame[1])
            if reply is not None and len(frame) == 8:
                link.send(bytes((frame[0], reply)) + frame[2:])


def _used(process: int) -> float:
    """Seconds of a processor that a process and those that it has started have used."""
    return used(family(process)) if process else 0.0


def main(pipe: Connection) -> None:
    """The process."""
    switches = Switches()
    serve(switches, switches.loop, pipe)
