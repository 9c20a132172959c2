"""Heads: the bytes of a packet that decide who owns it.

Packets whose heads are equal have the same owner at each port, so what has been found for one holds
for the next. Which bytes there are depends on the flowspace: none but the Ethernet type where one
slice owns everything, the Ethernet header where the rules name nothing else. Not here: who owns
what. Invariant: a packet of which it is not certain has no head, and is looked at as a whole.
"""

from __future__ import annotations

from collections.abc import Callable

from slicer.flowspace.fields import (
    FIELDS,
    IP_PROTO_ICMP,
    IP_PROTO_SCTP,
    IP_PROTO_TCP,
    IP_PROTO_UDP,
)
from slicer.flowspace.match import Match as Region
from slicer.flowspace.space import FlowSpace

Head = Callable[[bytes, int], bytes | None]
"""The head of the packet in some bytes that begins at an offset, None where it has none."""

_ETHERNET = sum(
    FIELDS[name].place
    for name in ("port", "eth_dst", "eth_src", "eth_type", "vlan_vid", "vlan_pcp")
)
_TPIDS = (b"\x81\x00", b"\x88\xa8")
_LEAST_TYPE = b"\x06\x00"
_SHORTEST = 18
_IPV4, _ARP = b"\x08\x00", b"\x08\x06"
_NO_OPTIONS = 0x45
_ARP_SIZE = 42
_IPV4_SIZE = 20
_TCP_SIZE = 20
_LEAST = {IP_PROTO_ICMP: 8, IP_PROTO_UDP: 8, IP_PROTO_SCTP: 12}
"""How long a transport header must be for its ports to be read."""


def head_of(space: FlowSpace) -> Head:
    """What of a packet decides who owns it in this flowspace."""
    if space.rules and Region.ANY in space.rules[0].regions:
        return by_type
    masks = (region.mask for rule in space.rules for region in rule.regions)
    return by_headers if any(mask & ~_ETHERNET for mask in masks) else by_ethernet


def by_type(data: bytes, at: int = 0) -> bytes | None:
    """The Ethernet type, behind a VLAN tag if there is one."""
    kind = data[at + 12 : at + 14]
    if kind >= _LEAST_TYPE and kind not in _TPIDS and len(data) >= at + _SHORTEST:
        return kind
    found = by_ethernet(data, at)
    return None if found is None else found[12:]


def by_ethernet(data: bytes, at: int = 0) -> bytes | None:
    """The Ethernet header, with a VLAN tag if there is one."""
    if len(data) < at + _SHORTEST:
        return None
    kind = data[at + 12 : at + 14]
    if kind in _TPIDS:
        return data[at : at + 18] if data[at + 16 : at + 18] >= _LEAST_TYPE else None
    return data[at : at + 14] if kind >= _LEAST_TYPE else None


def by_headers(data: bytes, at: int = 0) -> bytes | None:
    """The headers of an ARP packet, or of one of IPv4 that is whole, without options, a VLAN tag
    or a part of it in another packet."""
    if at:
        data = data[at:]
    kind = data[12:14]
    if kind == _ARP:
        return data[:_ARP_SIZE] if len(data) >= _ARP_SIZE else None
    size = len(data) - 14
    if kind != _IPV4 or size < _IPV4_SIZE or data[14] != _NO_OPTIONS:
        return None
    total = data[16] << 8 | data[17]
    if not _IPV4_SIZE <= total <= size or data[20] & 0x1F or data[21]:
        return None
    proto = data[23]
    room = total - _IPV4_SIZE
    if proto == IP_PROTO_TCP:
        if room < _TCP_SIZE or not _TCP_SIZE <= (data[46] >> 4) * 4 <= room:
            return None
    elif room < _LEAST.get(proto, 0):
        return None
    return b"".join((data[:16], data[23:24], data[26:38]))
