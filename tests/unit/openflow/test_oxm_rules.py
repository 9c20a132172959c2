"""The rules of matches, one broken at a time; errors as Open vSwitch 3.1 answers them,
but for a wrong length, which it calls an unknown field.
"""

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import Output, SetField
from slicer.openflow.errors import ErrorCode, MalformedError
from slicer.openflow.instructions import ApplyActions, GotoTable, WriteActions
from slicer.openflow.oxm import Match, Oxm, oxm
from slicer.openflow.oxm_rules import check_match, check_set_fields

IPV4 = oxm("eth_type", 0x0800)
IPV6 = oxm("eth_type", 0x86DD)
TCP = oxm("ip_proto", 6)
VLAN = oxm("vlan_vid", 0x1005)
ICMPV6 = (IPV6, oxm("ip_proto", 58))
SOLICITATION = (*ICMPV6, oxm("icmpv6_type", 135))
ADVERTISEMENT = (*ICMPV6, oxm("icmpv6_type", 136))


@pytest.mark.parametrize(
    "match",
    [
        Match(),
        Match((IPV4, TCP, oxm("tcp_dst", 80, 0xFFF0))),
        Match((IPV6, TCP, oxm("tcp_dst", 80))),
        Match((VLAN, oxm("vlan_pcp", 3))),
        Match((oxm("vlan_vid", 0x1000, 0x1000), oxm("vlan_pcp", 3))),
        Match((oxm("in_port", 1), oxm("in_phy_port", 1))),
        Match.of(eth_type=0x8848, mpls_label=5, mpls_bos=1),
        Match.of(eth_type=0x8035, arp_op=3),
        Match((*SOLICITATION, oxm("ipv6_nd_target", 1), oxm("ipv6_nd_sll", 5))),
        Match((*ADVERTISEMENT, oxm("ipv6_nd_target", 1), oxm("ipv6_nd_tll", 5))),
        Match.of(reg0=7, xreg3=(0, 1), nxm_in_port=3, metadata=(1, 3)),
        Match((IPV4, oxm("ip_frag", 1, 3))),
        Match((oxm("eth_type", 0x0800, 0xFFFF), oxm("ip_proto", 6, 0xFF), oxm("tcp_src", 1))),
        Match((oxm("eth_type", 0, 0),)),
        Match((VLAN, (0x80000F02, b"\3\xff"))),
        Match((oxm("vlan_vid", 0x1FFF, 0x1FFF),)),
        Match((oxm("eth_type", 0x88E7), oxm("pbb_isid", 0xFFFFFF))),
    ],
)
def test_what_keeps_the_rules(match: Match) -> None:
    check_match(match)


