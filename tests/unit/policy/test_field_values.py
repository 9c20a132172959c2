import pytest

from slicer.flowspace import FIELDS, HeaderError
from slicer.flowspace.text import format_value
from slicer.policy.field_values import pairs_of


def pairs(name: str, text: str) -> list[tuple[int, int]]:
    return pairs_of(FIELDS[name], text)


@pytest.mark.parametrize(
    ("name", "text", "value", "mask"),
    [
        ("eth_type", "ipv4", 0x0800, 0xFFFF),
        ("eth_type", "lldp", 0x88CC, 0xFFFF),
        ("eth_type", "0x88b5", 0x88B5, 0xFFFF),
        ("eth_type", "2048", 0x0800, 0xFFFF),
        ("eth_type", "0x05ff", 0x05FF, 0xFFFF),
        ("ip_proto", "tcp", 6, 0xFF),
        ("ip_proto", "icmpv6", 58, 0xFF),
        ("ip_proto", "89", 89, 0xFF),
        ("tcp_dst", "9999", 9999, 0xFFFF),
        ("tcp_dst", "0x50/0xfff0", 0x50, 0xFFF0),
        ("tcp_dst", "80/65520", 80, 0xFFF0),
        ("ipv4_src", "10.0.0.1", 0x0A000001, 0xFFFFFFFF),
        ("ipv4_src", "10.0.0.0/8", 0x0A000000, 0xFF000000),
        ("ipv4_src", "10.0.0.0/255.0.0.0", 0x0A000000, 0xFF000000),
        ("ipv4_src", "10.0.0.1/255.0.0.255", 0x0A000001, 0xFF0000FF),
        ("ipv4_src", "0.0.0.0/0", 0, 0),
        ("arp_tpa", "10.0.0.1/32", 0x0A000001, 0xFFFFFFFF),
        ("ipv6_src", "fe80::/10", 0xFE80 << 112, 0xFFC0 << 112),
        ("ipv6_dst", "::1", 1, (1 << 128) - 1),
        ("ipv6_dst", "::1/::ffff", 1, 0xFFFF),
        ("eth_dst", "02:00:00:00:00:0A", 0x02000000000A, 0xFFFFFFFFFFFF),
        ("eth_dst", "10:11:12:13:14:15", 0x101112131415, 0xFFFFFFFFFFFF),
        ("eth_dst", "02-00-00-00-00-01", 0x020000000001, 0xFFFFFFFFFFFF),
        ("eth_dst", "01:00:00:00:00:00/01:00:00:00:00:00", 1 << 40, 1 << 40),
        ("vlan_vid", "none", 0, 0x1FFF),
        ("vlan_vid", "any", 0x1000, 0x1000),
        ("vlan_vid", "100", 0x1064, 0x1FFF),
        ("vlan_vid", "0", 0x1000, 0x1FFF),
        ("vlan_vid", "0x1001/0x1001", 0x1001, 0x1001),
        ("vlan_vid", "0/0x1fff", 0, 0x1FFF),
        ("vlan_vid", "1/1", 1, 1),
        ("arp_op", "255", 255, 255),
        ("tunnel_id", "0xffffffffffffffff", (1 << 64) - 1, (1 << 64) - 1),
    ],
)
def test_one_value(name: str, text: str, value: int, mask: int) -> None:
    assert pairs(name, text) == [(value, mask)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("tcp_dst", "80-83", [(80, 0xFFFC)]),
        ("tcp_dst", "1 - 3", [(1, 0xFFFF), (2, 0xFFFE)]),
        ("tcp_dst", "0x10-0x1f", [(16, 0xFFF0)]),
        ("vlan_vid", "100-103", [(0x1064, 0x1FFC)]),
        ("vlan_vid", "0-4095", [(0x1000, 0x1000)]),
        ("ip_proto", "6-8", [(6, 255), (7, 255), (8, 255)]),
        ("eth_type", "0x8847-0x8848", [(0x8847, 0xFFFF), (0x8848, 0xFFFF)]),
    ],
)
def test_a_range(name: str, text: str, expected: list[tuple[int, int]]) -> None:
    assert pairs(name, text) == expected


