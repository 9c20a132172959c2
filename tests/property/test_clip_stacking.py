"""Regions are stacked as if each were held against every other one."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from slicer.flowspace import Rule
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


@given(st.lists(rules(), max_size=12))
def test_each_lies_above_all_that_it_crosses(some: list[Rule]) -> None:
    held = [
        Held(rank, rule.slice, region, rule)
        for rank, rule in enumerate(some)
        for region in rule.regions
    ]
    expected = _one_by_one(held, len(some))
    for few in (0, inf):
        with patch("slicer.proxy.clip.stacking.FEW", few):
            assert _result(stacked(held, len(some))) == expected
