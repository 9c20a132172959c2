"""What Ryu writes, we read to the same values, and write the same bytes for them."""

from typing import Any

import pytest
from ryu.ofproto import ofproto_v1_0_parser as ryu
from ryu.ofproto.ofproto_protocol import ProtocolDesc

from slicer.openflow import actions as a
from slicer.openflow import constants as c
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v10 import V10

DP = ProtocolDesc(version=1)
XID = 0x01020304
RYU_MATCH = ryu.OFPMatch(
    in_port=1,
    dl_src="00:00:00:00:00:02",
    dl_dst="00:00:00:00:00:03",
    dl_vlan=4,
    dl_vlan_pcp=5,
    dl_type=0x0800,
    nw_tos=0x18,
    nw_proto=6,
    nw_src="10.0.0.0",
    nw_src_mask=8,
    nw_dst="10.0.0.1",
    tp_dst=80,
)
MATCH = Match.of(
    in_port=1,
    eth_dst=3,
    eth_src=2,
    eth_type=0x0800,
    vlan_vid=0x1004,
    vlan_pcp=5,
    ip_dscp=6,
    ip_proto=6,
    ipv4_src=(0x0A000000, 0xFF000000),
    ipv4_dst=0x0A000001,
    tcp_dst=80,
)
RYU_ACTIONS = [
    ryu.OFPActionOutput(1, 2),
    ryu.OFPActionVlanVid(3),
    ryu.OFPActionVlanPcp(4),
    ryu.OFPActionStripVlan(),
    ryu.OFPActionSetDlSrc("00:00:00:00:00:05"),
    ryu.OFPActionSetDlDst("00:00:00:00:00:06"),
    ryu.OFPActionSetNwSrc("10.0.0.7"),
    ryu.OFPActionSetNwDst("10.0.0.8"),
    ryu.OFPActionSetNwTos(0x24),
    ryu.OFPActionSetTpSrc(10),
    ryu.OFPActionSetTpDst(11),
    ryu.OFPActionEnqueue(12, 13),
]
SAME_ACTIONS = (
    a.Output(1, 2),
    *(a.SetVlanVid(3), a.SetVlanPcp(4), a.StripVlan()),
    *(a.SetField(oxm("eth_src", 5)), a.SetField(oxm("eth_dst", 6))),
)
ENQUEUE = a.SetQueue(13), a.Output(12), a.PopQueue()
ANY_ACTIONS = (
    *SAME_ACTIONS,
    *(a.SetNwSrc(0x0A000007), a.SetNwDst(0x0A000008), a.SetNwTos(0x24)),
    *(a.SetTpSrc(10), a.SetTpDst(11)),
    *ENQUEUE,
)
TCP_ACTIONS = (
    *SAME_ACTIONS,
    *(a.SetField(oxm("ipv4_src", 0x0A000007)), a.SetField(oxm("ipv4_dst", 0x0A000008))),
    *(
        a.SetField(oxm("ip_dscp", 9)),
        a.SetField(oxm("tcp_src", 10)),
        a.SetField(oxm("tcp_dst", 11)),
    ),
    *ENQUEUE,
)
INSTRUCTIONS = (ApplyActions(TCP_ACTIONS),)


def ryu_flow_mod(command: int, flags: int) -> Any:
    return ryu.OFPFlowMod(DP, RYU_MATCH, 1, command, 2, 3, 4, 5, 6, flags, RYU_ACTIONS)


def flow_mod(command: int, table_id: int, flags: int, upsert: bool) -> m.FlowMod:
    return m.FlowMod(
        XID,
        *(1, 0, table_id, command, 2, 3, 4, 5, 6),
        flags=flags,
        match=MATCH,
        instructions=INSTRUCTIONS,
        upsert=upsert,
    )


MAC = "00:00:00:00:00:02"
PAIRS: list[tuple[Any, m.Message]] = [
    (ryu.OFPHello(DP), m.Hello(XID, frozenset({1}), has_bitmap=False)),
    (ryu.OFPErrorMsg(DP, 3, 1, b"quoted"), m.ErrorMessage(XID, 5, 3, b"quoted")),
    (ryu.OFPEchoRequest(DP, b"ping"), m.EchoRequest(XID, b"ping")),
    (ryu.OFPEchoReply(DP, b"pong"), m.EchoReply(XID, b"pong")),
    (ryu.NXTSetControllerId(DP, 7), m.Experimenter(XID, c.NICIRA, 20, bytes(7) + b"\7")),
    (ryu.OFPFeaturesRequest(DP), m.FeaturesRequest(XID)),
    (ryu.OFPGetConfigRequest(DP), m.GetConfigRequest(XID)),
    (ryu.OFPSetConfig(DP, 1, 128), m.SetConfig(XID, 1, 128)),
    (
        ryu.OFPPacketOut(DP, c.OFP_NO_BUFFER, 0xFFFE, RYU_ACTIONS, b"packet"),
        m.PacketOut(XID, c.OFP_NO_BUFFER, c.OFPP_LOCAL, ANY_ACTIONS, b"packet"),
    ),
    (ryu_flow_mod(0, 3), flow_mod(0, 0, 7, upsert=False)),
    (ryu_flow_mod(1, 1), flow_mod(1, 0, 1, upsert=True)),
    (ryu_flow_mod(2, 0), flow_mod(2, 0, 0, upsert=True)),
    (ryu_flow_mod(3, 0), flow_mod(3, c.OFPTT_ALL, 0, upsert=False)),
    (ryu_flow_mod(4, 0), flow_mod(4, c.OFPTT_ALL, 0, upsert=False)),
    (ryu.OFPPortMod(DP, 1, MAC, 3, 4, 5), m.PortMod(XID, 1, b"\0\0\0\0\0\2", 3, 4, 5)),
    (ryu.OFPBarrierRequest(DP), m.BarrierRequest(XID)),
    (ryu.OFPQueueGetConfigRequest(DP, 1), m.QueueGetConfigRequest(XID, 1)),
    (ryu.OFPDescStatsRequest(DP, 0), mp.DescRequest(XID)),
    (
        ryu.OFPFlowStatsRequest(DP, 0, RYU_MATCH, 0xFF, 0xFFFF),
        mp.FlowStatsRequest(XID, match=MATCH),
    ),
    (
        ryu.OFPAggregateStatsRequest(DP, 0, RYU_MATCH, 7, 8),
        mp.AggregateRequest(XID, 7, 8, match=MATCH),
    ),
    (ryu.OFPTableStatsRequest(DP, 0), mp.TableStatsRequest(XID)),
    (ryu.OFPPortStatsRequest(DP, 0, 1), mp.PortStatsRequest(XID, 1)),
    (ryu.OFPQueueStatsRequest(DP, 0, 1, 2), mp.QueueStatsRequest(XID, 1, 2)),
]


@pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=lambda part: type(part).__name__)
def test_ryus_bytes_are_ours(theirs: Any, ours: m.Message) -> None:
    theirs.set_xid(XID)
    theirs.serialize()
    frame = bytes(theirs.buf)
    assert V10.encode(ours) == frame
    assert V10.decode(frame) == ours
