"""The index of regions finds what a test of every region finds."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.flowspace import Match, Rule
from slicer.proxy.clip.regions import Held, Regions
from tests.property.flowspace_values import matches, rules


@given(st.lists(rules(), max_size=8), st.lists(matches(), min_size=1, max_size=3))
def test_what_meets_or_contains_a_region_is_found(some: list[Rule], asked: list[Match]) -> None:
    every = [
        Held(rank, rule.slice, region, rule)
        for rank, rule in enumerate(some)
        for region in rule.regions
    ]
    index = Regions(every)
    for match in asked:
        meeting = list(index.meeting(match))
        assert sorted(meeting, key=repr) == sorted(
            (each for each in every if (each.region & match) is not None), key=repr
        )
        assert [each.rank for each in meeting] == sorted(each.rank for each in meeting)
        assert sorted(index.containing(match), key=repr) == sorted(
            (each for each in every if each.region.contains(match)), key=repr
        )
