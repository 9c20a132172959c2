"""Which region lies how high, and that nobody waits for long until that is known."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.proxy.clip.regions import Held
from slicer.proxy.clip.stacking import stacked
from slicer.proxy.operation import OTHERS_TURN


def held(*rules: Rule) -> list[Held]:
    return [
        Held(rank, rule.slice, region, rule)
        for rank, rule in enumerate(rules)
        for region in rule.regions
    ]


def layers(*rules: Rule) -> tuple[list[int], int]:
    """The layers, and in how many turns they were found."""
    steps, turns = stacked(held(*rules), len(rules)), 1
    while True:
        try:
            assert next(steps) is OTHERS_TURN
            turns += 1
        except StopIteration as stop:
            return stop.value, turns


def crossing(count: int) -> list[Rule]:
    """So many rules of each of two slices, each of which meets each of the other's."""
    of_red = (Region.of(eth_type=0x0800, ipv4_dst=each) for each in range(count))
    of_blue = (Region.of(eth_type=0x0800, ipv4_src=each) for each in range(count))
    return [
        *(Rule("red", 2, each) for each in of_red),
        *(Rule("blue", 1, each) for each in of_blue),
    ]


def test_regions_of_one_slice_lie_side_by_side() -> None:
    rules = Rule("red", 2, Region.of(eth_type=0x0800)), Rule("red", 1, Region.ANY)
    assert layers(*rules)[0] == [1, 1]


def test_the_highest_of_others_counts_whoever_lies_above_it() -> None:
    """Of what has the same bits the highest layer is the asker's own; the next is another's."""
    ipv4, web = Region.of(eth_type=0x0800), Region.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
    rules = (
        Rule("red", 5, web),
        Rule("red", 4, ipv4),
        Rule("blue", 3, ipv4),
        Rule("green", 2, ipv4),
        Rule("blue", 1, Region.ANY),
    )
    assert layers(*rules)[0] == [4, 4, 3, 2, 1]


def test_all_regions_of_a_rule_lie_in_one_layer() -> None:
    ports = frozenset({1, 2})
    rules = Rule("red", 2, Region.ANY, ports=ports), Rule("blue", 1, Region.of(port=2))
    assert layers(*rules)[0] == [2, 1]


def test_crossing_rules_cost_as_much_as_there_are_of_them() -> None:
    found, turns = layers(*crossing(20_000))
    assert (set(found[:20_000]), set(found[20_000:])) == ({2}, {1})
    twice = layers(*crossing(40_000))[1]
    assert 1 < turns <= twice <= 2 * turns + 1


def of_own_kinds(count: int) -> list[Rule]:
    """So many rules, each with a mask that no other has, all of which cross each other."""
    sources, targets = (
        [
            Region.of(eth_type=0x0800, **{name: (0, (1 << bits) - 1 << (32 - bits))})
            for bits in range(1, 33)
        ]
        for name in ("ipv4_src", "ipv4_dst")
    )
    regions = [both for one in sources for other in targets if (both := one & other) is not None]
    return [
        Rule(("red", "blue")[rank % 2], count - rank, each)
        for rank, each in enumerate(regions[:count])
    ]


def test_where_each_rule_is_of_its_own_kind_there_are_no_tables_for_each_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pair(kinds: object, mask: int) -> None:
        raise AssertionError("a table for each two")

    monkeypatch.setattr("slicer.proxy.clip.stacking._Kinds.pair", pair)
    found, turns = layers(*of_own_kinds(900))
    assert found == list(range(900, 0, -1))
    assert turns > 1
