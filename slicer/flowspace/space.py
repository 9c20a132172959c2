"""FlowSpace: who owns a point. Knows no OpenFlow.

A flowspace is a list of prioritised rules; the first that holds for a point names its
owner. Later IP fragments are asked about by the rules that can hold for them and by the
hazards of `fragments.py`.

Invariant: clip(s, m) <= m, and a point of m is in clip(s, m) exactly when s owns it.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby, islice, takewhile

from slicer.flowspace.classifier import Classifier
from slicer.flowspace.fields import EVERY_BIT
from slicer.flowspace.fragments import FragmentHazard, fragment_hazards, takes_later_fragments
from slicer.flowspace.match import Match
from slicer.flowspace.overlaps import Overlaps
from slicer.flowspace.point import Point
from slicer.flowspace.rule import Rule, Scope

_MAX_UNCOVERED_PIECES = 256
"""With so many pieces left over, a rule is taken to hold somewhere."""


class TooManyPiecesError(Exception):
    """A clip would have more pieces than the caller allowed."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rules of one priority that give `witness` to different slices."""

    rule_a: Rule
    rule_b: Rule
    witness: Point


@dataclass(frozen=True, slots=True)
class _Tables:
    """The two classifiers behind `owner`. A hazard's entry is None: nobody's."""

    packets: Classifier[str]
    later_fragments: Classifier[str | None]


@dataclass(frozen=True, slots=True)
class FlowSpace:
    """Rules in descending priority; rules of equal priority keep the order given."""

    rules: tuple[Rule, ...]
    _ports: Mapping[str, frozenset[int] | None] = field(init=False, repr=False, compare=False)
    _tables: _Tables | None = field(init=False, repr=False, compare=False)

    def __init__(self, rules: Iterable[Rule]) -> None:
        ordered = tuple(sorted(rules, key=lambda rule: -rule.priority))
        everywhere = all(rule.datapaths is None for rule in ordered)
        ports = _ports_by_slice(ordered)
        object.__setattr__(self, "rules", ordered)
        object.__setattr__(self, "_ports", ports)
        object.__setattr__(self, "_tables", _tables(ordered) if everywhere else None)

    @property
    def slices(self) -> AbstractSet[str]:
        """Those that own anything, in the order of their first rules."""
        return self._ports.keys()

    def on(self, dpid: int) -> "FlowSpace":
        """The rules that hold on one datapath, no longer naming any."""
        return FlowSpace(
            replace(rule, datapaths=None)
            for rule in self.rules
            if rule.datapaths is None or dpid in rule.datapaths
        )

    def owner(self, point: Point) -> str | None:
        """The slice that owns the point, or None.

        Nobody owns a later fragment in a hazard. Raises ValueError when some rules name
        datapaths: a point says nothing of its datapath, so ask `on(dpid)`.
        """
        if self._tables is None:
            raise ValueError("found rules that name datapaths, expected the flowspace on one dpid")
        if point.later_fragment:
            return self._tables.later_fragments.find(point)
        return self._tables.packets.find(point)

    def ports_of(self, slice_name: str) -> frozenset[int] | None:
        """The ports at which the slice owns anything; None stands for every port."""
        return self._ports.get(slice_name, frozenset())

    def clip(self, slice_name: str, match: Match, limit: int = 4096) -> list[Match]:
        """The part of `match` that the slice owns, as disjoint matches.

        Regions that a rule of higher priority gives to another slice are subtracted. Holds
        for all packets but later fragments. Raises TooManyPiecesError when more than `limit`
        pieces are needed on the way.
        """
        owned: list[Match] = []
        left = [match]
        for rule in self.rules:
            for region in rule.regions:
                if rule.slice == slice_name:
                    shared = (piece & region for piece in left)
                    owned += [piece for piece in shared if piece is not None]
                left = list(islice(_without(left, region), limit + 1))
                if len(owned) + len(left) > limit:
                    found = f"more than {limit} pieces of {match} for slice {slice_name}"
                    raise TooManyPiecesError(f"found {found}, expected fewer")
        return owned

    def conflicts(self) -> Iterator[Conflict]:
        """Every two rules of one priority that overlap and name different slices, once."""
        for _, group in groupby(self.rules, key=lambda rule: rule.priority):
            alike = list(group)
            if len({rule.slice for rule in alike}) > 1:
                yield from _conflicts_among(alike)

    def covered(self) -> Iterator[Rule]:
        """The rules that never hold, because the rules before them cover all of each."""
        index = Overlaps(self.rules)
        return (rule for rank, rule in enumerate(self.rules) if _covered(rank, rule, index))

    def fragment_hazards(self) -> list[FragmentHazard]:
        """Where later IP fragments are dropped because their owner cannot be told."""
        return fragment_hazards(self.rules)


