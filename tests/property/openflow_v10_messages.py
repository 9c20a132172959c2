"""Hypothesis strategies for every message that OpenFlow 1.0 can say, by their classes.

`MESSAGES` has a strategy for each class; what it draws is written as decoding gives it: a
match in its canonical form, a rewrite as a set-field where the match says the protocol.
"""

from dataclasses import replace
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from slicer.openflow import actions as a
from slicer.openflow import constants as c
from slicer.openflow import errors as e
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v10.match import encode_match, is_exact
from tests.property.openflow_messages import MESSAGES as MESSAGES_OF_1_3
from tests.property.openflow_messages import (
    bits,
    data,
    hellos,
    macs,
    more,
    of,
    queue_properties,
    texts,
    tuples_of,
    u8,
    u16,
    u32,
    u64,
    vendor,
    words,
)

port_numbers = st.integers(0, 0xFEFF) | st.integers(c.OFPP_MAX, c.OFPP_ANY)
Protocol = tuple[int | None, int | None]
PORTS = {6: "tcp", 17: "udp", 132: "sctp"}
ETH_TYPES = [0x0800, 0x86DD, 0x0806, 0x8035, 0x8847, 0x88CC, 0x05FF]


@st.composite
def prefixes(draw: st.DrawFn) -> int | tuple[int, int]:
    """An address, or the first bits of one."""
    address = draw(u32)
    free = draw(st.integers(0, 31))
    mask = 0xFFFFFFFF >> free << free
    return (address & mask, mask) if free else address


def _network(draw: st.DrawFn, said: dict[str, Any], eth_type: int) -> None:
    def maybe(name: str, values: SearchStrategy[Any]) -> Any:
        if draw(st.booleans()):
            said[name] = draw(values)
        return said.get(name)

    if eth_type in (0x0806, 0x8035):
        maybe("arp_op", u8)
        maybe("arp_spa", prefixes())
        maybe("arp_tpa", prefixes())
    elif eth_type in (0x0800, 0x86DD):
        maybe("ip_dscp", bits(6))
        icmp = {0x0800: (1, "icmpv4"), 0x86DD: (58, "icmpv6")}[eth_type]
        proto = maybe("ip_proto", st.sampled_from([*PORTS, 1, 2, 58]) | u8)
        if eth_type == 0x0800:
            maybe("ipv4_src", prefixes())
            maybe("ipv4_dst", prefixes())
        if proto in PORTS:
            maybe(f"{PORTS[proto]}_src", u16)
            maybe(f"{PORTS[proto]}_dst", u16)
        elif proto == icmp[0]:
            maybe(f"{icmp[1]}_type", u8)
            maybe(f"{icmp[1]}_code", u8)


@st.composite
def matches(draw: st.DrawFn) -> Match:
    """A match that twelve fields can say, its fields in the order of their numbers."""
    said: dict[str, Any] = {}
    for name, values in (("in_port", port_numbers), ("eth_dst", bits(48)), ("eth_src", bits(48))):
        if draw(st.booleans()):
            said[name] = draw(values)
    if draw(st.booleans()):
        said["eth_type"] = draw(st.sampled_from(ETH_TYPES) | u16)
    tag = draw(st.sampled_from(["any", "none", "id", "pcp", "both"]))
    if tag == "none":
        said["vlan_vid"] = 0
    elif tag != "any":
        said["vlan_vid"] = (0x1000, 0x1000) if tag == "pcp" else 0x1000 | draw(bits(12))
    if tag in ("pcp", "both"):
        said["vlan_pcp"] = draw(bits(3))
    if "eth_type" in said:
        _network(draw, said, said["eth_type"])
    return Match.of(**said)


def _or_field(
    plain: SearchStrategy[a.Action], name: str | None, values: SearchStrategy[int]
) -> SearchStrategy[a.Action]:
    if name is None:
        return plain
    return values.map(lambda value: a.SetField(oxm(name, value)))


