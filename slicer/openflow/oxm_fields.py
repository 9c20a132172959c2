"""The match fields of OpenFlow 1.3.5 (table 12 of 7.2.3.7) and those of Open vSwitch we use.

Data only: what a field is called, how wide it is, whether it takes a mask and which other
fields must be matched before it. Where the specification and Open vSwitch differ on masks,
the table follows Open vSwitch (`ovs-fields(7)`), which is what enforces a match in the end:
it masks TCP, UDP, SCTP, ARP hardware and neighbour discovery fields too.

Invariant: `BY_KEY` and `BY_NAME` hold the same fields, each once.
"""

from dataclasses import dataclass
from typing import Final

NXM_OF: Final = 0x0000
NXM_NX: Final = 0x0001
OPENFLOW_BASIC: Final = 0x8000
PACKET_REGS: Final = 0x8001
EXPERIMENTER: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """Another field that has to be matched first, on one of `values` under `mask`.

    No values means that any value will do.
    """

    field: str
    values: frozenset[int] = frozenset()
    mask: int = -1


@dataclass(frozen=True, slots=True)
class Field:
    """One match field; `bits` may be fewer than the `size` bytes of its value hold."""

    name: str
    oxm_class: int
    number: int
    bits: int
    size: int
    maskable: bool
    prerequisites: tuple[Prerequisite, ...] = ()

    @property
    def key(self) -> int:
        """Class and number: the upper 23 bits of the field's OXM header."""
        return self.oxm_class << 7 | self.number

    @property
    def header(self) -> int:
        """The 32-bit OXM header of the field without a mask."""
        return self.key << 9 | self.size

    @property
    def masked_header(self) -> int:
        """The 32-bit OXM header of the field with a mask."""
        return self.key << 9 | 0x100 | self.size * 2

    @property
    def full(self) -> int:
        """The largest value, which is also the mask that compares every bit."""
        return (1 << self.bits) - 1


def _needs(field: str, *values: int, mask: int = -1) -> tuple[Prerequisite, ...]:
    return (Prerequisite(field, frozenset(values), mask),)


_VLAN = _needs("vlan_vid", 0x1000, mask=0x1000)
_IP = _needs("eth_type", 0x0800, 0x86DD)
_IPV4 = _needs("eth_type", 0x0800)
_IPV6 = _needs("eth_type", 0x86DD)
_ARP = _needs("eth_type", 0x0806, 0x8035)
_MPLS = _needs("eth_type", 0x8847, 0x8848)
_TCP = _needs("ip_proto", 6)
_UDP = _needs("ip_proto", 17)
_SCTP = _needs("ip_proto", 132)
_ICMPV4 = _IPV4 + _needs("ip_proto", 1)
_ICMPV6 = _IPV6 + _needs("ip_proto", 58)

_BASIC: Final = (
    ("in_port", 32, False, ()),
    ("in_phy_port", 32, False, _needs("in_port")),
    ("metadata", 64, True, ()),
    ("eth_dst", 48, True, ()),
    ("eth_src", 48, True, ()),
    ("eth_type", 16, False, ()),
    ("vlan_vid", 13, True, ()),
    ("vlan_pcp", 3, False, _VLAN),
    ("ip_dscp", 6, False, _IP),
    ("ip_ecn", 2, False, _IP),
    ("ip_proto", 8, False, _IP),
    ("ipv4_src", 32, True, _IPV4),
    ("ipv4_dst", 32, True, _IPV4),
    ("tcp_src", 16, True, _TCP),
    ("tcp_dst", 16, True, _TCP),
    ("udp_src", 16, True, _UDP),
    ("udp_dst", 16, True, _UDP),
    ("sctp_src", 16, True, _SCTP),
    ("sctp_dst", 16, True, _SCTP),
    ("icmpv4_type", 8, False, _ICMPV4),
    ("icmpv4_code", 8, False, _ICMPV4),
    ("arp_op", 16, False, _ARP),
    ("arp_spa", 32, True, _ARP),
    ("arp_tpa", 32, True, _ARP),
    ("arp_sha", 48, True, _ARP),
    ("arp_tha", 48, True, _ARP),
    ("ipv6_src", 128, True, _IPV6),
    ("ipv6_dst", 128, True, _IPV6),
    ("ipv6_flabel", 20, True, _IPV6),
    ("icmpv6_type", 8, False, _ICMPV6),
    ("icmpv6_code", 8, False, _ICMPV6),
    ("ipv6_nd_target", 128, True, _needs("icmpv6_type", 135, 136)),
    ("ipv6_nd_sll", 48, True, _needs("icmpv6_type", 135)),
    ("ipv6_nd_tll", 48, True, _needs("icmpv6_type", 136)),
    ("mpls_label", 20, False, _MPLS),
    ("mpls_tc", 3, False, _MPLS),
    ("mpls_bos", 1, False, _MPLS),
    ("pbb_isid", 24, True, _needs("eth_type", 0x88E7)),
    ("tunnel_id", 64, True, ()),
    ("ipv6_exthdr", 9, True, _IPV6),
)
"""name, bits, maskable, prerequisites of `OFPXMT_OFB_*` in the order of their numbers."""

_WIDER_THAN_ITS_BITS: Final = {"mpls_label": 4, "ipv6_flabel": 4}
"""Payload bytes of the fields that take more bytes than their bits need."""


def _basic_fields() -> tuple[Field, ...]:
    return tuple(
        Field(
            name,
            OPENFLOW_BASIC,
            number,
            bits,
            _WIDER_THAN_ITS_BITS.get(name, -(-bits // 8)),
            maskable,
            prerequisites,
        )
        for number, (name, bits, maskable, prerequisites) in enumerate(_BASIC)
    )


FIELDS: Final[tuple[Field, ...]] = (
    *_basic_fields(),
    *(Field(f"reg{n}", NXM_NX, n, 32, 4, True) for n in range(16)),
    *(Field(f"xreg{n}", PACKET_REGS, n, 64, 8, True) for n in range(8)),
    Field("ip_frag", NXM_NX, 26, 2, 1, True, _IP),
    Field("nxm_in_port", NXM_OF, 0, 16, 2, False),
    Field("nxm_ipv4_src", NXM_OF, 7, 32, 4, True, _IPV4),
    Field("nxm_ipv4_dst", NXM_OF, 8, 32, 4, True, _IPV4),
    Field("nxm_tcp_src", NXM_OF, 9, 16, 2, True, _TCP),
    Field("nxm_tcp_dst", NXM_OF, 10, 16, 2, True, _TCP),
    Field("nxm_udp_src", NXM_OF, 11, 16, 2, True, _UDP),
    Field("nxm_udp_dst", NXM_OF, 12, 16, 2, True, _UDP),
    Field("nxm_icmpv4_type", NXM_OF, 13, 8, 1, False, _ICMPV4),
    Field("nxm_icmpv4_code", NXM_OF, 14, 8, 1, False, _ICMPV4),
)
"""Every field the slicer knows; registers and `ip_frag` are Open vSwitch's own, and the last ones
older names of its, by which it tells of a RegMove."""

BY_NAME: Final[dict[str, Field]] = {field.name: field for field in FIELDS}
BY_KEY: Final[dict[int, Field]] = {field.key: field for field in FIELDS}
