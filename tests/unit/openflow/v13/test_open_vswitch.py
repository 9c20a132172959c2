"""Frames of a real Open vSwitch: each is read, and written again byte by byte."""

from pathlib import Path
from typing import cast

import pytest

from slicer.openflow.actions import (
    Controller2,
    ExperimenterAction,
    Group,
    Note,
    Output,
    PushVlan,
    RegLoad,
    RegMove,
    Resubmit,
    SetField,
    SetQueue,
)
from slicer.openflow.constants import NICIRA, OFPP_IN_PORT
from slicer.openflow.instructions import (
    ApplyActions,
    GotoTable,
    MeterInstruction,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowRemoved, PacketIn, PortStatus
from slicer.openflow.multipart import FlowStatsReply, GroupDescReply
from slicer.openflow.oxm import Match, header_of, oxm
from slicer.openflow.table_features import NextTablesProperty, TableFeaturesReply
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import recorded

FRAMES = recorded(Path(__file__).parent / "open_vswitch_3_1.txt")


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_read_and_written_again(name: str) -> None:
    frame = FRAMES[name]
    message = V13.decode(frame)
    assert V13.kind(frame) is message.kind is Kind[name.upper()]
    assert V13.encode(message) == frame


def test_a_packet_in_brings_the_registers_back() -> None:
    packet_in = cast(PacketIn, V13.decode(FRAMES["packet_in"]))
    assert packet_in.match == Match.of(in_port=1, reg0=9, reg1=0x900, metadata=1)
    assert (packet_in.table_id, packet_in.reason, packet_in.total_len) == (1, 1, 60)
    assert packet_in.data[:6] == bytes.fromhex("000000000009")
    assert len(packet_in.data) == 60


def test_flows_come_back_as_they_were_written() -> None:
    first, second, third, _ = cast(FlowStatsReply, V13.decode(FRAMES["flow_stats_reply"])).entries
    assert (first.table_id, first.priority, first.cookie) == (0, 7, 5)
    assert first.match == Match.of(
        in_port=1,
        eth_type=0x0800,
        ipv4_src=(0x0A000000, 0xFF000000),
        ip_proto=6,
        tcp_dst=(0, 0xFF00),
    )
    assert first.instructions == (
        ApplyActions((RegLoad(header_of("reg0"), 0, 32, 9),)),
        WriteMetadata(1, 0xFF),
        GotoTable(1),
    )
    assert second.instructions == (
        ApplyActions((PushVlan(0x8100), SetField(oxm("vlan_vid", 0x1005)))),
        WriteActions((Output(1), SetQueue(4))),
    )
    assert third.instructions == (
        MeterInstruction(3),
        ApplyActions(
            (
                RegMove(8, 0, 8, header_of("reg0"), header_of("reg1")),
                SetField(oxm("eth_dst", 9)),
                Group(1),
                Controller2(max_len=100, userdata=b"\1\2"),
            )
        ),
    )


def test_fields_and_actions_of_somebody_elses_flow_are_kept() -> None:
    foreign = cast(FlowStatsReply, V13.decode(FRAMES["flow_stats_reply"])).entries[3]
    assert [item.name for item in foreign.match] == ["eth_type", "oxm_0001_31", "oxm_0001_105"]
    (apply,) = foreign.instructions
    assert isinstance(apply, ApplyActions)
    connection_tracking, set_tunnel, output = apply.actions
    assert isinstance(connection_tracking, ExperimenterAction)
    assert connection_tracking.experimenter == NICIRA
    assert set_tunnel == SetField((0x00014004, b"\1\2\3\4"))
    assert output == Output(1)


def test_a_groups_note_survives() -> None:
    (group,) = cast(GroupDescReply, V13.decode(FRAMES["group_desc_reply"])).entries
    assert group.buckets[0].weight == 5
    assert group.buckets[0].actions == (
        Note(b"slice1"),
        SetField(oxm("reg1", 7)),
        Resubmit(OFPP_IN_PORT, 4),
    )


def test_a_removed_flow_says_its_match() -> None:
    removed = cast(FlowRemoved, V13.decode(FRAMES["flow_removed"]))
    assert removed.match == Match.of(eth_type=0x86DD, reg0=9)
    assert (removed.priority, removed.idle_timeout, removed.reason) == (2, 60, 2)


def test_a_port_has_its_name_and_address() -> None:
    status = cast(PortStatus, V13.decode(FRAMES["port_status"]))
    assert (status.desc.port_no, status.desc.name, len(status.desc.hw_addr)) == (2, "b0", 6)


def test_a_tables_features() -> None:
    (table,) = cast(TableFeaturesReply, V13.decode(FRAMES["table_features_reply"])).entries
    following = [each for each in table.properties if isinstance(each, NextTablesProperty)]
    assert following[0].table_ids == tuple(range(1, 254))
    assert table.max_entries == 1000000
