"""Hypothesis strategies for the isolation theorem: what tenants ask for.

They are given no good manners, but what they ask for is mostly well-formed, because only that gets
anywhere. Some of it is plain work (`works`), so that there is something to attack.

Invariant: every request is one frame of sound length, under the one xid `XID`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import instructions as i
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.groups import Bucket, DropBand
from slicer.openflow.header import with_xid
from slicer.openflow.messages import Message
from slicer.openflow.oxm import Match, header_of, oxm
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import layout
from tests.fakes import frames
from tests.fakes.network import port
from tests.fakes.texts import frame_text, text
from tests.property.isolation_headers import (
    ADDRESSES,
    HARDWARE,
    KINDS,
    NUMBERS,
    PORTS,
    VLANS,
    Fields,
    Shown,
    headers,
    kinds,
    packets,
)
from tests.property.openflow_messages import MESSAGES

XID = 0x7E57

# ---- actions ----

_GOOD_OUTPUTS = (
    *PORTS * 3,
    *(5, 0xFEFF),
    *(of.OFPP_FLOOD, of.OFPP_ALL, of.OFPP_IN_PORT, of.OFPP_LOCAL) * 2,
    *(of.OFPP_CONTROLLER,) * 5,
)
_BAD_OUTPUTS = (0xFF00, 0xFFFE, 0xFFFFFF00, of.OFPP_TABLE, of.OFPP_NORMAL, of.OFPP_ANY)
_max_lens = st.sampled_from((0, 20, of.OFPCML_NO_BUFFER))
_good_output = st.builds(a.Output, st.sampled_from(_GOOD_OUTPUTS), _max_lens)
_output = st.builds(a.Output, st.sampled_from(_GOOD_OUTPUTS * 4 + _BAD_OUTPUTS), _max_lens)
_tags_known = st.integers(1, 3)
_FOREIGN_GROUPS = (
    st.builds(layout.group_id, _tags_known, st.sampled_from((1, layout.FLOOD_PORT)))
    | st.just(of.OFPG_ALL)
    | st.integers(1, 6)
)
_GROUPS = st.integers(1, 3)
_METERS = st.sampled_from((*(1, 2) * 4, 3, 0, 0x1_0000))
_forbidden = st.one_of(
    st.builds(a.Group, _FOREIGN_GROUPS),
    st.builds(a.RegLoad, st.just(header_of("reg0")), st.just(0), st.just(32), _tags_known),
    st.builds(a.SetField, st.builds(oxm, st.just("reg1"), _tags_known)),
    st.builds(a.SetField, st.builds(oxm, st.just("xreg1"), _tags_known)),
    st.builds(a.Resubmit, st.just(of.OFPP_IN_PORT), st.sampled_from((0, 1, 252, 253))),
    st.just(a.Controller()),
    st.just(a.Note(b"blue\0\0")),
)
"""What no tenant may do, though a switch could."""

_SETTABLE: Mapping[str, tuple[int, ...]] = {
    "eth_dst": HARDWARE,
    "eth_src": HARDWARE,
    "vlan_vid": tuple(0x1000 | each for each in VLANS),
    "metadata": (0, 1, 0xFFFF_FFFF_FFFF_FFFF),
    "in_port": (1, 2, 99),
    "ipv4_src": ADDRESSES,
    "ipv4_dst": ADDRESSES,
    "ip_dscp": (0, 8),
    "arp_spa": ADDRESSES,
    **{f"{protocol}_{end}": NUMBERS for protocol in ("tcp", "udp") for end in ("src", "dst")},
}
_FOR_KIND: Mapping[str, tuple[str, ...]] = {
    "any": (),
    "arp": ("arp_spa",),
    "ipv4": ("ipv4_src", "ipv4_dst", "ip_dscp"),
    "tcp": ("ipv4_dst", "tcp_src", "tcp_dst"),
    "udp": ("ipv4_dst", "udp_src", "udp_dst"),
}


@st.composite
def _set_fields(draw: DrawFn, kind: str) -> a.Action:
    names = ("eth_dst", "eth_src", "vlan_vid", "metadata", "in_port", *_FOR_KIND[kind] * 2)
    name = draw(st.sampled_from(names))
    return a.SetField(oxm(name, draw(st.sampled_from(_SETTABLE[name]))))


def actions(kind: str) -> SearchStrategy[tuple[a.Action, ...]]:
    """A list of actions for packets of a kind."""
    one = st.one_of(
        _output,
        _output,
        _set_fields(kind),
        st.builds(a.PushVlan, st.sampled_from((0x8100, 0x88A8))),
        st.just(a.PopVlan()),
        st.just(a.DecNwTtl()),
        st.builds(a.SetQueue, st.integers(0, 1)),
        st.builds(a.Group, _GROUPS),
    )
    clean = st.lists(one, max_size=5)
    dirty = st.lists(one | _forbidden, min_size=1, max_size=3)
    return (clean | clean | clean | dirty).map(tuple)


_tables = st.sampled_from((*(0, 1) * 8, 2, 249, 250, 251, 252, 253, 254, 255))
_u64 = st.sampled_from((0, 1, 3, 0x51CE_0100_0001_0000, 0xFFFF_FFFF_FFFF_FFFF))


def _instructions(kind: str) -> SearchStrategy[tuple[i.Instruction, ...]]:
    apply = st.builds(i.ApplyActions, actions(kind))
    return st.lists(
        st.one_of(
            apply,
            apply,
            st.builds(i.WriteActions, actions(kind)),
            st.builds(i.GotoTable, st.sampled_from((1, 1, 2, 250, 251, 252, 253))),
            st.builds(i.WriteMetadata, _u64, _u64),
            st.just(i.ClearActions()),
            st.builds(i.MeterInstruction, _METERS),
        ),
        max_size=3,
        unique_by=type,
    ).map(tuple)


_beside: SearchStrategy[Fields] = st.fixed_dictionaries(
    {},
    optional={
        "in_port": st.sampled_from((*PORTS, of.OFPP_LOCAL)),
        "metadata": st.sampled_from((0, 1, (1, 3))),
    },
)
_registers: SearchStrategy[Fields] = st.sampled_from(
    ({},) * 12 + ({"reg0": 1}, {"reg1": 1}, {"reg2": (0, 0xFFFF)})
)


@st.composite
def _matches(draw: DrawFn, kind: str) -> Match:
    return Match.of(**draw(_beside), **draw(headers(kind)), **draw(_registers))


@st.composite
def flow_mods(draw: DrawFn) -> m.FlowMod:
    """Flow-mods of all kinds; most of them add."""
    kind = draw(kinds)
    command = draw(st.sampled_from((*(of.OFPFC_ADD,) * 6, 1, 2, 3, 4)))
    wild = draw(st.booleans()) and command != of.OFPFC_ADD
    deletes = command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)
    return m.FlowMod(
        XID,
        cookie=draw(_u64),
        cookie_mask=draw(st.sampled_from((0, 0, 0, 1, 0xFFFF_FFFF_FFFF_FFFF))),
        table_id=draw(_tables),
        command=command,
        idle_timeout=draw(st.sampled_from((0, 0, 0, 5))),
        hard_timeout=draw(st.sampled_from((0, 0, 0, 10))),
        priority=draw(st.sampled_from((0, 1, 2, 65535))),
        buffer_id=draw(st.sampled_from((*(of.OFP_NO_BUFFER,) * 9, 1))),
        out_port=draw(st.sampled_from((*(of.OFPP_ANY,) * 4, 1, 2, of.OFPP_CONTROLLER))),
        out_group=draw(st.sampled_from((*(of.OFPG_ANY,) * 9, 1, layout.group_id(1, 1)))),
        flags=draw(st.sampled_from((0, 0, 1, 1, 2, 4, 7))),
        match=Match() if wild else draw(_matches(kind)),
        instructions=() if deletes else draw(_instructions(kind)),
    )


_PUSH = (a.PushVlan(0x8100), a.SetField(oxm("vlan_vid", 0x1000 | 200)))
_TAG_CHANGES: Mapping[str, tuple[tuple[a.Action, ...], ...]] = {
    "unknown": ((),),
    "tagged": (_PUSH, (a.PopVlan(),), (a.PopVlan(), *_PUSH), (a.SetField(_PUSH[1].oxm),)),
    "untagged": (_PUSH, (*_PUSH, *_PUSH), ()),
}
"""What may be done to a packet's tags once it is known whether there is one."""


