"""FakeSwitch: what it answers, and what it does by itself."""

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.errors import ErrorCode
from slicer.openflow.framing import Framer
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import (
    ApplyActions,
    GotoTable,
    MeterInstruction,
    WriteActions,
)
from slicer.openflow.messages import Message
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v13 import V13
from tests.fakes import frames
from tests.fakes.network import port
from tests.fakes.packet import Packet
from tests.fakes.switch import FakeSwitch

OUT = (ApplyActions((a.Output(2),)),)
TO_CONTROLLER = (ApplyActions((a.Output(of.OFPP_CONTROLLER, 20),)),)
PACKET = Packet.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)


@pytest.fixture
def switch() -> FakeSwitch:
    made = FakeSwitch(1, [port(number) for number in (1, 2, 3)], flows_per_part=2)
    made.connect()
    made.take()
    return made


def said(switch: FakeSwitch) -> list[Message]:
    return [V13.decode(frame) for frame in Framer().feed(switch.take())]


def answers(switch: FakeSwitch, *asked: Message) -> list[Message]:
    switch.receive(b"".join(map(V13.encode, asked)))
    return said(switch)


def refusal(switch: FakeSwitch, asked: Message) -> ErrorCode:
    (error,) = answers(switch, asked)
    assert isinstance(error, m.ErrorMessage)
    assert (error.xid, error.data) == (asked.xid, V13.encode(asked)[:64])
    return errors.ALL[error.type, error.code]


def test_it_greets_and_says_who_it_is(switch: FakeSwitch) -> None:
    switch.connect()
    (hello,) = said(switch)
    assert isinstance(hello, m.Hello)
    switch.receive(V13.encode(m.Hello(3, frozenset({4}))))
    features, desc, *ports, config, echo = answers(
        switch,
        m.FeaturesRequest(1),
        mp.DescRequest(2),
        mp.PortDescRequest(3),
        m.GetConfigRequest(4),
        m.EchoRequest(5, b"x"),
    )
    assert isinstance(features, m.FeaturesReply)
    assert (features.datapath_id, features.n_tables) == (1, 254)
    assert isinstance(desc, mp.DescReply)
    assert desc.hw_desc == "Open vSwitch"
    assert ports == [
        mp.PortDescReply(3, (port(1), port(2)), more=True),
        mp.PortDescReply(3, (port(3),)),
    ]
    assert config == m.GetConfigReply(4, 0, 128)
    assert echo == m.EchoReply(5, b"x")


def test_long_replies_come_in_parts(switch: FakeSwitch) -> None:
    for number in range(3):
        answers(switch, m.FlowMod(1, priority=number))
    first, second = answers(switch, mp.FlowStatsRequest(9))
    assert isinstance(first, mp.FlowStatsReply)
    assert isinstance(second, mp.FlowStatsReply)
    assert (first.more, len(first.entries)) == (True, 2)
    assert (second.more, len(second.entries)) == (False, 1)
    assert answers(switch, mp.AggregateRequest(9)) == [mp.AggregateReply(9, 0, 0, 3)]


