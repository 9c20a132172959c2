"""What Ryu writes, we read to the same values, and write the same bytes for them."""

from typing import Any

import pytest
from ryu.ofproto import nicira_ext
from ryu.ofproto import ofproto_v1_3_parser as ryu
from ryu.ofproto.ofproto_protocol import ProtocolDesc

from slicer.openflow import actions as a
from slicer.openflow import constants as c
from slicer.openflow import instructions as i
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow import table_features as tf
from slicer.openflow.groups import Bucket, DropBand, DscpRemarkBand
from slicer.openflow.oxm import Match, header_of, oxm
from slicer.openflow.v13 import V13

DP = ProtocolDesc(version=4)
XID = 0x01020304
MASKS = ((1, 2), (3, 4), (5, 6))


RYU_MATCH = ryu.OFPMatch(
    in_port=1,
    metadata=(5, 7),
    eth_dst="00:00:00:00:00:02",
    eth_type=0x0800,
    vlan_vid=0x1005,
    ip_proto=6,
    ipv4_src=("10.0.0.0", "255.0.0.0"),
    tcp_dst=80,
    reg0=9,
)
MATCH = Match.of(
    reg0=9,
    in_port=1,
    metadata=(5, 7),
    eth_dst=2,
    eth_type=0x0800,
    vlan_vid=0x1005,
    ip_proto=6,
    ipv4_src=(0x0A000000, 0xFF000000),
    tcp_dst=80,
)
RYU_ACTIONS = [
    ryu.OFPActionOutput(1, 2),
    ryu.OFPActionCopyTtlOut(),
    ryu.OFPActionCopyTtlIn(),
    ryu.OFPActionSetMplsTtl(3),
    ryu.OFPActionDecMplsTtl(),
    ryu.OFPActionPushVlan(0x8100),
    ryu.OFPActionPopVlan(),
    ryu.OFPActionPushMpls(0x8847),
    ryu.OFPActionPopMpls(0x0800),
    ryu.OFPActionSetQueue(4),
    ryu.OFPActionGroup(5),
    ryu.OFPActionSetNwTtl(6),
    ryu.OFPActionDecNwTtl(),
    ryu.OFPActionSetField(eth_src="00:00:00:00:00:07"),
    ryu.OFPActionPushPbb(0x88E7),
    ryu.OFPActionPopPbb(),
    ryu.OFPActionExperimenterUnknown(8, b"12345678"),
    ryu.NXActionRegLoad(nicira_ext.ofs_nbits(4, 9), "reg0", 5),
    ryu.NXActionRegMove("reg0", "reg1", 8, 0, 8),
    ryu.NXActionResubmitTable(0xFFF8, 4),
    ryu.NXActionNote(note=[1, 2, 3, 4, 5, 6]),
    ryu.NXActionController(max_len=100, controller_id=5, reason=1),
]
ACTIONS = (
    a.Output(1, 2),
    a.CopyTtlOut(),
    a.CopyTtlIn(),
    a.SetMplsTtl(3),
    a.DecMplsTtl(),
    a.PushVlan(0x8100),
    a.PopVlan(),
    a.PushMpls(0x8847),
    a.PopMpls(0x0800),
    a.SetQueue(4),
    a.Group(5),
    a.SetNwTtl(6),
    a.DecNwTtl(),
    a.SetField(oxm("eth_src", 7)),
    a.PushPbb(0x88E7),
    a.PopPbb(),
    a.ExperimenterAction(8, b"12345678"),
    a.RegLoad(header_of("reg0"), 4, 6, 5),
    a.RegMove(8, 0, 8, header_of("reg0"), header_of("reg1")),
    a.Resubmit(c.OFPP_IN_PORT, 4),
    a.Note(b"\1\2\3\4\5\6"),
    a.Controller(100, 5, 1),
)
RYU_INSTRUCTIONS = [
    ryu.OFPInstructionMeter(1),
    ryu.OFPInstructionActions(4, RYU_ACTIONS),
    ryu.OFPInstructionActions(5, []),
    ryu.OFPInstructionActions(3, RYU_ACTIONS[:1]),
    ryu.OFPInstructionWriteMetadata(2, 3),
    ryu.OFPInstructionGotoTable(4),
]
INSTRUCTIONS = (
    i.MeterInstruction(1),
    i.ApplyActions(ACTIONS),
    i.ClearActions(),
    i.WriteActions(ACTIONS[:1]),
    i.WriteMetadata(2, 3),
    i.GotoTable(4),
)
RYU_BUCKETS = [ryu.OFPBucket(1, 2, 3, RYU_ACTIONS[:3]), ryu.OFPBucket(4, 5, 6, [])]
BUCKETS = (Bucket(1, 2, 3, ACTIONS[:3]), Bucket(4, 5, 6, ()))
RYU_BANDS = [ryu.OFPMeterBandDrop(1, 2), ryu.OFPMeterBandDscpRemark(3, 4, 5)]
BANDS = (DropBand(1, 2), DscpRemarkBand(3, 4, 5))
RYU_TABLE = ryu.OFPTableFeaturesStats(
    table_id=1,
    name=b"edge",
    metadata_match=2,
    metadata_write=3,
    config=4,
    max_entries=5,
    properties=[
        ryu.OFPTableFeaturePropInstructions(0, instruction_ids=[ryu.OFPInstructionId(1)]),
        ryu.OFPTableFeaturePropNextTables(2, table_ids=[1, 2, 3]),
        ryu.OFPTableFeaturePropActions(4, action_ids=[ryu.OFPActionId(0), ryu.OFPActionId(25)]),
        ryu.OFPTableFeaturePropOxm(8, oxm_ids=[ryu.OFPOxmId("in_port")]),
    ],
)
TABLE = tf.TableFeatures(
    1,
    "edge",
    2,
    3,
    4,
    5,
    (
        tf.IdsProperty(0, (tf.FeatureId(1),)),
        tf.NextTablesProperty(2, (1, 2, 3)),
        tf.IdsProperty(4, (tf.FeatureId(0), tf.FeatureId(25))),
        tf.IdsProperty(8, (tf.FeatureId(0x80000000),)),
    ),
)
FLOW = (1, 2, 3, 4, 5)

