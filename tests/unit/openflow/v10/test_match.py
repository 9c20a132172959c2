"""The match: each field, what is ignored, and what twelve fields can't say.

The wildcards are those with which Open vSwitch 3.1 answers the same match.
"""

import pytest

from slicer.openflow import errors
from slicer.openflow.constants import OFPP_ANY, OFPP_LOCAL
from slicer.openflow.errors import EncodeError
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v10.match import (
    decode_match,
    encode_match,
    has_no_wildcard,
    is_exact,
    protocol_of,
    says_tagged,
)
from tests.unit.openflow.v10.frames import (
    ALL,
    DST,
    IN_PORT,
    NW_DST,
    NW_SRC,
    PCP,
    PROTO,
    SRC,
    TOS,
    TP_DST,
    TP_SRC,
    TYPE,
    VLAN,
    flow_mod,
    match,
    refused,
)

MAC = b"\2\0\0\0\0\1"
IP = {"eth_type": 0x0800}
IPV6 = {"eth_type": 0x86DD}
ARP = {"eth_type": 0x0806}
TEN = 0x0A000000

SAID: list[tuple[bytes, Match]] = [
    (match(), Match()),
    (match(IN_PORT, in_port=3), Match.of(in_port=3)),
    (match(IN_PORT, in_port=0xFFFE), Match.of(in_port=OFPP_LOCAL)),
    (match(IN_PORT, in_port=0xFFFF), Match.of(in_port=OFPP_ANY)),
    (match(SRC, dl_src=MAC), Match.of(eth_src=0x020000000001)),
    (match(DST, dl_dst=MAC), Match.of(eth_dst=0x020000000001)),
    (match(TYPE, dl_type=0x05FF), Match.of(eth_type=0x05FF)),
    (match(VLAN | PCP, dl_vlan=0xFFFF), Match.of(vlan_vid=0)),
    (match(VLAN, dl_vlan=5), Match.of(vlan_vid=0x1005)),
    (match(VLAN | PCP, dl_vlan=5, dl_vlan_pcp=3), Match.of(vlan_vid=0x1005, vlan_pcp=3)),
    (match(PCP, dl_vlan_pcp=3), Match.of(vlan_vid=(0x1000, 0x1000), vlan_pcp=3)),
    (match(TYPE | TOS, dl_type=0x0800, nw_tos=0xFC), Match.of(**IP, ip_dscp=63)),
    (match(TYPE | TOS, dl_type=0x86DD, nw_tos=8), Match.of(**IPV6, ip_dscp=2)),
    (match(TYPE | PROTO, dl_type=0x0800, nw_proto=2), Match.of(**IP, ip_proto=2)),
    (match(TYPE | NW_SRC, dl_type=0x0800, nw_src=TEN), Match.of(**IP, ipv4_src=TEN)),
    (match(TYPE | NW_DST, dl_type=0x0800, nw_dst=TEN), Match.of(**IP, ipv4_dst=TEN)),
    (match(TYPE | NW_SRC, dl_type=0x0800), Match.of(**IP, ipv4_src=0)),
    (match(TYPE | PROTO, dl_type=0x0806, nw_proto=1), Match.of(**ARP, arp_op=1)),
    (match(TYPE | NW_SRC, dl_type=0x0806, nw_src=TEN), Match.of(**ARP, arp_spa=TEN)),
    (match(TYPE | NW_DST, dl_type=0x8035, nw_dst=TEN), Match.of(eth_type=0x8035, arp_tpa=TEN)),
    *(
        (
            match(TYPE | PROTO | TP_SRC | TP_DST, dl_type=eth, nw_proto=proto, tp_src=1, tp_dst=2),
            Match.of(eth_type=eth, ip_proto=proto, **{src: 1, dst: 2}),
        )
        for eth, proto, src, dst in (
            (0x0800, 6, "tcp_src", "tcp_dst"),
            (0x0800, 17, "udp_src", "udp_dst"),
            (0x0800, 132, "sctp_src", "sctp_dst"),
            (0x0800, 1, "icmpv4_type", "icmpv4_code"),
            (0x86DD, 6, "tcp_src", "tcp_dst"),
            (0x86DD, 58, "icmpv6_type", "icmpv6_code"),
        )
    ),
    (
        match(wildcards=ALL & ~(TYPE | NW_SRC | NW_DST) | 8 << 8 | 31 << 14, dl_type=0x0800)[:28]
        + bytes.fromhex("0a0000008000000000000000"),
        Match.of(**IP, ipv4_src=(TEN, 0xFFFFFF00), ipv4_dst=(1 << 31, 1 << 31)),
    ),
]


