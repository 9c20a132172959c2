"""The fuzzer for a moment, with seeds that stay the same; `python -m tests.fuzz` for longer."""

from random import Random

import pytest

from slicer.openflow.v13 import V13
from tests.fuzz import seeds
from tests.fuzz.__main__ import fuzz
from tests.fuzz.mutation import mutated
from tests.fuzz.subject import Broken, Subject, judge


@pytest.mark.parametrize("seed", range(4))
def test_nothing_gives_way_to_broken_frames(seed: int) -> None:
    assert [str(found) for found in fuzz(seed, 2_500)] == []


def test_the_seeds_themselves_are_sound() -> None:
    subject = Subject()
    for version in (4, 1):
        for frame in seeds.of_tenants(version):
            subject.tenant_says(version, frame)
    assert not subject.is_over


def test_the_same_numbers_give_the_same_frames() -> None:
    corpus = seeds.of_tenants(4)
    one, other = ([mutated(corpus, random) for _ in range(50)] for random in map(Random, (7, 7)))
    assert one == other


def test_a_flow_of_anothers_would_be_noticed() -> None:
    subject = Subject()
    with pytest.raises(Broken, match="without the tag"):
        judge(V13.encode(seeds._FLOW), subject.tag)
