"""Stacking: which of the regions of a flowspace lies how high above those of other slices.

Regions are taken from the last to the first that decides. For each kind of match (the bits that it
fixes) it is kept how high the regions of each kind lie that have the same values in the bits that
both kinds fix: those are the ones that have a packet in common. So the work grows with the number
of regions and of kinds, however many of them cross each other. Where most regions are of a kind of
their own that would be more work than to compare them, and they are. Not here: what a layer is for.
Invariant: a region lies one layer above the highest of another slice's that it meets and that
decides after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from slicer.flowspace.match import Match as Region
from slicer.proxy.clip.regions import Held
from slicer.proxy.operation import OTHERS_TURN, Steps
from slicer.proxy.pace import COMPARED, TOUCHED, Pace

LOWEST = 1
FEW = 4
"""With fewer regions of a kind than this, one with the other, they are compared."""
_NOTHING = 0
_Tops = dict[int, tuple[int, str, int]]
"""By the bits that two kinds of match both fix: the highest layer there, whose it is, and the
highest that is any other slice's."""


def stacked(held: Sequence[Held], ranks: int) -> Steps[list[int]]:
    """The layer of each rank, from LOWEST on, of regions that are given by rank."""
    layers = [LOWEST] * ranks
    if len({each.slice for each in held}) < 2:
        return layers
    masks = {each.region.mask for each in held}
    pace = Pace()
    known: _Kinds | _Regions = _Regions()
    if len(held) >= FEW * len(masks):
        known = _Kinds(masks)
        for mask in masks:
            known.pair(mask)
            if pace.is_turn_over(len(masks) * COMPARED):
                yield OTHERS_TURN
    for rank, group in groupby(reversed(held), key=attrgetter("rank")):
        alike = list(group)
        layers[rank] = LOWEST + max(map(known.highest_below, alike))
        for each in alike:
            known.enter(each, layers[rank])
            if pace.is_turn_over(known.number_for(each) * TOUCHED):
                yield OTHERS_TURN
    return layers


class _Regions:
    """The regions that were entered, one by one."""

    def __init__(self) -> None:
        self._entered: list[tuple[Region, str, int]] = []

    def number_for(self, held: Held) -> int:
        """So many regions are looked at for one."""
        return len(self._entered)

    def highest_below(self, held: Held) -> int:
        """The highest layer of other slices' regions that were entered and meet this one."""
        highest = _NOTHING
        for region, name, layer in self._entered:
            if layer > highest and name != held.slice and region.overlaps(held.region):
                highest = layer
        return highest

    def enter(self, held: Held, layer: int) -> None:
        """A region lies in a layer."""
        self._entered.append((held.region, held.slice, layer))


class _Kinds:
    """The kinds of match that there are, and what is known of the regions that were entered."""

    def __init__(self, masks: set[int]) -> None:
        self._asked: dict[int, list[tuple[int, _Tops]]] = {}
        """By the kind that asks: for each kind, the bits that both fix, and what is known by them.
        Kinds that share the same bits with one share what is known."""
        self._entered: dict[int, dict[int, _Tops]] = {mask: {} for mask in masks}

    def pair(self, mask: int) -> None:
        """Get ready for questions of a kind, before any region is entered."""
        self._asked[mask] = [
            (mask & other, tables.setdefault(mask & other, {}))
            for other, tables in self._entered.items()
        ]

    def number_for(self, held: Held) -> int:
        """So many tables are looked into for a region."""
        return len(self._asked[held.region.mask]) + len(self._entered[held.region.mask])

    def highest_below(self, held: Held) -> int:
        """The highest layer of other slices' regions that were entered and meet this one."""
        value, name = held.region.value, held.slice
        highest = _NOTHING
        for common, tops in self._asked[held.region.mask]:
            found = tops.get(value & common)
            if found is not None:
                layer = found[2] if found[1] == name else found[0]
                if layer > highest:
                    highest = layer
        return highest

    def enter(self, held: Held, layer: int) -> None:
        """A region lies in a layer."""
        value, name = held.region.value, held.slice
        for common, tops in self._entered[held.region.mask].items():
            bits = value & common
            top, whose, others = tops.get(bits, (_NOTHING, name, _NOTHING))
            if whose == name:
                if layer > top:
                    tops[bits] = layer, name, others
            elif layer > top:
                tops[bits] = layer, name, top
            elif layer > others:
                tops[bits] = top, whose, layer
