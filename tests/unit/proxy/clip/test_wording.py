"""Regions in the words of OpenFlow 1.0."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip.wording import Inexpressible, Vocabulary, express, region_of

OVS = Vocabulary()
PLAIN = Vocabulary(is_open_vswitch=False, has_arp_addresses=False)
TCP = {"eth_type": 0x0800, "ip_proto": 6}


def said(region: Region, limit: int = 64, vocabulary: Vocabulary = OVS) -> set[Match]:
    """The matches, in canonical form."""
    return {each.canonical() for each in express(region, vocabulary, limit)}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"in_port": 3},
        {"in_port": 0xFFFFFFFE, "eth_dst": 5, "eth_src": 6},
        {"eth_type": 0x0806, "arp_op": 1, "arp_spa": (0x0A000000, 0xFF000000)},
        {"vlan_vid": 0},
        {"vlan_vid": 0x1005, "vlan_pcp": 3},
        {"vlan_vid": (0x1000, 0x1000), "vlan_pcp": 3},
        {**TCP, "ipv4_src": 1, "ipv4_dst": (0x0A000000, 0xFFFFFF00), "tcp_src": 1, "tcp_dst": 2},
        {"eth_type": 0x86DD, "ip_proto": 58, "icmpv6_type": 135},
    ],
)
def test_what_openflow_1_0_says_is_one_match_and_comes_back(
    fields: dict[str, int | tuple[int, int]],
) -> None:
    match = Match.of(**fields)
    assert said(region_of(match)) == {match.canonical()}


def test_a_range_of_ports_is_a_match_for_each() -> None:
    region = Region.of(**TCP, tcp_dst=(80, 0xFFFE))
    assert said(region, 2) == {Match.of(**TCP, tcp_dst=each).canonical() for each in (80, 81)}
    with pytest.raises(Inexpressible, match="takes more than 1 matches"):
        express(region, OVS, 1)


def test_the_choices_of_several_fields_multiply() -> None:
    region = Region.of(**TCP, tcp_dst=(80, 0xFFFE), tcp_src=(0, 0xFFFC))
    assert len(said(region, 8)) == 8
    with pytest.raises(Inexpressible, match="takes more than 7 matches"):
        express(region, OVS, 7)


def test_an_address_with_a_hole_in_its_mask_is_several_prefixes() -> None:
    region = Region.of(eth_type=0x0800, ipv4_dst=(0x0A000100, 0xFF00FF00))
    with pytest.raises(Inexpressible):
        express(region, OVS, 255)
    found = said(region, 256)
    assert len(found) == 256
    prefix = (0x0AFF0100, 0xFFFFFF00)
    assert Match.of(eth_type=0x0800, ipv4_dst=prefix).canonical() in found


def test_any_tag_can_be_said_beside_each_priority_only() -> None:
    region = Region.of(vlan_vid=(0x1000, 0x1000))
    any_tag = (0x1000, 0x1000)
    assert said(region) == {
        Match.of(vlan_vid=any_tag, vlan_pcp=each).canonical() for each in range(8)
    }


def test_an_id_without_some_bits_may_also_be_no_tag_at_all() -> None:
    (region,) = Region.ANY.subtract(Region.of(vlan_vid=(0x1000, 0x1000)))
    assert said(region) == {Match.of(vlan_vid=0).canonical()}
    tail = Region(0, Region.of(vlan_vid=(0, 0x0FFE)).mask)
    assert said(tail) == {Match.of(vlan_vid=each).canonical() for each in (0, 0x1000, 0x1001)}


def test_tags_and_priorities_in_ranges_multiply() -> None:
    region = Region.of(vlan_vid=(0x1004, 0x1FFE), vlan_pcp=3)
    assert said(region) == {
        Match.of(vlan_vid=each, vlan_pcp=3).canonical() for each in (0x1004, 0x1005)
    }


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"eth_type": 0x0800, "ip_ecn": 1}, "ip_ecn"),
        ({"eth_type": 0x86DD, "ipv6_dst": 1}, "ipv6_dst"),
        ({"eth_type": 0x8847, "mpls_label": 1}, "mpls_label"),
        ({"eth_type": 0x0806, "arp_tha": 1}, "arp_tha"),
        ({"tunnel_id": 1}, "tunnel_id"),
    ],
)
def test_what_it_has_no_words_for_is_refused(fields: dict[str, int], names: str) -> None:
    with pytest.raises(Inexpressible, match=f"names {names}, which OpenFlow 1.0 can't match"):
        express(Region.of(**fields), OVS, 1000)


def test_a_mask_on_an_address_of_ethernet_is_too_many() -> None:
    with pytest.raises(Inexpressible, match="takes more than 1000 matches"):
        express(Region.of(eth_src=(0x02CA << 32, 0xFFFF << 32)), OVS, 1000)


@pytest.mark.parametrize(
    "fields",
    [
        {"eth_type": 0x86DD, "ip_proto": 6},
        {"eth_type": 0x0800, "ip_proto": 132, "sctp_dst": 1},
        {"eth_type": 0x8035, "arp_op": 3},
        {"eth_type": 0x0806, "arp_spa": 1},
    ],
)
def test_another_switch_than_open_vswitch_has_fewer_words(fields: dict[str, int]) -> None:
    assert len(express(Region.of(**fields), OVS, 1)) == 1
    with pytest.raises(Inexpressible):
        express(Region.of(**fields), PLAIN, 1)


def test_what_is_said_can_be_sent() -> None:
    region = Region.of(port=1, **TCP, tcp_dst=(80, 0xFFF0), vlan_vid=(0x1000, 0x1000))
    for match in express(region, OVS, 1000):
        sent = V10.decode(V10.encode(FlowMod(0, match=match)))
        assert isinstance(sent, FlowMod)
        assert sent.match.canonical() == match.canonical()
