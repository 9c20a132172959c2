"""A flowspace over the priorities of one table."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow.oxm import Match
from slicer.proxy.clip import layers as clip_layers
from slicer.proxy.clip.layers import Layers
from slicer.proxy.clip.regions import Held
from slicer.proxy.clip.wording import Vocabulary
from slicer.proxy.enforcement import Unsuitable
from slicer.proxy.operation import OTHERS_TURN

TCP = {"eth_type": 0x0800, "ip_proto": 6}
WEB = Region.of(**TCP, tcp_dst=80)
IPV4 = Region.of(eth_type=0x0800)
OF_WEB = Match.of(**TCP, tcp_dst=80).canonical()


def layers(*rules: Rule, limit: int = 64) -> Layers:
    """Of these rules."""
    return Layers(FlowSpace(rules), Vocabulary(), limit)


def held(of: Layers, region: Region) -> list[Held]:
    """What overlaps a region."""
    return list(of.held(region))


def test_disjoint_slices_share_one_layer_that_has_all_priorities_but_two() -> None:
    found = layers(Rule("red", 2, Region.of(port=1)), Rule("blue", 1, Region.of(port=2)))
    (red,), (blue,) = held(found, Region.of(port=1)), held(found, Region.of(port=2))
    assert found.span == 65_534
    assert found.priority(red, 1) == found.priority(blue, 1) == 2
    assert found.priority(red, found.span - 1) == 65_534


def test_what_decides_lies_above_what_it_overlaps() -> None:
    found = layers(Rule("red", 3, WEB), Rule("blue", 2, IPV4), Rule("green", 1, Region.ANY))
    tops = [found.priority(each, 0) for each in held(found, WEB)]
    assert tops == [1 + 2 * found.span, 1 + found.span, 1]
    assert found.priority(held(found, WEB)[2], found.span - 1) < tops[1]


def test_rules_of_one_slice_do_not_lie_above_each_other() -> None:
    found = layers(Rule("red", 3, WEB), Rule("red", 2, IPV4), Rule("red", 1, Region.ANY))
    assert {found.priority(each, 0) for each in held(found, WEB)} == {1}
    assert found.guards == {}


def test_what_lies_above_another_has_a_guard() -> None:
    found = layers(Rule("red", 2, WEB), Rule("blue", 1, Region.ANY))
    assert found.guards == {(OF_WEB, 1 + found.span): "red"}
    assert all(found.is_guarded(each) for each in held(found, WEB))


def test_what_nobody_owns_is_dropped_below_guards_of_all_the_rest() -> None:
    found = layers(Rule("red", 2, WEB), Rule("blue", 1, Region.of(eth_type=0x0806)))
    arp = Match.of(eth_type=0x0806).canonical()
    assert found.guards == {(OF_WEB, 1): "red", (arp, 1): "blue", (Match(), 0): None}


def test_a_region_that_can_not_be_said_has_no_guard() -> None:
    odd = Region.of(eth_src=(2, 2))
    found = layers(Rule("red", 2, odd), Rule("blue", 1, Region.ANY))
    assert found.guards == {}
    first, second = held(found, odd)
    assert not found.is_guarded(first)
    assert found.is_guarded(second)


def test_nor_has_one_that_takes_too_many_matches_and_then_nothing_is_dropped() -> None:
    some = Region.of(**TCP, tcp_dst=(0, 0xFF00))
    assert layers(Rule("red", 2, some), limit=255).guards == {}
    guards = layers(Rule("red", 2, some), limit=256).guards
    assert len(guards) == 257


def test_nor_one_without_a_wildcard() -> None:
    fields = {**TCP, "eth_src": 1, "eth_dst": 2, "vlan_vid": 0, "ip_dscp": 0}
    whole = Region.of(port=1, **fields, ipv4_src=1, ipv4_dst=2, tcp_src=3, tcp_dst=4)
    found = layers(Rule("red", 2, whole), Rule("blue", 1, Region.ANY))
    assert found.guards == {}


def test_others_that_decide_first_are_above() -> None:
    found = layers(Rule("red", 3, WEB), Rule("blue", 2, IPV4), Rule("green", 1, Region.ANY))
    of_blue, of_green = held(found, WEB)[1:]
    assert [each.slice for each in found.above(of_green, Region.ANY)] == ["red", "blue"]
    assert [each.slice for each in found.above(of_blue, IPV4)] == ["red"]
    assert [each.rank for each in found.held_by("green", IPV4)] == [2]
    assert list(found.held_by("nobody", IPV4)) == []


def test_too_many_layers_are_unsuitable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_layers, "LEAST_SPAN", 30_000)
    rules = [Rule("red" if n % 2 else "blue", n + 1, Region.ANY) for n in range(3)]
    assert layers(*rules[:2]).span == 32_767
    with pytest.raises(Unsuitable, match="3 rules one above the other"):
        layers(*rules)


def test_many_kinds_of_questions_leave_no_more_than_some_in_memory() -> None:
    found = layers(Rule("red", 2, WEB), Rule("blue", 1, Region.ANY))
    for bits in range(500):
        assert len(held(found, Region(0, bits << 3))) >= 1
    assert len(found._all._probes) <= 70


def test_a_region_is_covered_by_what_another_slice_holds_of_all_of_it_in_spite() -> None:
    found = layers(Rule("red", 3, WEB), Rule("blue", 2, IPV4), Rule("red", 1, Region.ANY))
    _, blue, red = held(found, WEB)
    assert found.is_covered(blue, WEB)
    assert not found.is_covered(blue, IPV4)
    assert found.is_covered(red, Region.of(eth_type=0x0800, port=1))
    assert not found.is_covered(red, Region.ANY)


@pytest.mark.parametrize(
    ("rule", "name_ports"),
    [
        (Rule("red", 2, WEB), False),
        (Rule("red", 2, WEB, ports=frozenset({1})), True),
        (Rule("red", 2, Region.of(port=1)), True),
    ],
)
def test_it_may_depend_on_the_port_who_owns_a_packet(rule: Rule, name_ports: bool) -> None:
    assert layers(rule, Rule("blue", 1, Region.ANY)).name_ports is name_ports


def test_a_region_without_words_has_no_guard() -> None:
    assert layers(Rule("red", 2, WEB), Rule("blue", 1, Region.ANY)).are_guarded
    ipv6 = Region.of(eth_type=0x86DD, ipv6_dst=(0, 1))
    assert not layers(Rule("red", 2, ipv6), Rule("blue", 1, Region.ANY)).are_guarded


def test_in_turns_they_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slicer.proxy.pace.A_TURN", 1)
    rules = [Rule("red", 3, WEB), Rule("blue", 2, IPV4), Rule("green", 1, Region.ANY)]
    steps = Layers.in_turns(FlowSpace(rules), Vocabulary(), 64)
    turns = 0
    while True:
        try:
            assert next(steps) is OTHERS_TURN
            turns += 1
        except StopIteration as stop:
            found = stop.value
            break
    assert turns == 2, "one for each guard"
    assert found.guards == layers(*rules).guards
    assert found.span == layers(*rules).span