@pytest.mark.parametrize(("raw", "said"), SAID, ids=lambda part: "")
def test_a_match_is_read_and_written(raw: bytes, said: Match) -> None:
    assert len(raw) == 40
    assert decode_match(b"head" + raw, 4) == said
    assert encode_match(said) == raw


IGNORED: list[tuple[bytes, bytes]] = [
    (match(in_port=9, dl_src=MAC, dl_dst=MAC, dl_vlan=9, dl_vlan_pcp=9, dl_type=9), match()),
    (match(nw_tos=9, nw_proto=9, nw_src=9, nw_dst=9, tp_src=9, tp_dst=9), match()),
    (match(TOS | PROTO | NW_SRC | NW_DST | TP_SRC | TP_DST, nw_src=9, tp_src=9), match()),
    (match(wildcards=0xFFFFFFFF), match()),
    (match(VLAN, dl_vlan=0xFFFF), match(VLAN | PCP, dl_vlan=0xFFFF)),
    (match(VLAN, dl_vlan=0x1005), match(VLAN, dl_vlan=5)),
    (match(PCP, dl_vlan_pcp=11), match(PCP, dl_vlan_pcp=3)),
    (match(VLAN | PCP, dl_vlan=0xFFFF, dl_vlan_pcp=3), match(VLAN | PCP, dl_vlan=0xFFFF)),
    (
        match(TYPE | TOS, dl_type=0x0800, nw_tos=0xFF),
        match(TYPE | TOS, dl_type=0x0800, nw_tos=0xFC),
    ),
    (match(TYPE | NW_SRC, dl_type=0x86DD, nw_src=9), match(TYPE, dl_type=0x86DD)),
    (match(TYPE | TOS, dl_type=0x0806, nw_tos=8), match(TYPE, dl_type=0x0806)),
    (match(TYPE | PROTO | TP_SRC, dl_type=0x8847, nw_proto=6), match(TYPE, dl_type=0x8847)),
    (match(TYPE | TP_SRC, dl_type=0x0800, tp_src=9), match(TYPE, dl_type=0x0800)),
    (
        match(TYPE | PROTO | TP_SRC, dl_type=0x0800, nw_proto=2, tp_src=9),
        match(TYPE | PROTO, dl_type=0x0800, nw_proto=2),
    ),
    (
        match(TYPE | PROTO | TP_SRC, dl_type=0x86DD, nw_proto=1, tp_src=9),
        match(TYPE | PROTO, dl_type=0x86DD, nw_proto=1),
    ),
    (
        match(wildcards=ALL & ~(TYPE | NW_SRC) | 8 << 8, dl_type=0x0800, nw_src=TEN | 0xFF),
        match(wildcards=ALL & ~(TYPE | NW_SRC) | 8 << 8, dl_type=0x0800, nw_src=TEN),
    ),
    (
        match(wildcards=ALL & ~TYPE | NW_SRC, dl_type=0x0800, nw_src=TEN),
        match(TYPE, dl_type=0x0800),
    ),
]


@pytest.mark.parametrize(("given", "shown"), IGNORED, ids=lambda part: "")
def test_what_means_nothing_is_ignored(given: bytes, shown: bytes) -> None:
    assert encode_match(decode_match(given, 0)) == shown


def test_an_icmp_type_has_eight_bits() -> None:
    for eth, proto, name in ((0x0800, 1, "icmpv4"), (0x86DD, 58, "icmpv6")):
        said = TYPE | PROTO | TP_SRC | TP_DST
        for field, tps, tpd in (("type", 0x0108, 0), ("code", 0, 0x0100)):
            raw = match(said, dl_type=eth, nw_proto=proto, tp_src=tps, tp_dst=tpd)
            refused(flow_mod(raw), errors.BAD_MATCH_BAD_VALUE, f"{name}_{field} has value 010")


