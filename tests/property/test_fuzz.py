"""The fuzzer for a moment, with seeds that stay the same; `python -m tests.fuzz` for longer."""

from dataclasses import replace
from random import Random

import pytest

from slicer.openflow import constants as of
from slicer.openflow.messages import GroupMod
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import layout
from tests.fuzz import seeds
from tests.fuzz.__main__ import fuzz
from tests.fuzz.judge import Broken, Judge
from tests.fuzz.mutation import mutated
from tests.fuzz.subject import Subject


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


NOBODYS, HERS, HIS = None, 5, 6


def flow(tag: int | None, cookie: int = 0, table: int = layout.FIRST_TENANT_TABLE) -> bytes:
    """A flow-mod with this tag in its match."""
    match = Match() if tag is None else Match.of(**{layout.TAG: tag})
    return V13.encode(replace(seeds._FLOW, match=match, cookie=cookie, table_id=table))


def own(stage: layout.Stage, tag: int) -> int:
    """A cookie of the slicer's own."""
    return int(layout.StageCookie(stage, tag, port=1))


def group(number: int) -> bytes:
    """A group-mod."""
    return V13.encode(GroupMod(0, of.OFPGC_DELETE, 0, number, ()))


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (flow(NOBODYS), "without the tag"),
        (flow(HIS), "another's tag"),
        (flow(HIS, own(layout.Stage.OWNER, HERS), layout.OWNER_TABLE), "another's tag"),
        (flow(HERS, own(layout.Stage.OWNER, HERS), layout.OWNER_TABLE), "in table"),
        (flow(NOBODYS, own(layout.Stage.OWNER, HERS)), "without the tag"),
        (flow(NOBODYS, own(layout.Stage.EMIT, HIS), layout.EMIT_TABLE), "about another"),
        (group(layout.group_id(HIS, 1)), "about another"),
        (group(of.OFPG_ALL), "of every group"),
    ],
)
def test_what_is_anothers_would_be_noticed(frame: bytes, why: str) -> None:
    with pytest.raises(Broken, match=why):
        Judge(HERS).frame(frame)


@pytest.mark.parametrize(
    "frame",
    [
        flow(NOBODYS, own(layout.Stage.EMIT, HIS), layout.EMIT_TABLE),
        group(layout.group_id(HIS, 1)),
    ],
)
def test_a_synchronisation_may_mend_what_is_anothers(frame: bytes) -> None:
    Judge(HERS, mends=True).frame(frame)
