"""The header fields that a flowspace can name, as one table.

A field is known by its OXM name (OpenFlow 1.3.5 7.2.3.7); `port` plays the part of
in_port: the port at which a packet enters or leaves. Widths, maskability and
prerequisites are Open vSwitch's (ovs-fields(7)) where it differs from the specification,
because Open vSwitch is what enforces the flowspace.

All fields share one wide integer, root fields at its top, so that a whole header is
compared by one `&`. Nothing here knows how a field looks on the wire.

Invariant: a field's prerequisites stand before it in the table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ETH_TYPE_IPV4 = 0x0800
ETH_TYPE_ARP = 0x0806
ETH_TYPE_RARP = 0x8035
ETH_TYPE_IPV6 = 0x86DD
ETH_TYPE_MPLS = 0x8847
ETH_TYPE_MPLS_MULTICAST = 0x8848
ETH_TYPE_NONE = 0x05FF
"""What Open vSwitch puts in eth_type for a frame without an Ethernet type."""

IP_PROTO_ICMP = 1
IP_PROTO_TCP = 6
IP_PROTO_UDP = 17
IP_PROTO_IPV6_FRAGMENT = 44
"""What Open vSwitch puts in ip_proto for every later fragment of IPv6."""
IP_PROTO_ICMPV6 = 58
IP_PROTO_SCTP = 132

ND_SOLICIT = 135
ND_ADVERT = 136

VLAN_PRESENT = 0x1000
"""The bit of vlan_vid that says that there is a tag (OFPVID_PRESENT)."""
VLAN_ID_MASK = 0x0FFF


class HeaderError(ValueError):
    """A field or value that no header has: says what was found and what was expected."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.found = found
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Requirement:
    """One prerequisite: `field & mask` must be one of `values`."""

    field: str
    mask: int
    values: tuple[int, ...]

    def __str__(self) -> str:
        whole = self.mask == FIELDS[self.field].ones
        mask = "" if whole else f"/{self.mask:#x}"
        return f"{self.field} {' or '.join(f'{value:#x}' for value in self.values)}{mask}"