def test_masks_of_all_or_nothing_are_no_masks() -> None:
    full = Match.of(eth_src=(9, (1 << 48) - 1), eth_type=(0x0800, 0xFFFF), ipv4_src=(0, 0))
    assert encode_match(full) == encode_match(Match.of(eth_src=9, eth_type=0x0800))


@pytest.mark.parametrize(
    ("match_", "text"),
    [
        (Match.of(eth_src=(2, 2)), "eth_src"),
        (Match.of(eth_type=0x0800, ipv4_src=(5, 0xFF)), "ipv4_src"),
        (Match.of(eth_type=0x0800, ipv4_src=(0x0A000001, 0xFF0000FF)), "ipv4_src"),
        (Match.of(vlan_vid=(0x1000, 0x1000)), "vlan_vid"),
        (Match.of(vlan_vid=(0x1001, 0x1001), vlan_pcp=3), "vlan_vid"),
        (Match.of(vlan_vid=5), "vlan_vid with 0x5"),
        (Match.of(eth_type=0x0806, arp_op=256), "arp_op with 0x100"),
        (Match.of(eth_type=0x0806, arp_sha=1), "arp_sha"),
        (Match.of(eth_type=0x86DD, ipv6_src=1), "ipv6_src"),
        (Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=(0, 0xFF00)), "tcp_dst"),
        (Match.of(metadata=5), "metadata"),
        (Match.of(reg0=5), "reg0"),
        (Match.of(in_port=0xFF00), "port 0xff00, expected one below 0xff00 or reserved"),
        (Match.of(in_port=1).prepend(oxm("in_port", 2)), "in_port where 1.0 has another"),
        (Match(((0x80000606, b"1"),)), "belies its header"),
        (Match(((0x12340004, b"1234"),)), "oxm_1234_0"),
    ],
)
def test_what_can_not_be_written(match_: Match, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        encode_match(match_)


def test_the_protocol_of_a_match() -> None:
    assert protocol_of(match(dl_type=0x0800, nw_proto=6), 0) == (None, None)
    assert protocol_of(match(PROTO, dl_type=0x0800, nw_proto=6), 0) == (None, None)
    assert protocol_of(match(TYPE, dl_type=0x0800, nw_proto=6), 0) == (0x0800, None)
    assert protocol_of(b"!" + match(TYPE | PROTO, dl_type=0x86DD, nw_proto=6), 1) == (0x86DD, 6)


def test_a_match_that_makes_sure_of_a_tag() -> None:
    assert says_tagged(Match.of(vlan_vid=0x1000))
    assert says_tagged(Match.of(in_port=1, vlan_vid=(0x1000, 0x1000)))
    assert not says_tagged(Match.of(vlan_vid=0))
    assert not says_tagged(Match.of(eth_type=0x1000))


def test_an_exact_match() -> None:
    assert is_exact(match(wildcards=0), 0)
    assert is_exact(match(wildcards=0xFFC00000), 0)
    assert not is_exact(match(wildcards=1 << 21), 0)
    assert not is_exact(match(wildcards=1 << 8), 0)


def test_a_match_has_no_wildcard_where_its_bytes_say_so() -> None:
    whole = {
        "in_port": 1,
        "eth_dst": 2,
        "eth_src": 3,
        "eth_type": 0x0800,
        "vlan_vid": 0,
        "ip_dscp": 0,
        "ip_proto": 6,
        "ipv4_src": 1,
        "ipv4_dst": 2,
        "tcp_src": 3,
        "tcp_dst": 4,
    }
    assert has_no_wildcard(Match.of(**whole))
    assert has_no_wildcard(Match.of(**{**whole, "vlan_vid": 0x1005, "vlan_pcp": 1}))
    assert not has_no_wildcard(Match.of(**{**whole, "vlan_vid": 0x1005}))
    for name in whole:
        others = {each: value for each, value in whole.items() if each != name}
        assert not has_no_wildcard(Match.of(**others))
