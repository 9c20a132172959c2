"""Where later IP fragments must be dropped, because their owner cannot be told.

A later fragment carries no transport header. A rule that names a transport field (a TCP,
UDP or SCTP port, an ICMP type) therefore never holds for it, and the fragment would fall
through to a rule of lower priority, perhaps of another slice: somebody else's traffic.
IPv6 makes it worse: Open vSwitch gives every later fragment ip_proto 44, so that it
misses every rule that names ip_proto (ovs-fields(7), IPv4/v6 Protocol Field).

A hazard is a region and a priority at which later fragments are dropped. Invariant: outside
the hazards, a later fragment that belongs to a packet of one slice never has another owner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from slicer.flowspace.fields import (
    ETH_TYPE_IPV6,
    FIELDS,
    IP_PROTO_IPV6_FRAGMENT,
    TRANSPORT_PLACE,
)
from slicer.flowspace.match import Match
from slicer.flowspace.overlaps import Hit, Overlaps
from slicer.flowspace.rule import Rule, Scope, regions_at

_IP_PROTO = FIELDS["ip_proto"]


@dataclass(frozen=True, slots=True)
class FragmentHazard:
    """Drop the later fragments in `match`, at these ports of these datapaths.

    `priority` is at least that of `rule`, whose fragments they may be, and no rule that can
    hold for a later fragment overlaps the hazard at just that priority. `taker` is the rule
    that would get them otherwise.
    """

    priority: int
    match: Match
    datapaths: frozenset[int] | None
    ports: frozenset[int] | None
    rule: Rule
    taker: Rule

    @property
    def regions(self) -> tuple[Match, ...]:
        """The match with each port in it."""
        return regions_at(self.match, self.ports)


def takes_later_fragments(rule: Rule) -> bool:
    """Whether the rule can hold for a later fragment at all."""
    return not rule.match.reads_transport


def later_fragments_of(match: Match) -> Match | None:
    """How the later fragments of the packets in `match` look, if they look different."""
    place = TRANSPORT_PLACE
    proto = match.get("ip_proto")
    ipv6 = match.get("eth_type") == (ETH_TYPE_IPV6, FIELDS["eth_type"].ones)
    if ipv6 and proto is not None and proto[0] != IP_PROTO_IPV6_FRAGMENT:
        place |= _IP_PROTO.place
        kept = Match(match.value & ~place, match.mask & ~place)
        return Match(
            kept.value | IP_PROTO_IPV6_FRAGMENT << _IP_PROTO.shift, kept.mask | _IP_PROTO.place
        )
    if not match.reads_transport:
        return None
    return Match(match.value & ~place, match.mask & ~place)


def fragment_hazards(rules: Iterable[Rule]) -> list[FragmentHazard]:
    """The hazards of these rules, by descending priority, each once."""
    ordered = sorted(rules, key=lambda rule: -rule.priority)
    takers = Overlaps(filter(takes_later_fragments, ordered))
    hazards: dict[tuple[object, ...], FragmentHazard | None] = {}
    for rule in ordered:
        fragments = later_fragments_of(rule.match)
        if fragments is not None:
            key = (rule.slice, rule.priority, fragments, rule.datapaths, rule.ports)
            if key not in hazards:
                hazards[key] = _hazard(rule, fragments, takers)
    found = [hazard for hazard in hazards.values() if hazard is not None]
    return sorted(found, key=lambda hazard: -hazard.priority)


def _hazard(rule: Rule, fragments: Match, takers: Overlaps) -> FragmentHazard | None:
    """The hazard of one rule; its priority steps over those of rules that overlap it."""
    first: Rule | None = None
    taken = set()
    for region in regions_at(fragments, rule.ports):
        meeting = partial(Scope.meets, datapaths=rule.datapaths)
        hits = list(takers.of(region, meeting, rule.datapaths))
        taken |= {hit[1].priority for hit in hits}
        first = first or _taker(rule, region, hits)
    if first is None:
        return None
    priority = rule.priority
    while priority in taken:
        priority += 1
    return FragmentHazard(priority, fragments, rule.datapaths, rule.ports, rule, first)


def _taker(rule: Rule, region: Match, hits: Iterable[Hit]) -> Rule | None:
    """The first rule of another slice that gets later fragments which may be this rule's."""
    left = [region]
    for _, taker, part in hits:
        if taker.slice != rule.slice and taker.priority <= rule.priority:
            if any(piece.overlaps(part) for piece in left):
                return taker
        elif taker.scope.covers(rule.datapaths):
            left = [rest for piece in left for rest in piece.subtract(part)]
    return None