NUMBER = "expected a number from 0 to 65535, a range such as 1-9, or value/mask"
VLAN = (
    "expected a VLAN id from 0 to 4095, a range such as 100-199, 'none' (no tag), 'any' (some "
    "tag), or value/mask with the tag's bit 0x1000"
)
MAC = "expected a MAC address such as 02:00:00:00:00:01, or MAC/mask"
IPV4 = "expected an address such as 10.0.0.0, with or without /prefix or /mask"


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("tcp_dst", "web", f"found tcp_dst 'web', {NUMBER}"),
        ("tcp_dst", "65536", f"found tcp_dst '65536', {NUMBER}"),
        ("tcp_dst", "-1", f"found tcp_dst '-1', {NUMBER}"),
        ("tcp_dst", "080", f"found tcp_dst '080', {NUMBER}"),
        ("tcp_dst", "1_000", f"found tcp_dst '1_000', {NUMBER}"),
        ("tcp_dst", ".nan", f"found tcp_dst '.nan', {NUMBER}"),
        ("tcp_dst", "9" * 5000, f"found tcp_dst '{'9' * 60}...', {NUMBER}"),
        ("tcp_dst", "1-65536", f"found tcp_dst '1-65536', {NUMBER}"),
        ("tcp_dst", "9-1", "found tcp_dst '9-1', expected a range from low to high"),
        ("tcp_dst", "0x50/x", "found tcp_dst '0x50/x', expected a mask up to 0xffff"),
        (
            "tcp_dst",
            "0x51/0xf0",
            "found tcp_dst '0x51/0xf0', expected no bits outside the mask: 0x50/0xf0",
        ),
        (
            "ip_dscp",
            "1/1",
            "found ip_dscp '1/1', expected a value without a mask, the field takes none",
        ),
        (
            "ip_dscp",
            "64",
            "found ip_dscp '64', expected a number from 0 to 63, a range such as 1-9",
        ),
        ("mpls_bos", "2", "found mpls_bos '2', expected a number from 0 to 1, a range such as 1-1"),
        (
            "mpls_label",
            "0-9999",
            "found mpls_label '0-9999', expected a range of at most 1024 numbers, the field "
            "takes no mask",
        ),
        (
            "eth_type",
            "ipx",
            "found eth_type 'ipx', expected one of ipv4, arp, rarp, mpls, ipv6, lldp, or a number",
        ),
        (
            "eth_type",
            "ip",
            "found eth_type 'ip', expected ipv6 (of ipv4, arp, rarp, mpls, ipv6, lldp), or a "
            "number",
        ),
        (
            "eth_type",
            "0x5fe",
            "found eth_type '0x5fe', expected 0x0600 or more (less is a length), or 0x05ff for "
            "frames without one",
        ),
        (
            "ip_proto",
            "tpc",
            "found ip_proto 'tpc', expected tcp (of icmp, igmp, tcp, udp, gre, icmpv6, sctp), or "
            "a number",
        ),
        ("vlan_vid", "4096", f"found vlan_vid '4096', {VLAN}"),
        ("vlan_vid", "untagged", f"found vlan_vid 'untagged', {VLAN}"),
        ("vlan_vid", "7-5", "found vlan_vid '7-5', expected a range from low to high"),
        (
            "vlan_vid",
            "5/0x1fff",
            "found vlan_vid '5/0x1fff', expected no VLAN id where the tag's bit is 0",
        ),
        ("eth_src", "02:00:00:00:00", f"found eth_src '02:00:00:00:00', {MAC}"),
        ("eth_src", "02:00:00:00:00:01/8", f"found eth_src '02:00:00:00:00:01/8', {MAC}"),
        (
            "eth_src",
            "02:00:00:00:00:01/ff:00:00:00:00:00",
            "found eth_src '02:00:00:00:00:01/ff:00:00:00:00:00', expected no bits outside the "
            "mask: 02:00:00:00:00:00/ff:00:00:00:00:00",
        ),
        ("ipv4_src", "10.0.0.256", f"found ipv4_src '10.0.0.256', {IPV4}"),
        ("ipv4_src", "10.0.0.0/33", f"found ipv4_src '10.0.0.0/33', {IPV4}"),
        ("ipv4_src", "10.0.0.0/x", f"found ipv4_src '10.0.0.0/x', {IPV4}"),
        ("ipv4_src", "::1", f"found ipv4_src '::1', {IPV4}"),
        (
            "ipv4_src",
            "10.0.0.1/8",
            "found ipv4_src '10.0.0.1/8', expected no bits outside the mask: 10.0.0.0/8",
        ),
        (
            "ipv6_src",
            "fe80::1%eth0",
            "found ipv6_src 'fe80::1%eth0', expected an address such as 2001:db8::, with or "
            "without /prefix or /mask",
        ),
    ],
)
def test_what_no_field_takes_is_refused(name: str, text: str, error: str) -> None:
    with pytest.raises(HeaderError) as refused:
        pairs(name, text)
    assert str(refused.value) == error


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "port"])
def test_what_is_written_for_people_reads_back(name: str) -> None:
    field = FIELDS[name]
    values = {"eth_type": (0x0800, 0x88B5), "vlan_vid": (0, 0x1000, 0x1064)}.get(name)
    for value in values or (0, 1, field.ones):
        assert pairs(name, format_value(name, value, field.ones)) == [(value, field.ones)]
    if field.maskable:
        top = 1 << (field.bits - 1)
        assert pairs(name, format_value(name, top, top | 1)) == [(top, top | 1)]
