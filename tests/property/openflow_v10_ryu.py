"""Ryu's OpenFlow 1.0 parser as an oracle: views of a message in the terms of OpenFlow 1.0.

Each view is the tuple of a message's values: ours is made from the neutral message, Ryu's from
what it parsed. `VIEWS` has both for each class of message that a datapath sends.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from ryu.ofproto import ofproto_parser
from ryu.ofproto.ofproto_protocol import ProtocolDesc

from slicer.openflow import actions as a
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.constants import OFPQT_MIN_RATE
from slicer.openflow.oxm import Match, read

DATAPATH = ProtocolDesc(version=1)
View = tuple[Any, ...]


def parse(frame: bytes) -> Any:
    """Ryu's reading of the frame."""
    version, message_type, length, xid = ofproto_parser.header(frame)
    return ofproto_parser.msg(DATAPATH, version, message_type, length, xid, frame)


def for_ryu(message: Any) -> Any:
    """The message with nothing in it that Ryu 4.34 can't read: queues whose rate is another
    than the minimum.
    """
    if not isinstance(message, m.QueueGetConfigReply):
        return message
    rate = (m.QueueProperty(OFPQT_MIN_RATE, rate=7),)
    queues = tuple(replace(queue, properties=rate) for queue in message.queues)
    return replace(message, queues=queues)


def short(number: int) -> int:
    return number & 0xFFFF


def modes(of_1_3: int) -> int:
    return of_1_3 & 0x7F | of_1_3 >> 4 & 0xF80


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


TRANSPORTS = ("tcp", "udp", "sctp")
NAMES: dict[str, str] = {
    "eth_src": "dl_src",
    "eth_dst": "dl_dst",
    "eth_type": "dl_type",
    "vlan_pcp": "dl_vlan_pcp",
    "ip_dscp": "nw_tos",
    "ip_proto": "nw_proto",
    "arp_op": "nw_proto",
    "ipv4_src": "nw_src",
    "ipv4_dst": "nw_dst",
    "arp_spa": "nw_src",
    "arp_tpa": "nw_dst",
    **{f"{name}_{end}": f"tp_{end}" for name in TRANSPORTS for end in ("src", "dst")},
    **{f"icmpv{version}_type": "tp_src" for version in (4, 6)},
    **{f"icmpv{version}_code": "tp_dst" for version in (4, 6)},
}
"""Our names of fields whose values are those of OpenFlow 1.0, and its own."""
BITS = ("in_port", "dl_vlan", "dl_src", "dl_dst", "dl_type", "nw_proto", "tp_src", "tp_dst")
"""The fields of the wildcard bits from the lowest on."""


def our_match(match: Match) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for item in match:
        value = item.value
        if item.name == "in_port":
            said["in_port"] = short(value)
        elif item.name == "vlan_vid":
            if item.mask == 0x1000:
                continue
            said["dl_vlan"] = value & 0xFFF if value else 0xFFFF
            if not value:
                said["dl_vlan_pcp"] = 0
        elif NAMES[item.name] in ("nw_src", "nw_dst"):
            said[NAMES[item.name]] = value, item.mask
        else:
            said[NAMES[item.name]] = value << 2 if item.name == "ip_dscp" else value
    return said


def their_match(match: Any) -> dict[str, Any]:
    wildcards = match.wildcards
    said = {name: getattr(match, name) for n, name in enumerate(BITS) if not wildcards >> n & 1}
    for name, bit in (("dl_vlan_pcp", 20), ("nw_tos", 21)):
        if not wildcards >> bit & 1:
            said[name] = getattr(match, name)
    for name, shift in (("nw_src", 8), ("nw_dst", 14)):
        free = wildcards >> shift & 0x3F
        if free < 32:
            said[name] = getattr(match, name), 0xFFFFFFFF >> free << free
    for name in ("dl_src", "dl_dst"):
        if name in said:
            said[name] = int.from_bytes(said[name], "big")
    return said


