import pytest

from slicer.flowspace import HeaderError, Match, Point

IPV4 = Match.of(eth_type=0x0800)
TCP = Match.of(eth_type=0x0800, ip_proto=6)
WEB = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
TEN = Match.of(eth_type=0x0800, ipv4_src=(0x0A000000, 0xFF000000))


@pytest.mark.parametrize(
    ("fields", "found", "expected"),
    [
        ({"nw_src": 1}, "field 'nw_src'", "one of port"),
        ({"metadata": 1}, "field metadata", "metadata belongs to the tenants"),
        ({"eth_type": 0x10000}, "eth_type 0x10000", "0 to 0xffff"),
        ({"eth_type": -1}, "eth_type -0x1", "0 to 0xffff"),
        ({"eth_src": (0, 1 << 48)}, "mask 0x1000000000000 of eth_src", "0 to 0xffffffffffff"),
        ({"eth_src": (3, 1)}, "eth_src 0x3/0x1", "no value bits outside the mask"),
        ({"eth_type": (0x0800, 0xFF00)}, "mask 0xff00 of eth_type", "no mask"),
        ({"eth_type": 0x0806, "tcp_dst": 80}, "tcp_dst without eth_type 0x800 or 0x86dd", "same"),
        ({"eth_type": 0x0800, "tcp_dst": 80}, "tcp_dst without ip_proto 0x6", "same match"),
        ({"ip_proto": 6}, "ip_proto without eth_type 0x800 or 0x86dd", "same match"),
        ({"vlan_pcp": 3}, "vlan_pcp without vlan_vid 0x1000/0x1000", "same match"),
        ({"vlan_pcp": 3, "vlan_vid": 0}, "vlan_pcp without vlan_vid", "same match"),
        ({"vlan_vid": 5}, "a vlan_vid with an id but without a tag", "0x1000 in it"),
        (
            {"eth_type": 0x86DD, "ip_proto": 58, "icmpv6_type": 135, "ipv6_nd_target": 1},
            "ipv6_nd_target without icmpv6_code 0x0",
            "same match",
        ),
    ],
)
def test_a_match_that_no_packet_could_meet_is_refused(
    fields: dict[str, int], found: str, expected: str
) -> None:
    with pytest.raises(HeaderError) as refused:
        Match.of(**fields)
    assert found in refused.value.found
    assert expected in refused.value.expected


def test_a_mask_of_zero_leaves_a_field_free_and_needs_nothing() -> None:
    assert Match.of(tcp_dst=(0, 0)) == Match.ANY


def test_a_whole_mask_is_no_mask() -> None:
    assert Match.of(eth_src=(5, 0xFFFFFFFFFFFF)) == Match.of(eth_src=5)


def test_intersection_of_matches_that_meet() -> None:
    both = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80, ipv4_src=(0x0A000000, 0xFF000000))
    assert both == TEN & WEB == WEB & TEN


def test_explicit_prerequisites_keep_unlike_packets_apart() -> None:
    arp = Match.of(eth_type=0x0806, arp_spa=1)
    udp = Match.of(eth_type=0x0800, ip_proto=17, udp_dst=80)
    assert WEB & arp is None
    assert WEB & udp is None
    assert not WEB.overlaps(arp)


def test_solicitations_and_advertisements_are_apart() -> None:
    nd = {"eth_type": 0x86DD, "ip_proto": 58, "icmpv6_code": 0}
    assert not Match.of(**nd, icmpv6_type=135, ipv6_nd_sll=1).overlaps(
        Match.of(**nd, icmpv6_type=136, ipv6_nd_tll=1)
    )


def test_an_id_in_vlan_vid_means_a_tag() -> None:
    odd = Match.of(vlan_vid=(1, 1))
    assert odd == Match.of(vlan_vid=(0x1001, 0x1001))
    assert not odd.overlaps(Match.of(vlan_vid=0))
    assert Match.of(vlan_vid=(0, 0x1000)) == Match.of(vlan_vid=0)
    assert not Match.of(vlan_vid=(0x1000, 0x1000)).overlaps(Match.of(vlan_vid=0))


