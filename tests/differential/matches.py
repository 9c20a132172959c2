"""Matches on the packets of `packets.py`, good ones and such as break a rule.

Strategies only, of extensible matches: OpenFlow 1.3 has them. Invariant: a good match's
prerequisites come before what needs them, and no field is there twice.
"""

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from slicer.openflow import constants as of
from slicer.openflow.oxm import Match, Oxm, oxm
from slicer.openflow.oxm_fields import BY_NAME
from tests.differential import packets as p

PORTS: Final = (1, 2, 3, of.OFPP_LOCAL)
_VID: Final = of.OFPVID_PRESENT
_VALUES: Final[dict[str, tuple[int | tuple[int, int], ...]]] = {
    "in_port": (*PORTS, 4),
    "metadata": (0, 1, (1, 1), (0, 0xFF), 0xFFFF_FFFF_0000_0001),
    "tunnel_id": (0, 7),
    "eth_src": (*p.MACS, (1, 1), (0, 0)),
    "eth_dst": (*p.MACS, (1, 1), (1 << 40, 1 << 40), (0, 1 << 40)),
    "vlan_vid": (
        0,
        *(_VID | vlan for vlan in p.VLANS),
        (_VID, _VID),
        (_VID | 4, _VID | 4),
        (0, _VID),
        (5, 0xFFF),
    ),
    "vlan_pcp": (0, 3),
    "ip_dscp": (0, 46),
    "ip_ecn": (0, 1),
    "ipv4_src": (*p.IPV4, (0x0A00_0000, 0xFFFF_FF00), (1, 1), (0, 0)),
    "ipv4_dst": (*p.IPV4, (0x0A00_0000, 0xFFFF_FF00), (0xE000_0000, 0xF000_0000)),
    "ipv6_src": (*p.IPV6, (p.IPV6[0], 0xFF), (0xFE80 << 112, 0xFFFF << 112)),
    "ipv6_dst": (*p.IPV6, (0xFE80 << 112, 0xFFC0 << 112)),
    "ipv6_flabel": (0x12345, (0x345, 0xFFF), 0),
    "tcp_src": (80, 9999, (0, 0x8000)),
    "tcp_dst": (80, 9999, (80, 0xFFF0)),
    "udp_src": (80, 9999, (0, 0x8000)),
    "udp_dst": (80, 9999, (80, 0xFFF0)),
    "sctp_src": (80,),
    "sctp_dst": (9999, (0, 1)),
    "icmpv4_type": (0, 8),
    "icmpv4_code": (0,),
    "icmpv6_type": (128, 135),
    "icmpv6_code": (0,),
    "ipv6_nd_target": (p.IPV6[1], (2, 0xF)),
    "ipv6_nd_sll": (p.MACS[0],),
    "ipv6_nd_tll": (p.MACS[0],),
    "arp_op": (1, 2),
    "arp_spa": (p.IPV4[0], (0x0A00_0000, 0xFF00_0000)),
    "arp_tpa": p.IPV4,
    "arp_sha": p.MACS[:2],
    "arp_tha": p.MACS[:2],
    "mpls_label": (16, 17),
    "mpls_tc": (3,),
    "mpls_bos": (0, 1),
}


def _tlvs(name: str) -> tuple[Oxm, ...]:
    return tuple(
        oxm(name, *each) if isinstance(each, tuple) else oxm(name, each) for each in _VALUES[name]
    )


