"""A worker in the test's own process: what it is handed, and what it asks the supervisor."""

from __future__ import annotations

import logging
import socket as blocking
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import eventlet
import pytest

from slicer.policy import parse
from slicer.proxy.events import Challenged, Claim, Granted, Joined, Left
from slicer.proxy.settings import Settings
from slicer.workers.messages import LONGEST, Adopt, Alive, Ask, Count, Message, decode, encode
from slicer.workers.worker import Worker
from tests.fakes.network import port
from tests.fakes.switch import FakeSwitch
from tests.unit.serving import POLICY, until

ROOT = Path(__file__).parents[3]


class Scene:
    """The supervisor's end of the worker's control."""

    def __init__(self) -> None:
        pair = blocking.socketpair(blocking.AF_UNIX, blocking.SOCK_SEQPACKET)
        self.control, self._theirs = pair
        self.worker = Worker(self._theirs, parse(POLICY, "p"), Settings(), b"secret")
        self.thread = eventlet.spawn(self.worker.run)

    def hand_over(self) -> tuple[blocking.socket, str]:
        """A client whose connection the worker is handed, and where it says it is from."""
        with blocking.create_server(("127.0.0.1", 0)) as server:
            client = blocking.create_connection(server.getsockname())
            accepted, _ = server.accept()
        with accepted:
            address = "{}:{}".format(*client.getsockname())
            message = encode(Adopt("127.0.0.1", 6633, address))
            blocking.send_fds(self.control, [message], [accepted.fileno()])
        client.setblocking(False)
        return client, address

    def say(self, message: Message) -> None:
        self.control.send(encode(message))
        eventlet.sleep(0)

    def hear(self) -> Message:
        """What the worker says next."""
        with eventlet.Timeout(5):
            eventlet.hubs.trampoline(self.control.fileno(), read=True)
            return decode(self.control.recv(LONGEST))

    def converse(self, client: blocking.socket, switch: FakeSwitch) -> None:
        """Let a switch speak by the client until the worker asks the supervisor for something."""
        self.control.setblocking(False)
        client.send(switch.take())
        with eventlet.Timeout(5):
            while True:
                try:
                    self.control.recv(1, blocking.MSG_PEEK)
                except BlockingIOError:
                    self._pass(client, switch)
                else:
                    return

    @staticmethod
    def _pass(client: blocking.socket, switch: FakeSwitch) -> None:
        eventlet.sleep(0.005)
        try:
            switch.receive(client.recv(1 << 16))
        except BlockingIOError:
            return
        client.send(switch.take())

    def end(self) -> None:
        self.control.close()
        self.thread.wait()
        self._theirs.close()


@pytest.fixture
def scene() -> Iterator[Scene]:
    with eventlet.Timeout(30):
        scene = Scene()
        yield scene
        scene.end()


def test_it_listens_nowhere_itself(scene: Scene) -> None:
    eventlet.sleep(0)
    assert scene.worker._serving.engine.policy.listen == ()


def test_a_connection_that_it_is_handed_is_greeted_and_its_end_is_told(scene: Scene) -> None:
    client, _ = scene.hand_over()
    with client:
        eventlet.hubs.trampoline(client.fileno(), read=True)
        assert client.recv(100)
    assert isinstance(scene.hear(), Left)


def test_a_datapath_joins_once_the_supervisor_grants_its_dpid(scene: Scene) -> None:
    engine = scene.worker._serving.engine
    client, address = scene.hand_over()
    switch = FakeSwitch(7, [port(1)])
    switch.connect()
    with client:
        scene.converse(client, switch)
        claim = scene.hear()
        assert claim == Claim(1, 7, address)
        assert engine.datapaths == {}
        scene.say(Granted(1))
        until(lambda: 7 in engine.datapaths)
        scene.say(Challenged(7, "10.0.0.2:4000"))
        scene.converse(client, switch)


def test_that_a_datapath_has_joined_is_told(scene: Scene) -> None:
    client, address = scene.hand_over()
    switch = FakeSwitch(7, [port(1)])
    switch.connect()
    with client:
        scene.converse(client, switch)
        assert scene.hear() == Claim(1, 7, address)
        scene.say(Granted(1))
        scene.converse(client, switch)
        assert scene.hear() == Joined(1)


def test_it_says_that_it_is_there_once_the_engine_has_had_its_turn(scene: Scene) -> None:
    eventlet.sleep(0)
    with scene.worker._serving.server._turn:
        scene.say(Ask())
        scene.control.setblocking(False)
        eventlet.sleep(0.05)
        with pytest.raises(BlockingIOError):
            scene.control.recv(LONGEST)
    assert scene.hear() == Alive()


def test_it_logs_what_was_counted_when_asked_and_at_the_end(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        scene.say(Count())
        until(lambda: caplog.messages)
        scene.control.shutdown(blocking.SHUT_WR)
        scene.thread.wait()
    assert caplog.messages == ["counted since the start: nothing"] * 2


def test_when_the_supervisor_is_gone_it_ends_with_its_connections(scene: Scene) -> None:
    client, _ = scene.hand_over()
    with client:
        eventlet.hubs.trampoline(client.fileno(), read=True)
        assert client.recv(100)
        scene.control.close()
        scene.thread.wait()
        assert client.recv(100) == b""


def test_a_connection_without_its_socket_counts_as_over(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.say(Adopt("127.0.0.1", 6633, "10.0.0.1:4000"))
    assert scene.hear() == Left(0)
    assert "10.0.0.1:4000 is refused: no file descriptor is left for it" in caplog.messages
    assert scene.worker._serving.engine.counters == {"refused connections": 1}


def test_whoever_forks_it_has_no_hub_that_they_would_share() -> None:
    script = (
        "import slicer.workers.supervisor, eventlet.hubs;"
        "assert not hasattr(eventlet.hubs._threadlocal, 'hub')"
    )
    command = [sys.executable, "-W", "ignore", "-c", script]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
