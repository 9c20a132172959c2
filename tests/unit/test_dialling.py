"""Dialling with real sockets: addresses, names, and who must not wait for either."""

from __future__ import annotations

import time
from typing import Any

import eventlet
import pytest
from eventlet.green import socket
from eventlet.patcher import original

from slicer import dialling
from slicer.dialling import dial
from tests.unit.serving import free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_host_is_reached_by_its_address_and_by_its_name(host: str) -> None:
    listener = eventlet.listen(("127.0.0.1", 0))
    with listener, dial(host, listener.getsockname()[1]) as sock:
        accepted, _ = listener.accept()
        with accepted:
            assert sock.getpeername() == accepted.getsockname()


def test_the_first_address_that_answers_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [(0, 0, 0, "", (each, 0)) for each in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(dialling, "resolve", lambda *_: addresses)
    with eventlet.listen(("127.0.0.1", 0)) as listener:
        with dial("two.example", listener.getsockname()[1]) as sock:
            assert sock.getpeername()[0] == "127.0.0.1"
        with pytest.raises(ConnectionRefusedError):
            dial("two.example", free_port())


def test_an_address_that_says_nothing_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    addresses = [(0, 0, 0, "", (each, 0)) for each in ("127.0.0.2", "127.0.0.1")]
    connect = socket.create_connection
    tried = []

    def silent(address: tuple[str, int]) -> Any:
        tried.append(address[0])
        if address[0] == "127.0.0.2":
            eventlet.sleep(60.0)
        return connect(address)

    monkeypatch.setattr(dialling, "resolve", lambda *_: addresses)
    monkeypatch.setattr(dialling, "PATIENCE", 0.2)
    monkeypatch.setattr(socket, "create_connection", silent)
    listener = eventlet.listen(("127.0.0.1", 0))
    with eventlet.Timeout(5.0), listener, dial("two.example", listener.getsockname()[1]) as sock:
        assert sock.getpeername()[0] == "127.0.0.1"
    assert tried == ["127.0.0.2", "127.0.0.1"]


def test_a_name_without_an_address_is_no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "resolve", lambda *_: [])
    with pytest.raises(OSError, match=r"none\.example has no address"):
        dial("none.example", 1)


def test_nobody_waits_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = original("time").sleep
    monkeypatch.setattr(dialling, "resolve", lambda *_: slow(1.0) or [])
    asking = eventlet.spawn(dial, "slow.example", 1)
    start, turns = time.monotonic(), 0
    while time.monotonic() - start < 0.2:
        eventlet.sleep(0.01)
        turns += 1
    assert turns > 3, "others had their turns meanwhile"
    with pytest.raises(OSError, match="no address"):
        asking.wait()