@st.composite
def _changes(draw: DrawFn, kind: str) -> list[a.Action]:
    names = st.sampled_from(("eth_dst", "eth_src", *_FOR_KIND[kind] * 2))
    picked = draw(st.lists(names, max_size=2))
    return [a.SetField(oxm(name, draw(st.sampled_from(_SETTABLE[name])))) for name in picked]


@st.composite
def plain_flow_mods(draw: DrawFn) -> m.FlowMod:
    """Flow-mods as a working controller sends them: they catch much, and send it on."""
    kind = draw(st.just("any") | st.just("any") | kinds)
    tags = draw(st.sampled_from(("unknown", *_TAG_CHANGES)))
    fields: Fields = {**KINDS[kind]}
    if tags != "unknown":
        fields = {"vlan_vid": (0x1000, 0x1000) if tags == "tagged" else 0} | fields
    written = draw(_changes(kind))
    applied = [*draw(st.sampled_from(_TAG_CHANGES[tags])), *written]
    if draw(st.integers(0, 5)) == 5:
        fields |= {"in_port": draw(st.sampled_from(PORTS))}
    group = st.builds(a.Group, _GROUPS)
    ends = st.lists(_good_output | _good_output | _good_output | group, min_size=1, max_size=3)
    instructions: list[i.Instruction] = [i.ApplyActions((*applied, *draw(ends)))]
    if draw(st.booleans()):
        instructions.append(i.WriteActions((*written, *draw(ends))))
    if draw(st.booleans()):
        instructions.append(i.GotoTable(1))
    return m.FlowMod(
        XID,
        cookie=draw(_u64),
        table_id=draw(st.sampled_from((0, 0, 0, 1)) if len(instructions) < 3 else st.just(0)),
        priority=draw(st.sampled_from((0, 1, 2))),
        match=Match.of(**fields),
        instructions=tuple(instructions),
    )