FIELD_ACTIONS = {
    "eth_src": "SetDlSrc",
    "eth_dst": "SetDlDst",
    "ipv4_src": "SetNwSrc",
    "ipv4_dst": "SetNwDst",
    "ip_dscp": "SetNwTos",
    **{f"{name}_src": "SetTpSrc" for name in TRANSPORTS},
    **{f"{name}_dst": "SetTpDst" for name in TRANSPORTS},
}


def our_actions(actions: tuple[a.Action, ...]) -> list[View]:
    found: list[View] = []
    queue_id = None
    for each in actions:
        match each:
            case a.SetQueue():
                queue_id = each.queue_id
            case a.PopQueue():
                queue_id = None
            case a.Output() if queue_id is not None:
                found.append(("Enqueue", short(each.port), queue_id))
            case a.Output():
                found.append(("Output", short(each.port), each.max_len))
            case a.SetField():
                name, value, _ = read(each.oxm)
                found.append((FIELD_ACTIONS[name], value << 2 if name == "ip_dscp" else value))
            case a.ExperimenterAction():
                found.append(("Vendor", each.experimenter, each.data))
            case a.SetVlanVid() | a.SetVlanPcp():
                found.append((type(each).__name__.removeprefix("Set"), _only_value(each)))
            case a.StripVlan():
                found.append(("StripVlan",))
            case _:
                found.append((type(each).__name__, _only_value(each)))
    return found


def _only_value(action: a.Action) -> int:
    (only,) = fields(action)
    value: int = getattr(action, only.name)
    return value


THEIR_VALUES: dict[str, tuple[str, ...]] = {
    "Output": ("port", "max_len"),
    "Enqueue": ("port", "queue_id"),
    "VlanVid": ("vlan_vid",),
    "VlanPcp": ("vlan_pcp",),
    "StripVlan": (),
    "SetDlSrc": ("dl_addr",),
    "SetDlDst": ("dl_addr",),
    "SetNwSrc": ("nw_addr",),
    "SetNwDst": ("nw_addr",),
    "SetNwTos": ("tos",),
    "SetTpSrc": ("tp",),
    "SetTpDst": ("tp",),
}


def their_actions(actions: Any) -> list[View]:
    found: list[View] = []
    for each in actions:
        name = type(each).__name__.removeprefix("OFPAction")
        if name not in THEIR_VALUES:
            found.append(("Vendor", each.vendor, each.data))
            continue
        found.append((name, *(_number(getattr(each, value)) for value in THEIR_VALUES[name])))
    return found


def _number(value: Any) -> Any:
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value


def our_port(port: m.Port) -> View:
    speeds = map(modes, (port.curr, port.advertised, port.supported, port.peer))
    state = port.state & 1 | (0x300 if port.state & 2 else 0)
    return (short(port.port_no), port.hw_addr.hex(":"), raw(port.name), port.config, state, *speeds)


def their_port(port: Any) -> View:
    return (
        port.port_no,
        port.hw_addr,
        port.name.split(b"\0")[0],
        port.config,
        port.state,
        *(port.curr, port.advertised, port.supported, port.peer),
    )


def our_features(m_: m.FeaturesReply) -> View:
    same = m_.capabilities & 0x67
    said = same | (8 if m_.capabilities & 0x100 else 0) | (0x80 if m_.matches_arp_ip else 0)
    ports = {short(port.port_no): our_port(port) for port in m_.ports}
    return m_.datapath_id, m_.n_buffers, m_.n_tables, said, m_.actions, ports


def their_features(r: Any) -> View:
    ports = {number: their_port(port) for number, port in r.ports.items()}
    return r.datapath_id, r.n_buffers, r.n_tables, r.capabilities, r.actions, ports


