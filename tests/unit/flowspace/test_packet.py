"""Packets by hand; that Open vSwitch reads them alike is for tests/live to show."""

from struct import pack

import pytest

from slicer.flowspace import parse

MACS = bytes.fromhex("020000000002020000000001")
TCP_PORTS = pack("!HH", 1234, 9999) + bytes(8) + bytes((0x50, 2)) + bytes(6)


def ethernet(eth_type: int, payload: bytes, tags: bytes = b"") -> bytes:
    return MACS + tags + pack("!H", eth_type) + payload


def ipv4(proto: int, payload: bytes, *, fragment: int = 0, tos: int = 0, extra: int = 0) -> bytes:
    total = 20 + len(payload) + extra
    head = pack("!BBHHHBBH", 0x45, tos, total, 1, fragment, 64, proto, 0)
    return head + bytes((10, 0, 0, 1)) + bytes((10, 0, 0, 2)) + payload


def ipv6(proto: int, payload: bytes, *, first: int = 6 << 28) -> bytes:
    addresses = bytes(15) + b"\x01" + bytes(15) + b"\x02"
    return pack("!IHBB", first, len(payload), proto, 64) + addresses + payload


def test_a_tcp_packet() -> None:
    point = parse(ethernet(0x0800, ipv4(6, TCP_PORTS, tos=0xB9)), 3)
    assert dict(point) == {
        "port": 3,
        "tunnel_id": 0,
        "eth_type": 0x0800,
        "vlan_vid": 0,
        "eth_dst": 0x020000000002,
        "eth_src": 0x020000000001,
        "ip_proto": 6,
        "ip_dscp": 46,
        "ip_ecn": 1,
        "ipv4_src": 0x0A000001,
        "ipv4_dst": 0x0A000002,
        "tcp_src": 1234,
        "tcp_dst": 9999,
    }
    assert not point.later_fragment


def test_what_the_switch_reports_beside_the_packet() -> None:
    point = parse(b"", 0xFFFFFFFE, tunnel_id=1 << 63)
    assert (point.port, point["tunnel_id"], point["eth_type"]) == (0xFFFFFFFE, 1 << 63, 0)


@pytest.mark.parametrize("tpid", [0x8100, 0x88A8])
def test_a_vlan_tag(tpid: int) -> None:
    point = parse(ethernet(0x0806, b"", pack("!HH", tpid, 0xB064)), 1)
    assert (point["vlan_vid"], point["vlan_pcp"], point["eth_type"]) == (0x1064, 5, 0x0806)


def test_a_second_tag_hides_what_follows_unless_the_bridge_looks_there() -> None:
    frame = ethernet(0x0800, ipv4(6, TCP_PORTS), pack("!HHHH", 0x8100, 5, 0x8100, 6))
    assert parse(frame, 1)["eth_type"] == 0x8100
    assert parse(frame, 1)["vlan_vid"] == 0x1005
    assert parse(frame, 1, vlan_limit=2)["tcp_dst"] == 9999
    assert parse(frame, 1, vlan_limit=2)["vlan_vid"] == 0x1005


def test_a_tag_without_an_ethernet_type_behind_it_is_none() -> None:
    point = parse(MACS + pack("!HH", 0x8100, 5), 1)
    assert (point["eth_type"], point["vlan_vid"]) == (0x8100, 0)


def test_a_snap_header_holds_the_ethernet_type() -> None:
    snap = bytes.fromhex("aaaa03000000")
    assert (
        parse(ethernet(100, snap + pack("!H", 0x0800) + ipv4(6, TCP_PORTS)), 1)["tcp_dst"] == 9999
    )
    assert parse(ethernet(100, snap + pack("!H", 0x05FF)), 1)["eth_type"] == 0x05FF
    assert parse(ethernet(100, snap), 1)["eth_type"] == 0x05FF
    assert parse(ethernet(100, bytes(40)), 1)["eth_type"] == 0x05FF


def test_the_outermost_mpls_label() -> None:
    point = parse(ethernet(0x8847, pack("!I", 0x12345 << 12 | 5 << 9 | 1 << 8 | 64)), 1)
    assert (point["mpls_label"], point["mpls_tc"], point["mpls_bos"]) == (0x12345, 5, 1)
    assert parse(ethernet(0x8848, b"\x01\x02"), 1)["mpls_label"] == 0


