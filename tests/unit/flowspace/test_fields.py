import pytest

from slicer.flowspace.fields import (
    FIELDS,
    TRANSPORT_PLACE,
    UNNAMEABLE,
    HeaderError,
    Requirement,
    field_named,
)

# OpenFlow 1.3.5 table 12, all match fields.
OPENFLOW_1_3 = {
    "in_port",
    "in_phy_port",
    "metadata",
    "eth_dst",
    "eth_src",
    "eth_type",
    "vlan_vid",
    "vlan_pcp",
    "ip_dscp",
    "ip_ecn",
    "ip_proto",
    "ipv4_src",
    "ipv4_dst",
    "tcp_src",
    "tcp_dst",
    "udp_src",
    "udp_dst",
    "sctp_src",
    "sctp_dst",
    "icmpv4_type",
    "icmpv4_code",
    "arp_op",
    "arp_spa",
    "arp_tpa",
    "arp_sha",
    "arp_tha",
    "ipv6_src",
    "ipv6_dst",
    "ipv6_flabel",
    "icmpv6_type",
    "icmpv6_code",
    "ipv6_nd_target",
    "ipv6_nd_sll",
    "ipv6_nd_tll",
    "mpls_label",
    "mpls_tc",
    "mpls_bos",
    "pbb_isid",
    "tunnel_id",
    "ipv6_exthdr",
}


def test_every_match_field_of_openflow_is_named_or_explained() -> None:
    assert set(FIELDS) | set(UNNAMEABLE) == OPENFLOW_1_3 | {"port"}
    assert not set(FIELDS) & set(UNNAMEABLE)


def test_fields_have_places_of_their_own() -> None:
    taken = 0
    for field in FIELDS.values():
        assert not taken & field.place
        taken |= field.place
    assert taken == (1 << taken.bit_length()) - 1


def test_prerequisites_stand_above_what_requires_them() -> None:
    for field in FIELDS.values():
        for need in field.prerequisites:
            assert FIELDS[need.field].shift > field.shift
            assert not FIELDS[need.field].ones & need.mask ^ need.mask
            assert all(not value & ~need.mask for value in need.values)


def test_prerequisites_are_listed_with_their_own() -> None:
    for field in FIELDS.values():
        named = {need.field for need in field.prerequisites}
        for need in field.prerequisites:
            assert {each.field for each in FIELDS[need.field].prerequisites} <= named


def test_the_transport_place_is_what_lies_beyond_the_ip_header() -> None:
    beyond = {name for name, field in FIELDS.items() if field.place & TRANSPORT_PLACE}
    assert beyond == {n for n in FIELDS if n.startswith(("tcp", "udp", "sctp", "icmp", "ipv6_nd"))}


def test_a_field_applies_where_its_prerequisites_are_met() -> None:
    tcp = 0x0800 << FIELDS["eth_type"].shift | 6 << FIELDS["ip_proto"].shift
    assert FIELDS["tcp_dst"].applies(tcp)
    assert FIELDS["eth_src"].applies(tcp)
    assert not FIELDS["udp_dst"].applies(tcp)
    assert not FIELDS["vlan_pcp"].applies(tcp)


def test_an_unknown_field_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        HeaderError, match=r"^found field 'nw_src', expected one of port, tunnel_id"
    ):
        field_named("nw_src")


def test_a_field_that_no_flowspace_can_name_is_refused_with_the_reason() -> None:
    with pytest.raises(HeaderError, match=r"found field pbb_isid, .*Open vSwitch cannot match it"):
        field_named("pbb_isid")


def test_a_requirement_reads_like_a_match() -> None:
    assert str(Requirement("eth_type", 0xFFFF, (0x0800, 0x86DD))) == "eth_type 0x800 or 0x86dd"
    assert str(Requirement("vlan_vid", 0x1000, (0x1000,))) == "vlan_vid 0x1000/0x1000"