_LINK: Final = ("in_port", "metadata", "tunnel_id", "eth_src", "eth_dst", "vlan_vid")
_IP: Final = ("ip_dscp", "ip_ecn")
_IPV4: Final = (*_IP, "ipv4_src", "ipv4_dst")
_IPV6: Final = (*_IP, "ipv6_src", "ipv6_dst", "ipv6_flabel")
_ND: Final = {"eth_type": 0x86DD, "ip_proto": p.ICMPV6}


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of packet: what a match has to say of it, what it may say, and what may be set."""

    needed: dict[str, int]
    optional: tuple[str, ...]
    settable: tuple[str, ...] = ()

    @property
    def matches(self) -> SearchStrategy[Match]:
        """Good matches on such packets."""
        first = tuple(oxm(name, value) for name, value in self.needed.items())
        choices = [tlv for name in self.optional for tlv in _tlvs(name)]
        some = st.lists(st.sampled_from(choices), max_size=2, unique_by=lambda tlv: tlv[0] >> 9)
        return some.map(lambda rest: Match((*first, *rest)))


def _ports(proto: str) -> tuple[str, str]:
    return f"{proto}_src", f"{proto}_dst"


SHAPES: Final = (
    Shape({}, ("in_port",)),
    Shape({}, _LINK),
    Shape({}, _LINK),
    Shape({"vlan_vid": _VID | 5}, ("in_port", "vlan_pcp", "eth_src"), ("vlan_vid", "vlan_pcp")),
    Shape({"eth_type": 0x0800}, _IPV4, _IPV4),
    *(
        Shape(
            {"eth_type": 0x0800, "ip_proto": number},
            (*_IPV4, *_ports(name)),
            (*_IPV4, *_ports(name)),
        )
        for number, name in ((p.TCP, "tcp"), (p.UDP, "udp"), (p.SCTP, "sctp"))
    ),
    Shape({"eth_type": 0x0800, "ip_proto": p.ICMPV4}, ("icmpv4_type", "icmpv4_code")),
    Shape({"eth_type": 0x86DD}, _IPV6, _IPV6),
    *(
        Shape({"eth_type": 0x86DD, "ip_proto": number}, (*_IPV6, *_ports(name)), _ports(name))
        for number, name in ((p.TCP, "tcp"), (p.UDP, "udp"))
    ),
    Shape(_ND, ("icmpv6_type", "icmpv6_code")),
    Shape(
        {**_ND, "icmpv6_type": 135, "icmpv6_code": 0},
        ("ipv6_nd_target", "ipv6_nd_sll"),
        ("ipv6_nd_target", "ipv6_nd_sll"),
    ),
    Shape(
        {**_ND, "icmpv6_type": 136, "icmpv6_code": 0},
        ("ipv6_nd_target", "ipv6_nd_tll"),
        ("ipv6_nd_target", "ipv6_nd_tll"),
    ),
    Shape(
        {"eth_type": 0x0806},
        ("arp_op", "arp_spa", "arp_tpa", "arp_sha", "arp_tha"),
        ("arp_op", "arp_spa", "arp_tpa", "arp_sha", "arp_tha"),
    ),
    Shape({"eth_type": 0x8847}, ("mpls_label", "mpls_tc", "mpls_bos"), ("mpls_label", "mpls_tc")),
    Shape({"eth_type": 0x88CC}, _LINK),
    Shape({"eth_type": 0x05FF}, _LINK),
)
good: Final = st.one_of(*[st.just(Match())] * 5, *(shape.matches for shape in SHAPES))

_FOREIGN: Final = (
    oxm("reg0", 1),
    oxm("reg5", 0, 1),
    oxm("xreg1", 5),
    oxm("nxm_in_port", 1),
    (0x0001_3601, b"\0"),  # NXM_NX_ICMPV6_TYPE ... Open vSwitch knows more than we do
)
_BROKEN: Final[tuple[Oxm, ...]] = (
    (BY_NAME["eth_type"].masked_header, b"\x08\0\xff\x00"),
    (BY_NAME["in_port"].masked_header, b"\0\0\0\1\0\0\0\xff"),
    (oxm("ipv4_src", 1, 1)[0], b"\0\0\0\2\0\0\0\1"),
    (oxm("ip_dscp", 0)[0], b"\xff"),
    (oxm("vlan_vid", 0)[0], b"\xff\xff"),
    (oxm("vlan_pcp", 0)[0], b"\x08"),
    (oxm("mpls_label", 0)[0], b"\xff\xff\xff\xff"),
    (oxm("ipv4_src", 0)[0] - 1, b"\0\0\0"),
    (oxm("eth_src", 0)[0] + 2, bytes(8)),
    (0x8000_FE04, bytes(4)),
    (0x1234_0004, bytes(4)),
    (0xFFFF_0008, b"\0\0\x12\x34" + bytes(4)),
    oxm("pbb_isid", 5),
    oxm("in_phy_port", 1),
    oxm("ipv6_exthdr", 8),
)
"""TLVs that some rule of OpenFlow 1.3.5 7.2.3 forbids, or that stand alone where they may not."""


@st.composite
def broken(draw: st.DrawFn) -> Match:
    """A match that likely breaks a rule."""
    tlvs = list(draw(good).oxms)
    match draw(st.integers(0, 6)):
        case 0:
            tlvs = tlvs[1:]
        case 1:
            tlvs.reverse()
        case 2:
            tlvs += tlvs[:1]
        case 3:
            tlvs.append(draw(st.sampled_from(_FOREIGN)))
        case 4:
            tlvs.append(draw(st.sampled_from(_tlvs(draw(st.sampled_from(sorted(_VALUES)))))))
        case 5:
            tlvs = [oxm("eth_type", 0x0806), oxm("arp_op", 0x101)]
        case _:
            tlvs.insert(draw(st.integers(0, len(tlvs))), draw(st.sampled_from(_BROKEN)))
    return Match(tuple(tlvs))
