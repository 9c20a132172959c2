"""A rule's `match:` as flowspace matches, with the prerequisites that go without saying.

One mapping may stand for several matches: a range or a list of values is as many as it
takes. Invariant: every match that comes out is valid, and together they are what the mapping
says.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from types import MappingProxyType

from slicer.flowspace.fields import (
    ETH_TYPE_ARP,
    FIELDS,
    UNNAMEABLE,
    VLAN_PRESENT,
    HeaderError,
    Requirement,
)
from slicer.flowspace.match import Match
from slicer.flowspace.text import format_value
from slicer.policy.document import Node
from slicer.policy.field_values import Pairs, pairs_of
from slicer.policy.reading import Entry, entries_of, items_of, one_of, quoted, text_of
from slicer.policy.report import Report

MAX_MATCHES = 4096
"""How many matches one rule may stand for."""

Fields = dict[str, tuple[Entry, Pairs]]
"""Each field's pairs, and the entry of the mapping that asks for them."""

_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "dl_src": "eth_src",
        "dl_dst": "eth_dst",
        "dl_type": "eth_type",
        "dl_vlan": "vlan_vid",
        "dl_vlan_pcp": "vlan_pcp",
        "nw_src": "ipv4_src or arp_spa",
        "nw_dst": "ipv4_dst or arp_tpa",
        "ip_src": "ipv4_src",
        "ip_dst": "ipv4_dst",
        "nw_proto": "ip_proto",
        "nw_tos": "ip_dscp",
        "nw_ecn": "ip_ecn",
        "tp_src": "tcp_src, udp_src or sctp_src",
        "tp_dst": "tcp_dst, udp_dst or sctp_dst",
        "icmp_type": "icmpv4_type",
        "icmp_code": "icmpv4_code",
        "ipv6_label": "ipv6_flabel",
        "nd_target": "ipv6_nd_target",
        "nd_sll": "ipv6_nd_sll",
        "nd_tll": "ipv6_nd_tll",
        "tun_id": "tunnel_id",
    }
)


def matches_of(node: Node, report: Report) -> tuple[Match, ...] | None:
    """The matches that a `match:` mapping stands for; an empty mapping is any packet."""
    entries = entries_of(node, report, "a mapping from field to value")
    if entries is None:
        return None
    fields: Fields = {}
    sound = True
    for entry in entries:
        pairs = _pairs(entry, report)
        if pairs:
            fields[entry.key] = (entry, pairs)
        else:
            sound = False
    if not sound or not _complete(fields, report):
        return None
    count = prod(len(pairs) for _, pairs in fields.values())
    if count > MAX_MATCHES:
        report.problem(node.place, f"{count} combinations of values", f"at most {MAX_MATCHES}")
        return None
    return tuple(_products(fields))


def _pairs(entry: Entry, report: Report) -> Pairs | None:
    """The pairs of one entry's values; None when anything about it is wrong."""
    field = FIELDS.get(entry.key)
    if field is None or field.name == "port":
        report.problem(entry.place, f"field {quoted(entry.key)}", _instead_of(entry.key))
        return None
    pairs: Pairs = []
    sound = True
    nodes = items_of(entry.value, report, f"a value of {field.name}, or a list of them")
    for node in nodes:
        text = text_of(node, report, f"a value of {field.name}")
        try:
            pairs += pairs_of(field, text) if text is not None else []
        except HeaderError as error:
            report.problem(node.place, error.found, error.expected)
            sound = False
        sound = sound and text is not None
    return pairs if sound else None


def _instead_of(name: str) -> str:
    name = "in_port" if name == "port" else name
    if name in UNNAMEABLE:
        return f"a field of the flowspace: {UNNAMEABLE[name]}"
    if name in _OTHER_NAMES:
        return f"its OXM name, {_OTHER_NAMES[name]}"
    return one_of(name, (field for field in FIELDS if field != "port"), "the fields ")


def _complete(fields: Fields, report: Report) -> bool:
    """Adds the prerequisites that go without saying, then checks them all."""
    dependent_first = sorted(fields, key=list(FIELDS).index, reverse=True)
    needs = [
        (fields[name][0], need) for name in dependent_first for need in FIELDS[name].prerequisites
    ]
    for entry, need in needs:
        values = _usual_values(entry.key, need)
        if need.field not in fields and len(values) == 1:
            fields[need.field] = (entry, [(values[0], need.mask)])
    unmet = [need for entry, need in needs if not _is_met(fields, need, entry, report)]
    return not unmet


def _usual_values(name: str, need: Requirement) -> tuple[int, ...]:
    """What meets a requirement when nothing else is said: for ARP's fields ARP, not RARP."""
    return (ETH_TYPE_ARP,) if name.startswith("arp_") else need.values


def _is_met(fields: Fields, need: Requirement, entry: Entry, report: Report) -> bool:
    """Whether every value of the field that `entry` requires is one that it can do with."""
    if need.field not in fields:
        ways = " or ".join(f"{need.field}: {_written(need, value)}" for value in need.values)
        report.problem(entry.place, f"{entry.key} without {need.field}", f"{ways} with it")
        return False
    base, pairs = fields[need.field]
    place = base.place if base.key == need.field else entry.place
    for value, mask in pairs:
        if mask & need.mask != need.mask or value & need.mask not in need.values:
            ways = " or ".join(_written(need, each) for each in need.values)
            found = f"{need.field} {format_value(need.field, value, mask)} with {entry.key}"
            report.problem(place, found, f"{need.field}: {ways}, which {entry.key} requires")
            return False
    return True


def _written(need: Requirement, value: int) -> str:
    if need.mask == VLAN_PRESENT:
        return "any, or a VLAN id"
    return format_value(need.field, value, need.mask)


def _products(fields: Fields) -> Iterator[Match]:
    names = list(fields)
    for pairs in product(*(fields[name][1] for name in names)):
        yield Match.of(**dict(zip(names, pairs, strict=True)))
