"""What rules mean together: those that contradict each other, those that never hold.

Problems refuse the policy, notices only warn. Invariant: a policy that passes has no point
whose owner would hang on the order of two rules of one priority.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

from slicer.flowspace.fields import FIELDS
from slicer.flowspace.fragments import FragmentHazard
from slicer.flowspace.match import Match
from slicer.flowspace.overlaps import Overlaps
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import Conflict, FlowSpace
from slicer.flowspace.text import PORT_NAMES, format_fields
from slicer.policy.document import Place
from slicer.policy.report import Report
from slicer.policy.values import PolicyRule

MAX_CONFLICTS = 100
"""How many conflicting pairs are shown: one wrong line may conflict with all others."""

_IPV4 = Match.of(eth_type=0x0800)
_ARP = Match.of(eth_type=0x0806)
_IPV6 = Match.of(eth_type=0x86DD)
_SOLICIT = Match.of(eth_type=0x86DD, ip_proto=58, icmpv6_type=135)
_HELPERS = (
    (_IPV4, "IPv4", _ARP, "ARP (eth_type: arp)"),
    (_IPV6, "IPv6", _SOLICIT, "neighbour discovery (icmpv6_type: 135, 136)"),
)
# What ARP and neighbour discovery share with the packets that they are for.
_NETWORK = sum(FIELDS[name].place for name in ("tunnel_id", "vlan_vid", "vlan_pcp"))
# Names of ports stand for numbers that no port has until a datapath tells.
_FIRST_NAMED_PORT = 1 << 31


class Compiled:
    """The policy's rules as one flowspace, each knowing the line that it comes from."""

    __slots__ = ("_origin", "flowspace")

    def __init__(self, pairs: Iterable[tuple[PolicyRule, Rule]]) -> None:
        kept = [(origin, rule) for origin, rule in pairs]
        self._origin = {id(rule): origin for origin, rule in kept}
        self.flowspace = FlowSpace(rule for _, rule in kept)

    def in_order(self, conflict: Conflict) -> tuple[PolicyRule, PolicyRule]:
        """The two rules of a conflict, in the order of the file."""
        a, b = self.origin(conflict.rule_a), self.origin(conflict.rule_b)
        return (a, b) if a.place <= b.place else (b, a)

    def origin(self, rule: Rule) -> PolicyRule:
        """The policy's rule that this flowspace rule comes from."""
        return self._origin[id(rule)]


def check_rules(rules: tuple[PolicyRule, ...], slices: Mapping[str, Place], report: Report) -> None:
    """Notes everything about these rules that is wrong, or perhaps not meant."""
    names = sorted({name for rule in rules if rule.ports for name in rule.ports.names})
    numbers = {name: _FIRST_NAMED_PORT + index for index, name in enumerate(names)}
    compiled = Compiled((rule, each) for rule in rules for each in rule.rules(numbers))
    _check_conflicts(compiled, report)
    _check_named_ports(rules, report)
    if report.problems:
        return  # nobody is warned of what is refused
    _warn_unreachable(compiled, rules, report)
    _warn_fragments(compiled, report)
    _warn_idle(rules, slices, report)
    _warn_helpers(compiled, slices, report)


def _check_conflicts(compiled: Compiled, report: Report) -> None:
    seen = set()
    for conflict in compiled.flowspace.conflicts():
        a, b = compiled.in_order(conflict)
        if (a.place, b.place) in seen:
            continue
        seen.add((a.place, b.place))
        report.problem(
            b.place,
            f"a rule that overlaps that of line {a.place.line} (slice {a.slice}) in priority "
            f"{b.priority}: {_packet(conflict)} would be in both",
            "another priority, or rules that do not overlap",
        )
        if len(seen) == MAX_CONFLICTS:
            return


def _check_named_ports(rules: tuple[PolicyRule, ...], report: Report) -> None:
    """Ports of one rule by number, of another by name: they may turn out to be the same."""
    if not any(rule.ports and rule.ports.names for rule in rules):
        return
    anywhere = Compiled(
        (rule, Rule(rule.slice, rule.priority, match, rule.datapaths))
        for rule in rules
        if rule.ports is not None
        for match in rule.matches
    )
    pairs = (anywhere.in_order(conflict) for conflict in anywhere.flowspace.conflicts())
    unclear = dict.fromkeys((a, b) for a, b in pairs if _may_share_a_port(a, b))
    for a, b in islice(unclear, MAX_CONFLICTS):
        report.problem(
            b.place,
            f"ports that may be those of line {a.place.line} (slice {a.slice}) in priority "
            f"{b.priority}, because one rule names them and the other numbers them",
            "the same way of writing in both, or another priority",
        )


