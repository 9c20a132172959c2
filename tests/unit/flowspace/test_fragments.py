from slicer.flowspace import FlowSpace, FragmentHazard, Match, Point, Rule
from slicer.flowspace.fragments import fragment_hazards, later_fragments_of

WEB = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
TCP = Match.of(eth_type=0x0800, ip_proto=6)
WEB6 = Match.of(eth_type=0x86DD, ip_proto=6, tcp_dst=80)
TCP6 = Match.of(eth_type=0x86DD, ip_proto=6)
FRAGMENTS6 = Match.of(eth_type=0x86DD, ip_proto=44)

video = Rule("video", 100, WEB)
office = Rule("office", 1, Match.ANY)


def later(**fields: int) -> Point:
    return Point.of(True, **{"eth_type": 0x0800, "ip_proto": 6, **fields})


def test_how_later_fragments_look() -> None:
    assert later_fragments_of(WEB) == TCP
    assert later_fragments_of(TCP) is None
    assert later_fragments_of(Match.ANY) is None
    assert later_fragments_of(WEB6) == FRAGMENTS6
    assert later_fragments_of(TCP6) == FRAGMENTS6
    assert later_fragments_of(FRAGMENTS6) is None
    assert later_fragments_of(Match.of(eth_type=0x86DD)) is None


def test_fragments_that_would_fall_through_to_another_slice_are_a_hazard() -> None:
    assert fragment_hazards([office, video]) == [
        FragmentHazard(100, TCP, None, None, video, office)
    ]


def test_rules_alike_but_for_their_ports_share_a_hazard() -> None:
    source = Rule("video", 100, Match.of(eth_type=0x0800, ip_proto=6, tcp_src=80))
    assert len(fragment_hazards([video, source, office])) == 1


def test_ipv6_is_a_hazard_without_ports() -> None:
    rule = Rule("video", 100, TCP6)
    assert fragment_hazards([rule, office]) == [
        FragmentHazard(100, FRAGMENTS6, None, None, rule, office)
    ]


def test_no_hazard_where_the_fragments_stay_in_the_slice() -> None:
    own = Rule("video", 50, TCP)
    assert fragment_hazards([video, own, office]) == []


def test_no_hazard_where_nobody_else_would_get_them() -> None:
    other_web = Rule("office", 50, Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=443))
    assert fragment_hazards([video, other_web]) == []


def test_no_hazard_at_other_ports_or_datapaths() -> None:
    here = Rule("video", 100, WEB, frozenset({1}), frozenset({1}))
    assert fragment_hazards([here, Rule("office", 1, Match.ANY, frozenset({2}))]) == []
    assert fragment_hazards([here, Rule("office", 1, Match.ANY, None, frozenset({2}))]) == []


def test_a_hazard_holds_at_the_ports_and_datapaths_of_its_rule() -> None:
    here = Rule("video", 100, WEB, frozenset({1}), frozenset({1, 2}))
    (hazard,) = fragment_hazards([here, office])
    assert (hazard.datapaths, hazard.ports) == (frozenset({1}), frozenset({1, 2}))
    assert hazard.regions == (TCP & Match.of(port=1), TCP & Match.of(port=2))


def test_a_container_on_other_datapaths_does_not_help() -> None:
    own = Rule("video", 50, TCP, frozenset({1}))
    assert len(fragment_hazards([video, own, office])) == 1
    assert fragment_hazards([Rule("video", 100, WEB, frozenset({1})), own, office]) == []


def test_what_a_higher_rule_owns_is_no_hazard() -> None:
    everything = Rule("office", 200, TCP)
    assert fragment_hazards([everything, video, office]) == []


def test_several_containers_together_help() -> None:
    low = Rule("video", 50, Match.of(eth_type=0x0800, ipv4_src=(0, 0x80000000)))
    high = Rule("video", 50, Match.of(eth_type=0x0800, ipv4_src=(0x80000000, 0x80000000)))
    assert fragment_hazards([video, low, high, office]) == []
    assert len(fragment_hazards([video, low, office])) == 1


def test_a_hazard_steps_over_priorities_where_it_would_tie() -> None:
    part = Rule("video", 100, Match.of(eth_type=0x0800, ipv4_src=1))
    above = Rule("video", 101, Match.of(eth_type=0x0800, ipv4_src=2))
    (hazard,) = fragment_hazards([above, video, part, office])
    assert hazard.priority == 102


def test_a_rival_for_ipv6_fragments_of_the_same_priority_gets_none() -> None:
    rule = Rule("video", 100, TCP6)
    rival = Rule("office", 100, FRAGMENTS6)
    assert fragment_hazards([rule, rival]) == [
        FragmentHazard(101, FRAGMENTS6, None, None, rule, rival)
    ]


def test_who_owns_a_later_fragment() -> None:
    space = FlowSpace([video, office])
    assert space.owner(later()) is None
    assert space.owner(later(ip_proto=17)) == "office"
    assert space.owner(Point.of(eth_type=0x0800, ip_proto=6)) == "office"


def test_a_rule_with_ports_never_holds_for_a_later_fragment() -> None:
    low_ports = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=(0, 0xFC00))
    space = FlowSpace([Rule("video", 100, low_ports)])
    assert space.owner(Point.of(eth_type=0x0800, ip_proto=6)) == "video"
    assert space.owner(later()) is None
