"""Conversations over datapaths of OpenFlow 1.0: joining, both versions side by side, the end."""

from __future__ import annotations

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.hello import encode_hello
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    ErrorMessage,
    Experimenter,
    FeaturesRequest,
    FlowMod,
    FlowRemoved,
    Hello,
    Message,
    PacketIn,
    PacketOut,
)
from slicer.openflow.multipart import (
    AggregateRequest,
    DescRequest,
    FlowStatsRequest,
    PortStatsRequest,
    TableStatsRequest,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.events import Connected, ControllerEndpoint, DataReceived
from tests.fakes.network import DATAPATHS, Network, port
from tests.fakes.playbook import Playbook
from tests.fakes.switch import FakeSwitch
from tests.fakes.switch10 import FakeSwitch10
from tests.unit.proxy.clip.scene import ANY, SSH, TO_1, TO_2, TO_3, Scene, add, delete

LISTENING = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000]}
  blue: {controllers: [ptcp:7100]}
flowspace:
  - {slice: red, priority: 10, ports: [1, 2]}
  - {slice: blue, priority: 10, ports: [3, 4]}
"""
LLDP = bytes(12) + b"\x88\xcc" + bytes(8)


def where(network: Network, name: str, dpid: int = 1) -> ControllerEndpoint:
    """Where the slicer listens for a sliver's controllers."""
    return next(
        each
        for each in network.listening
        if isinstance(each, ControllerEndpoint) and (each.slice, each.dpid) == (name, dpid)
    )


def plugged(network: Network, dpid: int = 1) -> FakeSwitch10:
    """A switch of OpenFlow 1.0 that has joined."""
    switch = FakeSwitch10(dpid, [port(number) for number in (1, 2, 3, 4)])
    network.plug(switch)
    return switch


@pytest.mark.parametrize(
    "hello",
    [Hello(1, frozenset({1}), has_bitmap=False), Hello(1, frozenset({1}))],
    ids=["as of old", "with a bitmap"],
)
def test_a_datapath_of_openflow_1_0_is_asked_who_it_is_but_not_for_its_ports(hello: Hello) -> None:
    book = Playbook(LISTENING)
    book >> Connected(DATAPATHS, 1, "10.0.0.1:40000")
    book.read_all()
    book >> DataReceived(1, encode_hello(hello))
    (sent,) = book.read_all()
    asked = [FeaturesRequest(1), DescRequest(2), BarrierRequest(3)]
    assert getattr(sent, "data", None) == b"".join(map(V10.encode, asked))


def test_a_tenant_of_openflow_1_3_is_told_that_it_can_not_have_it() -> None:
    network = Network(LISTENING)
    plugged(network)
    tenant = network.connect(where(network, "red"), V13)
    assert not tenant.is_connected
    (told,) = tenant.heard
    assert isinstance(told, ErrorMessage)
    incompatible = errors.HELLO_FAILED_INCOMPATIBLE
    assert (told.type, told.code) == (incompatible.type, incompatible.code)


def test_datapaths_of_both_versions_are_sliced_side_by_side() -> None:
    network = Network(LISTENING)
    old = plugged(network, 1)
    new = FakeSwitch(2, [port(number) for number in (1, 2, 3, 4)])
    network.plug(new)
    one = network.connect(where(network, "red", 1), V10)
    other = network.connect(where(network, "red", 2), V10)
    for tenant in (one, other):
        assert network.say(tenant, add(ANY, TO_1, TO_2)) == []
    for switch in (old, new):
        result = switch.inject(1, SSH)
        assert [number for number, _ in result.outputs] == [2]
        assert switch.inject(3, SSH).outputs == []


def test_lldp_comes_to_the_slice_that_sent_it_at_the_other_end() -> None:
    network = Network(LISTENING)
    one, other = plugged(network, 1), plugged(network, 2)
    red = network.connect(where(network, "red", 1), V10)
    far = network.connect(where(network, "red", 2), V10)
    blue = network.connect(where(network, "blue", 2), V10)
    out = PacketOut(5, in_port=of.OFPP_ANY, actions=(TO_2,), data=LLDP)
    assert network.say(red, out) == []
    ((number, packet),) = one.results[0].outputs
    assert number == 2
    other.inject(2, packet)
    network.run()
    assert blue.take_heard() == []
    (told,) = far.take_heard()
    assert isinstance(told, PacketIn)
    assert told.reason == of.OFPR_NO_MATCH


