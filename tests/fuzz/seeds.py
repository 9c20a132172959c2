"""Seeds: sound frames of every kind that a tenant or a datapath sends, to be broken.

`corpus/found.txt` has frames beside them that once broke something, one a line in hexadecimal,
with what it was behind `#`. Invariant: every seed is of a message that means something here, so
that what is a little beside it gets far.
"""

from __future__ import annotations

from pathlib import Path

from slicer.openflow import actions as a
from slicer.openflow import bundles
from slicer.openflow import constants as of
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.bundles import Control, Step
from slicer.openflow.groups import Bucket, DropBand
from slicer.openflow.instructions import (
    ApplyActions,
    ClearActions,
    GotoTable,
    MeterInstruction,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.messages import FlowMod, Message
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.table_features import TableFeaturesRequest
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13

FOUND = Path(__file__).parent / "corpus" / "found.txt"
UDP = bytes.fromhex(
    "020000000002020000000001080045000020000100004011000a0a0000010a0000020035003500080000"
    "0000000000000000"
)
LLDP = bytes.fromhex("0180c200000e02000000000188cc0207040200000000010403020001060200780000")
TAGGED = UDP[:12] + b"\x81\x00\x20\x05" + UDP[12:]

_ACTIONS: tuple[a.Action, ...] = (
    a.SetField(oxm("eth_dst", 2)),
    a.DecNwTtl(),
    a.PushVlan(0x8100),
    a.SetField(oxm("vlan_vid", 0x1005)),
    a.PopVlan(),
    a.SetQueue(1),
    a.Group(1),
    a.Output(2, 0xFFE5),
    a.Output(of.OFPP_FLOOD),
    a.Output(of.OFPP_IN_PORT),
    a.Output(of.OFPP_CONTROLLER, 0xFFFF),
)
_BUCKETS = (
    Bucket(1, of.OFPP_ANY, of.OFPG_ANY, (a.Output(1),)),
    Bucket(2, 2, of.OFPG_ANY, (a.PopVlan(), a.Output(2))),
)
_MATCH = Match.of(in_port=1, eth_type=0x0800, ip_proto=17, ipv4_src=(0x0A000000, 0xFF000000))
_INSTRUCTIONS = (
    MeterInstruction(1),
    ApplyActions(_ACTIONS),
    ClearActions(),
    WriteActions((a.Output(2),)),
    WriteMetadata(5, 0xFF),
    GotoTable(1),
)
_FLOW = FlowMod(3, 7, match=_MATCH, instructions=_INSTRUCTIONS, flags=of.OFPFF_SEND_FLOW_REM)
_COMMON: tuple[Message, ...] = (
    m.EchoRequest(1, b"are you there"),
    m.EchoReply(1, b""),
    m.FeaturesRequest(1),
    m.GetConfigRequest(1),
    m.SetConfig(1, 0, 128),
    m.BarrierRequest(1),
    m.PortMod(1, 1, b"\2\0\0\0\0\1", 1, 0x65, 0),
    mp.DescRequest(1),
    mp.FlowStatsRequest(1, of.OFPTT_ALL),
    mp.FlowStatsRequest(1, 0, out_port=2, match=Match.of(in_port=1)),
    mp.AggregateRequest(1, of.OFPTT_ALL),
    mp.TableStatsRequest(1),
    mp.PortStatsRequest(1),
    mp.QueueStatsRequest(1, of.OFPP_ANY, of.OFPQ_ALL),
    mp.PortDescRequest(1),
    m.QueueGetConfigRequest(1, 1),
    m.ErrorMessage(1, 1, 1, b"12345678"),
    m.Experimenter(1, of.NICIRA, 13, bytes(40)),
    m.PacketOut(1, in_port=1, actions=(a.Output(2),), data=UDP),
    m.PacketOut(1, in_port=of.OFPP_CONTROLLER, actions=(a.Output(of.OFPP_TABLE),), data=TAGGED),
    m.PacketOut(1, in_port=of.OFPP_CONTROLLER, actions=(a.Output(1),), data=LLDP),
    FlowMod(2, priority=5, match=Match.of(in_port=1), instructions=(ApplyActions((a.Output(2),)),)),
    FlowMod(2, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL),
    FlowMod(2, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL, out_port=2),
    FlowMod(2, command=of.OFPFC_DELETE_STRICT, table_id=of.OFPTT_ALL, match=Match.of(in_port=1)),
)
_OF_1_3: tuple[Message, ...] = (
    _FLOW,
    FlowMod(2, command=of.OFPFC_MODIFY, instructions=(ApplyActions((a.Output(2),)),)),
    m.GroupMod(1, of.OFPGC_ADD, of.OFPGT_SELECT, 1, _BUCKETS),
    m.GroupMod(1, of.OFPGC_MODIFY, of.OFPGT_ALL, 1, ()),
    m.GroupMod(1, of.OFPGC_DELETE, of.OFPGT_ALL, of.OFPG_ALL),
    m.MeterMod(1, of.OFPMC_ADD, of.OFPMF_KBPS, 1, (DropBand(1000, 0),)),
    m.MeterMod(1, of.OFPMC_DELETE, 0, of.OFPM_ALL),
    m.RoleRequest(1, of.OFPCR_ROLE_SLAVE, 1),
    m.RoleRequest(1, of.OFPCR_ROLE_MASTER, 2),
    m.GetAsyncRequest(1),
    m.SetAsync(1, (7, 7), (7, 7), (15, 15)),
    m.TableMod(1, 0, 0),
    mp.GroupStatsRequest(1, of.OFPG_ALL),
    mp.GroupDescRequest(1),
    mp.GroupFeaturesRequest(1),
    mp.MeterStatsRequest(1, of.OFPM_ALL),
    mp.MeterConfigRequest(1, 1),
    mp.MeterFeaturesRequest(1),
    TableFeaturesRequest(1),
    Control(1, Step.OPEN_REQUEST, 0).message(1),
    bundles.add(1, 0, V13.encode(_FLOW)),
    Control(1, Step.COMMIT_REQUEST, 0).message(1),
    Control(1, Step.DISCARD_REQUEST, 0).message(1),
)
_OF_1_0: tuple[Message, ...] = (
    FlowMod(
        2,
        command=of.OFPFC_MODIFY,
        match=Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80),
        instructions=(ApplyActions((a.SetVlanVid(5), a.StripVlan(), a.SetTpSrc(80), a.Output(2))),),
        upsert=True,
    ),
    FlowMod(
        2,
        flags=of.OFPFF_RESET_COUNTS,
        instructions=(
            ApplyActions((a.SetNwSrc(1), a.SetNwTos(4), a.SetQueue(1), a.Output(1), a.PopQueue())),
        ),
    ),
)