PAIRS: list[tuple[Any, m.Message]] = [
    (ryu.OFPHello(DP), m.Hello(XID, frozenset({4}), has_bitmap=False)),
    (ryu.OFPErrorMsg(DP, 1, 6, b"quoted"), m.ErrorMessage(XID, 1, 6, b"quoted")),
    (
        ryu.OFPErrorExperimenterMsg(DP, exp_type=7, experimenter=8, data=b"quoted"),
        m.ErrorMessage(XID, 0xFFFF, 7, b"quoted", experimenter=8),
    ),
    (ryu.OFPEchoRequest(DP, b"ping"), m.EchoRequest(XID, b"ping")),
    (ryu.OFPEchoReply(DP, b"pong"), m.EchoReply(XID, b"pong")),
    (ryu.OFPExperimenter(DP, 1, 2, b"data"), m.Experimenter(XID, 1, 2, b"data")),
    (ryu.OFPFeaturesRequest(DP), m.FeaturesRequest(XID)),
    (ryu.OFPGetConfigRequest(DP), m.GetConfigRequest(XID)),
    (ryu.OFPSetConfig(DP, 1, 128), m.SetConfig(XID, 1, 128)),
    (
        ryu.OFPPacketOut(DP, c.OFP_NO_BUFFER, 2, RYU_ACTIONS, b"packet"),
        m.PacketOut(XID, 0xFFFFFFFF, 2, ACTIONS, b"packet"),
    ),
    (
        ryu.OFPFlowMod(DP, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, RYU_MATCH, RYU_INSTRUCTIONS),
        m.FlowMod(XID, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, MATCH, INSTRUCTIONS),
    ),
    (ryu.OFPGroupMod(DP, 1, 2, 3, RYU_BUCKETS), m.GroupMod(XID, 1, 2, 3, BUCKETS)),
    (
        ryu.OFPPortMod(DP, 1, "00:00:00:00:00:02", 5, 4, 5),
        m.PortMod(XID, 1, b"\0\0\0\0\0\2", 5, 4, 5),
    ),
    (ryu.OFPTableMod(DP, 1, 2), m.TableMod(XID, 1, 2)),
    (ryu.OFPMeterMod(DP, 1, 2, 3, RYU_BANDS), m.MeterMod(XID, 1, 2, 3, BANDS)),
    (ryu.OFPBarrierRequest(DP), m.BarrierRequest(XID)),
    (ryu.OFPQueueGetConfigRequest(DP, 1), m.QueueGetConfigRequest(XID, 1)),
    (ryu.OFPRoleRequest(DP, 2, 3), m.RoleRequest(XID, 2, 3)),
    (ryu.OFPGetAsyncRequest(DP), m.GetAsyncRequest(XID)),
    (ryu.OFPSetAsync(DP, *MASKS), m.SetAsync(XID, *MASKS)),
    (ryu.OFPDescStatsRequest(DP), mp.DescRequest(XID)),
    (
        ryu.OFPFlowStatsRequest(DP, 0, *FLOW, RYU_MATCH),
        mp.FlowStatsRequest(XID, *FLOW, MATCH),
    ),
    (
        ryu.OFPAggregateStatsRequest(DP, 0, *FLOW, RYU_MATCH),
        mp.AggregateRequest(XID, *FLOW, MATCH),
    ),
    (ryu.OFPTableStatsRequest(DP), mp.TableStatsRequest(XID)),
    (ryu.OFPPortStatsRequest(DP, 0, 1), mp.PortStatsRequest(XID, 1)),
    (ryu.OFPQueueStatsRequest(DP, 0, 1, 2), mp.QueueStatsRequest(XID, 1, 2)),
    (ryu.OFPGroupStatsRequest(DP, 0, 1), mp.GroupStatsRequest(XID, 1)),
    (ryu.OFPGroupDescStatsRequest(DP), mp.GroupDescRequest(XID)),
    (ryu.OFPGroupFeaturesStatsRequest(DP), mp.GroupFeaturesRequest(XID)),
    (ryu.OFPMeterStatsRequest(DP, 0, 1), mp.MeterStatsRequest(XID, 1)),
    (ryu.OFPMeterConfigStatsRequest(DP, 0, 1), mp.MeterConfigRequest(XID, 1)),
    (ryu.OFPMeterFeaturesStatsRequest(DP), mp.MeterFeaturesRequest(XID)),
    (
        ryu.OFPTableFeaturesStatsRequest(DP, 1, [RYU_TABLE]),
        tf.TableFeaturesRequest(XID, (TABLE,), more=True),
    ),
    (ryu.OFPPortDescStatsRequest(DP), mp.PortDescRequest(XID)),
    (
        ryu.OFPExperimenterStatsRequest(DP, 1, 2, 3, b"data"),
        mp.ExperimenterMultipartRequest(XID, 2, 3, b"data", more=True),
    ),
]


@pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=lambda part: type(part).__name__)
def test_ryus_bytes_are_ours(theirs: Any, ours: m.Message) -> None:
    theirs.set_xid(XID)
    theirs.serialize()
    frame = bytes(theirs.buf)
    assert V13.encode(ours) == frame
    assert V13.decode(frame) == ours
