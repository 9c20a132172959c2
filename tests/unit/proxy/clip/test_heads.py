"""Heads: which bytes of a packet decide who owns it."""

from struct import pack

import pytest

from slicer.flowspace.match import Match
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.proxy.clip.heads import by_ethernet, by_headers, by_type, head_of

ETHERNET = bytes(12) + b"\x08\x00"


def ipv4(proto: int, rest: bytes, *, total: int | None = None, start: int = 0x45) -> bytes:
    size = 20 + len(rest) if total is None else total
    return ETHERNET + pack("!BBHIBBH8s", start, 7, size, 0, 64, proto, 0, b"\1" * 8) + rest


TCP = pack("!HHIIBB6x", 80, 99, 1, 2, 0x50, 0)


@pytest.mark.parametrize(
    ("regions", "head"),
    [
        ((Match.ANY,), by_type),
        ((Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80), Match.ANY), by_headers),
        ((Match.of(eth_src=1), Match.ANY), by_ethernet),
        ((Match.of(port=1), Match.of(vlan_vid=(0x1000, 0x1000))), by_ethernet),
        ((Match.of(eth_type=0x0800, ip_proto=6),), by_headers),
        ((), by_ethernet),
    ],
)
def test_what_decides_depends_on_what_the_rules_name(
    regions: tuple[Match, ...], head: object
) -> None:
    rules = [Rule("red", 9 - place, region) for place, region in enumerate(regions)]
    assert head_of(FlowSpace(rules)) is head


def test_of_an_ethernet_header() -> None:
    assert by_ethernet(ETHERNET + bytes(40)) == ETHERNET
    assert by_type(ETHERNET + bytes(40)) == b"\x08\x00"
    tagged = bytes(12) + b"\x81\x00\x00\x05\x08\x00"
    assert by_ethernet(tagged + bytes(40)) == tagged
    assert by_type(tagged + bytes(40)) == tagged[12:]


@pytest.mark.parametrize(
    "data", [ETHERNET, bytes(60), bytes(12) + b"\x81\x00\x00\x05\x00\x26" + bytes(40)]
)
def test_a_short_packet_and_a_length_have_none(data: bytes) -> None:
    assert by_ethernet(data) is None
    assert by_type(data) is None


def test_of_ipv4_it_leaves_out_what_nobody_matches() -> None:
    one, other = (bytearray(ipv4(6, TCP + b"data")) for _ in range(2))
    other[18:20], other[22:23], other[24:26], other[38:46] = b"\7\7", b"\1", b"\7\7", b"\7" * 8
    other[-4:] = b"atad"
    assert by_headers(bytes(one)) == by_headers(bytes(other)) is not None
    other[35] ^= 1
    assert by_headers(bytes(one)) != by_headers(bytes(other))


@pytest.mark.parametrize(
    "data",
    [
        ipv4(6, TCP)[:40],
        ipv4(6, TCP, start=0x46),
        ipv4(6, TCP, total=19),
        ipv4(6, TCP, total=41),
        ipv4(6, TCP[:19]),
        ipv4(6, TCP[:12] + b"\x60" + TCP[13:]),
        ipv4(6, TCP[:12] + b"\x40" + TCP[13:]),
        ipv4(17, bytes(7)),
        ipv4(17, bytes(8))[:20] + b"\0\1" + ipv4(17, bytes(8))[22:],
        bytes(12) + b"\x08\x06" + bytes(27),
        bytes(12) + b"\x86\xdd" + bytes(60),
    ],
)
def test_what_is_not_whole_or_not_known_has_none(data: bytes) -> None:
    assert by_headers(data) is None


def test_of_arp_it_is_all_of_it() -> None:
    arp = bytes(12) + b"\x08\x06" + bytes(range(28))
    assert by_headers(arp + bytes(18)) == arp
