"""The 12-tuple match: OpenFlow 1.0 5.2.3, read as the OXM fields it stands for.

A field that the rest of the match leaves without a meaning (an IP address in a match of any
Ethernet type) is ignored, as Open vSwitch ignores it; so encoding gives the match as Open
vSwitch would show it, its unused parts zero.

Invariant: decode_match(encode_match(m)) is m.canonical(), for an m that keeps the rules of
`oxm_rules` and can be encoded.
"""

from struct import Struct
from typing import Final, NamedTuple

from slicer.openflow import errors
from slicer.openflow.constants import OFPVID_PRESENT
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.oxm import HAS_MASK, Match, Oxm, header_of, name_of, oxm, read
from slicer.openflow.v10.ports import long_port, short_port

MATCH_SIZE: Final = 40

_WILDCARDS: Final = Struct("!IH")
_ALL: Final = 0x3FFFFF
_ANY: Final = 0x3820FF
"""Every field wildcarded, as Open vSwitch writes it: an address with 32 bits of 63."""
_IN_PORT_BIT: Final = 1 << 0
_VLAN_BIT: Final = 1 << 1
_TYPE_BIT: Final = 1 << 4
_PROTO_BIT: Final = 1 << 5
_TP_SRC_BIT: Final = 1 << 6
_TP_DST_BIT: Final = 1 << 7
_PCP_BIT: Final = 1 << 20
_TOS_BIT: Final = 1 << 21
_VLAN_BITS: Final = _VLAN_BIT | _PCP_BIT
_NW_SRC_SHIFT: Final = 8
_NW_DST_SHIFT: Final = 14
_NW_BITS: Final = 0x3F

_IN_PORT_AT: Final = 4
_VLAN_AT: Final = 18
_PCP_AT: Final = 20
_TYPE_AT: Final = 22
_TOS_AT: Final = 24
_PROTO_AT: Final = 25
_NW_SRC_AT: Final = 28
_NW_DST_AT: Final = 32
_TP_SRC_AT: Final = 36
_TP_DST_AT: Final = 38

_LEAST_EXACT: Final = 11
"""So many OXM fields at least say all twelve: of the two of VLAN one says that there is no tag."""
_UNTAGGED: Final = 0xFFFF
_VID_MASK: Final = 0xFFF
_PCP_MASK: Final = 0x7
_IN_PORT: Final = header_of("in_port")
_ETH_TYPE: Final = header_of("eth_type")
_VLAN_VID: Final = header_of("vlan_vid")
_VLAN_PCP: Final = header_of("vlan_pcp")
_IP_DSCP: Final = header_of("ip_dscp")
_ARP_OP: Final = header_of("arp_op")
_NO_TAG: Final = oxm("vlan_vid", 0)
_ANY_TAG: Final = oxm("vlan_vid", OFPVID_PRESENT, OFPVID_PRESENT)


class _Bytes(NamedTuple):
    """Where a field's bytes are in the match, and its wildcard bit (all of them, for addresses)."""

    bits: int
    start: int
    size: int


_ETHERNET: Final = {
    header_of("eth_dst"): _Bytes(1 << 3, 12, 6),
    header_of("eth_src"): _Bytes(1 << 2, 6, 6),
}


Protocol = tuple[int | None, int | None]
"""A match's Ethernet type and IP protocol, None where it leaves them open."""
NO_PROTOCOL: Final[Protocol] = (None, None)


class _Network(NamedTuple):
    """What the network fields stand for under one Ethernet type; 0 is for nothing."""

    proto: int
    src: int
    dst: int
    dscp: int


_IP_PROTO: Final = header_of("ip_proto")
_ARP: Final = _Network(_ARP_OP, header_of("arp_spa"), header_of("arp_tpa"), 0)
_NETWORKS: Final[dict[int | None, _Network]] = {
    0x0800: _Network(_IP_PROTO, header_of("ipv4_src"), header_of("ipv4_dst"), _IP_DSCP),
    0x86DD: _Network(_IP_PROTO, 0, 0, _IP_DSCP),
    0x0806: _ARP,
    0x8035: _ARP,
}
_PORTS: Final = {
    proto: (header_of(f"{name}_src"), header_of(f"{name}_dst"))
    for proto, name in ((6, "tcp"), (17, "udp"), (132, "sctp"))
}
_TRANSPORTS: Final[dict[Protocol, tuple[int, int]]] = {
    **{(eth_type, proto): pair for eth_type in (0x0800, 0x86DD) for proto, pair in _PORTS.items()},
    (0x0800, 1): (header_of("icmpv4_type"), header_of("icmpv4_code")),
    (0x86DD, 58): (header_of("icmpv6_type"), header_of("icmpv6_code")),
}
"""What the two transport fields stand for."""