REFUSED: dict[str, tuple[Message, ErrorCode]] = {
    "no such table": (m.FlowMod(1, table_id=254), errors.BAD_REQUEST_EPERM),
    "all tables": (m.FlowMod(1, table_id=255), errors.FLOW_MOD_FAILED_BAD_TABLE_ID),
    "an unknown field": (
        m.FlowMod(1, match=Match.of(in_port=1, in_phy_port=1)),
        errors.BAD_MATCH_BAD_FIELD,
    ),
    "an opcode of 9 bits": (
        m.FlowMod(1, match=Match.of(eth_type=0x0806, arp_op=0x100)),
        errors.BAD_MATCH_BAD_VALUE,
    ),
    "unknown flags": (m.FlowMod(1, flags=0x80), errors.FLOW_MOD_FAILED_BAD_FLAGS),
    "a buffer": (m.FlowMod(1, buffer_id=3), errors.BAD_REQUEST_BUFFER_UNKNOWN),
    "a goto back": (
        m.FlowMod(1, table_id=3, instructions=(GotoTable(3),)),
        errors.BAD_INSTRUCTION_BAD_TABLE_ID,
    ),
    "a goto beyond": (
        m.FlowMod(1, instructions=(GotoTable(254),)),
        errors.BAD_INSTRUCTION_BAD_TABLE_ID,
    ),
    "a meter": (
        m.FlowMod(1, instructions=(MeterInstruction(1),)),
        errors.METER_MOD_FAILED_INVALID_METER,
    ),
    "two apply-actions": (m.FlowMod(1, instructions=OUT * 2), errors.BAD_INSTRUCTION_UNSUP_INST),
    "an action it does not know": (
        m.FlowMod(1, instructions=(ApplyActions((a.PushMpls(0x8847),)),)),
        errors.BAD_ACTION_BAD_TYPE,
    ),
    "a note in an action set": (
        m.FlowMod(1, instructions=(WriteActions((a.Note(b"sixsix"),)),)),
        errors.BAD_ACTION_BAD_TYPE,
    ),
    "no such group": (
        m.FlowMod(1, instructions=(ApplyActions((a.Group(7),)),)),
        errors.BAD_ACTION_BAD_OUT_GROUP,
    ),
    "a port beyond": (
        m.FlowMod(1, instructions=(ApplyActions((a.Output(0xFF00),)),)),
        errors.BAD_ACTION_BAD_OUT_PORT,
    ),
    "setting what is read only": (
        m.FlowMod(1, instructions=(ApplyActions((a.SetField(oxm("eth_type", 1)),)),)),
        errors.BAD_ACTION_BAD_SET_ARGUMENT,
    ),
    "setting what may not be there": (
        m.FlowMod(1, instructions=(ApplyActions((a.SetField(oxm("tcp_dst", 1)),)),)),
        errors.BAD_ACTION_MATCH_INCONSISTENT,
    ),
    "popping what may not be there": (
        m.FlowMod(1, instructions=(ApplyActions((a.PopVlan(),)),)),
        errors.BAD_ACTION_MATCH_INCONSISTENT,
    ),
    "three tags": (
        m.FlowMod(1, instructions=(ApplyActions((a.PushVlan(0x8100),) * 3),)),
        errors.BAD_ACTION_BAD_TAG,
    ),
    "a tag of another kind": (
        m.FlowMod(1, instructions=(ApplyActions((a.PushVlan(0x9100),)),)),
        errors.BAD_ACTION_BAD_ARGUMENT,
    ),
    "a group that is not there": (
        m.GroupMod(1, of.OFPGC_MODIFY, of.OFPGT_ALL, 3),
        errors.GROUP_MOD_FAILED_UNKNOWN_GROUP,
    ),
    "an indirect group without a bucket": (
        m.GroupMod(1, of.OFPGC_ADD, of.OFPGT_INDIRECT, 3),
        errors.GROUP_MOD_FAILED_INVALID_GROUP,
    ),
    "an id beyond": (
        m.GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, of.OFPG_MAX + 1),
        errors.GROUP_MOD_FAILED_INVALID_GROUP,
    ),
    "other fragments": (m.SetConfig(1, 2, 0), errors.SWITCH_CONFIG_FAILED_BAD_FLAGS),
    "a packet-out's buffer": (m.PacketOut(1, buffer_id=2), errors.BAD_REQUEST_BUFFER_UNKNOWN),
    "a packet-out by no port": (
        m.PacketOut(1, in_port=of.OFPP_FLOOD),
        errors.BAD_REQUEST_BAD_PORT,
    ),
    "statistics of no table": (
        mp.FlowStatsRequest(1, table_id=254),
        errors.BAD_REQUEST_BAD_TABLE_ID,
    ),
    "what it does not know": (m.RoleRequest(1, 0, 0), errors.BAD_REQUEST_BAD_TYPE),
}