def test_containment() -> None:
    assert Match.ANY.contains(WEB)
    assert TCP.contains(WEB)
    assert TCP.contains(TCP)
    assert not WEB.contains(TCP)
    assert not TEN.contains(WEB)
    assert not Match.of(vlan_vid=0).contains(Match.ANY)


def test_difference_of_disjoint_matches_is_the_first() -> None:
    assert WEB.subtract(Match.of(eth_type=0x0806)) == [WEB]


def test_difference_with_a_container_is_nothing() -> None:
    assert WEB.subtract(TCP) == []


def test_difference_fixes_prerequisites_before_what_needs_them() -> None:
    pieces = IPV4.subtract(WEB)
    assert len(pieces) == 8 + 16
    assert [piece.get("ip_proto") for piece in pieces[8:]] == [(6, 0xFF)] * 16
    assert all(piece.get("tcp_dst") is None for piece in pieces[:8])


def test_difference_of_tagged_and_one_vlan() -> None:
    pieces = Match.of(vlan_vid=(0x1000, 0x1000)).subtract(Match.of(vlan_vid=0x1005))
    assert len(pieces) == 12
    untagged_too = Match.ANY.subtract(Match.of(vlan_vid=0x1005))
    assert Match.of(vlan_vid=0) in untagged_too
    assert len(untagged_too) == 13


def test_difference_with_untagged_is_tagged() -> None:
    tagged = Match.of(vlan_vid=(0x1000, 0x1000))
    assert Match.ANY.subtract(Match.of(vlan_vid=0)) == [tagged]


def test_a_point_is_in_a_match_or_not() -> None:
    web = Point.of(port=1, eth_type=0x0800, ip_proto=6, tcp_dst=80)
    assert WEB.contains_point(web)
    assert Match.ANY.contains_point(web)
    assert not TEN.contains_point(web)
    # The zero of a field that is not there is no value: this is no TCP packet.
    arp = Point.of(port=1, eth_type=0x0806)
    assert not Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=0).contains_point(arp)


@pytest.mark.parametrize(
    ("match", "eth_type"),
    [
        (Match.ANY, 0x0800),
        (Match.of(eth_type=0x88CC), 0x88CC),
        (Match.of(eth_type=0x0806), 0x0806),
        (Match.ANY.subtract(Match.of(eth_type=0x0800))[0], 0x86DD),
        (Match.ANY.subtract(Match.of(eth_type=0xFFFF))[-1], 0xFFFE),
    ],
)
def test_a_witness_has_a_usual_eth_type_where_it_can(match: Match, eth_type: int) -> None:
    assert match.witness()["eth_type"] == eth_type
    assert match.contains_point(match.witness())


def test_fields_come_with_prerequisites_first() -> None:
    assert list(WEB.fields) == ["eth_type", "ip_proto", "tcp_dst"]
    assert WEB.get("tcp_dst") == (80, 0xFFFF)
    assert WEB.get("tcp_src") is None
    assert TEN.fields["ipv4_src"] == (0x0A000000, 0xFF000000)


def test_which_matches_read_the_transport_header() -> None:
    assert WEB.reads_transport
    assert Match.of(eth_type=0x0800, ip_proto=1, icmpv4_type=8).reads_transport
    assert not TCP.reads_transport
    assert not TEN.reads_transport


def test_a_match_reads_well() -> None:
    assert str(WEB) == "eth_type=ipv4, ip_proto=tcp, tcp_dst=80"
    assert str(Match.ANY) == "any packet"
    assert repr(TEN) == "<Match eth_type=ipv4, ipv4_src=10.0.0.0/8>"


def test_matches_are_values() -> None:
    assert {WEB: 1}[Match.of(tcp_dst=80, ip_proto=6, eth_type=0x0800)] == 1
