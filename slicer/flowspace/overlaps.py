"""Overlaps: which of many rules share a point with a match.

The classifier asks about a point, this about a region: for each distinct mask the rules are
hashed by the bits that the mask and the region's have in common. So the work grows with the
number of masks and of hits, not with the number of rules.

Invariant: `of` returns what a test of every region of every rule would.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge

from slicer.flowspace.match import Match
from slicer.flowspace.rule import Rule, Scope

Hit = tuple[int, Rule, Match]
"""A rule's rank (its place in the order given), the rule, and its region that was hit."""


class Overlaps:
    """An index of rules by their regions."""

    __slots__ = ("_hashed", "_regions")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._regions: dict[Scope, dict[int, list[Hit]]] = {}
        self._hashed: dict[tuple[Scope, int, int], dict[int, list[Hit]]] = {}
        for rank, rule in enumerate(rules):
            by_mask = self._regions.setdefault(rule.scope, {})
            for region in rule.regions:
                by_mask.setdefault(region.mask, []).append((rank, rule, region))

    def of(self, match: Match, wanted: Callable[[Scope], bool]) -> Iterator[Hit]:
        """Every region of the rules of the wanted scopes that overlaps `match`, by rank.

        Lazy: whoever needs only the first few pays only for those.
        """
        alike = [
            self._hash(scope, mask, mask & match.mask).get(match.value & mask, ())
            for scope, by_mask in self._regions.items()
            if wanted(scope)
            for mask in by_mask
        ]
        hits = merge(*alike, key=_rank)
        return (hit for hit in hits if hit[2].overlaps(match))

    def containing(self, match: Match) -> Iterator[Hit]:
        """Every region that contains `match`, whosever it is, in no order. It costs as much as
        there are masks and hits."""
        for scope, by_mask in self._regions.items():
            for mask in by_mask:
                if not mask & ~match.mask:
                    yield from self._hash(scope, mask, mask).get(match.value & mask, ())

    def _hash(self, scope: Scope, mask: int, common: int) -> dict[int, list[Hit]]:
        key = (scope, mask, common)
        hashed = self._hashed.get(key)
        if hashed is None:
            hashed = self._hashed[key] = {}
            for hit in self._regions[scope][mask]:
                hashed.setdefault(hit[2].value & common, []).append(hit)
        return hashed


def _rank(hit: Hit) -> int:
    return hit[0]
