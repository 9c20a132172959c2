"""Overlaps: which of many rules share a point with a match.

The classifier asks about a point, this about a region: for each distinct mask the rules are
hashed by the bits that the mask and the region's have in common. So the work grows with the
number of masks and of hits, not with the number of rules, slices or datapaths: what falls into
one place of a hash is told apart by scope there, and rules that name datapaths are found under
each of them.

Invariant: `of` returns what a test of every region of every rule would.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import groupby
from typing import Final

from slicer.flowspace.match import Match
from slicer.flowspace.rule import Rule, Scope

Hit = tuple[int, Rule, Match]
"""A rule's rank (its place in the order given), the rule, and its region that was hit."""

_NAMED: Final = "named"
_Where = int | str | None
"""Rules that name this dpid, that name any (`_NAMED`), or that hold on every datapath (None)."""
_Hashed = dict[int, dict[int, list[Hit]]]
"""By a region's bits, then by the number of a scope."""


class Overlaps:
    """An index of rules by their regions."""

    __slots__ = ("_hashed", "_numbers", "_regions", "_scopes")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._regions: dict[_Where, dict[int, list[tuple[int, Hit]]]] = {}
        self._hashed: dict[tuple[_Where, int, int], _Hashed] = {}
        self._numbers: dict[tuple[str, frozenset[int] | None], int] = {}
        self._scopes: list[Scope] = []
        for rank, rule in enumerate(rules):
            number = self._number(rule)
            hits = [(number, (rank, rule, region)) for region in rule.regions]
            named = rule.datapaths
            places: tuple[_Where, ...] = (None,) if named is None else (_NAMED, *named)
            for where in places:
                by_mask = self._regions.setdefault(where, {})
                for hit in hits:
                    by_mask.setdefault(hit[1][2].mask, []).append(hit)

    def of(
        self,
        match: Match,
        wanted: Callable[[Scope], bool],
        datapaths: frozenset[int] | None = None,
    ) -> Iterator[Hit]:
        """Every region of the rules of the wanted scopes that overlaps `match`, by rank; only of
        rules that hold on some of `datapaths`, where they are given.

        Lazy: whoever needs only the first few pays only for those.
        """
        alike = [
            hits
            for where in _places(datapaths)
            for mask in self._regions.get(where, ())
            for number, hits in self._at(where, mask, match)
            if wanted(self._scopes[number])
        ]
        found = iter(alike[0]) if len(alike) == 1 else merge(*alike, key=_rank)
        if datapaths is not None and len(datapaths) > 1:
            found = _once(found)
        return (hit for hit in found if hit[2].overlaps(match))

    def _number(self, rule: Rule) -> int:
        number = self._numbers.setdefault((rule.slice, rule.datapaths), len(self._scopes))
        if number == len(self._scopes):
            self._scopes.append(rule.scope)
        return number

    def _at(self, where: _Where, mask: int, match: Match) -> Iterable[tuple[int, list[Hit]]]:
        """What may overlap `match` of the regions of one mask: numbers of scopes, and their
        hits by rank."""
        hashed = self._hash(where, mask, mask & match.mask).get(match.value & mask)
        return () if hashed is None else hashed.items()

    def _hash(self, where: _Where, mask: int, common: int) -> _Hashed:
        key = (where, mask, common)
        hashed = self._hashed.get(key)
        if hashed is None:
            hashed = self._hashed[key] = {}
            for number, hit in self._regions[where][mask]:
                by_scope = hashed.setdefault(hit[2].value & common, {})
                by_scope.setdefault(number, []).append(hit)
        return hashed


def _places(datapaths: frozenset[int] | None) -> tuple[_Where, ...]:
    """Under which keys the rules are that hold on some of these."""
    return (None, _NAMED) if datapaths is None else (None, *datapaths)


def _once(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Hits by rank, each once, though it was found on several datapaths."""
    for _, alike in groupby(hits, key=_rank):
        yield from {id(hit[2]): hit for hit in alike}.values()


def _rank(hit: Hit) -> int:
    return hit[0]
