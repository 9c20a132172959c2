"""Tenants that come and go at bad times: nothing of them is left, and nobody is left behind."""

from __future__ import annotations

from slicer.proxy.events import Connected, ControllerEndpoint
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000]}
  blue: {controllers: [ptcp:7100]}
flowspace:
  - {slice: red, priority: 10, ports: [1, 2]}
  - {slice: blue, priority: 10, ports: [3, 4]}
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