def _may_share_a_port(a: PolicyRule, b: PolicyRule) -> bool:
    by_name = [bool(rule.ports and rule.ports.names) for rule in (a, b)]
    by_number = [bool(rule.ports and rule.ports.numbers) for rule in (a, b)]
    return (by_name[0] and by_number[1]) or (by_name[1] and by_number[0])


def _packet(conflict: Conflict) -> str:
    """The packet that shows a conflict, in the fields that the two rules ask about."""
    both = conflict.rule_a.match & conflict.rule_b.match
    fields = {} if both is None else dict(both.fields)
    fields = {name: (conflict.witness[name], FIELDS[name].ones) for name in fields}
    port = conflict.witness.port
    if 0 < port < _FIRST_NAMED_PORT or port == PORT_NAMES["LOCAL"]:
        fields = {"port": (port, FIELDS["port"].ones), **fields}
    return f"the packet {format_fields(fields)}" if fields else "any packet"


def _warn_unreachable(compiled: Compiled, rules: tuple[PolicyRule, ...], report: Report) -> None:
    covered = Counter(compiled.origin(rule).place for rule in compiled.flowspace.covered())
    for rule in rules:
        if covered[rule.place] == len(rule.matches):
            text = "this rule never holds: rules of higher priority cover all of it"
            report.notice(rule.place, text)


def _warn_fragments(compiled: Compiled, report: Report) -> None:
    """One notice for each two slices, at the first rule of which it is true."""
    found: dict[tuple[str, str], dict[Place, FragmentHazard]] = {}
    for hazard in compiled.flowspace.fragment_hazards():
        slices = (hazard.rule.slice, hazard.taker.slice)
        place = compiled.origin(hazard.rule).place
        found.setdefault(slices, {}).setdefault(place, hazard)
    for (_, taker_slice), hazards in found.items():
        place = min(hazards)
        line = compiled.origin(hazards[place].taker).place.line
        more = f"; likewise for {len(hazards) - 1} more of its rules" if len(hazards) > 1 else ""
        report.notice(
            place,
            f"later IP fragments ({hazards[place].match}) cannot be told from those of slice "
            f"{taker_slice} (line {line}) and will be dropped{more}",
        )


def _warn_idle(rules: tuple[PolicyRule, ...], slices: Mapping[str, Place], report: Report) -> None:
    busy = {rule.slice for rule in rules}
    for name, place in slices.items():
        if name not in busy:
            report.notice(place, f"slice {name} has no rule in the flowspace and owns nothing")


def _warn_helpers(compiled: Compiled, slices: Mapping[str, Place], report: Report) -> None:
    """Slices that own packets of a protocol, but not those that it needs to work."""
    rules = compiled.flowspace.rules
    index = Overlaps(rules)
    owned: dict[str, dict[Match, None]] = {}
    for rule in rules:
        owned.setdefault(rule.slice, {})[rule.match] = None
    for name, place in slices.items():
        matches = owned.get(name, {})
        for carried, carried_text, helper, helper_text in _HELPERS:
            networks = dict.fromkeys(map(_network, filter(carried.overlaps, matches)))
            helpers = (helper & network for network in networks)
            lonely = next(
                (each for each in helpers if each is not None and _is_lonely(each, name, index)),
                None,
            )
            if lonely is not None:
                hit = next(index.of(lonely, lambda _: True), None)
                owner = "nobody" if hit is None else f"slice {hit[1].slice}"
                report.notice(
                    place,
                    f"slice {name} owns {carried_text} packets but no {helper_text}: "
                    f"that of its hosts belongs to {owner}",
                )


def _network(match: Match) -> Match:
    return Match(match.value & _NETWORK, match.mask & _NETWORK)


def _is_lonely(region: Match, name: str, index: Overlaps) -> bool:
    """Whether a slice owns nothing of a region, whatever others own of it."""
    return next(index.of(region, lambda scope: scope.slice == name), None) is None
