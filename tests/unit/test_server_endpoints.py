"""The server with real sockets: dialling and listening, and what can go wrong with either."""

from __future__ import annotations

import errno
import socket as blocking
from collections.abc import Iterator

import eventlet
import pytest
from eventlet.green import socket

from slicer import server as module
from slicer.listener import Listener
from slicer.proxy.events import (
    Close,
    Command,
    Connected,
    DatapathEndpoint,
    Dial,
    DialFailed,
    Disconnected,
    Listen,
    ListenFailed,
    Send,
    StopListening,
)
from slicer.proxy.settings import Settings
from tests.unit.serving import (
    PATIENCE,
    Bench,
    controller,
    free_port,
    read,
    refuses,
    serving,
    until,
)

GONE = 100
"""So many come and have gone again before the server looks."""


@pytest.fixture
def running() -> Iterator[Bench]:
    with serving() as bench:
        bench.run()
        yield bench


def test_a_controller_is_dialled(running: Bench) -> None:
    with eventlet.listen(("127.0.0.1", 0)) as listener:
        endpoint = controller(listener.getsockname()[1])
        running.command(Dial(endpoint))
        accepted, address = listener.accept()
        with accepted:
            until(lambda: running.engine.of(Connected))
            (event,) = running.engine.of(Connected)
            assert (event.endpoint, event.address) == (endpoint, f"127.0.0.1:{endpoint.port}")
            running.command(Send(event.peer, b"hello"))
            assert read(accepted, 5) == b"hello"
        assert address[0] == "127.0.0.1"


@pytest.mark.parametrize("host", ["127.0.0.1", "a" * 64 + ".invalid"], ids=["refused", "no name"])
def test_a_controller_that_cant_be_dialled_is_told(running: Bench, host: str) -> None:
    endpoint = controller(free_port(), host)
    running.command(Dial(endpoint))
    until(lambda: running.engine.of(DialFailed))
    (event,) = running.engine.of(DialFailed)
    assert event.endpoint == endpoint
    assert event.reason
    assert running.engine.of(Connected) == []


def test_dialling_does_not_take_for_ever(running: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DIAL_TIMEOUT", 0.1)

    def silence(address: object) -> None:
        eventlet.sleep(PATIENCE)

    monkeypatch.setattr(socket, "create_connection", silence)
    running.command(Dial(controller(1)))
    until(lambda: running.engine.of(DialFailed))
    assert running.engine.of(DialFailed)[0].reason == "no answer in 0.1 s"


def test_a_port_that_is_taken_is_told() -> None:
    with serving() as bench, blocking.create_server(("127.0.0.1", 0)) as taken:
        endpoint = DatapathEndpoint("127.0.0.1", taken.getsockname()[1])
        bench.engine.at_start = [Listen(endpoint), Listen(bench.endpoint)]
        bench.run()
        (event,) = bench.engine.of(ListenFailed)
        assert event.endpoint == endpoint
        assert "in use" in event.reason
        bench.connect()


def test_those_that_have_gone_again_are_not_many_at_once(running: Bench) -> None:
    there = most = 0

    def came(_: Connected) -> list[Command]:
        nonlocal there, most
        there += 1
        most = max(most, there)
        return []

    def went(_: Disconnected) -> list[Command]:
        nonlocal there
        there -= 1
        return []

    running.engine.on |= {Connected: came, Disconnected: went}
    address = (running.endpoint.host, running.endpoint.port)
    for _ in range(GONE):
        blocking.create_connection(address).close()
    until(lambda: len(running.engine.of(Disconnected)) == GONE)
    assert most < Settings().tenants_per_controller


def test_two_servers_share_no_port(running: Bench) -> None:
    with serving() as other:
        other.engine.at_start = [Listen(running.endpoint)]
        other.run()
        (event,) = other.engine.of(ListenFailed)
        assert (event.endpoint, "in use" in event.reason) == (running.endpoint, True)


def test_it_listens_on_ipv6(running: Bench) -> None:
    endpoint = DatapathEndpoint("::1", free_port())
    running.command(Listen(endpoint))
    with socket.create_connection(("::1", endpoint.port)):
        until(lambda: running.engine.of(Connected))
    assert running.engine.of(Connected)[0].endpoint == endpoint


def test_nobody_is_accepted_any_more_and_who_is_there_stays(running: Bench) -> None:
    client, peer = running.connect()
    running.command(StopListening(running.endpoint), StopListening(DatapathEndpoint("::1", 9)))
    until(lambda: refuses(running.endpoint))
    running.command(Send(peer, b"still here"))
    assert read(client, 10) == b"still here"
    running.command(Listen(running.endpoint))
    running.connect()


def test_datapaths_wait_in_the_queue_while_there_is_no_room_for_them(running: Bench) -> None:
    """They are not refused: a whole network that comes back at once is let in bit by bit."""
    most = 3
    running.engine.room = lambda: len(running.server._connections) < most
    clients = [socket.create_connection(("127.0.0.1", running.endpoint.port)) for _ in range(7)]
    until(lambda: len(running.engine.of(Connected)) == most)
    eventlet.sleep(0.05)
    for here in range(most, len(clients) + 1):
        assert len(running.engine.of(Connected)) == here
        running.command(Close(running.engine.of(Connected)[here - most].peer))
        until(lambda: len(running.engine.of(Connected)) == min(here + 1, len(clients)))  # noqa: B023
    assert [read(each, 1) for each in clients[:5]] == [b""] * 5
    for client in clients:
        client.close()


def test_where_there_is_no_descriptor_left_it_tries_again(
    running: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "ACCEPT_AGAIN", 0.05)
    full = OSError(errno.EMFILE, "too many open files")
    accept = Listener.accept
    attempts = iter([full, full])

    def scarce(self: Listener) -> object:
        for failed in attempts:
            raise failed
        return accept(self)

    monkeypatch.setattr(Listener, "accept", scarce)
    running.connect()
    assert ["too many open files" in each for each in caplog.messages] == [True, True]
