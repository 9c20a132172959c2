"""Ryu parses our bytes of OpenFlow 1.0 to the same values, for what a datapath sends.

Each view is the tuple of a message's values in the terms of OpenFlow 1.0: ours is made from
the neutral message, Ryu's from what it parsed.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ryu.ofproto import ofproto_parser
from ryu.ofproto import ofproto_v1_0_parser as ryu
from ryu.ofproto.ofproto_protocol import ProtocolDesc

from slicer.openflow import actions as a
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.constants import NICIRA
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.oxm import Match, read
from slicer.openflow.v10 import V10
from tests.property.openflow_v10_messages import MESSAGES

DATAPATH = ProtocolDesc(version=1)
View = tuple[Any, ...]


def parse(frame: bytes) -> Any:
    """Ryu's reading of the frame."""
    version, message_type, length, xid = ofproto_parser.header(frame)
    return ofproto_parser.msg(DATAPATH, version, message_type, length, xid, frame)


def short(number: int) -> int:
    return number & 0xFFFF


def modes(of_1_3: int) -> int:
    return of_1_3 & 0x7F | of_1_3 >> 4 & 0xF80


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def mac(value: int) -> str:
    return value.to_bytes(6, "big").hex(":")


TRANSPORTS = ("tcp", "udp", "sctp")
NAMES: dict[str, str] = {
    "eth_src": "dl_src",
    "eth_dst": "dl_dst",
    "eth_type": "dl_type",
    "vlan_pcp": "dl_vlan_pcp",
    "ip_dscp": "nw_tos",
    "ip_proto": "nw_proto",
    "arp_op": "nw_proto",
    **{f"{prefix}_{end}": f"nw_{end}" for prefix in ("ipv4",) for end in ("src", "dst")},
    "arp_spa": "nw_src",
    "arp_tpa": "nw_dst",
    **{f"{name}_{end}": f"tp_{end}" for name in TRANSPORTS for end in ("src", "dst")},
    **{f"icmpv{n}_{what}": f"tp_{end}" for n in (4, 6) for what, end in (("type", "src"), ("code", "dst"))},
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
    (name,) = type(action).__slots__  # type: ignore[attr-defined]
    value: int = getattr(action, name)
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
        values = [getattr(each, value) for value in THEIR_VALUES[name]]
        found.append((name, *(int.from_bytes(v, "big") if isinstance(v, bytes) else v for v in values)))
    return found


def our_port(port: m.Port) -> View:
    speeds = map(modes, (port.curr, port.advertised, port.supported, port.peer))
    state = port.state & 1 | (0x300 if port.state & 2 else 0)
    return (
        short(port.port_no), port.hw_addr.hex(":"), raw(port.name), port.config, state, *speeds
    )


def their_port(port: Any) -> View:
    return (
        port.port_no,
        port.hw_addr,
        port.name.split(b"\0")[0],
        port.config,
        port.state,
        *(port.curr, port.advertised, port.supported, port.peer),
    )