@pytest.mark.parametrize(("asked", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_has_changed_nothing(
    switch: FakeSwitch, asked: Message, error: ErrorCode
) -> None:
    assert refusal(switch, asked) is error
    assert not switch.tables.flows
    assert not switch.groups


def test_unreadable_requests_are_refused_by_the_wires_rules(switch: FakeSwitch) -> None:
    switch.receive(bytes.fromhex("0463000800000001040e000800000002"))
    found = [(each.type, each.code) for each in said(switch) if isinstance(each, m.ErrorMessage)]
    assert found == [errors.BAD_REQUEST_BAD_TYPE[:2], errors.BAD_REQUEST_BAD_LEN[:2]]


def test_overlaps_are_refused_where_that_is_asked_for(switch: FakeSwitch) -> None:
    answers(switch, m.FlowMod(1))
    checked = m.FlowMod(2, match=Match.of(in_port=1), flags=of.OFPFF_CHECK_OVERLAP)
    assert refusal(switch, checked) is errors.FLOW_MOD_FAILED_OVERLAP


def test_flows_say_when_they_go(switch: FakeSwitch) -> None:
    tells = of.OFPFF_SEND_FLOW_REM
    answers(
        switch,
        m.FlowMod(1, priority=1, flags=tells, hard_timeout=10),
        m.FlowMod(1, priority=2, flags=tells, idle_timeout=4, instructions=OUT),
        m.FlowMod(1, priority=3, hard_timeout=1),
        m.FlowMod(1, priority=4, match=Match.of(in_port=9), flags=tells),
    )
    switch.pass_time(3)
    switch.inject(1, PACKET)
    switch.pass_time(3)
    assert said(switch) == []
    switch.pass_time(4)
    removed = [each for each in said(switch) if isinstance(each, m.FlowRemoved)]
    reasons = [(each.priority, each.reason) for each in removed]
    assert reasons == [(1, of.OFPRR_HARD_TIMEOUT), (2, of.OFPRR_IDLE_TIMEOUT)]
    (gone,) = answers(switch, m.FlowMod(1, command=of.OFPFC_DELETE))
    assert isinstance(gone, m.FlowRemoved)
    assert (gone.priority, gone.reason, gone.duration_sec) == (4, of.OFPRR_DELETE, 10)


def test_with_a_group_go_its_flows(switch: FakeSwitch) -> None:
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (a.Output(2),))
    group = m.GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, 7, (bucket,))
    uses = (WriteActions((a.Group(7),)),)
    told = m.FlowMod(2, flags=of.OFPFF_SEND_FLOW_REM, instructions=uses)
    assert answers(switch, group, told) == []
    assert refusal(switch, group) is errors.GROUP_MOD_FAILED_GROUP_EXISTS
    (found,) = answers(switch, mp.GroupDescRequest(3))
    assert found == mp.GroupDescReply(3, (mp.GroupDesc(of.OFPGT_ALL, 7, (bucket,)),))
    (gone,) = answers(switch, m.GroupMod(1, of.OFPGC_DELETE, of.OFPGT_ALL, of.OFPG_ALL))
    assert isinstance(gone, m.FlowRemoved)
    assert gone.reason == of.OFPRR_GROUP_DELETE
    assert not switch.tables.flows


def test_it_says_which_ports_change(switch: FakeSwitch) -> None:
    switch.set_port(port(4))
    switch.set_port(port(4, "other"))
    switch.remove_port(4)
    assert said(switch) == [
        m.PortStatus(0, of.OFPPR_ADD, port(4)),
        m.PortStatus(0, of.OFPPR_MODIFY, port(4, "other")),
        m.PortStatus(0, of.OFPPR_DELETE, port(4, "other")),
    ]


def test_packet_ins_bear_metadata_and_registers_that_are_not_zero(switch: FakeSwitch) -> None:
    listed = (a.SetField(oxm("metadata", 7)), a.SetField(oxm("reg3", 9)), *TO_CONTROLLER[0].actions)
    answers(switch, m.FlowMod(1, cookie=5, instructions=(ApplyActions(listed),)))
    switch.inject(2, PACKET)
    (packet_in,) = said(switch)
    assert isinstance(packet_in, m.PacketIn)
    assert packet_in.match == Match.of(in_port=2, reg3=9, metadata=7)
    assert packet_in.data == frames.write(PACKET), "all of it, whatever max_len says"
    assert (packet_in.total_len, packet_in.cookie) == (54, 5)


def test_fragments_are_read_once_that_is_configured(switch: FakeSwitch) -> None:
    first = Packet.of(first_fragment=True, eth_type=0x0800, ip_proto=6, tcp_dst=80)
    match = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
    answers(switch, m.FlowMod(1, match=match, instructions=OUT))
    assert switch.inject(1, first).outputs == []
    assert answers(switch, m.SetConfig(1, 3, 200), m.GetConfigRequest(2)) == [
        m.GetConfigReply(2, 3, 200)
    ]
    assert [number for number, _ in switch.inject(1, first).outputs] == [2]


def test_a_packet_outs_packet_goes_its_way(switch: FakeSwitch) -> None:
    data = frames.write(PACKET)
    assert answers(switch, m.PacketOut(1, in_port=1, actions=(a.Output(2),), data=data)) == []
    assert [result.outputs for result in switch.results] == [[(2, PACKET)]]


def test_it_outlives_its_connections_and_can_be_flushed(switch: FakeSwitch) -> None:
    answers(switch, m.FlowMod(1, flags=of.OFPFF_SEND_FLOW_REM, instructions=OUT))
    switch.receive(b"\x04\x00")
    switch.connect()
    said(switch)
    assert answers(switch, mp.AggregateRequest(1)) == [mp.AggregateReply(1, 0, 0, 1)]
    switch.flush()
    (gone,) = said(switch)
    assert isinstance(gone, m.FlowRemoved)
    assert not switch.tables.flows
