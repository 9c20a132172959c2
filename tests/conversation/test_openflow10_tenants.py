"""Tenants that speak OpenFlow 1.0 on a datapath that speaks 1.3, beside others that speak 1.3."""

from __future__ import annotations

from struct import unpack_from

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.instructions import ApplyActions, GotoTable, Instruction
from slicer.openflow.messages import (
    BarrierRequest,
    Experimenter,
    FeaturesReply,
    FeaturesRequest,
    FlowMod,
    FlowRemoved,
    Message,
    PacketOut,
    PortMod,
    PortStatus,
    SetConfig,
)
from slicer.openflow.multipart import (
    FlowStatsReply,
    FlowStatsRequest,
    PortStatsReply,
    PortStatsRequest,
)
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from tests.conversation.openflow10 import (
    ARP,
    DELETE_ALL,
    OFFICE,
    TO_2,
    TO_CONTROLLER,
    VIDEO,
    Scene,
    acts,
    flow,
)
from tests.fakes import frames
from tests.fakes.network import port
from tests.fakes.packet import Packet, Tag
from tests.fakes.tenant import FakeTenant


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_features_have_the_ports_of_the_sliver(scene: Scene) -> None:
    video, office = scene.connect("video", V10), scene.connect("office", V10)
    for tenant, ports in ((video, [1, 2]), (office, [1, 2, 3])):
        (features,) = scene.net.say(tenant, FeaturesRequest(5))
        assert isinstance(features, FeaturesReply)
        assert (features.xid, features.datapath_id, features.n_tables) == (5, 1, 251)
        assert [each.port_no for each in features.ports] == ports
        assert features.actions == 0xFFF


def test_a_port_that_comes_is_told_in_each_version(scene: Scene) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    scene.switch.set_port(port(4))
    scene.net.run()
    for tenant in (old, new):
        (status,) = tenant.take_heard()
        assert isinstance(status, PortStatus)
        assert (status.reason, status.desc.port_no) == (of.OFPPR_ADD, 4)


# ---- flows ----


def flows_of(scene: Scene, tenant: FakeTenant) -> list[tuple[int, tuple[Instruction, ...]]]:
    """(cookie, instructions) of each flow that a tenant reads."""
    heard = scene.net.say(tenant, FlowStatsRequest(1))
    parts = [each for each in heard if isinstance(each, FlowStatsReply)]
    assert len(parts) == len(heard)
    flows = [flow for part in parts for flow in part.entries]
    return [(each.cookie, each.instructions) for each in flows]


def modify(cookie: int, *actions: a.Action) -> FlowMod:
    return FlowMod(
        1, cookie, command=of.OFPFC_MODIFY, instructions=(ApplyActions(actions),), upsert=True
    )


def test_a_modify_adds_a_flow_and_gives_its_cookie(scene: Scene) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    scene.ask(old, modify(5, TO_2))
    expected = [(5, (ApplyActions((TO_2,)),))]
    assert flows_of(scene, old) == flows_of(scene, new) == expected
    scene.ask(old, modify(6, a.Output(3)))
    expected = [(6, (ApplyActions((a.Output(3),)),))]
    assert flows_of(scene, old) == flows_of(scene, new) == expected
    scene.ask(new, FlowMod(1, 7, command=of.OFPFC_MODIFY, match=Match.of(in_port=3)))
    assert flows_of(scene, old) == expected


def test_a_removed_flow_is_told_in_each_version(scene: Scene) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    scene.ask(old, FlowMod(1, cookie=0xABC, flags=of.OFPFF_SEND_FLOW_REM))
    heard = scene.net.say(old, DELETE_ALL, BarrierRequest(2))
    (removed,) = [each for each in heard if isinstance(each, FlowRemoved)]
    assert (removed.cookie, removed.reason) == (0xABC, of.OFPRR_DELETE)
    (same,) = new.take_heard()
    assert isinstance(same, FlowRemoved)
    assert (same.cookie, same.table_id) == (0xABC, 0)


def test_a_flow_that_openflow_1_0_has_no_words_for_is_left_out_there(scene: Scene) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    scene.ask(old, acts(TO_2))
    scene.ask(new, flow(GotoTable(1), priority=9))
    sayable = (0, (ApplyActions((TO_2,)),))
    assert flows_of(scene, old) == [sayable]
    assert sorted(flows_of(scene, new), key=repr) == [sayable, (0, (GotoTable(1),))]


