"""Datapaths with more to be set up than is done at a time have it done in turn."""

from slicer.proxy.engine import READ_AT_ONCE
from slicer.proxy.settings import Settings
from slicer.proxy.turns import PATIENCE
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch

PORTS = READ_AT_ONCE // 2 + 1
"""So many that there is no room for two such datapaths."""
POLICY = """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [tcp:127.0.0.1:6653]}}
flowspace:
  - {slice: red, priority: 1}
"""


class DeafSwitch(FakeSwitch):
    """Answers echoes, and nothing else, from when it is made deaf."""

    is_deaf = False

    def receive(self, data: bytes) -> None:
        if not self.is_deaf or data[1] == 2:
            super().receive(data)


def network(ports: int) -> tuple[Network, list[DeafSwitch]]:
    """Two switches, of which the first says who it is and then nothing more."""
    net = Network(POLICY, Settings(greeting_timeout=5.0))
    switches = [DeafSwitch(dpid, [port(1)]) for dpid in (1, 2)]
    net.engine.view.size_on = lambda *_: ports  # type: ignore[method-assign]
    return net, switches


def joined(net: Network) -> list[int]:
    return [dpid for dpid, each in net.engine.datapaths.items() if each.slivers]


def stall(net: Network, switch: DeafSwitch) -> None:
    """Plug a switch in that is deaf once it has been identified."""
    started = switch.receive

    def receive(data: bytes) -> None:
        switch.is_deaf = switch.dpid in net.engine.datapaths
        started(data)

    switch.receive = receive  # type: ignore[method-assign]
    net.plug(switch)


def test_what_there_is_room_for_is_done_at_once() -> None:
    net, (first, second) = network(READ_AT_ONCE // 2)
    stall(net, first)
    net.plug(second)
    assert joined(net) == [2]


def test_the_next_one_waits_for_as_long_as_it_must_and_is_not_late() -> None:
    net, (first, second) = network(PORTS)
    stall(net, first)
    net.plug(second)
    net.wait(PATIENCE - 1)
    assert joined(net) == []
    assert second in net.peers.values(), "waiting is no fault of its own"
    net.wait(2)
    assert joined(net) == [2]


def test_the_next_one_has_its_turn_when_the_first_has_gone() -> None:
    net, (first, second) = network(PORTS)
    stall(net, first)
    net.plug(second)
    net.unplug(first)
    assert joined(net) == [2]
