"""parse: a packet's bytes to the point that Open vSwitch would see.

Follows what flow_extract of Open vSwitch does: one VLAN tag, the outermost MPLS label,
IPv4 and IPv6 with extension headers, ARP, ICMP and neighbour discovery. A short or garbled
packet stops where its bytes stop, and what lies beyond stays 0, as it does in the switch;
if we read more than the switch does, owner() here and there would differ.

Invariant: any bytes give a point, and never an exception.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from struct import Struct
from types import MappingProxyType

from slicer.flowspace.fields import (
    ETH_TYPE_ARP,
    ETH_TYPE_IPV4,
    ETH_TYPE_IPV6,
    ETH_TYPE_MPLS,
    ETH_TYPE_MPLS_MULTICAST,
    ETH_TYPE_NONE,
    ETH_TYPE_RARP,
    FIELDS,
    IP_PROTO_ICMP,
    IP_PROTO_ICMPV6,
    IP_PROTO_IPV6_FRAGMENT,
    IP_PROTO_SCTP,
    IP_PROTO_TCP,
    IP_PROTO_UDP,
    ND_ADVERT,
    ND_SOLICIT,
    VLAN_ID_MASK,
    VLAN_PRESENT,
)
from slicer.flowspace.point import Point

_U16 = Struct("!H")
_U32 = Struct("!I")
_IPV4 = Struct("!BBHHHBB2xQ")  # version and ihl, tos, length, id, fragment, ttl, proto, addresses
_IPV6 = Struct("!IHBx")  # version, class and label; payload length; next header
_ARP = Struct("!HHBBH6sI6sI")
_ARP_START = (1, ETH_TYPE_IPV4, 6, 4)  # Ethernet, IPv4 and the lengths of their addresses

_TPIDS = (0x8100, 0x88A8)
_ETH_TYPE_MIN = 0x0600
_SNAP = bytes.fromhex("aaaa03000000")
_OFFSET = 0x1FFF
_IPV6_OFFSET = 0xFFF8
_IPV6_OPTIONS = (0, 43, 60)  # hop-by-hop, routing, destination: length in 8 bytes, less 8
_IPV6_AH = 51  # authentication: length in 4 bytes, less 8
_IPV6_EXTENSIONS = (*_IPV6_OPTIONS, _IPV6_AH, IP_PROTO_IPV6_FRAGMENT)
_ND_OPTIONS = MappingProxyType({1: "ipv6_nd_sll", 2: "ipv6_nd_tll"})

_SHIFT: Mapping[str, int] = MappingProxyType({name: f.shift for name, f in FIELDS.items()})
_PORT, _TUNNEL_ID = _SHIFT["port"], _SHIFT["tunnel_id"]
_ETH_TYPE, _ETH_PAIR = _SHIFT["eth_type"], _SHIFT["eth_src"]
_IP_PROTO, _IP_DSCP, _IP_ECN = _SHIFT["ip_proto"], _SHIFT["ip_dscp"], _SHIFT["ip_ecn"]
_IPV4_PAIR, _IPV6_PAIR = _SHIFT["ipv4_dst"], _SHIFT["ipv6_dst"]
# Fields that stand side by side in the packet stand so in the table too, the first on top:
# eth_dst and eth_src, the address pairs, the port pairs, ICMP type and code.


def parse(data: bytes, port: int, *, tunnel_id: int = 0, vlan_limit: int = 1) -> Point:
    """The point of the packet `data` at `port`.

    `tunnel_id` is what the switch reports beside the packet; `vlan_limit` is the bridge's
    other_config:vlan-limit, of which Open vSwitch's default is 1. Never raises.
    """
    header = port << _PORT | tunnel_id << _TUNNEL_ID
    if len(data) < 14:
        return Point(header)
    header |= int.from_bytes(data[:12], "big") << _ETH_PAIR
    offset, vlan = _vlan(data, vlan_limit)
    offset, eth_type = _eth_type(data, offset)
    header |= vlan | eth_type << _ETH_TYPE
    reader = _READERS.get(eth_type)
    if reader is None:
        return Point(header)
    more, later_fragment = reader(data, offset)
    return Point(header | more, later_fragment)


def _vlan(data: bytes, limit: int) -> tuple[int, int]:
    """Where the Ethernet type stands, and the vlan fields of the outermost tag."""
    offset = 12
    fields = 0
    for depth in range(limit):
        tagged = _U16.unpack_from(data, offset)[0] in _TPIDS
        if not tagged or len(data) - offset < 6:
            break
        if depth == 0:
            tci = _U16.unpack_from(data, offset + 2)[0]
            fields = (tci & VLAN_ID_MASK | VLAN_PRESENT) << _SHIFT["vlan_vid"]
            fields |= (tci >> 13) << _SHIFT["vlan_pcp"]
        offset += 4
    return offset, fields


def _eth_type(data: bytes, offset: int) -> tuple[int, int]:
    """Where the payload starts, and its Ethernet type, from a SNAP header if need be."""
    eth_type: int = _U16.unpack_from(data, offset)[0]
    if eth_type >= _ETH_TYPE_MIN:
        return offset + 2, eth_type
    if data[offset + 2 : offset + 8] == _SNAP and len(data) >= offset + 10:
        eth_type = _U16.unpack_from(data, offset + 8)[0]
        if eth_type >= _ETH_TYPE_MIN:
            return offset + 10, eth_type
    return offset, ETH_TYPE_NONE


def _mpls(data: bytes, offset: int) -> tuple[int, bool]:
    if len(data) < offset + 4:
        return 0, False
    entry = _U32.unpack_from(data, offset)[0]
    label, tc, bos = entry >> 12, entry >> 9 & 7, entry >> 8 & 1
    return (
        label << _SHIFT["mpls_label"] | tc << _SHIFT["mpls_tc"] | bos << _SHIFT["mpls_bos"],
        False,
    )


def _arp(data: bytes, offset: int) -> tuple[int, bool]:
    if len(data) < offset + _ARP.size:
        return 0, False
    *start, op, sha, spa, tha, tpa = _ARP.unpack_from(data, offset)
    if tuple(start) != _ARP_START:
        return 0, False
    header = spa << _SHIFT["arp_spa"] | tpa << _SHIFT["arp_tpa"]
    header |= int.from_bytes(sha, "big") << _SHIFT["arp_sha"]
    header |= int.from_bytes(tha, "big") << _SHIFT["arp_tha"]
    if op <= FIELDS["arp_op"].ones:
        header |= op << _SHIFT["arp_op"]
    return header, False


def _ipv4(data: bytes, offset: int) -> tuple[int, bool]:
    size = len(data) - offset
    if size < 20:
        return 0, False
    start, tos, total, _, fragment, _, proto, pair = _IPV4.unpack_from(data, offset)
    length = (start & 0xF) * 4
    if not 20 <= length <= total <= size:
        return 0, False
    header = pair << _IPV4_PAIR | proto << _IP_PROTO | _tos(tos)
    if fragment & _OFFSET:
        return header, True
    layout = _IPV4_TRANSPORTS.get(proto)
    return header | _transport(data[: offset + total], offset + length, layout), False


def _ipv6(data: bytes, offset: int) -> tuple[int, bool]:
    size = len(data) - offset
    if size < 40:
        return 0, False
    start, payload, proto = _IPV6.unpack_from(data, offset)
    if payload + 40 > size:
        return 0, False
    header = int.from_bytes(data[offset + 8 : offset + 40], "big") << _IPV6_PAIR
    data = data[: offset + 40 + payload]
    found = _after_extensions(data, offset + 40, proto)
    if found is None:
        return header, False
    offset, proto, later = found
    header |= proto << _IP_PROTO | _tos(start >> 20 & 0xFF)
    header |= (start & 0xFFFFF) << _SHIFT["ipv6_flabel"]
    return header | _transport(data, offset, _IPV6_TRANSPORTS.get(proto)), later


def _after_extensions(data: bytes, offset: int, proto: int) -> tuple[int, int, bool] | None:
    """Past the extension headers: offset, protocol, later fragment; None if cut short."""
    while proto in _IPV6_EXTENSIONS:
        if len(data) < offset + 8:
            return None
        if proto == IP_PROTO_IPV6_FRAGMENT:
            length = 8
            if _U16.unpack_from(data, offset + 2)[0] & _IPV6_OFFSET:
                return offset + length, IP_PROTO_IPV6_FRAGMENT, True
        elif proto == _IPV6_AH:
            length = (data[offset + 1] + 2) * 4
        else:
            length = (data[offset + 1] + 1) * 8
        proto = data[offset]
        offset += length
        if len(data) < offset:
            return None
    return offset, proto, False


def _tos(tos: int) -> int:
    return tos >> 2 << _IP_DSCP | (tos & 3) << _IP_ECN


def _transport(data: bytes, offset: int, layout: "_Layout | None") -> int:
    if layout is None or len(data) < offset + layout.length:
        return 0
    if layout.whole is not None and not layout.whole(data, offset):
        return 0
    fields = int.from_bytes(data[offset : offset + layout.taken], "big") << layout.shift
    return fields if layout.more is None else fields | layout.more(data, offset)


def _tcp_is_whole(data: bytes, offset: int) -> bool:
    """Whether the header is as long as it says: Open vSwitch reads nothing of another."""
    return 20 <= (data[offset + 12] >> 4) * 4 <= len(data) - offset


def _neighbour_discovery(data: bytes, offset: int) -> int:
    """The nd fields of an ICMPv6 message, where it has any (RFC 4861 4.3, 4.4, 4.6.1)."""
    kind, code = data[offset], data[offset + 1]
    if kind not in (ND_SOLICIT, ND_ADVERT) or code != 0 or len(data) < offset + 24:
        return 0
    found = {"ipv6_nd_target": int.from_bytes(data[offset + 8 : offset + 24], "big")}
    offset += 24
    while len(data) >= offset + 8:
        length = data[offset + 1] * 8
        if length == 0 or len(data) < offset + length:
            break
        name = _ND_OPTIONS.get(data[offset])
        if name is not None and length == 8:
            if found.get(name):
                return 0  # the option stands there twice: Open vSwitch forgets them all
            found[name] = int.from_bytes(data[offset + 2 : offset + 8], "big")
        offset += length
    # An option that the message's type does not go with is read, but no match can name it.
    absent = "ipv6_nd_tll" if kind == ND_SOLICIT else "ipv6_nd_sll"
    return sum(value << _SHIFT[name] for name, value in found.items() if name != absent)


@dataclass(frozen=True, slots=True)
class _Layout:
    """A transport header: its least length, how many bytes are taken, and to where.

    `whole` looks at the header before anything is taken, `more` reads what follows.
    """

    length: int
    taken: int
    shift: int
    whole: Callable[[bytes, int], bool] | None = None
    more: Callable[[bytes, int], int] | None = None


_TCP = _Layout(20, 4, _SHIFT["tcp_dst"], whole=_tcp_is_whole)
_UDP = _Layout(8, 4, _SHIFT["udp_dst"])
_SCTP = _Layout(12, 4, _SHIFT["sctp_dst"])
_ICMPV4 = _Layout(8, 2, _SHIFT["icmpv4_code"])
_ICMPV6 = _Layout(8, 2, _SHIFT["icmpv6_code"], more=_neighbour_discovery)

_COMMON = {IP_PROTO_TCP: _TCP, IP_PROTO_UDP: _UDP, IP_PROTO_SCTP: _SCTP}
_IPV4_TRANSPORTS = MappingProxyType({**_COMMON, IP_PROTO_ICMP: _ICMPV4})
_IPV6_TRANSPORTS = MappingProxyType({**_COMMON, IP_PROTO_ICMPV6: _ICMPV6})

_READERS: Mapping[int, Callable[[bytes, int], tuple[int, bool]]] = MappingProxyType(
    {
        ETH_TYPE_IPV4: _ipv4,
        ETH_TYPE_IPV6: _ipv6,
        ETH_TYPE_ARP: _arp,
        ETH_TYPE_RARP: _arp,
        ETH_TYPE_MPLS: _mpls,
        ETH_TYPE_MPLS_MULTICAST: _mpls,
    }
)