@st.composite
def plain_group_mods(draw: DrawFn) -> m.GroupMod:
    """A new group that sends packets on."""
    group_type = draw(st.sampled_from((of.OFPGT_ALL, of.OFPGT_ALL, of.OFPGT_INDIRECT)))
    outputs = draw(st.lists(_good_output, min_size=1, max_size=3))
    if group_type == of.OFPGT_INDIRECT:
        del outputs[1:]
    buckets = [
        Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (*draw(_changes("any")), each)) for each in outputs
    ]
    return m.GroupMod(XID, of.OFPGC_ADD, group_type, draw(_GROUPS), tuple(buckets))


@st.composite
def plain_packet_outs(draw: DrawFn) -> m.PacketOut:
    """A packet that goes out by some ports, or the way that the flows say."""
    outputs = st.lists(_good_output | st.just(a.Output(of.OFPP_TABLE)), min_size=1, max_size=2)
    in_port = draw(st.sampled_from((of.OFPP_CONTROLLER, *PORTS)))
    listed = (*draw(_changes("any")), *draw(outputs))
    return m.PacketOut(XID, in_port=in_port, actions=listed, data=frames.write(draw(packets())))


@st.composite
def packet_outs(draw: DrawFn) -> m.PacketOut:
    """Packet-outs, most of them with packets that could be somebody's."""
    data = draw(packets().map(frames.write) | packets().map(frames.write) | st.binary(max_size=60))
    return m.PacketOut(
        XID,
        buffer_id=draw(st.sampled_from((*(of.OFP_NO_BUFFER,) * 9, 1))),
        in_port=draw(
            st.sampled_from((of.OFPP_CONTROLLER,) * 3 + (*PORTS, 99, of.OFPP_LOCAL, of.OFPP_ANY))
        ),
        actions=draw(kinds.flatmap(actions)),
        data=data,
    )


@st.composite
def group_mods(draw: DrawFn) -> m.GroupMod:
    """Group-mods, some of them about groups that are not the tenant's."""
    group_type = draw(st.sampled_from((of.OFPGT_ALL, of.OFPGT_ALL, 1, 2, 3)))
    watched = (*PORTS, of.OFPP_ANY) if group_type == of.OFPGT_FF else (of.OFPP_ANY,)
    bucket = st.builds(
        Bucket,
        st.just(1 if group_type == of.OFPGT_SELECT else 0),
        st.sampled_from(watched),
        st.just(of.OFPG_ANY),
        kinds.flatmap(actions),
    )
    least, most = (1, 1) if group_type == of.OFPGT_INDIRECT else (0, 3)
    return m.GroupMod(
        XID,
        draw(st.sampled_from((of.OFPGC_ADD,) * 3 + (of.OFPGC_MODIFY, of.OFPGC_DELETE))),
        group_type,
        draw(st.integers(1, 5) | _GROUPS | _FOREIGN_GROUPS),
        tuple(draw(st.lists(bucket, min_size=least, max_size=most))),
    )


