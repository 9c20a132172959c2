import pytest

from slicer.flowspace.fields import FIELDS
from slicer.flowspace.text import format_fields, format_value


@pytest.mark.parametrize(
    ("name", "value", "mask", "text"),
    [
        ("eth_type", 0x0800, 0xFFFF, "ipv4"),
        ("eth_type", 0x88B5, 0xFFFF, "0x88b5"),
        ("ip_proto", 132, 0xFF, "sctp"),
        ("ip_proto", 99, 0xFF, "99"),
        ("tcp_dst", 80, 0xFFFF, "80"),
        ("tcp_dst", 0x50, 0xFFF0, "0x50/0xfff0"),
        ("port", 0xFFFFFFFE, 0xFFFFFFFF, "LOCAL"),
        ("port", 3, 0xFFFFFFFF, "3"),
        ("ipv4_src", 0x0A000001, 0xFFFFFFFF, "10.0.0.1"),
        ("ipv4_src", 0x0A000000, 0xFF000000, "10.0.0.0/8"),
        ("ipv4_src", 0x0A000001, 0xFF0000FF, "10.0.0.1/255.0.0.255"),
        ("arp_tpa", 0, 0, "0.0.0.0/0"),
        ("ipv6_dst", 1, (1 << 128) - 1, "::1"),
        ("ipv6_dst", 0xFE80 << 112, 0xFFC0 << 112, "fe80::/10"),
        ("eth_src", 0x020000000001, 0xFFFFFFFFFFFF, "02:00:00:00:00:01"),
        ("eth_dst", 1 << 40, 1 << 40, "01:00:00:00:00:00/01:00:00:00:00:00"),
        ("vlan_vid", 0, 0x1FFF, "none"),
        ("vlan_vid", 0x1000, 0x1000, "any"),
        ("vlan_vid", 0x1064, 0x1FFF, "100"),
        ("vlan_vid", 0x1000, 0x1FFF, "0"),
        ("vlan_vid", 0x1064, 0x1FFC, "0x1064/0x1ffc"),
    ],
)
def test_values_read_as_people_write_them(name: str, value: int, mask: int, text: str) -> None:
    assert format_value(name, value, mask) == text


def test_fields_are_listed() -> None:
    assert format_fields({"eth_type": (0x0806, 0xFFFF), "arp_op": (1, 0xFF)}) == (
        "eth_type=arp, arp_op=1"
    )


def test_every_field_can_be_written() -> None:
    assert all(format_value(name, 0, field.ones) for name, field in FIELDS.items())