@pytest.mark.parametrize(
    ("tlvs", "error", "text"),
    [
        (((0x80007804, b"\0" * 4),), errors.BAD_MATCH_BAD_FIELD, "oxm_8000_60"),
        (((0x12340004, b"\0" * 4),), errors.BAD_MATCH_BAD_FIELD, "0x12340004) is unknown"),
        (((0xFFFF5406, b"ONF\0\0\1"),), errors.BAD_MATCH_BAD_FIELD, "unknown"),
        (((0x80000003, b"\0" * 3),), errors.BAD_MATCH_BAD_LEN, "in_port has 3 bytes, expected 4"),
        (((0x80000107, b"\0" * 7),), errors.BAD_MATCH_BAD_LEN, "in_port has 7 bytes, expected 8"),
        ((oxm("in_port", 1, 1),), errors.BAD_MATCH_BAD_MASK, "in_port has mask 0x1"),
        ((IPV4, oxm("ip_proto", 4, 6)), errors.BAD_MATCH_BAD_MASK, "takes no mask"),
        ((oxm("eth_dst", 7, 6),), errors.BAD_MATCH_BAD_WILDCARDS, "value 0x7"),
        ((oxm("in_port", 7, 6),), errors.BAD_MATCH_BAD_WILDCARDS, "outside of mask 0x6"),
        (((0x80000C02, b"\xff\0"),), errors.BAD_MATCH_BAD_VALUE, "vlan_vid has value 0xff00"),
        ((VLAN, (0x80000E01, b"\x08")), errors.BAD_MATCH_BAD_VALUE, "expected at most 0x7"),
        ((VLAN, (0x80000F02, b"\x08\xff")), errors.BAD_MATCH_BAD_VALUE, "vlan_pcp"),
        ((IPV4, TCP, IPV4), errors.BAD_MATCH_DUP_FIELD, "eth_type is there twice"),
        ((oxm("eth_dst", 1), oxm("eth_dst", 1, 1)), errors.BAD_MATCH_DUP_FIELD, "eth_dst"),
        ((TCP, IPV4), errors.BAD_MATCH_BAD_PREREQ, "ip_proto needs eth_type with 0x800 or 0x86dd"),
        ((IPV4, oxm("tcp_dst", 1)), errors.BAD_MATCH_BAD_PREREQ, "needs ip_proto with 0x6"),
        ((IPV4, oxm("ip_proto", 17), oxm("tcp_dst", 1)), errors.BAD_MATCH_BAD_PREREQ, "tcp_dst"),
        ((IPV6, oxm("ipv4_src", 1)), errors.BAD_MATCH_BAD_PREREQ, "ipv4_src"),
        ((*SOLICITATION, oxm("ipv6_nd_tll", 5)), errors.BAD_MATCH_BAD_PREREQ, "with 0x88"),
        ((*ADVERTISEMENT, oxm("ipv6_nd_sll", 5)), errors.BAD_MATCH_BAD_PREREQ, "with 0x87"),
        ((*ICMPV6, oxm("ipv6_nd_target", 5)), errors.BAD_MATCH_BAD_PREREQ, "0x87 or 0x88"),
        ((oxm("eth_type", 0x0801), TCP), errors.BAD_MATCH_BAD_PREREQ, "ip_proto"),
        ((oxm("in_phy_port", 1),), errors.BAD_MATCH_BAD_PREREQ, "needs in_port with any value"),
        ((oxm("vlan_vid", 0), oxm("vlan_pcp", 1)), errors.BAD_MATCH_BAD_PREREQ, "vlan_pcp"),
        ((oxm("eth_type", 0, 0), oxm("ip_proto", 6)), errors.BAD_MATCH_BAD_PREREQ, "ip_proto"),
    ],
)
def test_what_breaks_a_rule(tlvs: tuple[Oxm, ...], error: ErrorCode, text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        check_match(Match(tlvs))
    assert caught.value.error == error
    assert text in str(caught.value)


def test_set_fields_that_keep_the_rules() -> None:
    check_set_fields(
        (
            ApplyActions((SetField(oxm("eth_dst", 1)), Output(1), SetField(oxm("reg0", 1)))),
            WriteActions((SetField(oxm("vlan_pcp", 7)),)),
            GotoTable(1),
        )
    )


@pytest.mark.parametrize("instruction", [ApplyActions, WriteActions])
@pytest.mark.parametrize(
    ("tlv", "error", "text"),
    [
        ((0x12340004, b"\0" * 4), errors.BAD_ACTION_BAD_SET_TYPE, "oxm_1234_0"),
        (oxm("eth_dst", 1, 1), errors.BAD_ACTION_BAD_SET_TYPE, "has a mask"),
        (oxm("eth_dst", 1, (1 << 48) - 1), errors.BAD_ACTION_BAD_SET_TYPE, "has a mask"),
        ((0x80000605, b"\0" * 5), errors.BAD_ACTION_BAD_SET_LEN, "has 5 bytes, expected 6"),
        ((0x80000E01, b"\x08"), errors.BAD_ACTION_BAD_SET_ARGUMENT, "to 0x8, expected at most 0x7"),
    ],
)
def test_set_fields_that_break_a_rule(
    instruction: type[ApplyActions | WriteActions], tlv: Oxm, error: ErrorCode, text: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        check_set_fields((GotoTable(1), instruction((Output(1), SetField(tlv)))))
    assert caught.value.error == error
    assert text in str(caught.value)
