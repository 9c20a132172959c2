"""Endpoints: what is dialled, listened on and tried again, for slivers that are there."""

import logging

import pytest

from slicer.proxy.endpoints import Endpoints
from slicer.proxy.events import Command, ControllerEndpoint, Dial, Listen, StopListening
from slicer.proxy.settings import Settings
from slicer.proxy.timers import Timers

DIALLED = ControllerEndpoint("red", 0xA, 0, "10.0.0.1", 6653, False)
OTHER = ControllerEndpoint("blue", 0xA, 0, "10.0.0.1", 6653, False)
LISTENING = ControllerEndpoint("red", 0xA, 1, "127.0.0.1", 7000, True)


class Bench:
    """Endpoints with a clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.commands: list[Command] = []
        settings = Settings(retry_first=0.25, retry_most=1.0)
        self.endpoints = Endpoints(settings, self.timers, self.commands.append, "{:016x}".format)

    def set(self, *endpoints: ControllerEndpoint, dpid: int = 0xA) -> list[Command]:
        self.endpoints.set(dpid, endpoints, 0.0)
        return self.take()

    def take(self) -> list[Command]:
        taken, self.commands[:] = list(self.commands), []
        return taken

    def delay(self) -> float | None:
        return self.timers.next_deadline


def test_a_watcher_that_isnt_there_is_called_one(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    watcher = ControllerEndpoint("red", 0xA, 2, "10.0.0.1", 6653, False, is_watchers=True)
    bench.set(watcher)
    bench.endpoints.unreachable(watcher, "refused", 0.0)
    assert "no watcher at tcp:10.0.0.1:6653: refused" in caplog.text


def test_new_endpoints_are_dialled_or_listened_on_and_known() -> None:
    bench = Bench()
    assert not bench.endpoints.knows(DIALLED)
    assert bench.set(DIALLED, LISTENING) == [Dial(DIALLED), Listen(LISTENING)]
    assert bench.endpoints.knows(DIALLED)
    assert bench.endpoints.knows(LISTENING)
    assert not bench.endpoints.knows(OTHER)


def test_what_is_wanted_already_is_left_alone() -> None:
    bench = Bench()
    bench.set(DIALLED, LISTENING)
    assert bench.set(DIALLED, LISTENING, OTHER) == [Dial(OTHER)]


def test_what_is_wanted_no_more_is_no_longer_listened_on_nor_dialled() -> None:
    bench = Bench()
    bench.set(DIALLED, LISTENING)
    bench.endpoints.unreachable(DIALLED, "refused", 0.0)
    assert bench.set() == [StopListening(LISTENING)]
    assert not bench.endpoints.knows(DIALLED)
    assert bench.delay() is None


def test_datapaths_do_not_meet() -> None:
    bench = Bench()
    bench.set(DIALLED, dpid=0xA)
    far = ControllerEndpoint("red", 0xB, 0, "10.0.0.1", 6653, False)
    assert bench.set(far, dpid=0xB) == [Dial(far)]
    bench.set(dpid=0xB)
    assert bench.endpoints.knows(DIALLED)
    assert not bench.endpoints.knows(far)


@pytest.mark.parametrize(
    ("endpoint", "command"), [(DIALLED, Dial(DIALLED)), (LISTENING, Listen(LISTENING))]
)
def test_one_that_cant_be_had_is_tried_again_after_growing_pauses(
    endpoint: ControllerEndpoint, command: Command
) -> None:
    bench = Bench()
    bench.set(endpoint)
    now = 10.0
    for pause in (0.25, 0.5, 1.0, 1.0, 1.0):
        bench.endpoints.unreachable(endpoint, "refused", now)
        assert bench.delay() == now + pause
        bench.timers.run(now + pause - 0.01)
        assert bench.take() == []
        now += pause
        bench.timers.run(now)
        assert bench.take() == [command]
        assert bench.delay() is None


def test_after_thousands_of_failures_the_pause_is_still_a_number() -> None:
    bench = Bench()
    bench.set(DIALLED)
    for _ in range(5000):
        bench.endpoints.unreachable(DIALLED, "refused", 0.0)
    assert bench.delay() == 1.0


def test_a_connection_that_stood_starts_the_pauses_anew() -> None:
    bench = Bench()
    bench.set(DIALLED)
    for _ in range(3):
        bench.endpoints.unreachable(DIALLED, "refused", 0.0)
    bench.endpoints.connected(DIALLED)
    bench.endpoints.retry(DIALLED, 5.0)
    assert bench.delay() == 5.25
    bench.endpoints.unreachable(DIALLED, "refused", 6.0)
    assert bench.delay() == 6.25


def test_what_was_learnt_of_an_endpoint_survives_a_change_of_the_others() -> None:
    bench = Bench()
    bench.set(DIALLED)
    for _ in range(2):
        bench.endpoints.unreachable(DIALLED, "refused", 0.0)
    bench.set(DIALLED, OTHER)
    bench.endpoints.unreachable(DIALLED, "refused", 0.0)
    assert bench.delay() == 1.0


def test_the_log_says_once_that_a_controller_is_not_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    bench.set(DIALLED)
    with caplog.at_level(logging.WARNING):
        bench.endpoints.unreachable(DIALLED, "connection refused", 0.0)
        assert len(caplog.messages) == 1
        for _ in range(3):
            bench.endpoints.unreachable(DIALLED, "connection refused", 0.0)
    assert caplog.messages == [
        "red on 000000000000000a: no controller at tcp:10.0.0.1:6653: connection refused; "
        "trying again until there is"
    ]
