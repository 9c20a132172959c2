"""The client with real sockets, against a server that says what a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import eventlet
import pytest
from eventlet.green import socket

from slicer.isolation.queues import PortQueues, QueueRate
from slicer.ovsdb import client
from slicer.policy.endpoints import Endpoint
from slicer.policy.ovsdb import UnixSocket
from slicer.proxy.events import ArrangeQueues, QueuesArranged, QueuesRefused
from tests.fakes.ovsdb import FakeDatabase

WANTED = {2: PortQueues(10, {"red": QueueRate(3, 10), "blue": QueueRate(7, 9)})}
Answer = Callable[[dict[str, Any]], list[bytes]]


class FakeServer:
    """Serves a database at a socket; `answer` says what is said to each request."""

    def __init__(self, path: Path) -> None:
        self.where = UnixSocket(str(path))
        self.database = FakeDatabase()
        self.port = self.database.port(self.database.bridge(1), 2)
        self.answer: Answer = self.as_it_should
        self.heard: list[dict[str, Any]] = []
        self._listener: Any = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(5)
        self._threads = [eventlet.spawn(self._accept)]

    def as_it_should(self, request: dict[str, Any]) -> list[bytes]:
        result = self.database.transact(request["params"][1:])
        reply = {"id": request["id"], "result": result, "error": None}
        return [json.dumps(reply).encode()]

    def arrange(self) -> QueuesArranged | QueuesRefused:
        return client.carry_out(ArrangeQueues(5, 1, self.where, WANTED))

    def refusal(self) -> str:
        said = self.arrange()
        assert isinstance(said, QueuesRefused)
        assert said.peer == 5
        return said.reason.removeprefix(f"OVSDB at {self.where}: ")

    def close(self) -> None:
        for thread in self._threads:
            thread.kill()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            self._threads.append(eventlet.spawn(self._serve, sock))

    def _serve(self, sock: Any) -> None:
        decoder, text = json.JSONDecoder(), ""
        while data := sock.recv(1 << 16):
            text += data.decode()
            while text:
                try:
                    request, end = decoder.raw_decode(text)
                except ValueError:
                    break
                text = text[end:]
                self.heard.append(request)
                for piece in self.answer(request) if "method" in request else []:
                    sock.sendall(piece)
                    eventlet.sleep(0)
        sock.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    made = FakeServer(tmp_path / "db.sock")
    yield made
    made.close()


def test_queues_are_made_and_the_second_time_nothing_is(server: FakeServer) -> None:
    queues = {("red", 2): 1, ("blue", 2): 2}
    assert server.arrange() == QueuesArranged(5, queues)
    assert [name for name, _ in server.database.queues_of(server.port).values()] == ["red", "blue"]
    assert server.arrange() == QueuesArranged(5, queues)
    assert server.database.changes == 1


def test_answers_may_come_in_pieces_and_questions_in_between(server: FakeServer) -> None:
    def answer(request: dict[str, Any]) -> list[bytes]:
        (whole,) = server.as_it_should(request)
        echo = b'{"id": "echo", "method": "echo", "params": ["\xc3\xbc"]}'
        middle = whole.index(b"}") + 1
        return [echo[:-10], echo[-10:] + whole[:1], whole[1:middle], whole[middle:] + b"\n"]

    server.answer = answer
    assert isinstance(server.arrange(), QueuesArranged)
    echoed = [each for each in server.heard if each["id"] == "echo"]
    assert echoed
    assert all(each["result"] == ["ü"] for each in echoed)


def test_what_changes_meanwhile_is_read_again(server: FakeServer) -> None:
    def answer(request: dict[str, Any]) -> list[bytes]:
        replies = server.as_it_should(request)
        if request["params"][1]["op"] == "select" and not server.database.tables["QoS"]:
            server.database.qos(server.port)
        return replies

    server.answer = answer
    said = server.arrange()
    assert isinstance(said, QueuesArranged)
    assert (said.queues, len(said.notes)) == ({}, 1)


def test_what_never_stays_is_given_up(server: FakeServer) -> None:
    def answer(request: dict[str, Any]) -> list[bytes]:
        if any(each["op"] == "wait" for each in request["params"][1:]):
            results = [{"error": "timed out", "details": "d"}]
            return [json.dumps({"id": request["id"], "result": results, "error": None}).encode()]
        return server.as_it_should(request)

    server.answer = answer
    assert server.refusal() == "found its rows changed by somebody else 5 times in a row"


def said(**reply: Any) -> Answer:
    return lambda request: [json.dumps({"id": request["id"], **reply}).encode()]


REFUSALS: list[tuple[Answer, str]] = [
    (said(result=None, error={"error": "unknown database"}), "found \"{'error': 'unknown data"),
    (said(result=[{"error": "constraint violation", "details": "so"}], error=None), "constraint"),
    (said(result="x", error=None), "found 'None', expected results"),
    (said(result=[{}], error=None), "found 1 results of 5"),
    (said(result=[{}] * 5, error=None), "found an answer that no Open vSwitch gives"),
    (said(result=[], error=None, more=1), 'message has unexpected member "more"'),
    (lambda request: [b"[1]\n"], "message is not a JSON object"),
    (lambda request: [b"[" * 200_000 + b"}"], "found an answer that is nested without end"),
]


@pytest.mark.parametrize(("answer", "why"), REFUSALS)
def test_what_a_server_refuses_or_gets_wrong_is_said(
    server: FakeServer, answer: Answer, why: str
) -> None:
    server.answer = answer
    assert server.refusal().startswith(why)


@pytest.mark.parametrize("pieces", [[], [b"no JSON"], [b"{}"[:1]]])
def test_a_server_that_does_not_answer_is_waited_for_only_so_long(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, pieces: list[bytes]
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.2)
    server.answer = lambda request: pieces
    assert server.refusal() == "no answer in 0.2 s"


def test_a_switch_that_does_not_do_it_is_waited_for_only_so_long(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.3)

    def answer(request: dict[str, Any]) -> list[bytes]:
        replies = server.as_it_should(request)
        server.database.tables["Open_vSwitch"]["root"]["cur_cfg"] = 0
        return replies

    server.answer = answer
    assert server.refusal() == "no answer in 0.3 s"


def test_an_answer_without_an_end_is_not_kept(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_BYTES", 1000)
    server.answer = lambda request: [b'{"id": "' + b"x" * 2000]
    assert server.refusal() == "found more than 1000 bytes in one answer"


def test_a_server_that_goes_away_is_said(server: FakeServer) -> None:
    def answer(request: dict[str, Any]) -> list[bytes]:
        raise eventlet.greenlet.GreenletExit

    server.answer = answer
    assert server.refusal().startswith(("found that it closed the connection", "no answer"))


def test_a_database_that_is_not_there_is_said(tmp_path: Path) -> None:
    for where, why in (
        (UnixSocket(str(tmp_path / "nothing")), "No such file or directory"),
        (Endpoint("127.0.0.1", 1), "Connection refused"),
    ):
        found = client.carry_out(ArrangeQueues(5, 1, where, WANTED))
        assert found == QueuesRefused(5, f"OVSDB at {where}: {why}")