def _bands() -> SearchStrategy[tuple[DropBand, ...]]:
    band = st.builds(DropBand, st.sampled_from((1000,) * 9 + (0,)), st.just(100))
    return st.lists(band, min_size=1, max_size=2).map(tuple)


meter_mods: SearchStrategy[Message] = st.builds(
    m.MeterMod,
    st.just(XID),
    st.sampled_from((of.OFPMC_ADD,) * 3 + (of.OFPMC_MODIFY, of.OFPMC_DELETE)),
    st.sampled_from((of.OFPMF_KBPS, of.OFPMF_KBPS, of.OFPMF_PKTPS, 0)),
    _METERS | _METERS | st.just(of.OFPM_ALL),
    _bands(),
)
"""Meter-mods, some of them about meters that are not the tenant's."""

_questions: SearchStrategy[Message] = st.one_of(
    st.builds(mp.FlowStatsRequest, st.just(XID), _tables, match=kinds.flatmap(_matches)),
    st.builds(
        mp.AggregateRequest,
        st.just(XID),
        _tables,
        st.sampled_from((of.OFPP_ANY, 1)),
        match=kinds.flatmap(_matches),
    ),
    st.builds(mp.PortStatsRequest, st.just(XID), st.sampled_from((*PORTS, of.OFPP_ANY))),
    st.builds(mp.TableStatsRequest, st.just(XID)),
    st.builds(m.SetConfig, st.just(XID), st.integers(0, 3), st.just(100)),
)
"""Other requests, that no one else may notice either."""


@st.composite
def garbage(draw: DrawFn) -> bytes:
    """A frame of sound length and any content."""
    body = draw(st.binary(max_size=80))
    version = draw(st.sampled_from((4, 4, 4, 4, 1, 5, 0)))
    length = (8 + len(body)).to_bytes(2, "big")
    return bytes((version, draw(st.integers(0, 40)))) + length + XID.to_bytes(4, "big") + body


@st.composite
def spoilt(draw: DrawFn) -> bytes:
    """A sound request with a few bytes changed behind its header."""
    frame = bytearray(V13.encode(draw(plain_flow_mods() | packet_outs() | group_mods())))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(8, len(frame) - 1))
        frame[place] = draw(st.sampled_from((0, 1, 8, 0x80, 0xFF)))
    return bytes(frame)


_requests: SearchStrategy[Message | bytes] = st.one_of(
    plain_flow_mods(),
    flow_mods(),
    flow_mods(),
    group_mods(),
    meter_mods,
    plain_packet_outs(),
    packet_outs(),
    _questions,
    garbage(),
    spoilt(),
)


@st.composite
def port_mods(draw: DrawFn) -> m.PortMod:
    """Another configuration for a port, mostly one that there is."""
    number = draw(st.sampled_from((*PORTS, 99)))
    bits = st.sampled_from((0, of.OFPPC_PORT_DOWN, of.OFPPC_NO_RECV, of.OFPPC_NO_FWD, 0x7F))
    return m.PortMod(XID, number, port(number).hw_addr, draw(bits), draw(bits))


_messages: SearchStrategy[Message] = port_mods() | st.one_of(*MESSAGES.values())


@st.composite
def anything(draw: DrawFn) -> Shown[bytes]:
    """A message of any kind of OpenFlow 1.3, whoever usually sends it, as a frame."""
    asked = draw(_messages)
    return Shown(with_xid(V13.encode(asked), XID), text(asked))


@st.composite
def works(draw: DrawFn) -> Shown[bytes]:
    """A request that makes packets move, as a frame."""
    asked = draw(st.one_of(*[plain_flow_mods()] * 4, plain_group_mods(), plain_packet_outs()))
    return Shown(V13.encode(asked), text(asked))


@st.composite
def requests(draw: DrawFn) -> Shown[bytes]:
    """Whatever a tenant may send, as a frame."""
    asked = draw(_requests)
    if isinstance(asked, bytes):
        return Shown(asked, frame_text(asked))
    return Shown(V13.encode(asked), text(asked))