def test_when_the_datapath_goes_its_tenants_are_let_go_and_begin_anew() -> None:
    scene = Scene()
    red = scene.tenant("red")
    scene.ask("red", add(ANY, TO_2))
    scene.net.unplug(scene.switch)
    assert not red.is_connected
    scene.net.plug(scene.switch)
    assert scene.tenant("red") is not red
    assert scene.told("red") == []
    assert scene.on_switch() == []


def test_two_controllers_of_a_slice_share_its_flows() -> None:
    network = Network(LISTENING)
    plugged(network)
    one = network.connect(where(network, "red"), V10)
    other = network.connect(where(network, "red"), V10)
    tells = of.OFPFF_SEND_FLOW_REM
    assert network.say(one, add(ANY, TO_2, flags=tells)) == []
    told = network.say(other, delete(), BarrierRequest(9))
    assert len(told) == 2
    assert len(one.take_heard()) == 1


def test_what_a_tenant_asks_before_its_barrier_is_done_when_it_is_answered() -> None:
    scene = Scene(
        LISTENING.replace("ptcp:7000", "tcp:127.0.0.1:1").replace("ptcp:7100", "tcp:127.0.0.1:2")
    )
    several = [add(Match.of(eth_src=number), TO_2, priority=number) for number in range(3)]
    heard = scene.net.say(scene.tenant("red"), *several, BarrierRequest(3))
    assert [each.xid for each in heard] == [3]
    assert len(scene.on_switch()) == 6
    messages: list[Message] = [delete(), BarrierRequest(4), add(ANY, TO_1), BarrierRequest(5)]
    heard = scene.net.say(scene.tenant("red"), *messages)
    assert [each.xid for each in heard] == [4, 5]
    assert len(scene.on_switch()) == 2


def test_a_malformed_flow_mod_is_answered_and_changes_nothing() -> None:
    scene = Scene()
    bad = V10.encode(add(ANY, TO_3))[:-4]
    frame = bad[:2] + len(bad).to_bytes(2, "big") + bad[4:]
    (told,) = scene.net.say(scene.tenant("blue"), frame)
    assert isinstance(told, ErrorMessage)
    assert told.data == frame
    assert scene.on_switch() == []


def test_an_error_quotes_what_the_tenant_wrote() -> None:
    scene = Scene()
    scene.switch.most_flows = len(scene.switch.tables.flows) + 1
    asked = add(ANY, a.Output(of.OFPP_FLOOD))
    (told,) = scene.net.say(scene.tenant("red"), asked)
    full = errors.FLOW_MOD_FAILED_TABLE_FULL
    assert told == ErrorMessage(asked.xid, full.type, full.code, V10.encode(asked))
    again = FlowMod(8, priority=1)
    assert scene.refused("red", again) is full


def test_a_bundle_is_refused_and_the_datapath_hears_nothing_of_it() -> None:
    scene = Scene()
    opening = Experimenter(7, 0x4F4E4600, 2300, bytes.fromhex("0000000100000000"))
    assert scene.refused("red", opening) is errors.BAD_REQUEST_BAD_EXPERIMENTER


def test_answers_come_in_the_order_of_the_questions() -> None:
    """Also those for which the datapath isn't needed wait for a barrier that came first."""
    scene = Scene()
    empty = Match.of(eth_type=0x0806)
    scene.ask("blue", add(empty, TO_3))
    asked: list[Message] = [
        BarrierRequest(1),
        FlowStatsRequest(2),
        BarrierRequest(3),
        AggregateRequest(4),
        PortStatsRequest(5, 9),
        BarrierRequest(6),
        TableStatsRequest(7),
    ]
    heard = scene.net.say(scene.tenant("red"), *asked)
    assert [each.xid for each in heard] == [1, 2, 3, 4, 5, 6, 7]
    tells = of.OFPFF_SEND_FLOW_REM
    scene.ask("red", add(Match.of(in_port=3), TO_2, flags=tells))
    heard = scene.net.say(scene.tenant("red"), BarrierRequest(1), delete(), BarrierRequest(2))
    assert [type(each) for each in heard] == [BarrierReply, FlowRemoved, BarrierReply]


def test_lldp_is_a_miss_whatever_the_tenants_flows_are() -> None:
    scene = Scene()
    scene.ask("red", add(ANY, a.Output(of.OFPP_CONTROLLER, 128)))
    found = scene.clip.packet_in(
        V10.encode(PacketIn(0, 5, len(LLDP), 1, 0, 0, Match.of(in_port=1), LLDP))
    )
    assert found is not None
    assert found[1] is not None
    assert found[1].reason == of.OFPR_NO_MATCH
