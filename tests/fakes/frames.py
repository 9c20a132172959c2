"""frames: the fake switch's packets as bytes and back.

For packet-ins and packet-outs. It writes Ethernet with any number of tags and IPv4, ARP, or
anything else as an empty payload; TCP, UDP, SCTP and ICMP over IPv4, and over IPv6 too. No IP
options, no IPv6 extension headers but a later fragment's, no MPLS labels, no checksums.

Invariant: read(write(p)) == p.again(), for a packet of the headers named here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import pack

from slicer.flowspace.packet import parse
from slicer.flowspace.point import Point
from tests.fakes.packet import Packet, Tag

_TPIDS = (0x8100, 0x88A8)
_MORE_FRAGMENTS = 0x2000
_OFFSET = 0x1FFF


def write(packet: Packet) -> bytes:
    """The packet's bytes."""
    point = packet.inner
    tags = b"".join(pack("!HH", tag.tpid, tag.pcp << 13 | tag.vid) for tag in packet.tags)
    addresses = point["eth_dst"].to_bytes(6, "big") + point["eth_src"].to_bytes(6, "big")
    writer = _PAYLOADS.get(point["eth_type"])
    payload = b"" if writer is None else writer(packet)
    return addresses + tags + pack("!H", point["eth_type"]) + payload


def read(data: bytes) -> Packet:
    """The packet in these bytes, as it comes in. Bytes that are no packet give one of zeros."""
    tags: list[Tag] = []
    rest = data
    while len(rest) >= 18 and int.from_bytes(rest[12:14], "big") in _TPIDS:
        tci = int.from_bytes(rest[14:16], "big")
        tags.append(Tag(int.from_bytes(rest[12:14], "big"), tci & 0xFFF, tci >> 13))
        rest = rest[:12] + rest[16:]
    fragment = int.from_bytes(rest[20:22], "big")
    first = (
        rest[12:14] == b"\x08\x00"
        and len(rest) >= 34
        and bool(fragment & _MORE_FRAGMENTS)
        and not fragment & _OFFSET
    )
    return Packet(parse(rest, 0), tuple(tags), max(len(tags) - 1, 0), first)


def _arp(packet: Packet) -> bytes:
    point = packet.inner
    return pack(
        "!HHBBH6sI6sI",
        *(1, 0x0800, 6, 4, point["arp_op"]),
        *(point["arp_sha"].to_bytes(6, "big"), point["arp_spa"]),
        *(point["arp_tha"].to_bytes(6, "big"), point["arp_tpa"]),
    )


def _ipv4(packet: Packet) -> bytes:
    point = packet.inner
    payload = _transport(point, "icmpv4")
    fragment = 185 if point.later_fragment else 0
    fragment |= _MORE_FRAGMENTS if packet.is_first_fragment else 0
    tos = point["ip_dscp"] << 2 | point["ip_ecn"]
    head = pack("!BBHHHBBH", 0x45, tos, 20 + len(payload), 1, fragment, 64, point["ip_proto"], 0)
    return head + pack("!II", point["ipv4_src"], point["ipv4_dst"]) + payload


def _ipv6(packet: Packet) -> bytes:
    point = packet.inner
    payload = _transport(point, "icmpv6")
    if point.later_fragment:
        payload = pack("!BBHI", 17, 0, 8, 1) + payload
    tos = point["ip_dscp"] << 2 | point["ip_ecn"]
    head = pack("!IHBB", 6 << 28 | tos << 20 | point["ipv6_flabel"], len(payload), *_hop(point))
    addresses = point["ipv6_src"].to_bytes(16, "big") + point["ipv6_dst"].to_bytes(16, "big")
    return head + addresses + payload


def _hop(point: Point) -> tuple[int, int]:
    return point["ip_proto"], 64


def _transport(point: Point, icmp: str) -> bytes:
    if point.later_fragment:
        return bytes(8)
    for name, rest in _AFTER_PORTS.items():
        if f"{name}_src" in point:
            return pack("!HH", point[f"{name}_src"], point[f"{name}_dst"]) + rest
    if f"{icmp}_type" in point:
        return bytes((point[f"{icmp}_type"], point[f"{icmp}_code"])) + bytes(6)
    return b""


_AFTER_PORTS: Mapping[str, bytes] = {
    "tcp": bytes(8) + b"\x50\x02" + bytes(6),
    "udp": b"\0\x08" + bytes(2),
    "sctp": bytes(8),
}
"""The rest of the headers, with the lengths that Open vSwitch looks at."""
_PAYLOADS: Mapping[int, Callable[[Packet], bytes]] = {0x0800: _ipv4, 0x86DD: _ipv6, 0x0806: _arp}
