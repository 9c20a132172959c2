import pytest

from slicer.flowspace import HeaderError, Point
from slicer.flowspace.fields import FIELDS


def test_a_point_has_the_fields_that_apply_and_no_other() -> None:
    point = Point.of(port=3, eth_type=0x0800, ip_proto=6, tcp_dst=80)
    assert dict(point) == {
        "port": 3,
        "tunnel_id": 0,
        "eth_type": 0x0800,
        "vlan_vid": 0,
        "eth_dst": 0,
        "eth_src": 0,
        "ip_proto": 6,
        "ip_dscp": 0,
        "ip_ecn": 0,
        "ipv4_src": 0,
        "ipv4_dst": 0,
        "tcp_src": 0,
        "tcp_dst": 80,
    }
    assert len(point) == 13
    assert point.port == 3
    assert point.get("udp_dst") is None


def test_a_field_that_does_not_apply_is_not_there() -> None:
    with pytest.raises(KeyError):
        Point.of(eth_type=0x0806)["tcp_dst"]


@pytest.mark.parametrize(
    ("later", "values", "text"),
    [
        (False, {"x": 1}, "found field 'x', expected one of"),
        (False, {"ip_proto": 256}, "found ip_proto 0x100, expected 0 to 0xff"),
        (
            False,
            {"eth_type": 0x0806, "tcp_dst": 1},
            "found tcp_dst with eth_type 0x806, expected eth_type 0x800 or 0x86dd",
        ),
        (False, {"vlan_vid": 5}, "found vlan_vid 0x5, expected 0 or a value with bit 0x1000"),
        (
            True,
            {"eth_type": 0x0806},
            "found a later fragment of eth_type 0x806, expected IPv4 or IPv6",
        ),
        (
            True,
            {"eth_type": 0x86DD, "ip_proto": 6},
            "found a later IPv6 fragment of ip_proto 6, expected 44",
        ),
        (
            True,
            {"eth_type": 0x0800, "ip_proto": 6, "tcp_dst": 80},
            "found a later fragment with transport fields, expected all of them 0",
        ),
    ],
)
def test_a_header_that_no_packet_has_is_refused(
    later: bool, values: dict[str, int], text: str
) -> None:
    with pytest.raises(HeaderError) as refused:
        Point.of(later, **values)
    assert str(refused.value).startswith(text)


def test_a_later_fragment_is_another_point() -> None:
    whole = Point.of(eth_type=0x0800, ip_proto=6)
    later = Point.of(True, eth_type=0x0800, ip_proto=6)
    assert whole != later
    assert len({whole, later, Point.of(eth_type=0x0800, ip_proto=6)}) == 2
    assert later["tcp_dst"] == 0


def test_a_point_reads_well() -> None:
    text = str(Point.of(True, port=1, eth_type=0x0800, ip_proto=17, ipv4_src=0x0A000001))
    assert text.startswith("port=1, tunnel_id=0, eth_type=ipv4, vlan_vid=none, eth_dst=00:00")
    assert "ipv4_src=10.0.0.1" in text
    assert text.endswith("udp_dst=0, later fragment")
    assert repr(Point.of()).startswith("<Point port=0")


def test_the_header_is_the_wide_integer() -> None:
    assert Point.of(port=7).header == 7 << FIELDS["port"].shift


def test_the_same_packet_at_another_port() -> None:
    later = Point.of(True, port=7, eth_type=0x0800, ip_proto=6)
    assert later.at(8) == Point.of(True, port=8, eth_type=0x0800, ip_proto=6)
