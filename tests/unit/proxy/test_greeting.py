"""Greeting: who is not ready in time is given up, but not for what the slicer has not read yet."""

from __future__ import annotations

import pytest

from slicer.proxy.events import TimePassed
from slicer.proxy.greeting import READING
from slicer.proxy.settings import Settings
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.unit.proxy.test_engine import POLICY

TIMEOUT = Settings().greeting_timeout
COUNTED = "closed: not ready in time"


class Unread(FakeSwitch):
    """A switch whose bytes wait in the kernel until they are read."""

    is_read = False

    def take(self) -> bytes:
        return super().take() if self.is_read else b""


def connected() -> tuple[Network, Unread]:
    net = Network(POLICY, Settings(probe_interval=1000.0))
    switch = Unread(1, [port(1)])
    net.plug(switch)
    return net, switch


def look(net: Network, late: float) -> None:
    """The slicer looks so long after it should have, and before it reads anything."""
    assert net.engine.next_deadline == TIMEOUT
    net.now = TIMEOUT + late
    net.tell(TimePassed())


@pytest.mark.parametrize("late", [0.001, 0.5, 1.5, 20.0])
def test_who_has_said_hello_while_the_slicer_was_busy_is_read_first(late: float) -> None:
    net, switch = connected()
    look(net, late)
    assert switch in net.peers.values()
    switch.is_read = True
    net.run()
    net.wait(3 * TIMEOUT)
    assert net.engine.datapaths.keys() == {1}
    assert net.engine.counters[COUNTED] == 0


def test_who_says_nothing_even_then_is_given_up() -> None:
    net, switch = connected()
    look(net, 0.5)
    net.wait(READING - 0.1)
    assert switch in net.peers.values()
    net.wait(0.2)
    assert switch not in net.peers.values()
    assert net.engine.counters[COUNTED] == 1


def test_who_is_late_again_and_again_listens_each_time_for_as_long() -> None:
    net, switch = connected()
    look(net, 5.0)
    net.now += 8.0
    net.tell(TimePassed())
    assert switch in net.peers.values(), "3 s later than it should have been"
    net.wait(3.1)
    assert switch not in net.peers.values()


def test_a_little_late_is_late_enough_the_second_time() -> None:
    net, switch = connected()
    look(net, 0.001)
    net.now += READING + 0.001
    net.tell(TimePassed())
    assert switch not in net.peers.values()