def single_actions(protocol: Protocol) -> SearchStrategy[tuple[a.Action, ...]]:
    """One action of the wire, in a flow whose match says `protocol`."""
    eth_type, proto = protocol
    is_ipv4, is_ip = eth_type == 0x0800, eth_type in (0x0800, 0x86DD)
    port = PORTS.get(proto) if is_ip and proto is not None else None
    tos = bits(6).map(lambda value: a.SetNwTos(value << 2))
    one: SearchStrategy[a.Action] = st.one_of(
        st.builds(a.Output, port_numbers, u16),
        st.builds(a.SetVlanVid, bits(12)),
        st.builds(a.SetVlanPcp, bits(3)),
        st.just(a.StripVlan()),
        bits(48).map(lambda value: a.SetField(oxm("eth_src", value))),
        bits(48).map(lambda value: a.SetField(oxm("eth_dst", value))),
        _or_field(st.builds(a.SetNwSrc, u32), "ipv4_src" if is_ipv4 else None, u32),
        _or_field(st.builds(a.SetNwDst, u32), "ipv4_dst" if is_ipv4 else None, u32),
        _or_field(tos, "ip_dscp" if is_ip else None, bits(6)),
        _or_field(st.builds(a.SetTpSrc, u16), f"{port}_src" if port else None, u16),
        _or_field(st.builds(a.SetTpDst, u16), f"{port}_dst" if port else None, u16),
        st.builds(a.ExperimenterAction, vendor, words),
    )
    queues = st.integers(0, 0xFEFF) | st.sampled_from([c.OFPP_IN_PORT, c.OFPP_LOCAL])
    enqueue = st.tuples(st.builds(a.SetQueue, u32), st.builds(a.Output, queues))
    return one.map(lambda action: (action,)) | enqueue.map(lambda two: (*two, a.PopQueue()))


def actions(protocol: Protocol = (None, None)) -> SearchStrategy[tuple[a.Action, ...]]:
    """A list of actions in a flow whose match says `protocol`."""
    parts = st.lists(single_actions(protocol), max_size=4)
    return parts.map(lambda each: tuple(action for part in each for action in part))


@st.composite
def flows(draw: st.DrawFn) -> tuple[Match, tuple[Instruction, ...]]:
    """A match and what is done with its packets."""
    match = draw(matches())
    proto = match.get("ip_proto") if "ip_proto" in match else match.get("arp_op")
    said = draw(actions(cast(Protocol, (match.get("eth_type"), proto))))
    return match, (ApplyActions(said),) if said else ()


@st.composite
def flow_mods(draw: st.DrawFn) -> m.FlowMod:
    match, instructions = draw(flows())
    command = draw(st.integers(0, 4))
    return m.FlowMod(
        *draw(st.tuples(u32, u64, st.just(0))),
        c.OFPTT_ALL if command in (3, 4) else 0,
        command,
        *draw(st.tuples(u16, u16)),
        0xFFFF if is_exact(encode_match(match), 0) else draw(u16),
        *draw(st.tuples(u32, port_numbers, st.just(c.OFPG_ANY))),
        draw(bits(2)) | (c.OFPFF_RESET_COUNTS if command == 0 else 0),
        match,
        instructions,
        command in (1, 2),
    )


@st.composite
def flow_stats(draw: st.DrawFn) -> mp.FlowStats:
    head = draw(st.tuples(u8, u32, u32, u16, u16, u16, st.just(0), u64, u64, u64))
    return mp.FlowStats(*[*head, *draw(flows())])


SPEEDS = {1 << 6: 10_000_000, 3 << 4: 1_000_000, 3 << 2: 100_000, 3: 10_000}
modes = u16.map(lambda value: value & 0xF87F)


def _speed(value: int) -> int:
    return max((speed for mode, speed in SPEEDS.items() if value & mode), default=0)


ports = st.builds(
    m.Port,
    port_numbers,
    macs,
    texts(16),
    u32,
    st.sampled_from([0, 1, 2, 3]),
    *[modes] * 4,
).map(lambda port: replace(port, curr_speed=_speed(port.curr), max_speed=_speed(port.supported)))
capabilities = bits(9).map(lambda value: value & 0x167)
_features = st.builds(
    m.FeaturesReply,
    *(u32, u64, u32, u8, st.just(0), capabilities, st.just(0), tuples_of(ports), u32),
    st.booleans(),
)


@st.composite
def queue_replies(draw: st.DrawFn) -> m.QueueGetConfigReply:
    port = draw(port_numbers)
    queues = st.builds(m.Queue, u32, st.just(port), tuples_of(queue_properties))
    return m.QueueGetConfigReply(draw(u32), port, draw(tuples_of(queues)))


