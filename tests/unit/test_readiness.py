"""Readiness with real sockets: when others get their turn, and what there is before it sleeps."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import eventlet
import pytest

from slicer.readiness import OTHERS_EACH, READABLE, Readiness


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def watching(sock: socket.socket, busy_poll: float) -> Readiness:
    made = Readiness(busy_poll)
    made.epoll.register(sock.fileno(), READABLE)
    return made


def test_what_is_ready_is_returned_again_until_it_is_dealt_with(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    subject = watching(ours, 0.0)
    theirs.send(b"x")
    for _ in range(5):
        assert subject.wait() == [(ours.fileno(), READABLE)]
    subject.close()


def test_others_get_their_turn_though_a_socket_is_always_ready(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    subject = watching(ours, 0.0)
    theirs.send(b"x")
    turns: list[float] = []

    def other() -> None:
        for _ in range(5):
            turns.append(time.monotonic())
            eventlet.sleep(0)

    start = time.monotonic()
    eventlet.spawn(other)
    most = 0
    while len(turns) < 5 and most < 1_000_000:
        subject.wait()
        most += 1
    assert len(turns) == 5
    assert most > 5, "there were turns without them, too"
    assert turns[-1] - start >= 3 * OTHERS_EACH, "they had one each time"
    subject.close()


class Script:
    """Stands in for an epoll, which it has for the hub to watch: what it finds, look by look."""

    def __init__(self, real: Any, *finds: list[tuple[int, int]]) -> None:
        self.real = real
        self.finds = list(finds)
        self.looks = 0

    def fileno(self) -> int:
        number: int = self.real.fileno()
        return number

    def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
        self.looks += 1
        return self.finds.pop(0) if self.finds else []

    def close(self) -> None:
        self.real.close()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by 0.3 ms whenever it is looked at."""
    clock = count()
    monkeypatch.setattr("slicer.readiness.monotonic", lambda: next(clock) * 0.0003)


FOUND = [(7, READABLE)]


@pytest.mark.parametrize(
    ("busy_poll", "finds", "looks"),
    [
        (0.001, ([], [], FOUND), 3),
        (0.001, ([], [], [], [], [], FOUND), 5),
        (0.0, ([], FOUND), 2),
    ],
    ids=["found soon", "found too late", "without busy polling"],
)
@pytest.mark.usefixtures("steps")
def test_before_it_sleeps_it_looks_again_as_long_as_it_was_told(
    pair: tuple[socket.socket, socket.socket],
    busy_poll: float,
    finds: tuple[list[tuple[int, int]], ...],
    looks: int,
) -> None:
    ours, theirs = pair
    subject = watching(ours, busy_poll)
    theirs.send(b"x")
    subject.wait()  # asleep at first; others' turn is a while ago then
    script = subject.epoll = Script(subject.epoll, *finds)
    slept: list[bool] = []
    eventlet.spawn(slept.append, True)
    assert subject.wait() == (FOUND if len(finds) == looks else [])
    assert (script.looks, bool(slept)) == (looks, len(finds) != looks or not busy_poll)
    subject.close()


@pytest.mark.usefixtures("steps")
def test_where_it_finds_nothing_it_sleeps_at_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    subject = watching(ours, 0.001)
    theirs.send(b"x")
    subject.wait()
    script = subject.epoll = Script(subject.epoll)
    for _ in range(40):
        subject.wait()
    before = script.looks
    for _ in range(20):
        subject.wait()
    assert script.looks - before == 2 * 20
    subject.close()
