"""The server with real sockets whose buffers are tiny, peers that send and read when they please,
and an engine that pauses whom it pleases: no byte is ever lost, stuck or out of order."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import eventlet
import pytest
from eventlet.green import socket

from slicer.proxy.events import (
    Close,
    Command,
    DataReceived,
    Disconnected,
    PauseReading,
    ResumeReading,
    Send,
    TimePassed,
)
from tests.unit.serving import Bench, is_over, serving, until

TINY = 4096
PAIRS = 5
EACH = 60_000
"""Bytes that each of a pair sends the other."""
LONGEST_PAUSE = 0.01


class Capricious:
    """Gives each peer what its partner says, in one piece or several, and pauses them at random."""

    def __init__(self, bench: Bench, chance: random.Random) -> None:
        self.partner: dict[int, int] = {}
        self._bench, self._chance = bench, chance
        self._paused: set[int] = set()
        self._told: set[int] = set()
        """Those of them whose pause the server has been told of."""
        self._settle = bench.engine.settle
        bench.engine.settle = self._settled  # type: ignore[method-assign]
        bench.engine.on[DataReceived] = self._heard
        bench.engine.on[TimePassed] = self._time_passed

    def _heard(self, event: DataReceived) -> list[Command]:
        assert event.peer not in self._told, "a paused peer was read"
        cut = self._chance.randrange(len(event.data) + 1)
        said = [each for each in (event.data[:cut], event.data[cut:]) if each]
        commands: list[Command] = [Send(self.partner[event.peer], each) for each in said]
        if self._chance.random() < 0.3:
            victim = self._chance.choice(list(self.partner))
            self._paused.add(victim)
            commands.append(PauseReading(victim))
            self._set_deadline()
        return commands

    def _settled(self, now: float) -> list[Command]:
        self._told = set(self._paused)
        return self._settle(now)

    def _time_passed(self, _: TimePassed) -> list[Command]:
        resumed = {each for each in self._paused if self._chance.random() < 0.7}
        self._paused -= resumed
        self._set_deadline()
        return [ResumeReading(each) for each in resumed]

    def _set_deadline(self) -> None:
        pause = self._chance.random() * LONGEST_PAUSE
        self._bench.engine.deadline = time.monotonic() + pause if self._paused else None


@pytest.fixture
def running() -> Iterator[Bench]:
    with serving() as bench:
        bench.run()
        yield bench


def small(running: Bench) -> tuple[Any, int]:
    """A client and its peer, with little room on either side."""
    client, peer = running.connect()
    for sock in (client, running.server._connections[peer].sock):
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, TINY)
    return client, peer


def says(client: Any, data: bytes, chance: random.Random) -> None:
    rest = memoryview(data)
    while rest:
        size = chance.choice((1, 7, 100, 3000, 20_000))
        client.sendall(rest[:size])
        rest = rest[size:]
        eventlet.sleep(chance.choice((0, 0, 0.001)))


def hears(client: Any, size: int, chance: random.Random) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = client.recv(chance.choice((1, 50, 2000, 30_000)))
        assert more, f"the connection has ended after {len(data)} of {size} bytes"
        data += more
        eventlet.sleep(chance.choice((0, 0, 0, 0.001)))
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_no_byte_is_lost_or_stuck_or_out_of_order(running: Bench, seed: int) -> None:
    chance = random.Random(seed)
    engine = Capricious(running, chance)
    pairs = [(small(running), small(running)) for _ in range(PAIRS)]
    sent: dict[int, bytes] = {}
    heard: dict[int, Any] = {}
    for one, other in pairs:
        for (client, peer), (listening, partner) in ((one, other), (other, one)):
            engine.partner[peer] = partner
            sent[partner] = chance.randbytes(EACH)
            eventlet.spawn(says, client, sent[partner], chance)
            heard[partner] = eventlet.spawn(hears, listening, EACH, chance)
    for peer, data in sent.items():
        assert heard[peer].wait() == data
        assert running.written(peer) == EACH
    assert running.engine.of(Disconnected) == []


def test_connections_that_come_and_go_take_nobodys_place(running: Bench) -> None:
    """Descriptors are used again at once: what was ready for one is not read for the next."""
    chance = random.Random(1)
    running.engine.on[DataReceived] = lambda event: [
        Send(event.peer, event.data),
        *([Close(event.peer)] if event.data.endswith(b"!") else []),
    ]
    for number in range(60):
        clients = [running.connect()[0] for _ in range(3)]
        for client in clients:
            client.sendall(b"%d!" % number if chance.random() < 0.6 else b"%d" % number)
        for client in clients:
            if chance.random() < 0.5:
                assert client.recv(10).startswith(b"%d" % number)
            client.close()
    until(lambda: is_over(running))


def test_who_came_while_an_event_had_it_wait_is_heard_soon(running: Bench) -> None:
    """As a log handler may, for one. Nothing else happens that would end the server's sleep."""
    client, peer = running.connect()
    running.engine.on[DataReceived] = lambda _: eventlet.sleep(0.05) or []
    client.sendall(b"x")
    until(lambda: running.received(peer))
    telling = eventlet.spawn(running.server.tell, TimePassed())
    start = time.monotonic()
    telling.wait()
    assert time.monotonic() - start < 1.0


HERE = Path(__file__)


@pytest.mark.parametrize("hub", ["poll", "selects"])
def test_it_is_the_same_under_eventlets_other_hubs(hub: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    tests = [str(HERE), str(HERE.with_name("test_server.py"))]
    environment = {**os.environ, "EVENTLET_HUB": hub}
    chosen = ["-k", "stuck or in_order or paused or stopping or place"]
    ran = subprocess.run(
        [*command, *tests, *chosen], env=environment, capture_output=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout.decode()
