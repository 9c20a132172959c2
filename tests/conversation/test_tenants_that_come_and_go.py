"""Tenants that come and go at bad times: nothing of them is left, and nobody is left behind."""

from __future__ import annotations

import gc
from weakref import ref

from slicer.openflow import messages as m
from slicer.proxy.datapath import Datapath
from slicer.proxy.events import Connected, ControllerEndpoint
from slicer.proxy.settings import Settings
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000]}
  green: {controllers: [ptcp:7200], limits: {outstanding_requests: 1}}
  blue: {controllers: [ptcp:7100]}
flowspace:
  - {slice: red, priority: 10, ports: [1, 2]}
  - {slice: blue, priority: 10, ports: [3]}
  - {slice: green, priority: 10, ports: [4]}
"""


def endpoint(net: Network, number: int) -> ControllerEndpoint:
    """Where the slicer listens at a port for controllers."""
    return next(
        each
        for each in net.listening
        if isinstance(each, ControllerEndpoint) and each.port == number
    )


def dawdle(net: Network, number: int) -> FakeTenant:
    """Somebody connects to a port, and says nothing yet."""
    tenant = FakeTenant(endpoint(net, number), 99)
    tenant.take()
    net.peers[99] = tenant
    net.tell(Connected(tenant.endpoint, 99, "10.8.8.8:40000"))
    return tenant


def test_who_has_not_greeted_yet_is_let_go_with_the_datapath() -> None:
    net = Network(POLICY)
    switch = FakeSwitch(1, [port(number) for number in (1, 2, 3, 4)])
    net.plug(switch)
    tenant = dawdle(net, 7000)
    net.unplug(switch)
    assert not tenant.is_connected
    net.plug(switch)
    red = net.connect(endpoint(net, 7000))
    assert red.is_connected


class Deaf(FakeSwitch):
    """A switch that says nothing while `is_deaf`."""

    is_deaf = False

    def take(self) -> bytes:
        """What there is to send."""
        return b"" if self.is_deaf else super().take()


def held(net: Network) -> Datapath:
    """The datapath, as the engine knows it."""
    return net.engine.datapaths[1]


def flooded(settings: Settings) -> tuple[Network, Deaf]:
    """A switch that has been sent more by red than it takes, and answers nothing now."""
    net = Network(POLICY, settings)
    switch = Deaf(1, [port(number) for number in (1, 2, 3, 4)])
    net.plug(switch)
    red = net.connect(endpoint(net, 7000))
    switch.is_deaf = True
    net.say(red, *(m.BarrierRequest(xid) for xid in range(settings.datapath_pending + 1)))
    net.unplug(red)
    return net, switch


def test_who_connects_again_and_again_adds_nothing_to_what_waits_for_a_slow_datapath() -> None:
    net, _ = flooded(Settings(datapath_pending=50))
    before = len(held(net).pending)
    for _ in range(20):
        red = net.connect(endpoint(net, 7000))
        net.say(red, *(m.BarrierRequest(xid) for xid in range(10)))
        net.unplug(red)
    assert len(held(net).pending) == before
    assert held(net).counters["paused: the datapath is slow"] == 21


def test_who_connects_to_a_slow_datapath_is_heard_once_it_has_caught_up() -> None:
    settings = Settings(datapath_pending=50, probe_interval=20.0, greeting_timeout=1.0)
    net, switch = flooded(settings)
    blue = net.connect(endpoint(net, 7100))
    assert net.say(blue, m.BarrierRequest(5)) == []
    net.wait(2.5)
    assert blue.is_connected
    switch.is_deaf = False
    net.run()
    assert blue.take_heard() == [m.BarrierReply(5)]


def test_who_goes_while_it_waits_for_an_answer_is_forgotten() -> None:
    net = Network(POLICY)
    switch = Deaf(1, [port(number) for number in (1, 2, 3, 4)])
    net.plug(switch)
    first = net.connect(endpoint(net, 7200))
    switch.is_deaf = True
    net.say(first, m.BarrierRequest(1))
    gone = []
    for _ in range(3):
        green = net.connect(endpoint(net, 7200))
        net.say(green, m.BarrierRequest(2), m.EchoRequest(3))
        gone += [ref(each) for each in held(net).slivers["green"].tenants[1:]]
        net.unplug(green)
    gc.collect()
    assert [each() for each in gone] == [None] * 3
    last = net.connect(endpoint(net, 7200))
    assert net.say(last, m.BarrierRequest(4)) == []
    switch.is_deaf = False
    net.run()
    assert last.take_heard() == [m.BarrierReply(4)]
