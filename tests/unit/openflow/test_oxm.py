"""Match: made from names, read by name, changed, and compared by meaning."""

import pytest

from slicer.openflow.errors import EncodeError
from slicer.openflow.oxm import (
    Match,
    OxmItem,
    header_of,
    name_of,
    oxm,
    read,
)
from slicer.openflow.oxm_fields import NXM_NX, OPENFLOW_BASIC

WEB = Match.of(reg0=(5, 0xFF), eth_type=0x0800, ip_proto=6, tcp_dst=80)


def test_a_tlv_is_a_header_and_a_payload() -> None:
    assert oxm("in_port", 3) == (0x80000004, b"\0\0\0\3")
    assert oxm("vlan_vid", 0x1000, 0x1000) == (0x80000D04, b"\x10\0\x10\0")
    assert oxm("mpls_label", 1 << 19) == (0x80004404, b"\0\x08\0\0")


def test_a_full_mask_is_written_when_it_is_asked_for() -> None:
    assert oxm("ip_proto", 6, 0xFF) == (0x80001502, b"\6\xff")


@pytest.mark.parametrize(
    ("name", "value", "mask", "text"),
    [
        ("in_port", 1 << 32, None, "in_port: value 0x100000000 doesn't fit 32 bits"),
        ("in_port", -1, None, "in_port: value -0x1 doesn't fit 32 bits"),
        ("vlan_pcp", 8, None, "vlan_pcp: value 0x8 doesn't fit 3 bits"),
        ("metadata", 0, 1 << 64, "metadata: mask 0x10000000000000000 doesn't fit 64 bits"),
        ("tcp_port", 1, None, "no match field is called 'tcp_port'"),
    ],
)
def test_what_has_no_room_is_refused(name: str, value: int, mask: int | None, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        oxm(name, value, mask)


def test_reading_a_tlv() -> None:
    assert read(oxm("tcp_dst", 80)) == OxmItem("tcp_dst", 80, 0xFFFF)
    assert read(oxm("ipv4_src", 0x0A000000, 0xFF000000)) == OxmItem(
        "ipv4_src", 0x0A000000, 0xFF000000
    )


def test_names_of_headers() -> None:
    assert name_of(header_of("reg3")) == "reg3"
    assert name_of(oxm("reg3", 1, 1)[0]) == "reg3"
    assert name_of(0x00013E04) == "oxm_0001_31"


def test_a_match_keeps_its_order() -> None:
    assert [item.name for item in WEB] == ["reg0", "eth_type", "ip_proto", "tcp_dst"]


def test_getting_a_field() -> None:
    assert WEB.get("tcp_dst") == 80
    assert WEB.get("reg0") == (5, 0xFF)
    assert WEB.get("udp_dst") is None
    assert "reg0" in WEB
    assert "reg1" not in WEB
    with pytest.raises(EncodeError):
        WEB.get("no_such_field")


def test_changing_a_match() -> None:
    assert Match.of(in_port=1).prepend(oxm("reg1", 7)) == Match.of(reg1=7, in_port=1)
    assert WEB.without("reg0", "tcp_dst") == Match.of(eth_type=0x0800, ip_proto=6)
    assert WEB.only_class(OPENFLOW_BASIC) == WEB.without("reg0")
    assert WEB.only_class(NXM_NX) == Match.of(reg0=(5, 0xFF))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Match.of(eth_type=0x0800, ip_proto=6), Match.of(ip_proto=6, eth_type=0x0800)),
        (Match.of(eth_dst=5), Match.of(eth_dst=(5, 0xFFFFFFFFFFFF))),
        (Match.of(eth_dst=(0x15, 0x0F)), Match.of(eth_dst=(5, 0x0F))),
        (Match.of(eth_dst=(0, 0)), Match()),
        (Match.of(vlan_vid=(0x1005, 0x1FFF)), Match.of(vlan_vid=0x1005)),
        (Match(((0x80000D04, b"\x10\5\xff\xff"),)), Match.of(vlan_vid=0x1005)),
    ],
)
def test_matches_that_mean_the_same(one: Match, other: Match) -> None:
    assert one != other
    assert one.canonical() == other.canonical()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Match.of(eth_dst=5), Match.of(eth_dst=4)),
        (Match.of(eth_dst=(4, 4)), Match.of(eth_dst=(4, 12))),
        (Match.of(eth_dst=5), Match.of(eth_src=5)),
        (Match.of(eth_dst=5), Match()),
    ],
)
def test_matches_that_mean_something_else(one: Match, other: Match) -> None:
    assert one.canonical() != other.canonical()


def test_a_field_that_is_not_in_the_table_is_compared_by_its_bytes() -> None:
    masked = Match(((0x00013F08, b"\1\2\3\4\xff\xff\xff\xff"),))
    assert masked.canonical() == Match(((0x00013E04, b"\1\2\3\4"),))


def test_what_is_canonical_already_is_not_made_again() -> None:
    for match in (Match(), Match.of(in_port=1, eth_dst=2), Match.of(ipv4_src=(0x0A00, 0xFF00))):
        assert match.canonical() is match
    assert Match.of(eth_dst=2, in_port=1).canonical() == Match.of(in_port=1, eth_dst=2)
    twice = Match((*Match.of(eth_dst=2).oxms, *Match.of(eth_dst=1).oxms))
    assert twice.canonical().oxms == twice.oxms[::-1]