def of_tenants(version: int) -> list[bytes]:
    """What a tenant of a version says."""
    if version == V13.version:
        sound = [V13.encode(message) for message in (*_COMMON, *_OF_1_3)]
    else:
        sound = [V10.encode(message) for message in (*map(_in_1_0, _COMMON), *_OF_1_0)]
    return [*sound, *found()]


def _in_1_0(message: Message) -> Message:
    """Deletes are all that has a table there, and adds always start from zero."""
    if isinstance(message, FlowMod) and message.command == of.OFPFC_ADD:
        return FlowMod(
            message.xid,
            priority=message.priority,
            flags=of.OFPFF_RESET_COUNTS,
            match=message.match,
            instructions=message.instructions,
        )
    return message


def of_datapaths(tag: int) -> list[bytes]:
    """What a datapath says that is there already, to which a slice has this tag."""
    mine = Match.of(in_port=1, reg0=tag, reg1=tag)
    said: tuple[Message, ...] = (
        m.EchoRequest(1, b""),
        m.EchoReply(0, b""),
        m.PacketIn(0, of.OFP_NO_BUFFER, len(UDP), of.OFPR_ACTION, 1, 7, mine, UDP),
        m.PacketIn(0, of.OFP_NO_BUFFER, len(UDP), of.OFPR_NO_MATCH, 253, 7, mine, UDP),
        m.PacketIn(0, of.OFP_NO_BUFFER, len(LLDP), 1, 0, 0x51CE_0D00 << 32, mine, LLDP),
        m.FlowRemoved(0, 7, 5, of.OFPRR_DELETE, 1, 1, 0, 0, 0, 7, 700, mine),
        m.PortStatus(0, of.OFPPR_MODIFY, m.Port(1, b"\2\0\0\0\0\1", "p1", 0, 1)),
        m.PortStatus(0, of.OFPPR_DELETE, m.Port(2, b"\2\0\0\0\0\2", "p2", 0, 0)),
        m.PortStatus(0, of.OFPPR_ADD, m.Port(2, b"\2\0\0\0\0\2", "p2", 0, 0)),
        m.BarrierReply(1),
        m.ErrorMessage(1, 1, 1, bytes(16)),
        mp.FlowStatsReply(1, ()),
        mp.AggregateReply(1, 1, 1, 1),
    )
    return [*map(V13.encode, said), *found()]


def found() -> list[bytes]:
    """Frames that have broken something."""
    lines = FOUND.read_text().splitlines()
    return [bytes.fromhex(line.partition("#")[0]) for line in lines if line.partition("#")[0]]