@dataclass(frozen=True, slots=True)
class Field:
    """One header field and its place in the wide integer.

    `bits` are the bits that can be other than zero, `maskable` says whether a flow may
    match some of them only, `transport` whether the field lies beyond the IP header,
    where a later fragment has nothing.
    """

    name: str
    bits: int
    maskable: bool
    prerequisites: tuple[Requirement, ...]
    transport: bool
    shift: int
    ones: int = field(init=False)
    """The field's largest value, which is also its exact mask."""
    place: int = field(init=False)
    """The exact mask, in the field's place in the wide integer."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ones", (1 << self.bits) - 1)
        object.__setattr__(self, "place", self.ones << self.shift)

    def applies(self, header: int) -> bool:
        """Whether a packet with this `header` (a wide integer) has the field."""
        return all(
            (header >> FIELDS[need.field].shift) & need.mask in need.values
            for need in self.prerequisites
        )


def _exactly(field: str, width: int, *values: int) -> Requirement:
    return Requirement(field, (1 << width) - 1, values)


_NOTHING: tuple[Requirement, ...] = ()
_VLAN = (Requirement("vlan_vid", VLAN_PRESENT, (VLAN_PRESENT,)),)
_IP = (_exactly("eth_type", 16, ETH_TYPE_IPV4, ETH_TYPE_IPV6),)
_IPV4 = (_exactly("eth_type", 16, ETH_TYPE_IPV4),)
_IPV6 = (_exactly("eth_type", 16, ETH_TYPE_IPV6),)
_ARP = (_exactly("eth_type", 16, ETH_TYPE_ARP, ETH_TYPE_RARP),)
_MPLS = (_exactly("eth_type", 16, ETH_TYPE_MPLS, ETH_TYPE_MPLS_MULTICAST),)
_TCP = (*_IP, _exactly("ip_proto", 8, IP_PROTO_TCP))
_UDP = (*_IP, _exactly("ip_proto", 8, IP_PROTO_UDP))
_SCTP = (*_IP, _exactly("ip_proto", 8, IP_PROTO_SCTP))
_ICMPV4 = (*_IPV4, _exactly("ip_proto", 8, IP_PROTO_ICMP))
_ICMPV6 = (*_IPV6, _exactly("ip_proto", 8, IP_PROTO_ICMPV6))
# Open vSwitch reads neighbour discovery only in messages of code 0. OpenFlow does not ask
# a match to say so; here it must, or two matches that differ in the code would overlap.
_CODE_0 = _exactly("icmpv6_code", 8, 0)
_ND = (*_ICMPV6, _exactly("icmpv6_type", 8, ND_SOLICIT, ND_ADVERT), _CODE_0)
_ND_SOLICIT = (*_ICMPV6, _exactly("icmpv6_type", 8, ND_SOLICIT), _CODE_0)
_ND_ADVERT = (*_ICMPV6, _exactly("icmpv6_type", 8, ND_ADVERT), _CODE_0)

# name, bits, maskable, prerequisites, transport
_TABLE: tuple[tuple[str, int, bool, tuple[Requirement, ...], bool], ...] = (
    ("port", 32, False, _NOTHING, False),
    ("tunnel_id", 64, True, _NOTHING, False),
    ("eth_type", 16, False, _NOTHING, False),
    ("vlan_vid", 13, True, _NOTHING, False),
    ("vlan_pcp", 3, False, _VLAN, False),
    ("eth_dst", 48, True, _NOTHING, False),
    ("eth_src", 48, True, _NOTHING, False),
    ("mpls_label", 20, False, _MPLS, False),
    ("mpls_tc", 3, False, _MPLS, False),
    ("mpls_bos", 1, False, _MPLS, False),
    # 16 bits in OXM, but Open vSwitch reads an opcode above 255 as 0 and refuses to match it.
    ("arp_op", 8, False, _ARP, False),
    ("arp_spa", 32, True, _ARP, False),
    ("arp_tpa", 32, True, _ARP, False),
    ("arp_sha", 48, True, _ARP, False),
    ("arp_tha", 48, True, _ARP, False),
    ("ip_proto", 8, False, _IP, False),
    ("ip_dscp", 6, False, _IP, False),
    ("ip_ecn", 2, False, _IP, False),
    ("ipv4_src", 32, True, _IPV4, False),
    ("ipv4_dst", 32, True, _IPV4, False),
    ("ipv6_src", 128, True, _IPV6, False),
    ("ipv6_dst", 128, True, _IPV6, False),
    ("ipv6_flabel", 20, True, _IPV6, False),
    ("tcp_src", 16, True, _TCP, True),
    ("tcp_dst", 16, True, _TCP, True),
    ("udp_src", 16, True, _UDP, True),
    ("udp_dst", 16, True, _UDP, True),
    ("sctp_src", 16, True, _SCTP, True),
    ("sctp_dst", 16, True, _SCTP, True),
    ("icmpv4_type", 8, False, _ICMPV4, True),
    ("icmpv4_code", 8, False, _ICMPV4, True),
    ("icmpv6_type", 8, False, _ICMPV6, True),
    ("icmpv6_code", 8, False, _ICMPV6, True),
    ("ipv6_nd_target", 128, True, _ND, True),
    ("ipv6_nd_sll", 48, True, _ND_SOLICIT, True),
    ("ipv6_nd_tll", 48, True, _ND_ADVERT, True),
)


def _placed() -> dict[str, Field]:
    shift = sum(bits for _, bits, *_ in _TABLE)
    fields = {}
    for name, bits, maskable, prerequisites, transport in _TABLE:
        shift -= bits
        fields[name] = Field(name, bits, maskable, prerequisites, transport, shift)
    return fields


def _place_of(fields: Iterable[Field]) -> int:
    return sum(field.place for field in fields)


FIELDS: Mapping[str, Field] = MappingProxyType(_placed())
"""Every field by name, those that others require first."""

EVERY_BIT: int = _place_of(FIELDS.values())
"""The places of all fields."""

TRANSPORT_PLACE: int = _place_of(field for field in FIELDS.values() if field.transport)
"""The places of all fields that a later fragment does not carry."""

UNNAMEABLE: Mapping[str, str] = MappingProxyType(
    {
        "in_port": "ports belong in the rule's `ports`, because they hold for a packet that "
        "leaves as for one that enters",
        "in_phy_port": "Open vSwitch cannot match it",
        "metadata": "metadata belongs to the tenants",
        "pbb_isid": "Open vSwitch cannot match it",
        "ipv6_exthdr": "Open vSwitch cannot match it",
    }
)
"""The OpenFlow 1.3 match fields that no flowspace can name, each with the reason."""


def field_named(name: str) -> Field:
    """The field of this OXM name; raises HeaderError that lists or explains."""
    if name in UNNAMEABLE:
        raise HeaderError(f"field {name}", f"a field of the flowspace; {UNNAMEABLE[name]}")
    field = FIELDS.get(name)
    if field is None:
        raise HeaderError(f"field {name!r}", f"one of {', '.join(FIELDS)}")
    return field
