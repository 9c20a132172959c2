"""Packets of a small world: few hosts, few protocols, so that flows and packets meet often.

`WORLD` has one packet for each header that a flow of `universe.py` can ask for, and odd ones.
Invariant: the same world in every run; each packet can be sent on an Ethernet.
"""

from itertools import product
from struct import pack
from typing import Final

MACS: Final = (0x0200_0000_0001, 0x0200_0000_0002, 0xFFFF_FFFF_FFFF)
IPV4: Final = (0x0A00_0001, 0x0A00_0002)
IPV6: Final = (0xFE80 << 112 | 1, 0xFE80 << 112 | 2)
VLANS: Final = (5, 6)
PORTS: Final = (80, 9999)
TCP, UDP, SCTP, ICMPV4, ICMPV6, FRAGMENT = 6, 17, 132, 1, 58, 44


def ethernet(
    ethertype: int, payload: bytes, *, source: int = MACS[0], to: int = MACS[1], tag: int = 0
) -> bytes:
    """A frame; `tag` is the 16-bit content of a VLAN tag, 0 for none."""
    vlan = pack("!HH", 0x8100, tag) if tag else b""
    return (
        to.to_bytes(6, "big") + source.to_bytes(6, "big") + vlan + pack("!H", ethertype) + payload
    )


def ipv4(
    proto: int,
    payload: bytes,
    *,
    source: int = IPV4[0],
    to: int = IPV4[1],
    tos: int = 0,
    ttl: int = 64,
    fragment: int = 0,
) -> bytes:
    """An IPv4 packet; `fragment` is the 16-bit word of flags and offset."""
    head = (0x45, tos, 20 + len(payload), 7, fragment, ttl, proto)
    addresses = pack("!II", source, to)
    checksum = _checksum(pack("!BBHHHBBH", *head, 0) + addresses)
    return pack("!BBHHHBBH", *head, checksum) + addresses + payload


def _checksum(data: bytes) -> int:
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv6(
    proto: int, payload: bytes, *, source: int = IPV6[0], to: int = IPV6[1], hops: int = 64
) -> bytes:
    """An IPv6 packet."""
    first = pack("!IHBB", 6 << 28 | 2 << 20 | 0x12345, len(payload), proto, hops)
    return first + source.to_bytes(16, "big") + to.to_bytes(16, "big") + payload


def tcp(source: int, to: int) -> bytes:
    """A TCP header and some data."""
    return pack("!HHIIHHHH", source, to, 1, 2, 0x5010, 512, 0, 0) + b"some data"


def udp(source: int, to: int) -> bytes:
    """A UDP header and some data."""
    return pack("!HHHH", source, to, 12, 0) + b"data"


def sctp(source: int, to: int) -> bytes:
    """An SCTP header."""
    return pack("!HHII", source, to, 1, 0) + bytes(8)


def icmp(kind: int, code: int = 0) -> bytes:
    """An ICMP message of either version."""
    return pack("!BBHI", kind, code, 0, 1) + b"ping"


def neighbour(kind: int) -> bytes:
    """A neighbour solicitation (135) or advertisement (136) with a link-layer address."""
    option = pack("!BB", kind - 134, 1) + MACS[0].to_bytes(6, "big")
    return pack("!BBHI", kind, 0, 0, 0) + IPV6[1].to_bytes(16, "big") + option


def arp(operation: int) -> bytes:
    """An ARP packet between the two hosts."""
    first, second = (
        mac.to_bytes(6, "big") + pack("!I", ip) for mac, ip in zip(MACS, IPV4, strict=False)
    )
    return pack("!HHBBH", 1, 0x0800, 6, 4, operation) + first + second


def mpls(label: int, payload: bytes, *, bottom: int = 1, ttl: int = 64) -> bytes:
    """A label and what is behind it."""
    return pack("!I", label << 12 | 3 << 9 | bottom << 8 | ttl) + payload


