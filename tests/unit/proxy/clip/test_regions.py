"""Which regions a match meets, and whose they are."""

from collections.abc import Iterator
from itertools import islice

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.proxy.clip.regions import Held, Regions

RULES = (
    Rule("a", 1, Region.of(eth_type=0x0806)),
    Rule("b", 1, Region.of(eth_type=0x0800)),
    Rule("b", 1, Region.ANY, None, frozenset({1, 2})),
    Rule("c", 1, Region.ANY),
)


def held(rules: tuple[Rule, ...] = RULES) -> list[Held]:
    """All their regions."""
    return [
        Held(rank, rule.slice, region, rule)
        for rank, rule in enumerate(rules)
        for region in rule.regions
    ]


def test_what_meets_a_region_is_found_by_rank() -> None:
    found = list(Regions(held()).meeting(Region.of(port=2)))
    assert [(each.rank, each.slice) for each in found] == [(0, "a"), (1, "b"), (2, "b"), (3, "c")]
    assert found[2].region == Region.of(port=2)


def test_what_misses_is_not_found() -> None:
    assert [each.rank for each in Regions(held()).meeting(Region.of(eth_type=0x86DD, port=3))] == [
        3
    ]
    assert list(Regions([]).meeting(Region.ANY)) == []


def test_what_vlan_vid_implies_is_minded() -> None:
    untagged = Rule("a", 1, Region.of(vlan_vid=0))
    assert list(Regions(held((untagged,))).meeting(Region.of(vlan_vid=(1, 1)))) == []


def test_what_contains_a_region_is_found_and_what_only_overlaps_is_not() -> None:
    index = Regions(held())
    found = [each.rank for each in index.containing(Region.of(eth_type=0x0800, port=1))]
    assert sorted(found) == [1, 2, 3]
    assert [each.rank for each in index.containing(Region.ANY)] == [3]


def test_who_needs_the_first_pays_for_no_other() -> None:
    index = Regions(held(tuple(Rule("a", 1, Region.of(eth_src=each)) for each in range(1000))))
    found = index.meeting(Region.ANY)
    assert isinstance(found, Iterator)
    assert [each.rank for each in islice(found, 2)] == [0, 1]


def test_it_may_be_asked_again_when_it_has_forgotten() -> None:
    index = Regions(held())
    for bits in range(500):
        assert [each.rank for each in index.meeting(Region.of(eth_src=(0, bits)))][-1] == 3
    assert len(index._probes) <= 64 + 3
    assert len(index._hashed) <= 3 * (64 + 3)
