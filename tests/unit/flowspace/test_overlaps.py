from slicer.flowspace import Match, Rule
from slicer.flowspace.overlaps import Overlaps
from slicer.flowspace.rule import Scope

ARP = Rule("a", 1, Match.of(eth_type=0x0806))
IPV4 = Rule("b", 1, Match.of(eth_type=0x0800))
PORTS = Rule("b", 1, Match.ANY, frozenset({7}), frozenset({1, 2}))
RULES = [ARP, IPV4, PORTS]


def everyone(scope: Scope) -> bool:
    return scope is not None


def test_every_region_that_overlaps_is_found_by_rank() -> None:
    hits = list(Overlaps(RULES).of(Match.of(port=2), everyone))
    assert [(rank, rule.slice) for rank, rule, _ in hits] == [(0, "a"), (1, "b"), (2, "b")]
    assert hits[2][2] == Match.of(port=2)


def test_what_misses_is_not_found() -> None:
    assert [hit[1] for hit in Overlaps(RULES).of(Match.of(eth_type=0x0806, port=3), everyone)] == [
        ARP
    ]


def test_only_wanted_scopes_are_searched() -> None:
    hits = Overlaps(RULES).of(Match.ANY, lambda scope: scope.slice == "a")
    assert [hit[1] for hit in hits] == [ARP]


def test_what_vlan_vid_implies_is_minded() -> None:
    untagged = Rule("a", 1, Match.of(vlan_vid=0))
    odd = Match.of(vlan_vid=(1, 1))
    assert list(Overlaps([untagged]).of(odd, everyone)) == []


def test_an_index_may_be_asked_again_with_another_mask() -> None:
    index = Overlaps(RULES)
    assert len(list(index.of(Match.ANY, everyone))) == 4
    assert len(list(index.of(Match.of(eth_type=0x0800), everyone))) == 3
    assert len(list(index.of(Match.ANY, everyone))) == 4