def decode_match(frame: bytes, offset: int) -> Match:
    """The match in the 40 bytes at `offset`, which are there.

    Raises MalformedError (BAD_MATCH/BAD_VALUE) for an ICMP type or code above 255.
    """
    wildcards, in_port = _WILDCARDS.unpack_from(frame, offset)
    found: list[Oxm] = []
    if not wildcards & _IN_PORT_BIT:
        found.append((_IN_PORT, long_port(in_port).to_bytes(4, "big")))
    for header, (bit, start, size) in _ETHERNET.items():
        if not wildcards & bit:
            found.append((header, frame[offset + start : offset + start + size]))
    if not wildcards & _TYPE_BIT:
        found.append((_ETH_TYPE, frame[offset + _TYPE_AT : offset + _TYPE_AT + 2]))
    if wildcards & _VLAN_BITS != _VLAN_BITS:
        found += _decode_vlan(frame, offset, wildcards)
    if wildcards & _TYPE_BIT:
        return Match(tuple(found))
    protocol = protocol_of(frame, offset)
    network = _NETWORKS.get(protocol[0])
    if network is not None:
        _decode_network(found, network, frame, offset, wildcards)
    transport = _TRANSPORTS.get(protocol)
    if transport is not None:
        _decode_transport(found, transport, frame, offset, wildcards)
    return Match(tuple(found))


def _decode_vlan(frame: bytes, offset: int, wildcards: int) -> list[Oxm]:
    vid = frame[offset + _VLAN_AT] << 8 | frame[offset + _VLAN_AT + 1]
    if wildcards & _VLAN_BIT:
        found = [_ANY_TAG]
    elif vid == _UNTAGGED:
        return [_NO_TAG]
    else:
        found = [(_VLAN_VID, (vid & _VID_MASK | OFPVID_PRESENT).to_bytes(2, "big"))]
    if not wildcards & _PCP_BIT:
        found.append((_VLAN_PCP, bytes((frame[offset + _PCP_AT] & _PCP_MASK,))))
    return found


def _decode_network(
    found: list[Oxm], network: _Network, frame: bytes, offset: int, wildcards: int
) -> None:
    proto, src, dst, dscp = network
    if dscp and not wildcards & _TOS_BIT:
        found.append((dscp, bytes((frame[offset + _TOS_AT] >> 2,))))
    if not wildcards & _PROTO_BIT:
        value = frame[offset + _PROTO_AT : offset + _PROTO_AT + 1]
        found.append((proto, b"\0" + value if proto == _ARP_OP else value))
    for header, start, shift in (
        (src, _NW_SRC_AT, _NW_SRC_SHIFT),
        (dst, _NW_DST_AT, _NW_DST_SHIFT),
    ):
        free = wildcards >> shift & _NW_BITS
        if not header or free >= 32:
            continue
        address = frame[offset + start : offset + start + 4]
        found.append(_prefix(header, address, free) if free else (header, address))


def _prefix(header: int, address: bytes, free: int) -> Oxm:
    mask = 0xFFFFFFFF >> free << free
    value = int.from_bytes(address, "big") & mask
    return header + HAS_MASK + 4, value.to_bytes(4, "big") + mask.to_bytes(4, "big")


def _decode_transport(
    found: list[Oxm], headers: tuple[int, int], frame: bytes, offset: int, wildcards: int
) -> None:
    src, dst = headers
    for header, start, bit in ((src, _TP_SRC_AT, _TP_SRC_BIT), (dst, _TP_DST_AT, _TP_DST_BIT)):
        if wildcards & bit:
            continue
        value = frame[offset + start : offset + start + 2]
        if header & 0xFF == 1:
            if value[0]:
                raise MalformedError(
                    errors.BAD_MATCH_BAD_VALUE,
                    f"match field {name_of(header)} has value {value.hex()}, expected at most ff",
                )
            value = value[1:]
        found.append((header, value))


def protocol_of(frame: bytes, offset: int) -> Protocol:
    """The Ethernet type and IP protocol in the match at `offset`."""
    wildcards = _WILDCARDS.unpack_from(frame, offset)[0]
    if wildcards & _TYPE_BIT:
        return NO_PROTOCOL
    eth_type = frame[offset + _TYPE_AT] << 8 | frame[offset + _TYPE_AT + 1]
    return eth_type, None if wildcards & _PROTO_BIT else frame[offset + _PROTO_AT]


def says_tagged(match: Match) -> bool:
    """Does the match make sure of a VLAN tag?"""
    for header, payload in match.oxms:
        if header >> 9 == _VLAN_VID >> 9:
            return bool(payload[0] & OFPVID_PRESENT >> 8)
    return False


def is_exact(frame: bytes, offset: int) -> bool:
    """Does the match at `offset` wildcard nothing?"""
    return not _WILDCARDS.unpack_from(frame, offset)[0] & _ALL


