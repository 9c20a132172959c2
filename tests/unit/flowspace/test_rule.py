from slicer.flowspace import Match, Rule
from slicer.flowspace.rule import Scope, regions_at

ARP = Match.of(eth_type=0x0806)


def test_a_rule_for_every_port_has_one_region() -> None:
    assert Rule("a", 1, ARP).regions == (ARP,)


def test_a_rule_has_a_region_for_each_port() -> None:
    assert Rule("a", 1, ARP, None, frozenset({2, 1})).regions == (
        Match.of(eth_type=0x0806, port=1),
        Match.of(eth_type=0x0806, port=2),
    )


def test_a_rule_without_ports_that_are_there_holds_nowhere() -> None:
    assert Rule("a", 1, ARP, None, frozenset()).regions == ()


def test_a_match_that_names_a_port_holds_at_no_other() -> None:
    at_one = Match.of(port=1)
    assert regions_at(at_one, frozenset({1, 2})) == (at_one,)


def test_scopes_meet_where_they_share_a_datapath() -> None:
    everywhere, here = Scope("a", None), Scope("a", frozenset({1, 2}))
    assert everywhere.meets(frozenset({1}))
    assert here.meets(None)
    assert here.meets(frozenset({2, 3}))
    assert not here.meets(frozenset({3}))


def test_scopes_cover_what_lies_within() -> None:
    everywhere, here = Scope("a", None), Scope("a", frozenset({1, 2}))
    assert everywhere.covers(None)
    assert here.covers(frozenset({1}))
    assert not here.covers(None)
    assert not here.covers(frozenset({1, 3}))
