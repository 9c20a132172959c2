"""Regions are stacked as if each were held against every other one."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from slicer.flowspace import Rule
from slicer.flowspace.match import Match as Region
from slicer.proxy.clip.regions import Held
from slicer.proxy.clip.stacking import LOWEST, stacked
from slicer.proxy.operation import Result, Steps
from tests.property.flowspace_values import rules


def _one_by_one(held: Sequence[Held], ranks: int) -> list[int]:
    layers = [LOWEST] * ranks
    for each in reversed(held):
        for below in held:
            is_below = below.rank > each.rank and below.slice != each.slice
            if is_below and each.region.overlaps(below.region):
                layers[each.rank] = max(layers[each.rank], layers[below.rank] + 1)
    return layers


def _result(steps: Steps[Result]) -> Result:
    try:
        while True:
            next(steps)
    except StopIteration as stop:
        result: Result = stop.value
        return result


def _check(held: Sequence[Held], ranks: int) -> None:
    expected = _one_by_one(held, ranks)
    for few in (0, inf):
        with patch("slicer.proxy.clip.stacking.FEW", few):
            assert _result(stacked(held, ranks)) == expected


@given(st.lists(rules(), max_size=12))
def test_each_lies_above_all_that_it_crosses(some: list[Rule]) -> None:
    held = [
        Held(rank, rule.slice, region, rule)
        for rank, rule in enumerate(some)
        for region in rule.regions
    ]
    _check(held, len(some))


_small = st.builds(
    lambda value, mask: Region(value & mask, mask), st.integers(0, 3), st.integers(0, 3)
)
_crowded = st.tuples(st.sampled_from(("red", "blue", "green")), st.lists(_small, max_size=2))


@settings(max_examples=1000)
@given(st.lists(_crowded, max_size=16))
def test_so_it_does_where_many_are_alike(some: list[tuple[str, list[Region]]]) -> None:
    """Of two bits, so that regions of the three slices often have the same bits, in each order."""
    held = [
        Held(rank, name, region, Rule(name, 0, region))
        for rank, (name, regions) in enumerate(some)
        for region in regions
    ]
    _check(held, len(some))
