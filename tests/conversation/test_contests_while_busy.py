"""Two connections with one dpid, while the slicer is too busy to hear what they say."""

from __future__ import annotations

from slicer.proxy.events import TimePassed
from tests.conversation.test_tenants_that_come_and_go import POLICY, Deaf
from tests.fakes.network import Network, port


def contested() -> tuple[Network, Deaf, Deaf]:
    """A holder of a dpid that does not answer, and another connection that has the same."""
    net = Network(POLICY)
    first, second = (Deaf(1, [port(number) for number in (1, 2, 3, 4)]) for _ in "12")
    net.plug(first)
    first.is_deaf = True
    net.plug(second)
    return net, first, second


def test_who_answered_while_nobody_listened_keeps_its_dpid() -> None:
    net, first, second = contested()
    net.now += 4.0
    net.tell(TimePassed())
    first.is_deaf = False
    net.run()
    net.wait(2.0)
    assert first in net.peers.values()
    assert second not in net.peers.values()


def test_who_says_nothing_even_then_loses_it() -> None:
    net, first, second = contested()
    for _ in range(2):
        net.now += 4.0
        net.tell(TimePassed())
    assert first not in net.peers.values()
    assert second in net.peers.values()
