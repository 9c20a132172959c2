"""Wording: regions of header space as matches that OpenFlow 1.0 can say, and back.

The twelve fields of OpenFlow 1.0 (5.2.3) take no masks but prefixes of IPv4 addresses, and mean
something only where the Ethernet type and the IP protocol are said. A region that fixes some bits
of a field becomes one match for each value. Not here: whose a region is.

Invariant: what `express` returns is disjoint, and together it is the region, never more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from slicer.flowspace.fields import (
    ETH_TYPE_ARP,
    ETH_TYPE_IPV4,
    ETH_TYPE_IPV6,
    ETH_TYPE_RARP,
    FIELDS,
    VLAN_PRESENT,
    Field,
)
from slicer.flowspace.match import Match as Region
from slicer.openflow.oxm import HAS_MASK, Match, Oxm, header_of, key_of, oxm, read

_TAG_BITS = FIELDS["vlan_vid"].ones
_ETH_TYPE = FIELDS["eth_type"]
_VLAN = ("vlan_vid", "vlan_pcp")
_ANYWHERE = sum(FIELDS[name].place for name in ("port", "eth_dst", "eth_src", "eth_type", *_VLAN))
_ARP_ADDRESSES = frozenset({"arp_spa", "arp_tpa"})
_IN_ARP = _ARP_ADDRESSES | {"arp_op"}
_ADDRESSES = _ARP_ADDRESSES | {"ipv4_src", "ipv4_dst"}
_IN_IP = frozenset({"ip_proto", "ip_dscp", "tcp_src", "tcp_dst", "udp_src", "udp_dst"})
_IN_IPV4 = _IN_IP | {"ipv4_src", "ipv4_dst", "icmpv4_type", "icmpv4_code"}
_IN_SCTP = frozenset({"sctp_src", "sctp_dst"})
_IN_IPV4_AND_SCTP = _IN_IPV4 | _IN_SCTP
_IN_IPV6 = _IN_IP | _IN_SCTP | {"icmpv6_type", "icmpv6_code"}
_NOTHING: frozenset[str] = frozenset()

_OXM_NAMES = {"port": "in_port"}
_FIELDS_OF: Mapping[int, Field] = {
    key_of(header_of(_OXM_NAMES.get(name, name))): field for name, field in FIELDS.items()
}
"""A field of the flowspace by the class and number of its OXM header."""


class Inexpressible(Exception):
    """A region that OpenFlow 1.0 can't say, or not with so few matches; the text says why."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a datapath can match. `is_open_vswitch`: also the protocols and ports of IPv6, SCTP and
    RARP, which OpenFlow 1.0 leaves out. `has_arp_addresses`: OFPC_ARP_MATCH_IP (5.3.1)."""

    is_open_vswitch: bool = True
    has_arp_addresses: bool = True

    def fields_of(self, eth_type: int | None) -> frozenset[str]:
        """The fields beyond Ethernet and VLAN that packets of this type can be matched by."""
        if eth_type == ETH_TYPE_IPV4:
            return _IN_IPV4_AND_SCTP if self.is_open_vswitch else _IN_IPV4
        if eth_type == ETH_TYPE_ARP or (eth_type == ETH_TYPE_RARP and self.is_open_vswitch):
            return _IN_ARP if self.has_arp_addresses else _IN_ARP - _ARP_ADDRESSES
        if eth_type == ETH_TYPE_IPV6 and self.is_open_vswitch:
            return _IN_IPV6
        return _NOTHING


def region_of(match: Match) -> Region:
    """The region of a match with fields that the flowspace has."""
    value = mask = 0
    for tlv in match.oxms:
        header, payload = tlv
        field = _FIELDS_OF[header >> 9]
        if header & HAS_MASK:
            _, wanted, bits = read(tlv)
            value |= (wanted & bits & field.ones) << field.shift
            mask |= (bits & field.ones) << field.shift
        else:
            value |= (int.from_bytes(payload, "big") & field.ones) << field.shift
            mask |= field.place
    region = Region.fixing(value, mask)
    if region is None:
        raise ValueError(f"found {match}, expected a match that some packet is in")
    return region


def express(region: Region, vocabulary: Vocabulary, limit: int) -> list[Match]:
    """The region in at most `limit` matches. Raises Inexpressible."""
    check_fields(region, vocabulary)
    choices: list[list[tuple[Oxm, ...]]] = [_vlan(region, limit)]
    count = len(choices[0])
    for name in region.fields:
        if name not in _VLAN:
            choices.append(_choices(region, FIELDS[name], limit))
            count *= len(choices[-1])
            if count > limit:
                raise _too_many(region, limit)
    return [Match(tuple(tlv for part in parts for tlv in part)) for parts in product(*choices)]


def check_fields(region: Region, vocabulary: Vocabulary) -> None:
    """Has the datapath words for every field that the region names? Raises Inexpressible."""
    beyond = region.mask & ~_ANYWHERE
    if not beyond:
        return
    eth_type = region.get("eth_type")
    is_typed = eth_type is not None and eth_type[1] == _ETH_TYPE.ones
    known = vocabulary.fields_of(eth_type[0] if eth_type is not None and is_typed else None)
    if beyond & ~_places(known):
        names = [name for name in region.fields if FIELDS[name].place & ~_ANYWHERE]
        unknown = ", ".join(name for name in names if name not in known)
        raise Inexpressible(f"{region} names {unknown}, which OpenFlow 1.0 can't match there")


@cache
def _places(names: frozenset[str]) -> int:
    return sum(FIELDS[name].place for name in names)


def _choices(region: Region, field: Field, limit: int) -> list[tuple[Oxm, ...]]:
    pair = region.get(field.name)
    assert pair is not None
    value, mask = pair
    name = _OXM_NAMES.get(field.name, field.name)
    if field.name not in _ADDRESSES:
        return [(oxm(name, each),) for each in _values(region, value, mask, field.ones, limit)]
    prefix = _prefix(mask, field.ones)
    values = _values(region, value, mask, prefix, limit)
    if prefix == field.ones:
        return [(oxm(name, each),) for each in values]
    return [(oxm(name, each, prefix),) for each in values]


def _prefix(mask: int, ones: int) -> int:
    """The shortest prefix that has all the bits of `mask`."""
    return ones & ~((mask & -mask) - 1)


def _values(region: Region, value: int, mask: int, whole: int, limit: int) -> list[int]:
    """Every value of the bits in `whole` that has the bits of `mask` as in `value`."""
    free = whole & ~mask
    if 1 << free.bit_count() > limit:
        raise _too_many(region, limit)
    return [value | bits for bits in _subsets(free)]


def _subsets(bits: int) -> Iterator[int]:
    each = 0
    while True:
        yield each
        each = (each - bits) & bits
        if not each:
            return


def _vlan(region: Region, limit: int) -> list[tuple[Oxm, ...]]:
    """The choices of id and priority together: any tag can only be said beside a priority."""
    priority, wanted = region.get("vlan_pcp"), region.get("vlan_vid")
    if wanted is None:
        return [()]
    value, mask = wanted
    if not mask & VLAN_PRESENT:
        # Some bits of the id are 0, which they are without a tag too.
        tagged = [(oxm("vlan_vid", each),) for each in _tagged(region, value, mask, limit)]
        return [(oxm("vlan_vid", 0),), *tagged]
    if not value & VLAN_PRESENT:
        return [(oxm("vlan_vid", 0),)]
    ones = FIELDS["vlan_pcp"].ones
    if mask == VLAN_PRESENT:
        priorities = _values(region, *(priority or (0, 0)), ones, limit)
        any_tag = oxm("vlan_vid", VLAN_PRESENT, VLAN_PRESENT)
        return [(any_tag, oxm("vlan_pcp", each)) for each in priorities]
    ids = _tagged(region, value, mask, limit)
    if priority is None:
        return [(oxm("vlan_vid", each),) for each in ids]
    priorities = _values(region, *priority, ones, limit)
    return [(oxm("vlan_vid", v), oxm("vlan_pcp", p)) for v in ids for p in priorities]


def _tagged(region: Region, value: int, mask: int, limit: int) -> list[int]:
    return _values(region, value | VLAN_PRESENT, mask | VLAN_PRESENT, _TAG_BITS, limit)


def _too_many(region: Region, limit: int) -> Inexpressible:
    return Inexpressible(f"{region} takes more than {limit} matches of OpenFlow 1.0")