ARP = bytes.fromhex("00010800060400010200000000010a0000010000000000000a000002")


def test_an_arp_packet() -> None:
    point = parse(ethernet(0x0806, ARP), 1)
    assert (point["arp_op"], point["arp_spa"], point["arp_tpa"]) == (1, 0x0A000001, 0x0A000002)
    assert (point["arp_sha"], point["arp_tha"]) == (0x020000000001, 0)


def test_an_arp_opcode_above_255_is_read_as_0() -> None:
    assert parse(ethernet(0x0806, ARP.replace(b"\0\1\2", b"\1\1\2", 1)), 1)["arp_op"] == 0


def test_arp_that_is_not_for_ipv4_over_ethernet_is_not_read() -> None:
    assert parse(ethernet(0x0806, b"\0\6" + ARP[2:]), 1)["arp_spa"] == 0
    assert parse(ethernet(0x0806, ARP[:-1]), 1)["arp_spa"] == 0
    assert parse(ethernet(0x8035, ARP), 1)["arp_spa"] == 0x0A000001


@pytest.mark.parametrize(
    ("proto", "payload", "fields"),
    [
        (17, pack("!HHHH", 53, 5353, 8, 0), {"udp_src": 53, "udp_dst": 5353}),
        (17, pack("!HHH", 53, 5353, 8), {"udp_src": 0, "udp_dst": 0}),
        (132, pack("!HHII", 7, 8, 0, 0), {"sctp_src": 7, "sctp_dst": 8}),
        (132, pack("!HHI", 7, 8, 0), {"sctp_src": 0, "sctp_dst": 0}),
        (1, bytes((8, 1)) + bytes(6), {"icmpv4_type": 8, "icmpv4_code": 1}),
        (1, bytes((8, 1)) + bytes(5), {"icmpv4_type": 0, "icmpv4_code": 0}),
        (6, TCP_PORTS[:19], {"tcp_src": 0, "tcp_dst": 0}),
        (6, TCP_PORTS.replace(b"\x50", b"\x60"), {"tcp_src": 0, "tcp_dst": 0}),
        (6, TCP_PORTS.replace(b"\x50", b"\x40"), {"tcp_src": 0, "tcp_dst": 0}),
        (58, bytes((128, 1)) + bytes(6), {"ip_proto": 58}),
    ],
)
def test_transport_headers_are_read_whole_or_not_at_all(
    proto: int, payload: bytes, fields: dict[str, int]
) -> None:
    point = parse(ethernet(0x0800, ipv4(proto, payload)), 1)
    assert {name: point[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("fragment", "later", "port"),
    [
        (0, False, 9999),
        (0x4000, False, 9999),
        (0x2000, False, 9999),
        (1, True, 0),
        (0x2001, True, 0),
    ],
)
def test_a_later_fragment_has_no_ports(fragment: int, later: bool, port: int) -> None:
    point = parse(ethernet(0x0800, ipv4(6, TCP_PORTS, fragment=fragment)), 1)
    assert (point.later_fragment, point["tcp_dst"], point["ip_proto"]) == (later, port, 6)


@pytest.mark.parametrize(
    "header",
    [
        ipv4(6, b"")[:19],
        b"\x44" + ipv4(6, TCP_PORTS)[1:],
        b"\x4f" + ipv4(6, TCP_PORTS)[1:],
        ipv4(6, TCP_PORTS, extra=1),
    ],
)
def test_an_ipv4_header_that_does_not_add_up_is_not_read(header: bytes) -> None:
    point = parse(ethernet(0x0800, header), 1)
    assert (point["ip_proto"], point["ipv4_src"]) == (0, 0)


def test_padding_behind_an_ip_packet_is_not_part_of_it() -> None:
    assert parse(ethernet(0x0800, ipv4(6, b"") + TCP_PORTS), 1)["tcp_dst"] == 0
    assert parse(ethernet(0x86DD, ipv6(6, b"") + TCP_PORTS), 1)["tcp_dst"] == 0


def test_an_ipv6_packet() -> None:
    point = parse(ethernet(0x86DD, ipv6(6, TCP_PORTS, first=6 << 28 | 0xB9 << 20 | 0x12345)), 1)
    assert (point["ipv6_src"], point["ipv6_dst"], point["ipv6_flabel"]) == (1, 2, 0x12345)
    assert (point["ip_dscp"], point["ip_ecn"], point["tcp_dst"]) == (46, 1, 9999)


def test_an_ipv6_header_cut_short_is_not_read() -> None:
    assert parse(ethernet(0x86DD, ipv6(6, b"")[:39]), 1)["ipv6_src"] == 0
    assert parse(ethernet(0x86DD, ipv6(6, TCP_PORTS)[:-1]), 1)["ipv6_src"] == 0


@pytest.mark.parametrize(
    ("kind", "extension"),
    [
        (0, bytes((6, 0)) + bytes(6)),
        (43, bytes((6, 1)) + bytes(14)),
        (60, bytes((6, 0)) + bytes(6)),
        (51, bytes((6, 1)) + bytes(10)),
        (44, bytes((6, 0, 0, 0)) + bytes(4)),
        (44, bytes((6, 0, 0, 1)) + bytes(4)),
    ],
)
def test_ipv6_extension_headers_are_stepped_over(kind: int, extension: bytes) -> None:
    point = parse(ethernet(0x86DD, ipv6(kind, extension + TCP_PORTS)), 1)
    assert (point["ip_proto"], point["tcp_dst"], point.later_fragment) == (6, 9999, False)


def test_a_later_ipv6_fragment_is_of_protocol_44() -> None:
    extension = bytes((6, 0, 0, 8)) + bytes(4)
    point = parse(ethernet(0x86DD, ipv6(44, extension + TCP_PORTS)), 1)
    assert (point["ip_proto"], point.later_fragment, "tcp_dst" in point) == (44, True, False)


@pytest.mark.parametrize("payload", [bytes(7), bytes((6, 1)) + bytes(6), bytes((6, 0)) + bytes(5)])
def test_ipv6_extension_headers_cut_short_leave_the_addresses(payload: bytes) -> None:
    point = parse(ethernet(0x86DD, ipv6(0, payload, first=6 << 28 | 0xB9 << 20 | 5)), 1)
    assert (point["ipv6_src"], point["ip_proto"], point["ip_dscp"], point["ipv6_flabel"]) == (
        (1, 0, 0, 0)
    )


def solicit(kind: int, code: int, *options: bytes) -> bytes:
    return bytes((kind, code)) + bytes(6) + bytes(15) + b"\x09" + b"".join(options)


SLL = bytes.fromhex("0101020000000001")
TLL = bytes.fromhex("0201020000000002")
OTHER = bytes.fromhex("0501000000000000")


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (solicit(135, 0, SLL), {"ipv6_nd_target": 9, "ipv6_nd_sll": 0x020000000001}),
        (solicit(135, 0, OTHER, SLL), {"ipv6_nd_target": 9, "ipv6_nd_sll": 0x020000000001}),
        (solicit(136, 0, TLL), {"ipv6_nd_target": 9, "ipv6_nd_tll": 0x020000000002}),
        (solicit(135, 0), {"ipv6_nd_target": 9, "ipv6_nd_sll": 0}),
        (solicit(135, 0, TLL), {"ipv6_nd_target": 9, "ipv6_nd_sll": 0}),
        (solicit(135, 0, SLL, SLL), {"ipv6_nd_target": 0, "ipv6_nd_sll": 0}),
        (solicit(135, 0, b"\1\0" + bytes(6), SLL), {"ipv6_nd_target": 9, "ipv6_nd_sll": 0}),
        (solicit(135, 0, b"\1\2" + bytes(6)), {"ipv6_nd_target": 9, "ipv6_nd_sll": 0}),
        (solicit(135, 0)[:-1], {"ipv6_nd_target": 0, "ipv6_nd_sll": 0}),
        (solicit(135, 1, SLL), {"icmpv6_type": 135, "icmpv6_code": 1}),
        (solicit(128, 0, SLL), {"icmpv6_type": 128, "icmpv6_code": 0}),
    ],
)
def test_neighbour_discovery(message: bytes, fields: dict[str, int]) -> None:
    point = parse(ethernet(0x86DD, ipv6(58, message)), 1)
    assert {name: point[name] for name in fields} == fields


def test_icmp_of_the_other_ip_version_is_not_read() -> None:
    assert "icmpv4_type" not in parse(ethernet(0x86DD, ipv6(1, bytes((8, 1)) + bytes(6))), 1)
    assert "icmpv6_type" not in parse(ethernet(0x0800, ipv4(58, solicit(135, 0, SLL))), 1)