COUNTERS = (
    *("rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_dropped", "tx_dropped"),
    *("rx_errors", "tx_errors", "rx_frame_err", "rx_over_err", "rx_crc_err", "collisions"),
)
TABLE = ("table_id", "wildcards", "max_entries", "active_count", "lookup_count", "matched_count")
FLOW = (
    *("table_id", "duration_sec", "duration_nsec", "priority", "idle_timeout", "hard_timeout"),
    *("cookie", "packet_count", "byte_count"),
)
REMOVED = (
    *("cookie", "priority", "reason", "duration_sec", "duration_nsec", "idle_timeout"),
    *("packet_count", "byte_count"),
)
DESC = ("mfr_desc", "hw_desc", "sw_desc", "serial_num", "dp_desc")
QUEUE = ("queue_id", "tx_bytes", "tx_packets", "tx_errors")


def values(each: Any, names: tuple[str, ...]) -> View:
    return tuple(getattr(each, name) for name in names)


def our_flow(flow: mp.FlowStats) -> View:
    actions = flow.instructions[0].actions if flow.instructions else ()  # type: ignore[attr-defined]
    return *values(flow, FLOW), our_match(flow.match), our_actions(actions)


def their_flow(flow: Any) -> View:
    return *values(flow, FLOW), their_match(flow.match), their_actions(flow.actions)


def our_packet_in(m_: m.PacketIn) -> View:
    in_port = short(m_.match.get("in_port"))  # type: ignore[arg-type]
    return m_.buffer_id, m_.total_len, in_port, m_.reason, m_.data[: m_.total_len]


VIEWS: dict[type[m.Message], tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    m.EchoRequest: (lambda o: o.data, lambda r: r.data or b""),
    m.EchoReply: (lambda o: o.data, lambda r: r.data or b""),
    m.FeaturesReply: (our_features, their_features),
    m.GetConfigReply: (
        lambda o: (o.flags, o.miss_send_len),
        lambda r: (r.flags, r.miss_send_len),
    ),
    m.PacketIn: (
        our_packet_in,
        lambda r: (r.buffer_id, r.total_len, r.in_port, r.reason, r.data),
    ),
    m.FlowRemoved: (
        lambda o: (*values(o, REMOVED), our_match(o.match)),
        lambda r: (*values(r, REMOVED), their_match(r.match)),
    ),
    m.PortStatus: (
        lambda o: (o.reason, our_port(o.desc)),
        lambda r: (r.reason, their_port(r.desc)),
    ),
    m.QueueGetConfigReply: (
        lambda o: (short(o.port), [queue.queue_id for queue in o.queues]),
        lambda r: (r.port, [queue.queue_id for queue in r.queues]),
    ),
    mp.DescReply: (
        lambda o: tuple(raw(value) for value in values(o, DESC)),
        lambda r: tuple(value.split(b"\0")[0] for value in values(r.body, DESC)),
    ),
    mp.FlowStatsReply: (
        lambda o: [our_flow(flow) for flow in o.entries],
        lambda r: [their_flow(flow) for flow in r.body],
    ),
    mp.AggregateReply: (
        lambda o: (o.packet_count, o.byte_count, o.flow_count),
        lambda r: (r.body[0].packet_count, r.body[0].byte_count, r.body[0].flow_count),
    ),
    mp.TableStatsReply: (
        lambda o: [(*values(each, TABLE), raw(each.name)) for each in o.entries],
        lambda r: [(*values(each, TABLE), each.name.split(b"\0")[0]) for each in r.body],
    ),
    mp.PortStatsReply: (
        lambda o: [(short(each.port_no), *values(each, COUNTERS)) for each in o.entries],
        lambda r: [(each.port_no, *values(each, COUNTERS)) for each in r.body],
    ),
    mp.QueueStatsReply: (
        lambda o: [(short(each.port_no), *values(each, QUEUE)) for each in o.entries],
        lambda r: [(each.port_no, *values(each, QUEUE)) for each in r.body],
    ),
}
"""Class -> our view of a message of ours, their view of a message of Ryu's."""
