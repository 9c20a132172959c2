"""The server with real sockets: what becomes of commands, which events come, what goes wrong."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import eventlet
import pytest
from eventlet.green import socket

from slicer import server as module
from slicer.policy.ovsdb import UnixSocket
from slicer.proxy.events import (
    ArrangeQueues,
    Claim,
    Close,
    Command,
    Connected,
    DataReceived,
    Dial,
    Disconnected,
    Granted,
    PauseReading,
    QueuesArranged,
    ResumeReading,
    Send,
    TimePassed,
    Written,
)
from slicer.server import Server
from tests.unit.serving import (
    Bench,
    ScriptedEngine,
    controller,
    read,
    refuses,
    serving,
    until,
)

MUCH = 8 << 20
"""More bytes than sockets of the loopback interface take at once."""


@pytest.fixture
def running() -> Iterator[Bench]:
    with serving() as bench:
        bench.run()
        yield bench


# ---- connections ----


def test_an_accepted_connection_is_told_with_its_endpoint_and_address(running: Bench) -> None:
    client, peer = running.connect()
    (event,) = running.engine.of(Connected)
    host, port = client.getsockname()
    assert event == Connected(running.endpoint, peer, f"{host}:{port}")


def test_every_connection_has_a_number_of_its_own(running: Bench) -> None:
    client, first = running.connect()
    client.close()
    until(lambda: running.engine.of(Disconnected))
    assert running.connect()[1] != first


def test_bytes_come_and_go_in_order(running: Bench) -> None:
    client, peer = running.connect()
    client.sendall(b"to the engine")
    until(lambda: running.received(peer) == b"to the engine")
    running.command(Send(peer, b"one "), Send(peer, b"two "), Send(peer, b"three"))
    assert read(client, 13) == b"one two three"
    assert running.written(peer) == 13


def test_a_connection_that_the_other_side_ends_is_told(running: Bench) -> None:
    client, peer = running.connect()
    client.close()
    until(lambda: running.engine.of(Disconnected))
    assert running.engine.of(Disconnected) == [Disconnected(peer, "the other side closed it")]
    for late in (Send(peer, b"nobody hears"), Close(peer), PauseReading(peer), ResumeReading(peer)):
        running.command(late)


def test_a_connection_that_is_reset_is_told_too(running: Bench) -> None:
    client, peer = running.connect()
    no_lingering = struct.pack("ii", 1, 0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
    client.close()
    until(lambda: running.engine.of(Disconnected))
    assert [each.peer for each in running.engine.of(Disconnected)] == [peer]


def test_a_connection_that_somebody_else_has_accepted_is_served_like_others(
    running: Bench,
) -> None:
    with eventlet.listen(("127.0.0.1", 0)) as elsewhere:
        client = socket.create_connection(elsewhere.getsockname())
        accepted, _ = elsewhere.accept()
    running.server.adopt(running.endpoint, accepted, "10.0.0.1:4000")
    (event,) = running.engine.of(Connected)
    assert event == Connected(running.endpoint, event.peer, "10.0.0.1:4000")
    client.sendall(b"to the engine")
    until(lambda: running.received(event.peer) == b"to the engine")
    running.command(Send(event.peer, b"and back"))
    assert read(client, 8) == b"and back"
    client.close()
    until(lambda: running.engine.of(Disconnected))


def test_what_is_no_sockets_affair_goes_to_whoever_has_it() -> None:
    claims: list[Claim] = []
    engine = ScriptedEngine()
    server = Server(engine, {Claim: claims.append})
    engine.on[Granted] = lambda _: [Claim(1, 2, "10.0.0.1:4000")]
    server.tell(Granted(7))
    assert engine.events == [Granted(7)]
    assert claims == [Claim(1, 2, "10.0.0.1:4000")]


# ---- slow readers ----


def test_what_a_slow_reader_does_not_take_waits_and_leaves_in_order(running: Bench) -> None:
    client, peer = running.connect()
    data = bytes(range(256)) * (MUCH // 256)
    running.command(Send(peer, data), Send(peer, b"last"))
    assert 0 < running.written(peer) < MUCH, "the engine is told what is left"
    running.command(Send(peer, b" of all"))
    assert read(client, MUCH) == data
    assert read(client, 11) == b"last of all"
    until(lambda: running.written(peer) == MUCH + 11)


def test_a_slow_reader_holds_nobody_up(running: Bench) -> None:
    _, slow = running.connect()
    client, peer = running.connect()
    running.command(Send(slow, bytes(MUCH)), Send(peer, b"at once"))
    assert read(client, 7) == b"at once"


def test_a_slow_reader_that_goes_is_forgotten_with_what_it_did_not_take(running: Bench) -> None:
    client, peer = running.connect()
    running.command(Send(peer, bytes(MUCH)))
    client.close()
    until(lambda: running.engine.of(Disconnected))
    assert running.engine.of(Disconnected)[0].peer == peer
    assert running.server._connections == {}


# ---- closing ----


def test_a_closed_connection_gets_what_was_queued_and_nobody_is_told(running: Bench) -> None:
    client, peer = running.connect()
    running.command(Send(peer, b"goodbye"), Close(peer))
    assert read(client, 100) == b"goodbye"
    until(lambda: running.server._connections == {})
    assert running.engine.of(Disconnected) == []


def test_closing_lingers_until_what_was_queued_is_taken(running: Bench) -> None:
    client, peer = running.connect()
    running.command(Send(peer, bytes(MUCH)), Close(peer))
    eventlet.sleep(0.1)
    assert len(read(client, MUCH + 1)) == MUCH


def test_closing_does_not_linger_for_ever(running: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER", 0.1)
    client, peer = running.connect()
    running.command(Send(peer, bytes(MUCH)), Close(peer))
    until(lambda: running.server._connections == {})
    assert len(read(client, MUCH)) < MUCH


def is_let_go(sock: Any) -> bool:
    return bool(sock.fileno() == -1)


def test_a_closed_connections_socket_is_let_go_of_before_another_has_its_number(
    running: Bench,
) -> None:
    for _ in range(5):
        client, peer = running.connect()
        sock = running.server._connections[peer].sock
        eventlet.sleep(0)
        running.command(Close(peer))
        assert read(client, 1) == b""
        until(partial(is_let_go, sock))
        client.close()


@pytest.mark.parametrize("ends_it", ["the client", "lingering"])
def test_a_connection_that_is_being_written_is_let_go_of_too(
    running: Bench, monkeypatch: pytest.MonkeyPatch, ends_it: str
) -> None:
    monkeypatch.setattr(module, "LINGER", 0.05)
    client, peer = running.connect()
    sock = running.server._connections[peer].sock
    running.command(Send(peer, bytes(MUCH)))
    eventlet.sleep(0)
    if ends_it == "the client":
        client.close()
    else:
        running.command(Close(peer))
    until(partial(is_let_go, sock))


def test_of_one_that_is_being_closed_nothing_more_is_read(running: Bench) -> None:
    client, peer = running.connect()
    running.command(Send(peer, bytes(MUCH)), Close(peer))
    eventlet.sleep(0)
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.sendall(bytes(8 * MUCH))
    client.close()


# ---- pausing ----


def test_a_paused_peer_waits_with_what_it_sends(running: Bench) -> None:
    client, peer = running.connect()
    other, other_peer = running.connect()
    running.command(PauseReading(peer))
    client.sendall(b"first")
    eventlet.sleep(0.05)
    client.sendall(b" then")
    other.sendall(b"meanwhile")
    until(lambda: running.received(other_peer) == b"meanwhile")
    eventlet.sleep(0.05)
    assert running.received(peer) == b"", "no read is under way while it is paused"
    running.command(ResumeReading(peer))
    until(lambda: running.received(peer) == b"first then")


def test_one_that_pauses_in_answer_to_data_gets_nothing_more(running: Bench) -> None:
    client, peer = running.connect()
    running.engine.on[DataReceived] = lambda _: [PauseReading(peer)]
    client.sendall(b"one")
    until(lambda: running.received(peer))
    client.sendall(b"two")
    eventlet.sleep(0.05)
    assert running.received(peer) == b"one"
    running.command(PauseReading(peer), ResumeReading(peer))
    until(lambda: running.received(peer) == b"onetwo")


def test_what_is_asked_for_as_bytes_have_left_is_done_too(running: Bench) -> None:
    client, peer = running.connect()
    more = [Send(peer, b"second"), Send(peer, b"first, ")]
    running.engine.on[Written] = lambda _: [more.pop()] if more else []
    running.engine.on[DataReceived] = lambda _: [Send(peer, b"at once, ")]
    client.sendall(b"go")
    assert read(client, 22) == b"at once, first, second"
    until(lambda: running.written(peer) == 22)


def test_one_that_is_not_paused_can_be_told_to_go_on(running: Bench) -> None:
    client, peer = running.connect()
    running.command(ResumeReading(peer))
    client.sendall(b"gladly")
    until(lambda: running.received(peer) == b"gladly")


def test_a_paused_peer_can_be_closed(running: Bench) -> None:
    client, peer = running.connect()
    running.engine.on[DataReceived] = lambda _: [PauseReading(peer)]
    client.sendall(b"one")
    until(lambda: running.received(peer))
    running.command(Close(peer))
    assert read(client, 1) == b""
    until(lambda: running.server._connections == {})


# ---- time ----


def test_the_engine_is_called_when_its_deadline_has_come(running: Bench) -> None:
    start = time.monotonic()
    running.engine.deadline = start + 0.1
    running.command()
    running.engine.events.clear()

    def once(_: TimePassed) -> list[Command]:
        running.engine.deadline = None
        return []

    running.engine.on[TimePassed] = once
    until(lambda: running.engine.events)
    assert 0.09 <= time.monotonic() - start < 1.0
    eventlet.sleep(0.05)
    assert running.engine.events == [TimePassed()]


def test_a_deadline_that_is_put_off_is_not_kept(running: Bench) -> None:
    running.engine.deadline = time.monotonic() + 0.05
    running.command()
    running.engine.deadline = time.monotonic() + 60.0
    running.command()
    running.engine.events.clear()
    eventlet.sleep(0.1)
    assert running.engine.events == []


# ---- faults ----


def test_a_fault_costs_the_connection_that_met_it_and_no_other(
    running: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    unlucky, peer = running.connect()
    client, other = running.connect()

    def fault(event: DataReceived) -> list[Command]:
        if event.peer == peer:
            raise ZeroDivisionError("a fault")
        return [Send(other, b"well")]

    running.engine.on[DataReceived] = fault
    unlucky.sendall(b"bang")
    assert read(unlucky, 1) == b""
    until(lambda: running.engine.of(Disconnected))
    assert [each.peer for each in running.engine.of(Disconnected)] == [peer]
    client.sendall(b"how are you")
    assert read(client, 4) == b"well"
    (record,) = caplog.records
    assert record.message == "a fault in the slicer; please report it"
    assert record.exc_info is not None


def test_one_that_is_met_as_bytes_leave_costs_that_connection_too(
    running: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    client, _ = running.connect()
    other, other_peer = running.connect()

    def fault(_: Written) -> list[Command]:
        raise ZeroDivisionError

    running.engine.on[Written] = fault
    running.engine.on[DataReceived] = lambda event: [Send(event.peer, b"x")]
    client.sendall(b"one")
    assert read(client, 2) == b"x"
    assert "please report it" in caplog.text
    del running.engine.on[Written]
    other.sendall(b"two")
    until(lambda: running.received(other_peer) == b"two")


def test_a_fault_that_no_connection_met_costs_none(running: Bench) -> None:
    client, peer = running.connect()

    def fault(_: TimePassed) -> list[Command]:
        raise ZeroDivisionError("a fault")

    running.engine.on[TimePassed] = fault
    running.server._handle(TimePassed())
    running.command(Send(peer, b"still here"))
    assert read(client, 10) == b"still here"


# ---- the end ----


def test_a_datapaths_queues_are_arranged_and_nobody_waits_meanwhile(
    running: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry_out(asked: ArrangeQueues) -> QueuesArranged:
        eventlet.sleep(0.1)
        return QueuesArranged(asked.peer, {("red", 1): 1})

    monkeypatch.setattr(module, "carry_out", carry_out)
    asked = ArrangeQueues(7, 1, UnixSocket("/nowhere"), {})
    running.engine.on[Connected] = lambda _: [asked]
    running.connect()
    assert running.engine.of(QueuesArranged) == []
    until(lambda: running.engine.of(QueuesArranged))
    assert running.engine.of(QueuesArranged) == [QueuesArranged(7, {("red", 1): 1})]


def test_stopping_closes_all_and_nothing_happens_any_more(running: Bench) -> None:
    client, _ = running.connect()
    running.engine.deadline = time.monotonic() + 0.05
    running.command()
    assert running.is_running
    running.server.stop()
    assert read(client, 1) == b""
    assert refuses(running.endpoint)
    until(lambda: not running.is_running)
    running.engine.events.clear()
    eventlet.sleep(0.1)
    assert running.engine.events == []
    running.server.stop()


def test_one_that_is_stopped_before_it_runs_listens_nowhere() -> None:
    with serving() as bench:
        bench.server.stop()
        bench.run()
        assert not bench.is_running
        assert refuses(bench.endpoint)


def test_a_controller_that_answers_after_the_end_is_not_met(running: Bench) -> None:
    with eventlet.listen(("127.0.0.1", 0)) as listener:
        running.command(Dial(controller(listener.getsockname()[1])))
        running.server.stop()
        accepted, _ = listener.accept()
        with accepted:
            assert read(accepted, 1) == b""


def test_stopping_lets_nobody_in_between_while_a_deadline_is_awaited(running: Bench) -> None:
    clients = [running.connect()[0] for _ in range(3)]
    running.engine.deadline = time.monotonic() + 100.0
    running.command()
    eventlet.sleep(0.01)
    for each in clients:
        each.sendall(b"just now")
    running.server.stop()
    assert [read(each, 1) for each in clients] == [b""] * 3
    until(lambda: not running.is_running)