KNOWN_ERRORS = [
    *(error for error in e.ALL.values() if error.type in (0, 1, 2) and error.code <= 9),
    *(e.FLOW_MOD_FAILED_TABLE_FULL, e.FLOW_MOD_FAILED_BAD_FLAGS, e.FLOW_MOD_FAILED_UNKNOWN),
    *(e.PORT_MOD_FAILED_BAD_HW_ADDR, e.QUEUE_OP_FAILED_EPERM, e.BAD_ACTION_UNSUPPORTED_ORDER),
]
KNOWN_ERRORS.remove(e.BAD_ACTION_BAD_OUT_GROUP)
_errors = st.builds(
    lambda xid, error, quoted: m.ErrorMessage(xid, error.type, error.code, quoted),
    *(u32, st.sampled_from(KNOWN_ERRORS), data),
)
_packet_ins = st.builds(
    lambda xid, buffer_id, total_len, reason, port, packet: m.PacketIn(
        xid, buffer_id, total_len, reason, 0, (1 << 64) - 1, Match.of(in_port=port), packet
    ),
    *(u32, u32, u16, u8, port_numbers, data),
)
_removed = of(
    m.FlowRemoved,
    *(u64, u16, st.integers(0, 2), st.just(0), u32, u32, u16, st.just(0), u64, u64, matches()),
)
_request = (u8, port_numbers, st.just(c.OFPG_ANY), st.just(0), st.just(0), matches())
_no_time = (st.just(0), st.just(0))
_port_stats = st.builds(mp.PortStats, port_numbers, *[u64] * 12, *_no_time)
_queue_stats = st.builds(mp.QueueStats, port_numbers, u32, u64, u64, u64, *_no_time)
_table_stats = st.builds(mp.TableStats, u8, u32, u64, u64, texts(32), u32, u32)
_one_queue_port = port_numbers.filter(lambda number: number != c.OFPP_ALL)

AS_IN_1_3 = [
    *(m.EchoRequest, m.EchoReply, m.Experimenter, m.FeaturesRequest),
    *(m.GetConfigRequest, m.GetConfigReply, m.SetConfig, m.BarrierRequest, m.BarrierReply),
    *(mp.DescRequest, mp.DescReply, mp.AggregateReply, mp.TableStatsRequest, mp.PortDescRequest),
    *(mp.ExperimenterMultipartRequest, mp.ExperimenterMultipartReply),
]
MESSAGES: dict[type[m.Message], SearchStrategy[m.Message]] = {
    **{cls: MESSAGES_OF_1_3[cls] for cls in AS_IN_1_3},
    m.Hello: hellos,
    m.ErrorMessage: _errors,
    m.FeaturesReply: _features,
    m.PacketIn: _packet_ins,
    m.FlowRemoved: _removed,
    m.PortStatus: of(m.PortStatus, u8, ports),
    m.PacketOut: of(m.PacketOut, u32, port_numbers, actions(), data),
    m.FlowMod: flow_mods(),
    m.PortMod: of(m.PortMod, port_numbers, macs, u32, u32, modes),
    m.QueueGetConfigRequest: of(
        m.QueueGetConfigRequest, port_numbers.filter(lambda port: port != c.OFPP_ANY)
    ),
    m.QueueGetConfigReply: queue_replies(),
    mp.FlowStatsRequest: of(mp.FlowStatsRequest, *_request),
    mp.FlowStatsReply: of(mp.FlowStatsReply, tuples_of(flow_stats()), more),
    mp.AggregateRequest: of(mp.AggregateRequest, *_request),
    mp.TableStatsReply: of(mp.TableStatsReply, tuples_of(_table_stats), more),
    mp.PortStatsRequest: of(mp.PortStatsRequest, port_numbers),
    mp.PortStatsReply: of(mp.PortStatsReply, tuples_of(_port_stats), more),
    mp.QueueStatsRequest: of(mp.QueueStatsRequest, _one_queue_port, u32),
    mp.QueueStatsReply: of(mp.QueueStatsReply, tuples_of(_queue_stats), more),
    mp.PortDescReply: of(mp.PortDescReply, tuples_of(ports), more),
}