def test_an_enqueue_is_read_back_and_puts_no_packet_into_a_queue(scene: Scene) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    enqueue = (a.SetQueue(7), TO_2, a.PopQueue())
    scene.ask(old, acts(*enqueue, a.Output(3)))
    assert flows_of(scene, old) == [(0, (ApplyActions((*enqueue, a.Output(3))),))]
    assert flows_of(scene, new) == flows_of(scene, old)
    assert [number for number, _ in scene.way(OFFICE)] == [2, 3]
    assert not any(
        isinstance(action, a.SetQueue)
        for each in scene.switch.tables.flows.values()
        for action in each.actions
    )


def test_a_rewrite_is_read_in_the_words_of_the_reader(scene: Scene) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    scene.ask(old, acts(a.SetNwDst(9), a.SetVlanVid(5), TO_2))
    assert flows_of(scene, old) == [
        (0, (ApplyActions((a.SetNwDst(9), a.SetVlanVid(5), TO_2)),)),
    ]
    vlan_5 = a.PushVlan(0x8100), a.SetField(oxm("vlan_vid", 0x1005))
    assert flows_of(scene, new) == [
        (0, (ApplyActions((a.SetField(oxm("ipv4_dst", 9)), *vlan_5, TO_2)),)),
    ]


# ---- rewrites ----


def test_a_rewrite_changes_what_has_the_field_and_leaves_the_rest(scene: Scene) -> None:
    old = scene.connect("office", V10)
    scene.ask(old, acts(a.SetNwDst(9), a.SetTpDst(81), a.StripVlan(), TO_2))
    changed = OFFICE.set("ipv4_dst", 9).set("tcp_dst", 81)
    assert scene.way(OFFICE) == [(2, changed)]
    assert scene.way(ARP) == [(2, ARP)]
    tagged = Packet.of(Tag(vid=5), eth_type=0x0806, arp_op=1)
    assert scene.way(tagged) == [(2, ARP)]
    assert flows_of(scene, old) == [
        (0, (ApplyActions((a.SetNwDst(9), a.SetTpDst(81), a.StripVlan(), TO_2)),))
    ]


def test_a_tag_is_pushed_where_there_is_none(scene: Scene) -> None:
    old = scene.connect("office", V10)
    scene.ask(old, acts(a.SetVlanVid(6), a.SetVlanPcp(3), TO_2))
    expected = Packet.of(Tag(vid=6, pcp=3), eth_type=0x0806, arp_op=1)
    assert scene.way(ARP) == [(2, expected)]
    assert scene.way(Packet.of(Tag(vid=5), eth_type=0x0806, arp_op=1)) == [(2, expected)]


def test_a_rewrite_into_anothers_flowspace_goes_nowhere(scene: Scene) -> None:
    office, video = scene.connect("office", V10), scene.connect("video", V10)
    scene.ask(video, acts(a.Output(1)))
    scene.ask(office, acts(a.SetTpDst(9999), TO_2))
    assert scene.way(OFFICE) == []
    assert scene.way(ARP) == [(2, ARP)]
    assert (scene.told(office), scene.told(video)) == ([], [])


def test_a_packet_out_is_rewritten_alike(scene: Scene) -> None:
    old = scene.connect("office", V10)
    data = frames.write(OFFICE)
    scene.ask(old, PacketOut(1, in_port=1, actions=(a.SetTpDst(81), TO_2), data=data))
    assert scene.switch.results[-1].outputs == [(2, OFFICE.set("tcp_dst", 81))]
    scene.ask(old, PacketOut(1, in_port=1, actions=(a.SetTpDst(9999), TO_2), data=data))
    assert scene.switch.results[-1].outputs == []


# ---- ports ----


