"""Examples: for each entry of the list a conversation that shows it, in OpenFlow 1.3.

Invariant: an example leaves the switch as it was.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from slicer.openflow import actions as a
from slicer.openflow import bundles
from slicer.openflow import constants as of
from slicer.openflow import instructions as i
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.groups import Bucket, DropBand
from slicer.openflow.messages import Message
from slicer.openflow.oxm import Match, header_of, oxm
from slicer.openflow.table_features import TableFeaturesRequest
from slicer.openflow.v13 import V13
from tests.differential import packets as p
from tests.differential.conversation import Conversation, Receive, Say
from tests.differential.switches import address_of

_VIRTUAL_METERS: Final = (of.OFPM_SLOWPATH, of.OFPM_CONTROLLER)
_SET_FIELD_TO_TAG_6: Final = a.SetField(oxm("vlan_vid", of.OFPVID_PRESENT | 6))


def _said(*messages: Message) -> Conversation:
    return tuple(Say(V13.encode(each)) for each in messages)


def _apply(*actions: a.Action) -> m.FlowMod:
    return m.FlowMod(1, instructions=(i.ApplyActions(actions),))


def _apply_to(match: Match, *actions: a.Action) -> m.FlowMod:
    return replace(_apply(*actions), match=match)


def _group(*actions: a.Action, watch_port: int = of.OFPP_ANY) -> m.GroupMod:
    kind = of.OFPGT_ALL if watch_port == of.OFPP_ANY else of.OFPGT_FF
    bucket = Bucket(0, watch_port, of.OFPG_ANY, actions)
    return m.GroupMod(1, of.OFPGC_ADD, kind, 1, (bucket,))


def _icmpv6(action: a.Action) -> m.FlowMod:
    match = Match.of(eth_type=0x86DD, ip_proto=p.ICMPV6)
    return m.FlowMod(1, match=match, instructions=(i.ApplyActions((action,)),))


def _changed(message: Message, at: int, to: bytes) -> bytes:
    frame = V13.encode(message)
    return frame[:at] + to + frame[at + len(to) :]


def _longer(message: Message, by: int) -> bytes:
    frame = V13.encode(message) + bytes(by)
    return frame[:2] + len(frame).to_bytes(2, "big") + frame[4:]


_DELETE_METER: Final = m.MeterMod(1, of.OFPMC_DELETE, 1, 1, (DropBand(1000, 100),))
_BAND_AT: Final = 16
_COMMAND_AT: Final = 8
_FLAGS_AT: Final = 10
_MORE: Final = b"\0\1"
_WHOLE: Final = (1 << 64) - 1
_OXM_AT: Final = 52
"""Where a flow-mod has its first OXM header."""

EXAMPLES: Final[Mapping[str, Conversation]] = {
    "Tables 251 and up": _said(
        m.FlowMod(1, table_id=251),
        m.FlowMod(1, instructions=(i.GotoTable(251),)),
        mp.FlowStatsRequest(1, table_id=253),
        mp.AggregateRequest(1, table_id=254),
        m.TableMod(1, 253, 0),
    ),
    "Open vSwitch's own flows, asked for by their cookie": _said(
        mp.FlowStatsRequest(1, cookie_mask=_WHOLE), mp.AggregateRequest(1, cookie_mask=_WHOLE)
    ),
    "A match on registers and other fields that are not OpenFlow's": _said(
        m.FlowMod(1, match=Match.of(reg0=1)), mp.FlowStatsRequest(1, match=Match.of(nxm_in_port=1))
    ),
    "Setting a register or another field that is not OpenFlow's": _said(
        _apply(a.SetField(oxm("reg3", 7)))
    ),
    "Setting the ICMPv6 type or code": _said(
        _icmpv6(a.SetField(oxm("icmpv6_type", 136))), _icmpv6(a.SetField(oxm("icmpv6_code", 1)))
    ),
    "An output to TABLE in a flow or a group": _said(
        _apply(a.Output(of.OFPP_TABLE)), _group(a.Output(of.OFPP_TABLE))
    ),
    "Push-VLAN in an action set or a bucket": _said(
        m.FlowMod(1, instructions=(i.WriteActions((a.PushVlan(0x8100),)),)),
        _group(a.PushVlan(0x8100)),
    ),
    "Experimenter actions and instructions": _said(
        _apply(a.RegLoad(header_of("reg0"), 0, 32, 2)),
        _apply(a.Resubmit(of.OFPP_IN_PORT, 252)),
        m.FlowMod(1, instructions=(i.ExperimenterInstruction(0x1234, bytes(8)),)),
    ),
    "Experimenter messages": _said(
        m.Experimenter(1, of.NICIRA, 10), mp.ExperimenterMultipartRequest(1, of.NICIRA, 0)
    ),
    "What can't be bundled": _said(
        bundles.Control(1, bundles.Step.OPEN_REQUEST, 3).message(1),
        *(
            bundles.add(1, 3, V13.encode(each))
            for each in (
                m.PortMod(1, 1, address_of(1), 0, 0),
                m.FlowMod(1, command=of.OFPFC_DELETE, out_port=1),
            )
        ),
        bundles.Control(1, bundles.Step.DISCARD_REQUEST, 3).message(1),
    ),
    "A packet-out from a port that isn't the sliver's": _said(
        m.PacketOut(1, in_port=4, actions=(a.Output(1),), data=p.PLAIN[0])
    ),
    "Watching a port that isn't the sliver's": _said(_group(a.Output(1), watch_port=4)),
    "Fragment handling other than normal": _said(
        m.SetConfig(1, of.OFPC_FRAG_DROP, 128), m.SetConfig(1, of.OFPC_FRAG_NORMAL, 128)
    ),
    "The virtual meters": _said(
        *(m.MeterMod(1, of.OFPMC_ADD, 1, each, (DropBand(1000, 0),)) for each in _VIRTUAL_METERS),
        *(m.MeterMod(1, of.OFPMC_DELETE, 1, each) for each in _VIRTUAL_METERS),
    ),
    "Bands that can't be, of a meter that is deleted": (
        Say(_changed(_DELETE_METER, _BAND_AT, b"\1\1")),
    ),
    "Group commands of later versions": (
        *_said(_group(a.Output(1))),
        Say(_changed(_group(a.Output(2)), _COMMAND_AT, b"\0\3")),
    ),
    "A request in parts, of a kind that has one part only": (
        Say(_changed(mp.PortDescRequest(1), _FLAGS_AT, _MORE)),
    ),
    "Bytes behind the match of a statistics request": (
        Say(_longer(mp.FlowStatsRequest(1), 8)),
        Say(_longer(mp.AggregateRequest(1), 8)),
    ),
    "A controller's error message": _said(m.ErrorMessage(1, 1, 1, b"")),
    "The same instruction twice": _said(
        m.FlowMod(1, instructions=(i.ClearActions(), i.ClearActions()))
    ),
    "A set-field with a mask": _said(_apply(a.SetField(oxm("eth_src", 1, 1)))),
    "A set-field of an unknown field": _said(_apply(a.SetField((0x8000_FE04, bytes(4))))),
    "A match field that Open vSwitch doesn't know, or not of that length": (
        *_said(m.FlowMod(1, match=Match.of(pbb_isid=5))),
        Say(_changed(m.FlowMod(1, match=Match.of(in_port=1)), _OXM_AT, b"\x80\0\0\3")),
    ),
    "The number of tables": _said(m.FeaturesRequest(1)),
    "Table statistics": _said(mp.TableStatsRequest(1)),
    "Table features": _said(TableFeaturesRequest(1)),
    "Port statistics": _said(mp.PortStatsRequest(1)),
    "The number of meters": _said(mp.MeterFeaturesRequest(1)),
    "The cookie of a packet-in out of an action set": (
        *_said(
            m.FlowMod(1, cookie=5, instructions=(i.WriteActions((a.Output(of.OFPP_CONTROLLER),)),))
        ),
        Receive(1, p.PLAIN[:1]),
    ),
    "The table and cookie of a packet-in out of a group": (
        *_said(
            _group(a.Output(of.OFPP_CONTROLLER)),
            m.FlowMod(1, cookie=5, instructions=(i.GotoTable(2),)),
            replace(_apply(a.Group(1)), cookie=6, table_id=2),
        ),
        Receive(1, p.PLAIN[:1]),
    ),
    "The reason of a packet-in when a packet-out has met a table-miss flow": _said(
        replace(_apply(a.Output(of.OFPP_CONTROLLER)), priority=0),
        m.PacketOut(1, actions=(a.Output(of.OFPP_TABLE),), data=p.PLAIN[0]),
    ),
    "A former master is told of its role": (
        *_said(m.RoleRequest(1, of.OFPCR_ROLE_MASTER, 0)),
        Say(V13.encode(m.RoleRequest(2, of.OFPCR_ROLE_MASTER, 0)), speaker=1),
    ),
    "LLDP bears a seal": _said(
        m.PacketOut(
            1,
            actions=(a.Output(2),),
            data=next(packet for packet in p.PLAIN if packet[12:14] == b"\x88\xcc"),
        )
    ),
    "What flows count behind a port that receives nothing": (
        *_said(
            _apply(a.Output(2)),
            m.PortMod(1, 1, address_of(1), of.OFPPC_NO_RECV, of.OFPPC_NO_RECV, 0),
        ),
        Receive(1, p.PLAIN[:1]),
        *_said(mp.FlowStatsRequest(1)),
    ),
    "First fragments": (
        *_said(_apply_to(Match.of(eth_type=0x0800, ip_proto=p.UDP, udp_dst=9999), a.Output(2))),
        Receive(1, p.FIRST_FRAGMENTS[:1]),
    ),
    "A second VLAN tag": (
        *_said(_apply(a.PushVlan(0x8100), _SET_FIELD_TO_TAG_6, a.Output(2))),
        Receive(1, p.TAGGED[:1]),
    ),
}
