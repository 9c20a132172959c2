"""Others: whose turn it is, for how long nobody else has anything to do, and what ends a sleep."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import eventlet
import pytest
from eventlet import hubs
from eventlet.hubs import epolls, poll
from eventlet.patcher import original
from eventlet.support import greenlets

from slicer.others import BesideHub, Others, UnderHub, others
from slicer.readiness import OTHERS_EACH, READABLE, Readiness

AWHILE = 0.05
"""Seconds."""
plain: Any = original("threading")


class Interrupted(Exception):
    """What a signal's handler raises."""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def subject() -> Iterator[Others]:
    epoll = original("select").epoll()
    made = others(epoll)
    yield made
    made.close()
    epoll.close()


@pytest.fixture
def signalled() -> Iterator[None]:
    """SIGUSR2 raises `Interrupted`."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR2, handler)
    yield
    signal.signal(signal.SIGUSR2, before)


def signal_later() -> None:
    """Send SIGUSR2 to this thread in a while."""
    target = threading.main_thread().ident
    plain.Timer(AWHILE, signal.pthread_kill, (target, signal.SIGUSR2)).start()


class Another(epolls.Hub):
    """A hub that isn't eventlet's own."""


@pytest.mark.parametrize(
    ("hub", "kind"),
    [(epolls.Hub, BesideHub), (poll.Hub, UnderHub), (Another, UnderHub)],
    ids=["eventlet's epoll", "its poll", "somebody's"],
)
def test_beside_eventlets_epoll_hub_and_under_any_other(
    hub: Any, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slicer.others.get_hub", hub)
    with original("select").epoll() as epoll:
        assert isinstance(others(epoll), kind)


def test_of_two_one_sleeps_beside_the_hub_until_it_is_closed(subject: Others) -> None:
    assert isinstance(subject, BesideHub)
    with original("select").epoll() as epoll:
        assert isinstance(others(epoll), UnderHub), "or they would give each other turns for ever"
        subject.close()
        last = others(epoll)
        assert isinstance(last, BesideHub)
        last.close()


def test_two_are_both_served(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    heard: list[int] = []

    def serve(number: int, subject: Readiness, sock: socket.socket) -> None:
        while heard.count(number) < 3:
            if (sock.fileno(), READABLE) in subject.wait():
                heard.append(number)
                sock.recv(1)
                sock.send(b"x")
        subject.close()

    served = []
    for number, sock in enumerate(pair):
        subject = Readiness(0.0)
        subject.epoll.register(sock.fileno(), READABLE)
        served.append(eventlet.spawn(serve, number, subject, sock))
    pair[0].send(b"x")
    with eventlet.Timeout(40 * AWHILE):
        for each in served:
            each.wait()
    assert sorted(heard) == [0, 0, 0, 1, 1, 1]


def test_where_who_blocks_is_told_of_nobody_sleeps_but_the_hub(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hubs.get_hub(), "debug_blocking", True)
    with original("select").epoll() as epoll:
        assert isinstance(others(epoll), UnderHub)


def test_there_is_time_to_spare_until_the_next_timer(subject: Others) -> None:
    subject.give_turn()
    timer = hubs.get_hub().schedule_call_global(AWHILE, int)
    assert 0 < subject.spare() <= AWHILE
    time.sleep(AWHILE)
    assert subject.spare() == 0
    subject.give_turn()
    assert timer.called
    assert subject.spare() > AWHILE


def test_there_is_none_while_a_green_thread_is_to_run(subject: Others) -> None:
    ran: list[bool] = []
    eventlet.spawn(ran.append, True)
    assert subject.spare() == 0
    subject.give_turn()
    assert ran


def test_a_closed_descriptor_is_for_the_hub_to_tell(
    subject: Others, pair: tuple[socket.socket, socket.socket]
) -> None:
    told: list[str] = []

    def wait() -> None:
        try:
            hubs.trampoline(pair[0], read=True)
        except OSError:
            told.append("closed")

    eventlet.spawn(wait)
    subject.give_turn()
    hubs.notify_opened(pair[0].fileno())
    assert subject.spare() == 0
    while not told:
        subject.give_turn()


@pytest.mark.parametrize("is_busy", [False, True], ids=["nothing is ready", "always something"])
def test_one_that_waits_for_a_descriptor_gets_its_turn(
    pair: tuple[socket.socket, socket.socket], is_busy: bool
) -> None:
    ours, theirs = pair
    subject = Readiness(0.0)
    busy, feeder = socket.socketpair()
    subject.epoll.register(busy.fileno(), READABLE)
    if is_busy:
        feeder.send(b"x")
    heard: list[bytes] = []

    def listen() -> None:
        for _ in range(3):
            hubs.trampoline(ours, read=True)
            heard.append(ours.recv(1))

    eventlet.spawn(listen)
    theirs.send(b"abc")
    end = time.monotonic() + 200 * OTHERS_EACH
    while len(heard) < 3 and time.monotonic() < end:
        subject.wait()
    assert heard == [b"a", b"b", b"c"]
    subject.close()
    busy.close()
    feeder.close()


def test_whoever_waits_has_the_turn_but_while_others_run() -> None:
    turn = eventlet.semaphore.Semaphore(0)
    subject = Readiness(0.0, turn)
    free: list[bool] = []
    eventlet.spawn(lambda: free.append(not turn.locked()))
    subject.wait()
    assert free == [True]
    assert turn.locked()
    subject.close()


def test_nobody_sleeps_while_another_wants_the_turn() -> None:
    """It may have come for it while whoever has it waited for something else in its middle."""
    turn = eventlet.semaphore.Semaphore(0)
    subject = Readiness(0.0, turn)
    had: list[bool] = []

    def other() -> None:
        with turn:
            had.append(True)

    eventlet.spawn(other)
    eventlet.sleep(0)
    with socket.socket() as sock:  # always ready, as nobody is at its other side
        subject.epoll.register(sock.fileno())
        end = time.monotonic() + 200 * OTHERS_EACH
        while not had and time.monotonic() < end:
            subject.wait()
    assert had
    subject.close()


@pytest.mark.usefixtures("signalled")
def test_what_a_signals_handler_raises_meanwhile_is_raised_where_the_hub_would_have_ended(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    subject = Readiness(0.0)
    subject.epoll.register(ours.fileno(), READABLE)
    found: list[list[tuple[int, int]]] = []

    def serve() -> None:
        while not any(found):
            found.append(subject.wait())

    serving = eventlet.spawn(serve)
    signal_later()
    with pytest.raises(Interrupted):
        eventlet.sleep(40 * AWHILE)
    assert not serving.dead
    theirs.send(b"x")
    with eventlet.Timeout(40 * AWHILE):
        serving.wait()
    assert found[-1] == [(ours.fileno(), READABLE)]
    subject.close()


@pytest.mark.usefixtures("signalled")
def test_in_the_main_green_thread_it_is_raised_at_once() -> None:
    subject = Readiness(0.0)
    assert greenlets.getcurrent() is hubs.get_hub().greenlet.parent

    def wait() -> None:
        end = time.monotonic() + 40 * AWHILE
        while time.monotonic() < end:
            subject.wait()

    signal_later()
    with pytest.raises(Interrupted):
        wait()
    subject.close()