def _without(pieces: Iterable[Match], region: Match) -> Iterator[Match]:
    return (rest for piece in pieces for rest in piece.subtract(region))


def _ports_by_slice(rules: Iterable[Rule]) -> dict[str, frozenset[int] | None]:
    found: dict[str, set[int] | None] = {}
    for rule in rules:
        ports = found.setdefault(rule.slice, set())
        if rule.ports is None:
            found[rule.slice] = None
        elif ports is not None:
            ports |= rule.ports
    return {name: None if ports is None else frozenset(ports) for name, ports in found.items()}


def _tables(rules: tuple[Rule, ...]) -> _Tables:
    packets = [(region, rule.slice) for rule in rules for region in rule.regions]
    later: list[tuple[int, Match, str | None]] = [
        (rule.priority, region, rule.slice)
        for rule in rules
        if takes_later_fragments(rule)
        for region in rule.regions
    ]
    later += [
        (hazard.priority, region, None)
        for hazard in fragment_hazards(rules)
        for region in hazard.regions
    ]
    later.sort(key=lambda entry: -entry[0])
    return _Tables(Classifier(packets), Classifier((match, owner) for _, match, owner in later))


def _conflicts_among(rules: list[Rule]) -> Iterator[Conflict]:
    index = Overlaps(rules)
    for rank, rule in enumerate(rules):
        seen: set[int] = set()
        for region in rule.regions:
            for other_rank, other, other_region in index.of(
                region, partial(_rival, rule), rule.datapaths
            ):
                shared = region & other_region
                if other_rank > rank and other_rank not in seen and shared is not None:
                    seen.add(other_rank)
                    yield Conflict(rule, other, shared.witness())


def _rival(rule: Rule, scope: Scope) -> bool:
    return scope.slice != rule.slice and scope.meets(rule.datapaths)


def _covered(rank: int, rule: Rule, index: Overlaps) -> bool:
    return all(_covered_region(rank, rule, region, index) for region in rule.regions)


def _covered_region(rank: int, rule: Rule, region: Match, index: Overlaps) -> bool:
    """Whether rules before this one leave nothing of the region; False when unsure."""
    if not _covered_point(rank, rule, region.witness(), index):
        return False
    left = [region]
    hits = index.of(region, partial(_covering, rule), _one_of(rule.datapaths))
    for _, _, other_region in takewhile(lambda hit: hit[0] < rank, hits):
        left = list(islice(_without(left, other_region), _MAX_UNCOVERED_PIECES))
        if len(left) in (0, _MAX_UNCOVERED_PIECES):
            break
    return not left


def _covered_point(rank: int, rule: Rule, point: Point, index: Overlaps) -> bool:
    """Whether a rule before this one has a point of it. To look there first is cheap, and
    spares most rules the subtracting."""
    there = Match(point.header, EVERY_BIT)
    hits = index.of(there, partial(_covering, rule), _one_of(rule.datapaths))
    first = next(hits, None)
    return first is not None and first[0] < rank


def _covering(rule: Rule, scope: Scope) -> bool:
    return scope.covers(rule.datapaths)


def _one_of(datapaths: frozenset[int] | None) -> frozenset[int] | None:
    """What covers these holds on this one: on any, or on none that could be named."""
    if datapaths is None:
        return frozenset()
    return frozenset({min(datapaths)}) if datapaths else None
