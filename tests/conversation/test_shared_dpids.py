"""Several engines share the switches: a dpid has one holder among them all."""

from __future__ import annotations

import pytest

from slicer.openflow.messages import EchoReply
from slicer.openflow.v13 import V13
from slicer.proxy.events import Challenged, DataReceived, Denied, Granted
from slicer.proxy.settings import Settings
from tests.fakes.engines import Engines, SharedNetwork
from tests.fakes.network import port
from tests.fakes.switch import FakeSwitch

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [ptcp:7000]}}
flowspace: [{slice: red, priority: 1}]
"""
SETTINGS = Settings()


def switch(dpid: int = 1) -> FakeSwitch:
    return FakeSwitch(dpid, [port(1), port(2)])


def plug(engines: Engines, number: int, dpid: int = 1) -> int:
    """A switch connects to one of the engines; its peer number there."""
    peer = engines.networks[number].plug(switch(dpid))
    engines.run()
    return peer


def answers(network: SharedNetwork, peer: int) -> None:
    network.tell(DataReceived(peer, V13.encode(EchoReply(0))))


def holders(engines: Engines, dpid: int = 1) -> list[int]:
    """The engines that take themselves for the holder."""
    return [number for number, each in engines.networks.items() if dpid in each.engine.datapaths]


@pytest.fixture
def engines() -> Engines:
    return Engines(POLICY)


def test_a_datapath_is_admitted_where_it_connects(engines: Engines) -> None:
    plug(engines, 1, dpid=1)
    plug(engines, 2, dpid=2)
    assert (holders(engines, 1), holders(engines, 2)) == ([1], [2])
    assert [len(each.listening) for each in engines.networks.values()] == [2, 2]


def test_that_a_datapath_has_joined_is_said_once(engines: Engines) -> None:
    network = engines.networks[1]
    engines.deaf.add(1)
    peer = plug(engines, 1)
    assert network.joined == []
    engines.deaf.clear()
    engines.run()
    assert network.joined == [peer]
    network.wait(2 * SETTINGS.audit_interval)
    assert network.joined == [peer]


def test_nothing_is_set_up_before_the_claim_is_granted(engines: Engines) -> None:
    engines.deaf.add(1)
    plug(engines, 1)
    assert holders(engines) == []
    assert engines.holders.holder(1) == 1
    engines.deaf.clear()
    engines.run()
    assert holders(engines) == [1]


def test_a_claim_that_nobody_answers_is_given_up_in_time(engines: Engines) -> None:
    engines.deaf.add(1)
    peer = plug(engines, 1)
    engines.wait(SETTINGS.greeting_timeout + 0.1)
    assert peer not in engines.networks[1].peers
    assert engines.networks[1].left == [peer]
    assert engines.holders.holder(1) is None
    engines.deaf.clear()
    engines.run()
    assert holders(engines) == [], "the answer came too late"
    plug(engines, 2)
    assert holders(engines) == [2]


def test_a_holder_that_lives_is_not_parted_from_its_dpid(engines: Engines) -> None:
    first = plug(engines, 1)
    second = plug(engines, 2)
    assert second in engines.networks[2].peers, "it waits"
    engines.wait(0.1)
    answers(engines.networks[1], first)
    engines.wait(SETTINGS.contest_timeout)
    assert holders(engines) == [1]
    assert second not in engines.networks[2].peers
    assert engines.networks[2].engine.counters["refused datapaths"] == 1


def test_a_silent_holder_is_parted_from_its_dpid(engines: Engines) -> None:
    first = plug(engines, 1)
    plug(engines, 2)
    engines.wait(SETTINGS.contest_timeout + 0.1)
    assert holders(engines) == [2]
    assert first not in engines.networks[1].peers
    assert len(engines.networks[1].listening) == 1, "its port is free for the other engine"
    assert len(engines.networks[2].listening) == 2


def test_a_holder_that_goes_leaves_its_dpid_to_the_challenger(engines: Engines) -> None:
    first = plug(engines, 1)
    plug(engines, 2)
    network = engines.networks[1]
    network.unplug(network.peers[first])
    engines.run()
    assert holders(engines) == [2]
    engines.wait(2 * SETTINGS.contest_timeout)
    assert holders(engines) == [2]


def test_a_challenger_that_goes_leaves_the_holder_alone(engines: Engines) -> None:
    first = plug(engines, 1)
    second = plug(engines, 2)
    network = engines.networks[2]
    network.unplug(network.peers[second])
    answers(engines.networks[1], first)
    engines.wait(0.1)
    answers(engines.networks[1], first)
    engines.wait(2 * SETTINGS.contest_timeout)
    assert holders(engines) == [1]
    assert network.left == [second]


def test_the_third_is_refused_wherever_it_connects() -> None:
    engines = Engines(POLICY, 3)
    plug(engines, 1)
    second = plug(engines, 2)
    for number in (1, 2, 3):
        third = plug(engines, number)
        assert third not in engines.networks[number].peers
    assert second in engines.networks[2].peers


def test_a_contest_within_the_holders_engine_keeps_others_out(engines: Engines) -> None:
    plug(engines, 1)
    contender = plug(engines, 1)
    second = plug(engines, 2)
    assert second not in engines.networks[2].peers
    engines.wait(SETTINGS.contest_timeout + 0.1)
    assert engines.networks[1].engine.datapaths[1].peer.number == contender
    assert engines.holders.holder(1) == 1


def test_what_an_engine_held_is_free_when_it_dies(engines: Engines) -> None:
    plug(engines, 1)
    plug(engines, 2)
    engines.end(1)
    assert holders(engines) == [2]


def test_a_deaf_holder_loses_nothing(engines: Engines) -> None:
    plug(engines, 1)
    engines.deaf.add(1)
    second = plug(engines, 2)
    engines.wait(SETTINGS.greeting_timeout + 0.1)
    assert holders(engines) == [1]
    assert second not in engines.networks[2].peers


def test_answers_about_nobody_here_mean_nothing(engines: Engines) -> None:
    network = engines.networks[1]
    for event in (Granted(9), Denied(9, "no"), Challenged(9, "10.0.0.1:1")):
        network.tell(event)
    assert engines.networks[1].peers == {}


def test_connections_that_are_turned_away_are_told_of_too() -> None:
    engines = Engines(POLICY.replace("slices:", "datapaths: {s1: {dpid: 1}}\nslices:"))
    assert engines.networks[1].left == []
    peer = plug(engines, 1, dpid=2)
    assert engines.networks[1].left == [peer]
