"""Frames of a real Open vSwitch: each is read, and written again byte by byte."""

from pathlib import Path
from typing import cast

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import (
    Output,
    PopQueue,
    SetField,
    SetNwDst,
    SetNwSrc,
    SetNwTos,
    SetQueue,
    SetTpDst,
    SetTpSrc,
    SetVlanPcp,
    SetVlanVid,
    StripVlan,
)
from slicer.openflow.constants import NICIRA, OFPP_CONTROLLER, OFPP_FLOOD, OFPP_LOCAL
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import ErrorMessage, FeaturesReply, FlowRemoved, PacketIn
from slicer.openflow.multipart import FlowStats, FlowStatsReply, TableStatsReply
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v10 import V10
from tests.unit.openflow.frames import recorded

FRAMES = recorded(Path(__file__).parent / "open_vswitch_3_1.txt")


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_read_and_written_again(name: str) -> None:
    frame = FRAMES[name]
    message = V10.decode(frame)
    assert V10.kind(frame) is message.kind is Kind[name.upper()]
    assert V10.encode(message) == frame


def test_a_switch_tells_its_ports() -> None:
    features = cast(FeaturesReply, V10.decode(FRAMES["features_reply"]))
    assert [port.name for port in features.ports] == ["br0", "p1", "p2", "p3"]
    assert features.ports[0].port_no == OFPP_LOCAL
    assert features.ports[1].curr_speed == 10_000_000
    assert (features.n_tables, features.actions, features.matches_arp_ip) == (254, 0xFFF, True)


def flows() -> dict[Match, FlowStats]:
    entries = cast(FlowStatsReply, V10.decode(FRAMES["flow_stats_reply"])).entries
    assert len(entries) == 6
    return {each.match: each for each in entries}


MACS = (SetField(oxm("eth_src", 0x020000000001)), SetField(oxm("eth_dst", 0x020000000002)))
TAGS = (SetVlanVid(5), SetVlanPcp(3), StripVlan())
OUTPUTS = (
    *(SetQueue(3), Output(2), PopQueue()),
    *(Output(OFPP_CONTROLLER, 128), Output(OFPP_FLOOD)),
)


def applied(*actions: object) -> tuple[Instruction, ...]:
    return (ApplyActions(cast("tuple[Output, ...]", actions)),)


def test_every_action_of_a_flow_that_says_no_protocol() -> None:
    rewrites = (
        *(SetNwSrc(0x0A000001), SetNwDst(0x0A000002), SetNwTos(0x28)),
        *(SetTpSrc(80), SetTpDst(81)),
    )
    expected = applied(Output(1), *TAGS, *MACS, *rewrites, *OUTPUTS)
    assert flows()[Match()].instructions == expected


def test_every_action_of_a_flow_that_says_tcp() -> None:
    rewrites = (
        *(SetField(oxm("ipv4_src", 0x0A000001)), SetField(oxm("ipv4_dst", 0x0A000002))),
        SetField(oxm("ip_dscp", 10)),
        *(SetField(oxm("tcp_src", 80)), SetField(oxm("tcp_dst", 81))),
    )
    tcp = Match.of(eth_type=0x0800, ip_proto=6)
    assert flows()[tcp].instructions == applied(Output(1), *TAGS, *MACS, *rewrites, *OUTPUTS)


def test_a_flow_without_a_wildcard_has_the_highest_priority() -> None:
    exact = Match.of(
        in_port=1,
        eth_dst=0x020000000002,
        eth_src=0x020000000001,
        eth_type=0x0800,
        vlan_vid=0x1005,
        vlan_pcp=3,
        ip_dscp=10,
        ip_proto=17,
        ipv4_src=1,
        ipv4_dst=2,
        udp_src=3,
        udp_dst=4,
    )
    flow = flows()[exact]
    assert (flow.priority, flow.cookie, flow.idle_timeout, flow.hard_timeout) == (65535, 9, 10, 20)


def test_arp_between_two_networks_without_a_tag() -> None:
    arp = Match.of(
        eth_type=0x0806,
        vlan_vid=0,
        arp_op=1,
        arp_spa=(0x0A000000, 0xFFFFFF00),
        arp_tpa=(0x0A000000, 0xFF000000),
    )
    assert flows()[arp].instructions == ()


def test_a_removed_flow_says_its_match() -> None:
    removed = cast(FlowRemoved, V10.decode(FRAMES["flow_removed"]))
    assert removed.match == Match.of(vlan_vid=(0x1000, 0x1000), vlan_pcp=6)
    assert (removed.priority, removed.reason) == (7, 2)


def test_a_packet_in_says_its_port() -> None:
    packet_in = cast(PacketIn, V10.decode(FRAMES["packet_in"]))
    assert packet_in.match == Match.of(in_port=2)
    assert (packet_in.reason, packet_in.total_len, packet_in.data) == (1, 60, bytes(range(60)))


def test_a_tables_fields() -> None:
    (table,) = cast(TableStatsReply, V10.decode(FRAMES["table_stats_reply"])).entries
    assert (table.name, table.wildcards, table.max_entries) == ("", 0x3FFFFF, 1_000_000)


def test_an_error_that_1_0_has_no_number_for() -> None:
    error = cast(ErrorMessage, V10.decode(FRAMES["error"]))
    assert (error.type, error.code) == errors.FLOW_MOD_FAILED_BAD_FLAGS[:2]
    assert FRAMES["error"][12:16] == NICIRA.to_bytes(4, "big")
    assert error.data[:2] == b"\x01\x0e"
