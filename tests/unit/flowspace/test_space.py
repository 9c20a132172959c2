import pytest

from slicer.flowspace import Conflict, FlowSpace, Match, Point, Rule, TooManyPiecesError

WEB = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
ARP = Match.of(eth_type=0x0806)
video = Rule("video", 100, WEB)
office = Rule("office", 1, Match.ANY)
PACKET = Point.of(port=1, eth_type=0x0800, ip_proto=6, tcp_dst=80)
OTHER = Point.of(port=1, eth_type=0x0800, ip_proto=6, tcp_dst=81)


def test_rules_stand_in_descending_priority_and_keep_their_order() -> None:
    first, second = Rule("a", 5, WEB), Rule("a", 5, ARP)
    assert FlowSpace([office, first, second, video]).rules == (video, first, second, office)


def test_the_rule_of_highest_priority_decides() -> None:
    space = FlowSpace([office, video])
    assert space.owner(PACKET) == "video"
    assert space.owner(OTHER) == "office"


def test_a_point_that_no_rule_holds_for_is_nobodys() -> None:
    assert FlowSpace([video]).owner(OTHER) is None
    assert FlowSpace([]).owner(OTHER) is None


def test_ports_count() -> None:
    space = FlowSpace([Rule("video", 100, WEB, None, frozenset({2})), office])
    assert space.owner(PACKET) == "office"
    assert space.owner(Point.of(port=2, eth_type=0x0800, ip_proto=6, tcp_dst=80)) == "video"


def test_a_network_of_several_datapaths_has_no_owner_of_a_point() -> None:
    space = FlowSpace([Rule("video", 100, WEB, frozenset({1})), office])
    with pytest.raises(ValueError, match=r"found rules that name datapaths, expected .* one dpid"):
        space.owner(PACKET)
    assert space.on(1).owner(PACKET) == "video"
    assert space.on(2).owner(PACKET) == "office"
    assert space.on(2).rules == (office,)


def test_slices_are_in_the_order_of_their_first_rules() -> None:
    assert list(FlowSpace([office, video, video]).slices) == ["video", "office"]


def test_ports_of_a_slice() -> None:
    at_one = Rule("video", 100, WEB, None, frozenset({1}))
    at_two = Rule("video", 100, ARP, None, frozenset({2}))
    assert FlowSpace([at_one, at_two]).ports_of("video") == frozenset({1, 2})
    assert FlowSpace([at_one, video]).ports_of("video") is None
    assert FlowSpace([at_one]).ports_of("office") == frozenset()


def test_a_clip_is_what_the_slice_owns_of_a_match() -> None:
    space = FlowSpace([video, office])
    assert space.clip("video", Match.ANY) == [WEB]
    assert space.clip("video", ARP) == []
    assert space.clip("office", ARP) == [ARP]
    assert space.clip("office", WEB) == []
    pieces = space.clip("office", Match.of(eth_type=0x0800, ip_proto=6))
    assert len(pieces) == 16
    assert not any(piece.overlaps(WEB) for piece in pieces)


def test_a_clip_of_rules_that_overlap_within_a_slice_is_disjoint() -> None:
    ipv4 = Match.of(eth_type=0x0800)
    space = FlowSpace([Rule("video", 100, ipv4), Rule("video", 50, WEB), office])
    assert space.clip("video", Match.ANY) == [ipv4]


def test_a_clip_names_the_ports() -> None:
    space = FlowSpace([Rule("video", 100, WEB, None, frozenset({1, 2}))])
    assert space.clip("video", Match.ANY) == [WEB & Match.of(port=1), WEB & Match.of(port=2)]


def test_a_clip_of_too_many_pieces_is_refused() -> None:
    space = FlowSpace([video, office])
    match = Match.of(eth_type=0x0800, ip_proto=6)
    assert len(space.clip("office", match, limit=16)) == 16
    with pytest.raises(TooManyPiecesError, match=r"more than 15 pieces of eth_type=ipv4.* office"):
        space.clip("office", match, limit=15)


def test_a_conflict_shows_a_packet_in_both() -> None:
    rival = Rule("office", 100, Match.of(eth_type=0x0800, ipv4_src=5))
    (conflict,) = FlowSpace([video, rival]).conflicts()
    assert conflict == Conflict(video, rival, conflict.witness)
    assert conflict.witness["ipv4_src"] == 5
    assert conflict.witness["tcp_dst"] == 80


def test_a_pair_of_rules_conflicts_once_however_many_ports_they_share() -> None:
    ports = frozenset({1, 2, 3})
    rules = [Rule("a", 1, ARP, None, ports), Rule("b", 1, ARP, None, ports)]
    assert len(list(FlowSpace(rules).conflicts())) == 1


@pytest.mark.parametrize(
    "rival",
    [
        Rule("office", 99, WEB),
        Rule("video", 100, WEB),
        Rule("office", 100, ARP),
        Rule("office", 100, WEB, frozenset({2})),
        Rule("office", 100, WEB, None, frozenset({2})),
    ],
)
def test_no_conflict(rival: Rule) -> None:
    here = Rule("video", 100, WEB, frozenset({1}), frozenset({1}))
    assert list(FlowSpace([here, rival]).conflicts()) == []


def test_rules_of_one_slice_do_not_conflict_beside_another_slice() -> None:
    rules = [Rule("a", 1, WEB), Rule("a", 1, WEB), Rule("b", 1, ARP)]
    assert list(FlowSpace(rules).conflicts()) == []


def test_a_rule_that_others_cover_is_found() -> None:
    twice = Rule("video", 100, WEB)
    below = Rule("video", 50, WEB)
    assert list(FlowSpace([video, twice, below, office]).covered()) == [twice, below]


def test_several_rules_cover_together() -> None:
    halves = [
        Rule("a", 5, Match.of(eth_src=(0, 1))),
        Rule("b", 5, Match.of(eth_src=(1, 1))),
    ]
    assert list(FlowSpace([*halves, office]).covered()) == [office]
    assert list(FlowSpace([halves[0], office]).covered()) == []


def test_a_rule_of_fewer_datapaths_does_not_cover() -> None:
    here = Rule("a", 5, Match.ANY, frozenset({1}))
    assert list(FlowSpace([here, office]).covered()) == []
    assert list(FlowSpace([here, Rule("b", 1, WEB, frozenset({1}))]).covered()) != []


def test_whether_a_rule_is_covered_is_left_open_when_that_takes_too_many_pieces() -> None:
    many = [Rule("a", 100, Match.of(eth_src=1 << i, eth_dst=1 << i)) for i in range(40)]
    assert list(FlowSpace([*many, office]).covered()) == []


def test_hazards_are_those_of_the_rules() -> None:
    assert [hazard.rule for hazard in FlowSpace([video, office]).fragment_hazards()] == [video]
