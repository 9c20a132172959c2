"""Regions: what a flowspace's rules give to whom, by the header space that they meet.

For each kind of match (the bits that it fixes) the regions are hashed by the bits that both fix, so
a question costs as much as there are kinds of regions and hits, however many regions there are. Not
here: what follows for a slice. A kind of match is forgotten with all others when too many have been
met. Invariant: what is found is what a test of every region would find, in the order of the ranks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule

_MORE_MASKS = 64
"""So many kinds of matches are remembered, beside as many as there are of regions."""


@dataclass(frozen=True, slots=True)
class Held:
    """A region that a rule gives to a slice; of two that hold, the lower rank decides."""

    rank: int
    slice: str
    region: Region
    rule: Rule


_Hashed = dict[int, list[Held]]
_Probe = tuple[int, _Hashed, bool]
"""The bits that a kind of match and one of regions both fix, the regions by those, and whether that
is all the bits that these regions fix."""


class Regions:
    """An index of regions, which are given by rank."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._by_mask: dict[int, list[Held]] = {}
        for each in held:
            self._by_mask.setdefault(each.region.mask, []).append(each)
        self._most = _MORE_MASKS + len(self._by_mask)
        self._hashed: dict[tuple[int, int], _Hashed] = {}
        self._probes: dict[int, list[_Probe]] = {}

    def meeting(self, region: Region) -> Iterator[Held]:
        """Those that have a packet in common with a region, those that decide first.

        Lazy: whoever needs only the first few pays only for those."""
        value = region.value
        alike = [
            found
            for common, hashed, _ in self._probes_for(region.mask)
            if (found := hashed.get(value & common)) is not None
        ]
        by_rank = alike[0] if len(alike) == 1 else merge(*alike, key=attrgetter("rank"))
        return (each for each in by_rank if each.region.overlaps(region))

    def containing(self, region: Region) -> Iterator[Held]:
        """Those that contain a region, in no order."""
        for common, hashed, is_whole in self._probes_for(region.mask):
            if is_whole:
                yield from hashed.get(region.value & common, ())

    def _probes_for(self, mask: int) -> list[_Probe]:
        probes = self._probes.get(mask)
        if probes is None:
            if len(self._probes) >= self._most:
                self._probes.clear()
                self._hashed.clear()
            probes = self._probes[mask] = [
                (mask & own, self._hash(own, mask & own), not own & ~mask) for own in self._by_mask
            ]
        return probes

    def _hash(self, own: int, common: int) -> _Hashed:
        """The regions of one mask by the bits of `common`."""
        hashed = self._hashed.get((own, common))
        if hashed is None:
            hashed = self._hashed[own, common] = {}
            for each in self._by_mask[own]:
                hashed.setdefault(each.region.value & common, []).append(each)
        return hashed
