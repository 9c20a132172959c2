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

from collections.abc import Iterator, Mapping

from slicer.flowspace.fields import FIELDS
from slicer.flowspace.match import Match as Region
from slicer.flowspace.space import FlowSpace
from slicer.openflow.oxm import Match
from slicer.openflow.v10.match import has_no_wildcard
from slicer.proxy.clip.regions import Held, Regions
from slicer.proxy.clip.stacking import LOWEST, stacked
from slicer.proxy.clip.wording import Inexpressible, Vocabulary, express
from slicer.proxy.enforcement import Unsuitable
from slicer.proxy.operation import OTHERS_TURN, Steps
from slicer.proxy.pace import MADE, Pace

HIGHEST = 0xFFFF
"""The priority of flows without a wildcard (OpenFlow 1.0 3.4), and of the slicer's own that are for
every slice's packets."""
UNOWNED_PRIORITY = 0
_FIRST = 1
_LAST = HIGHEST - 1
LEAST_SPAN = 16
"""A layer with fewer priorities is of no use."""
_PORT = FIELDS["port"].place

Place = tuple[Match, int]
"""A flow's match, in canonical form, and priority: what makes it that flow."""


class Layers:
    """The layers of the flowspace of one datapath."""

    def __init__(self, space: FlowSpace, vocabulary: Vocabulary, limit: int) -> None:
        """`limit`: of how many matches a guard may be made. Raises Unsuitable."""
        for _ in self._laid_out(space, vocabulary, limit):
            pass

    @classmethod
    def in_turns(cls, space: FlowSpace, vocabulary: Vocabulary, limit: int) -> Steps[Layers]:
        """The same, in turns with others. Raises Unsuitable."""
        layers = cls.__new__(cls)
        yield from layers._laid_out(space, vocabulary, limit)
        return layers

    def _laid_out(self, space: FlowSpace, vocabulary: Vocabulary, limit: int) -> Steps[None]:
        self.rules = space.rules
        self.name_ports = any(
            rule.ports is not None or _PORT & rule.match.mask for rule in self.rules
        )
        """Does it depend on the port who owns a packet?"""
        self.vocabulary = vocabulary
        self._held = [
            Held(rank, rule.slice, region, rule)
            for rank, rule in enumerate(self.rules)
            for region in rule.regions
        ]
        self._all = Regions(self._held)
        own: dict[str, list[Held]] = {}
        for held in self._held:
            own.setdefault(held.slice, []).append(held)
        self._own = {name: Regions(each) for name, each in own.items()}
        self._layer = yield from stacked(self._held, len(self.rules))
        count = max(self._layer, default=LOWEST)
        self.span = (_LAST - _FIRST + 1) // count
        if self.span < LEAST_SPAN:
            raise Unsuitable(
                f"its flowspace has {count} rules one above the other, each of another slice than "
                f"the one below; OpenFlow 1.0's priorities are enough for {_LAST // LEAST_SPAN}"
            )
        self._guards: dict[Place, str | None] = {}
        self._unguarded: set[Region] = set()
        yield from self._find_guards(limit)

    def held(self, region: Region) -> Iterator[Held]:
        """Every slice's regions that overlap this one, those that decide first."""
        return self._all.meeting(region)

    def held_by(self, slice_name: str, region: Region) -> Iterator[Held]:
        """Likewise, of one slice."""
        own = self._own.get(slice_name)
        return iter(()) if own is None else own.meeting(region)

    def above(self, held: Held, region: Region) -> Iterator[Held]:
        """What other slices hold of `region` in spite of this."""
        for other in self.held(region):
            if other.rank > held.rank:
                return
            if other.slice != held.slice:
                yield other

    def is_covered(self, held: Held, region: Region) -> bool:
        """Does another slice hold all of `region` in spite of this, by one of its own?"""
        for other in self._all.containing(region):
            if other.rank < held.rank and other.slice != held.slice:
                return True
        return False

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

    def _find_guards(self, limit: int) -> Steps[None]:
        """Guards for all that lies above another slice's; and below, if that leaves nothing to
        which nobody has a guard, for the rest too, so that what nobody owns can be dropped."""
        whole = any(Region.ANY in rule.regions for rule in self.rules)
        lowest = [held for held in self._held if self._layer[held.rank] == LOWEST]
        above = [held for held in self._held if self._layer[held.rank] > LOWEST]
        pace = Pace()
        for held in above if whole else (*above, *lowest):
            if pace.is_turn_over(MADE * self._guard(held, limit)):
                yield OTHERS_TURN
        if not whole and not self._unguarded:
            self._guards[Match(), UNOWNED_PRIORITY] = None

    def _guard(self, held: Held, limit: int) -> int:
        """Returns how many matches it took."""
        try:
            matches = express(held.region, self.vocabulary, limit)
        except Inexpressible:
            self._unguarded.add(held.region)
            return 1
        if any(map(has_no_wildcard, matches)):
            # Such a flow is above all others, where the tenant's own of the same match has to be.
            self._unguarded.add(held.region)
            return len(matches)
        for match in matches:
            self._guards[match.canonical(), self.priority(held, 0)] = held.slice
        return len(matches)