_SEGMENTS: Final = (
    *((TCP, tcp(one, other)) for one, other in product(PORTS, PORTS)),
    *((UDP, udp(one, other)) for one, other in product(PORTS, PORTS)),
    (SCTP, sctp(80, 9999)),
)
_INSIDE: Final = ipv4(UDP, udp(80, 9999))
PLAIN: Final = (
    *(ethernet(0x0800, ipv4(proto, segment)) for proto, segment in _SEGMENTS),
    *(ethernet(0x86DD, ipv6(proto, segment)) for proto, segment in _SEGMENTS),
    *(ethernet(0x0800, ipv4(ICMPV4, icmp(kind))) for kind in (0, 8)),
    ethernet(0x86DD, ipv6(ICMPV6, icmp(128))),
    *(ethernet(0x86DD, ipv6(ICMPV6, neighbour(kind))) for kind in (135, 136)),
    *(ethernet(0x0806, arp(operation), to=MACS[2]) for operation in (1, 2)),
    ethernet(0x0800, ipv4(TCP, tcp(80, 9999), source=IPV4[1], to=IPV4[0]), source=MACS[1]),
    ethernet(0x0800, ipv4(UDP, udp(80, 80), to=0xE000_0001, tos=0xB9), to=MACS[2]),
    ethernet(0x88CC, bytes.fromhex("0207040200000000010402070106020078") + bytes(30)),
    ethernet(0x5E18, bytes(46)),
    ethernet(0x0026, bytes.fromhex("424203") + bytes(35), to=0x0180_C200_0000),
)
TAGGED: Final = tuple(
    packet[:12] + pack("!HH", 0x8100, pcp << 13 | vlan) + packet[12:]
    for packet, vlan, pcp in product(PLAIN[::6], VLANS, (0, 3))
)
ODD: Final = (
    *(ethernet(0x0800, ipv4(UDP, udp(80, 9999), ttl=ttl)) for ttl in (0, 1)),
    *(ethernet(0x86DD, ipv6(TCP, tcp(80, 9999), hops=hops)) for hops in (0, 1)),
    *(
        ethernet(0x0800, ipv4(UDP, udp(80, 9999), fragment=word))
        for word in (0x2003, 0x0003, 0x4000)
    ),
    ethernet(0x86DD, ipv6(FRAGMENT, pack("!BBHI", UDP, 0, 8, 7) + udp(80, 9999))),
    ethernet(0x86DD, ipv6(0, bytes((TCP, 0)) + bytes(6) + tcp(80, 9999))),
    ethernet(0x8847, mpls(16, _INSIDE)),
    ethernet(0x8847, mpls(16, mpls(17, _INSIDE), bottom=0)),
    ethernet(0x8848, mpls(17, _INSIDE, ttl=1)),
    ethernet(0x0800, _INSIDE[:20]),
    ethernet(0x0800, _INSIDE[:12]),
    ethernet(0x86DD, ipv6(TCP, b"")[:30]),
    ethernet(0x0806, arp(1)[:20]),
    ethernet(0x8847, b"\0\0"),
    ethernet(0x002E, bytes.fromhex("aaaa030000000800") + _INSIDE),
    ethernet(0x0020, bytes(32)),
    ethernet(0x0800, b""),
    ethernet(0x8100, b""),
    ethernet(0x0800, ipv4(TCP, tcp(80, 9999)), tag=0x0001),
    ethernet(0x0800, ipv4(UDP, udp(80, 9999) + bytes(1400))),
)
FIRST_FRAGMENTS: Final = (
    ethernet(0x0800, ipv4(UDP, udp(80, 9999), fragment=0x2000)),
    ethernet(0x86DD, ipv6(FRAGMENT, pack("!BBHI", UDP, 0, 1, 7) + udp(80, 9999))),
)
"""What Open vSwitch and a sliver see of them differs, so no generated conversation has one."""
TWO_TAGS: Final = b"came with two tags"
DOUBLY_TAGGED: Final = (
    ethernet(0x8100, pack("!HH", VLANS[1], 0x0800) + _INSIDE + TWO_TAGS, tag=VLANS[0]),
    ethernet(0x8100, pack("!HH", VLANS[0], 0x0806) + arp(1) + TWO_TAGS, tag=0x6000 | VLANS[1]),
)