@pytest.mark.parametrize(
    ("config", "of_trees", "of_others"),
    [
        (0, True, True),
        (of.OFPPC_NO_STP, True, True),
        (of.OFPPC_NO_RECV, True, False),
        (of.OFPPC_NO_RECV_STP, False, True),
        (of.OFPPC_NO_RECV | of.OFPPC_NO_RECV_STP, False, False),
        (of.OFPPC_PORT_DOWN, False, False),
    ],
    ids=hex,
)
def test_spanning_trees_packets_have_a_configuration_of_their_own(
    scene: Scene, config: int, of_trees: bool, of_others: bool
) -> None:
    old = scene.connect("office", V10)
    scene.ask(old, acts(TO_2))
    trees = Packet.of(eth_type=0x0026, eth_dst=0x0180_C200_0000)
    address = scene.switch.ports[1].hw_addr
    for before in (0, of.OFPPC_NO_RECV, of.OFPPC_NO_RECV_STP):
        scene.ask(old, PortMod(1, 1, address, before, 0x7F), PortMod(1, 1, address, config, 0x7F))
        assert bool(scene.way(trees)) is of_trees
        assert bool(scene.way(OFFICE)) is of_others
        assert scene.way(trees, in_port=3) == [(2, trees)]
    scene.run()
    assert bool(scene.way(trees)) is of_trees
    assert bool(scene.way(OFFICE)) is of_others


# ---- errors ----

OVERLAPPING = FlowMod(7, priority=3, flags=of.OFPFF_CHECK_OVERLAP)
EMERGENCY = V10.encode(FlowMod(7))[:-1] + b"\4"
REFUSED: dict[str, tuple[Message | bytes, tuple[int, ...]]] = {
    "an output to TABLE": (acts(a.Output(of.OFPP_TABLE)), (2, 4)),
    "a vendor's action": (acts(a.ExperimenterAction(0x2320, bytes(8))), (2, 2)),
    "a vendor's message": (Experimenter(7, 0x2320, 10), (1, 3)),
    "an overlapping flow": (OVERLAPPING, (3, 1)),
    "an emergency flow": (EMERGENCY, (3, 0)),
    "a command that isn't one": (V10.encode(FlowMod(7))[:56] + b"\0\5" + bytes(14), (3, 4)),
    "fragments": (SetConfig(7, of.OFPC_FRAG_DROP, 128), (1, 5)),
    "a port that isn't there": (PortMod(7, 9, bytes(6), 0, 0), (4, 0)),
    "another address": (PortMod(7, 1, bytes(6), 0, 0), (4, 1)),
    "unknown statistics": (bytes.fromhex("0110000c00000007 7fff0000"), (1, 2)),
    "a role request of another version": (bytes.fromhex("0118000800000007"), (1, 1)),
    "a message of another version": (V13.encode(BarrierRequest(7)), (1, 0)),
    "a table of the slicer's": (
        FlowStatsRequest(7, table_id=251),
        (0xB0C2, 0, 0, 0x2320, 1, 512),
    ),
}


@pytest.mark.parametrize(("request_", "numbers"), REFUSED.values(), ids=REFUSED.keys())
def test_errors_have_openflow_1_0s_numbers(
    scene: Scene,
    request_: Message | bytes,
    numbers: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = scene.connect("office", V10)
    scene.ask(old, flow(match=Match.of(in_port=1), priority=3))
    frame = request_ if isinstance(request_, bytes) else V10.encode(request_)
    heard: list[bytes] = []
    monkeypatch.setattr(old, "receive", heard.append)
    old.say(frame)
    scene.net.run()
    (error,) = heard
    layout = "!HH" if len(numbers) == 2 else "!HHHHHH"
    assert error[:2] == b"\1\1"
    assert error[4:8] == frame[4:8]
    assert unpack_from(layout, error, 8) == numbers
    assert error.endswith(frame)


# ---- together ----


def test_two_slices_in_both_versions_on_one_switch(scene: Scene) -> None:
    office, video = scene.connect("office", V10), scene.connect("video", V13)
    scene.ask(office, acts(a.Output(3)))
    scene.ask(video, acts(TO_2, TO_CONTROLLER))
    assert [number for number, _ in scene.way(OFFICE)] == [3]
    assert [number for number, _ in scene.way(VIDEO)] == [2]
    assert scene.told(office) == []
    assert scene.told(video) == [(of.OFPR_ACTION, frames.write(VIDEO))]
    scene.ask(office, DELETE_ALL)
    assert [number for number, _ in scene.way(VIDEO)] == [2]
    assert len(flows_of(scene, video)) == 1
    assert received(scene, office) == {1: 1, 2: 0, 3: 0}
    assert received(scene, video) == {1: 2, 2: 0}


def received(scene: Scene, tenant: FakeTenant) -> dict[int, int]:
    """How many packets have come in by each of a tenant's ports."""
    (reply,) = scene.net.say(tenant, PortStatsRequest(1, of.OFPP_ANY))
    assert isinstance(reply, PortStatsReply)
    return {each.port_no: each.rx_packets for each in reply.entries}
