"""The table of match fields, against Ryu's and against itself."""

import pytest
from ryu.ofproto import ofproto_v1_3 as ofproto

from slicer.openflow.oxm_fields import BY_KEY, BY_NAME, FIELDS, OPENFLOW_BASIC, Field

RYU = {field.name: field for field in ofproto.oxm_types}
NXM_NAMES = ("in_port", "ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst", "udp_src", "udp_dst")
RYU_NAMES = {f"nxm_{name}": f"{name}_nxm" for name in (*NXM_NAMES, "icmpv4_type", "icmpv4_code")}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_field_has_the_number_and_size_ryu_gives_it(field: Field) -> None:
    theirs = RYU.get(RYU_NAMES.get(field.name, field.name))
    if theirs is None:
        assert field.name.startswith("xreg")
        return
    assert field.key == theirs.num
    assert field.size == theirs.type.size
    assert field.bits <= field.size * 8


def test_the_basic_class_is_complete() -> None:
    numbers = [field.number for field in FIELDS if field.oxm_class == OPENFLOW_BASIC]
    assert numbers == list(range(40))


NARROW = {
    "vlan_vid": 13,
    "vlan_pcp": 3,
    "ip_dscp": 6,
    "ip_ecn": 2,
    "ipv6_flabel": 20,
    "mpls_label": 20,
    "mpls_tc": 3,
    "mpls_bos": 1,
    "ipv6_exthdr": 9,
    "ip_frag": 2,
}
UNMASKABLE = {
    *("in_port", "in_phy_port", "nxm_in_port", "eth_type", "vlan_pcp", "ip_dscp", "ip_ecn"),
    *("nxm_icmpv4_type", "nxm_icmpv4_code"),
    *("ip_proto", "icmpv4_type", "icmpv4_code", "arp_op", "icmpv6_type", "icmpv6_code"),
    *("mpls_label", "mpls_tc", "mpls_bos"),
}


def test_which_fields_do_not_fill_their_bytes() -> None:
    narrow = {field.name: field.bits for field in FIELDS if field.bits != field.size * 8}
    assert narrow == NARROW


def test_which_fields_take_no_mask() -> None:
    assert {field.name for field in FIELDS if not field.maskable} == UNMASKABLE


def test_the_registers() -> None:
    assert [field.name for field in FIELDS if "reg" in field.name] == [
        *(f"reg{number}" for number in range(16)),
        *(f"xreg{number}" for number in range(8)),
    ]
    assert (BY_NAME["reg15"].size, BY_NAME["xreg7"].size) == (4, 8)


def test_names_and_keys_are_unique() -> None:
    assert len(BY_NAME) == len(BY_KEY) == len(FIELDS)


def test_headers_are_those_of_the_wire() -> None:
    assert BY_NAME["in_port"].header == 0x80000004
    assert BY_NAME["eth_dst"].masked_header == 0x8000070C
    assert BY_NAME["reg0"].header == 0x00010004
    assert BY_NAME["xreg1"].header == 0x80010208
    assert BY_NAME["ip_frag"].header == 0x00013401
    assert BY_NAME["vlan_vid"].full == 0x1FFF


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_prerequisites_are_fields_with_possible_values(field: Field) -> None:
    for needed in field.prerequisites:
        other = BY_NAME[needed.field]
        assert all(0 <= value <= other.full for value in needed.values)
