"""Layers: a flowspace laid out over the priorities of one OpenFlow 1.0 table.

Of two rules of different slices that overlap, the one that decides lies in a higher layer, and each
layer has its own range of the datapath's priorities. The tenant's flows for a rule's region are in
the rule's layer, above a *guard* that sends the region's other packets to the slicer, so that no
flow of a lower layer ever sees them. A region that OpenFlow 1.0 can't say has no guard; it is
subtracted from the pieces below it instead. With disjoint slices there is one layer, and a
tenant's priorities are as it wrote them but for one.

Not here: the tenants' flows. Invariant: a packet of a slice's meets, in the layer of the rule that
makes it so or above, only flows of that slice, if each guarded region has its guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from slicer.flowspace.fields import FIELDS
from slicer.flowspace.match import Match as Region
from slicer.flowspace.overlaps import Hit, Overlaps
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow.oxm import Match
from slicer.openflow.v10.match import has_no_wildcard
from slicer.proxy.clip.wording import Inexpressible, Vocabulary, express
from slicer.proxy.enforcement import Unsuitable

HIGHEST = 0xFFFF
"""The priority of flows without a wildcard (OpenFlow 1.0 3.4), and of the slicer's own that are for
every slice's packets."""
UNOWNED_PRIORITY = 0
_FIRST = 1
_LAST = HIGHEST - 1
LEAST_SPAN = 16
"""A layer with fewer priorities is of no use."""
_MORE_MASKS = 64
_PORT = FIELDS["port"].place

Place = tuple[Match, int]
"""A flow's match, in canonical form, and priority: what makes it that flow."""


class _Index:
    """`Overlaps` of regions whoever's they are, made anew before what it remembers of the many
    kinds of matches that it was asked about grows."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = [replace(rule, slice="") for rule in rules]
        self._overlaps = Overlaps(self._rules)
        self._masks: set[int] = set()
        own_masks = {region.mask for rule in self._rules for region in rule.regions}
        self._most_masks = _MORE_MASKS + len(own_masks)

    def of(self, region: Region) -> Iterator[Hit]:
        """(position in the order given, rule, its region) of each that overlaps, in that order."""
        self._masks.add(region.mask)
        if len(self._masks) > self._most_masks:
            self._overlaps = Overlaps(self._rules)
            self._masks = {region.mask}
        return self._overlaps.of(region, lambda scope: True)

    def containing(self, region: Region) -> Iterator[Hit]:
        """Those that contain a region, in no order."""
        return self._overlaps.containing(region)


@dataclass(frozen=True, slots=True)
class Held:
    """A region that a rule gives to a slice; of two that hold, the lower rank decides."""

    rank: int
    slice: str
    region: Region
    rule: Rule


class Layers:
    """The layers of the flowspace of one datapath."""

    def __init__(self, space: FlowSpace, vocabulary: Vocabulary, limit: int) -> None:
        """`limit`: of how many matches a guard may be made. Raises Unsuitable."""
        self.rules = space.rules
        self.name_ports = any(
            rule.ports is not None or _PORT & rule.match.mask for rule in self.rules
        )
        """Does it depend on the port who owns a packet?"""
        self.vocabulary = vocabulary
        self._all = _Index(self.rules)
        self._ranks: dict[str, list[int]] = {}
        for rank, rule in enumerate(self.rules):
            self._ranks.setdefault(rule.slice, []).append(rank)
        self._own = {
            name: _Index(self.rules[rank] for rank in ranks) for name, ranks in self._ranks.items()
        }
        self._layer = self._find_layers()
        count = max(self._layer, default=1)
        self.span = (_LAST - _FIRST + 1) // count
        if self.span < LEAST_SPAN:
            raise Unsuitable(
                f"its flowspace has {count} rules one above the other, each of another slice than "
                f"the one below; OpenFlow 1.0's priorities are enough for {_LAST // LEAST_SPAN}"
            )
        self._guards: dict[Place, str | None] = {}
        self._unguarded: set[Region] = set()
        self._find_guards(limit)

    def held(self, region: Region) -> Iterator[Held]:
        """Every slice's regions that overlap this one, those that decide first."""
        for rank, rule, shared in self._all.of(region):
            yield Held(rank, self.rules[rank].slice, shared, rule)

    def held_by(self, slice_name: str, region: Region) -> Iterator[Held]:
        """Likewise, of one slice."""
        own = self._own.get(slice_name)
        ranks = self._ranks.get(slice_name, [])
        for position, rule, shared in own.of(region) if own is not None else ():
            yield Held(ranks[position], slice_name, shared, rule)

    def above(self, held: Held, region: Region) -> Iterator[Held]:
        """What other slices hold of `region` in spite of this."""
        for other in self.held(region):
            if other.rank > held.rank:
                return
            if other.slice != held.slice:
                yield other

    def is_covered(self, held: Held, region: Region) -> bool:
        """Does another slice hold all of `region` in spite of this, by one of its own?"""
        return any(
            rank < held.rank and self.rules[rank].slice != held.slice
            for rank, _, _ in self._all.containing(region)
        )

    @property
    def are_guarded(self) -> bool:
        """Is every region guarded that has to be?"""
        return not self._unguarded

    def is_guarded(self, held: Held) -> bool:
        """Do no flows of a lower layer see this region's packets?"""
        return held.region not in self._unguarded

    def priority(self, held: Held, slot: int) -> int:
        """The datapath's priority for a slot, 1 to `span` - 1, of a region's layer."""
        return _FIRST + (self._layer[held.rank] - 1) * self.span + slot

    @property
    def guards(self) -> Mapping[Place, str | None]:
        """Whose packets go to the slicer at each of these places; None: nobody's, and they are
        dropped."""
        return self._guards

    def _find_layers(self) -> list[int]:
        layers = [1] * len(self.rules)
        for rank in reversed(range(len(self.rules))):
            rule = self.rules[rank]
            for region in rule.regions:
                for below, _, _ in self._all.of(region):
                    if below > rank and self.rules[below].slice != rule.slice:
                        layers[rank] = max(layers[rank], layers[below] + 1)
        return layers

    def _find_guards(self, limit: int) -> None:
        """Guards for all that lies above another slice's; and below, if that leaves nothing to
        which nobody has a guard, for the rest too, so that what nobody owns can be dropped."""
        whole = any(Region.ANY in rule.regions for rule in self.rules)
        lowest: list[Held] = []
        for rank, rule in enumerate(self.rules):
            for region in rule.regions:
                held = Held(rank, rule.slice, region, rule)
                if self._layer[rank] > 1:
                    self._guard(held, limit)
                else:
                    lowest.append(held)
        if not whole:
            for held in lowest:
                self._guard(held, limit)
            if not self._unguarded:
                self._guards[Match(), UNOWNED_PRIORITY] = None

    def _guard(self, held: Held, limit: int) -> None:
        try:
            matches = express(held.region, self.vocabulary, limit)
        except Inexpressible:
            self._unguarded.add(held.region)
            return
        if any(map(has_no_wildcard, matches)):
            # Such a flow is above all others, where the tenant's own of the same match has to be.
            self._unguarded.add(held.region)
            return
        for match in matches:
            self._guards[match.canonical(), self.priority(held, 0)] = held.slice