def with_wildcard(match: bytes) -> bytes:
    """The same match with a wildcard, so that its flow has the priority that it is given: that of
    the VLAN priority, where the match says that there is no tag; otherwise there is none to add."""
    if match[_VLAN_AT : _VLAN_AT + 2] != _UNTAGGED.to_bytes(2, "big"):
        return match
    wildcards = int.from_bytes(match[:_IN_PORT_AT], "big") | _PCP_BIT
    return wildcards.to_bytes(_IN_PORT_AT, "big") + match[_IN_PORT_AT:]


def has_no_wildcard(match: Match) -> bool:
    """Would the match, which twelve fields can say, wildcard nothing? That makes it one of the
    highest priority (OpenFlow 1.0 3.4)."""
    return len(match.oxms) >= _LEAST_EXACT and is_exact(encode_match(match), 0)


_PLACES: Final[dict[int, _Bytes]] = {
    **_ETHERNET,
    _ETH_TYPE: _Bytes(_TYPE_BIT, _TYPE_AT, 2),
    _VLAN_PCP: _Bytes(_PCP_BIT, _PCP_AT, 1),
    _IP_PROTO: _Bytes(_PROTO_BIT, _PROTO_AT, 1),
    **{
        header: _Bytes(_NW_BITS << shift, start, 4)
        for network in (_NETWORKS[0x0800], _ARP)
        for header, start, shift in (
            (network.src, _NW_SRC_AT, _NW_SRC_SHIFT),
            (network.dst, _NW_DST_AT, _NW_DST_SHIFT),
        )
    },
    **{
        header: _Bytes(bit, start + 2 - (header & 0xFF), header & 0xFF)
        for pair in _TRANSPORTS.values()
        for header, start, bit in zip(
            pair, (_TP_SRC_AT, _TP_DST_AT), (_TP_SRC_BIT, _TP_DST_BIT), strict=True
        )
    },
}
"""OXM header -> where its payload goes as it is."""

_PREFIX_SHIFTS: Final = {
    header + HAS_MASK + 4: shift
    for network in (_NETWORKS[0x0800], _ARP)
    for header, shift in ((network.src, _NW_SRC_SHIFT), (network.dst, _NW_DST_SHIFT))
}
"""Header of a masked address -> where the length of its prefix goes in the wildcards."""


def encode_match(match: Match) -> bytes:
    """The match in 40 bytes. Raises EncodeError for one that twelve fields can't say."""
    raw = bytearray(MATCH_SIZE)
    wildcards = _ANY
    for header, payload in match.canonical().oxms:
        place = _PLACES.get(header)
        free = 0
        if place is not None:
            bits, start, size = place
            raw[start : start + size] = payload
        elif header & HAS_MASK:
            bits, free = _encode_masked(raw, (header, payload), "vlan_pcp" in match)
        else:
            bits = _encode_special(raw, header, payload)
        if bits and not wildcards & bits:
            raise EncodeError(f"match of {name_of(header)} where 1.0 has another field already")
        wildcards = wildcards & ~bits | free
    if len(raw) != MATCH_SIZE:
        raise EncodeError(f"match {match.oxms} has a payload that belies its header")
    raw[:_IN_PORT_AT] = wildcards.to_bytes(4, "big")
    return bytes(raw)


def _encode_special(raw: bytearray, header: int, payload: bytes) -> int:
    """Write a field whose bytes differ; return its wildcard bits."""
    value = int.from_bytes(payload, "big")
    if header == _IN_PORT:
        raw[_IN_PORT_AT : _IN_PORT_AT + 2] = short_port(value).to_bytes(2, "big")
        return _IN_PORT_BIT
    if header == _VLAN_VID and (value == 0 or value >> 12 == 1):
        vid = value & _VID_MASK if value else _UNTAGGED
        raw[_VLAN_AT : _VLAN_AT + 2] = vid.to_bytes(2, "big")
        return _VLAN_BIT if value else _VLAN_BITS
    if header == _IP_DSCP and value <= 0x3F:
        raw[_TOS_AT] = value << 2
        return _TOS_BIT
    if header == _ARP_OP and value <= 0xFF:
        raw[_PROTO_AT] = value
        return _PROTO_BIT
    raise EncodeError(f"match of {name_of(header)} with {value:#x} can't be said in OpenFlow 1.0")


def _encode_masked(raw: bytearray, tlv: Oxm, has_pcp: bool) -> tuple[int, int]:
    """Write a field of which a part is matched; return its wildcard bits and those to keep set."""
    header, payload = tlv
    if tlv == _ANY_TAG and has_pcp:
        return 0, 0
    shift = _PREFIX_SHIFTS.get(header)
    mask = int.from_bytes(payload[4:], "big")
    free = (~mask & 0xFFFFFFFF).bit_length()
    if shift is None or mask != 0xFFFFFFFF >> free << free:
        raise EncodeError(f"match of {read(tlv)} can't be said in OpenFlow 1.0")
    start = _NW_SRC_AT if shift == _NW_SRC_SHIFT else _NW_DST_AT
    raw[start : start + 4] = payload[:4]
    return _NW_BITS << shift, free << shift
