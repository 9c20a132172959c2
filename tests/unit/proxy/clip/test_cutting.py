"""A flow as the pieces of it that are its slice's."""

from typing import Any

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.oxm import Match, oxm
from slicer.proxy.clip import cutting
from slicer.proxy.clip.cutting import Cut, Outlets, cut
from slicer.proxy.clip.granting import Verdict, verdict
from slicer.proxy.clip.layers import Layers
from slicer.proxy.clip.wording import Vocabulary, region_of
from slicer.proxy.refusal import Refusal

TCP = {"eth_type": 0x0800, "ip_proto": 6}
WEB = Region.of(**TCP, tcp_dst=80)
OF_WEB = Match.of(**TCP, tcp_dst=80)
RED_WEB = (Rule("red", 2, WEB), Rule("blue", 1, Region.ANY))
OUTLETS = Outlets(frozenset({1, 2, 3}), frozenset({1, 2}))
TO_1, TO_2, TO_3, TO_9 = a.Output(1), a.Output(2), a.Output(3), a.Output(9)
WHOLE: dict[str, int | tuple[int, int]] = {
    "in_port": 1,
    "eth_dst": 2,
    "eth_src": 3,
    **TCP,
    "vlan_vid": 0,
    "ip_dscp": 0,
    "ipv4_src": 1,
    "ipv4_dst": 2,
    "tcp_src": 3,
    "tcp_dst": 80,
}


def pieces(
    rules: tuple[Rule, ...], name: str, match: Match, *actions: Action, limit: int = 64
) -> list[Cut]:
    """What becomes of a slice's flow."""
    layers = Layers(FlowSpace(rules), Vocabulary(), 64)
    return cut(layers, OUTLETS, name, (match, region_of(match)), actions, limit)


def said(cuts: list[Cut]) -> dict[Match, tuple[Action, ...]]:
    """Match and actions of each."""
    return {each.match.canonical(): each.actions for each in cuts}


def refusal(
    rules: tuple[Rule, ...], name: str, match: Match, *actions: Action, limit: int = 64
) -> Refusal:
    """Why a flow is refused."""
    with pytest.raises(Refusal) as caught:
        pieces(rules, name, match, *actions, limit=limit)
    return caught.value


# ---- matches ----


def test_a_flow_is_cut_to_what_the_slice_owns() -> None:
    assert said(pieces(RED_WEB, "red", Match(), TO_1)) == {OF_WEB.canonical(): (TO_1,)}
    assert said(pieces(RED_WEB, "blue", Match(), TO_1)) == {Match(): (TO_1,)}


def test_of_what_is_not_the_slices_there_is_no_piece() -> None:
    assert pieces(RED_WEB, "red", Match.of(eth_type=0x0806), TO_1) == []
    assert pieces(RED_WEB, "blue", OF_WEB, TO_1) == []
    assert pieces(RED_WEB, "green", Match(), TO_1) == []


def test_a_match_within_the_slices_stays_as_it_is() -> None:
    match = Match.of(eth_type=0x0800, ipv4_dst=(0x0A000000, 0xFF000000))
    (only,) = pieces(RED_WEB, "blue", match, TO_1)
    assert only.match is match


def test_there_is_a_piece_for_each_region_but_for_what_one_before_covers() -> None:
    rules = (
        Rule("red", 3, Region.of(eth_type=0x0800), ports=frozenset({1, 2})),
        Rule("red", 2, WEB, ports=frozenset({1, 3})),
    )
    found = said(pieces(rules, "red", Match()))
    assert set(found) == {
        Match.of(in_port=1, eth_type=0x0800).canonical(),
        Match.of(in_port=2, eth_type=0x0800).canonical(),
        Match.of(in_port=3, **TCP, tcp_dst=80).canonical(),
    }


def test_what_has_no_guard_is_subtracted() -> None:
    odd = Rule("red", 2, Region.of(eth_dst=(2, 2), eth_type=0x0800))
    rules = (odd, Rule("blue", 1, Region.of(eth_type=0x0800)))
    untouched = Match.of(eth_dst=5, eth_type=0x0800)
    assert said(pieces(rules, "blue", untouched, TO_1)) == {untouched.canonical(): (TO_1,)}
    assert pieces(rules, "blue", Match.of(eth_dst=7, eth_type=0x0800), TO_1) == []
    refused = refusal(rules, "blue", Match.of(eth_type=0x0800), TO_1)
    assert refused.error is errors.FLOW_MOD_FAILED_TABLE_FULL
    assert "slice blue can't have just its own" in str(refused)


def test_more_pieces_than_the_bound_are_refused() -> None:
    rules = tuple(Rule("red", 2, Region.of(**TCP, tcp_dst=port)) for port in range(5))
    assert len(pieces(rules, "red", Match(), TO_1, limit=5)) == 5
    refused = refusal(rules, "red", Match(), TO_1, limit=4)
    assert refused.error is errors.FLOW_MOD_FAILED_TABLE_FULL
    assert "more than 4 pieces" in str(refused)


# ---- matches without a wildcard ----


def test_a_match_without_a_wildcard_is_its_owners_or_nobodys() -> None:
    (only,) = pieces(RED_WEB, "red", Match.of(**WHOLE), TO_2)
    assert only.is_exact
    assert pieces(RED_WEB, "blue", Match.of(**WHOLE), TO_2) == []


def test_one_that_only_cutting_makes_so_keeps_its_priority_if_it_has_no_tag() -> None:
    rules = (Rule("red", 2, Region.ANY, ports=frozenset({1})),)
    but_port = {name: value for name, value in WHOLE.items() if name != "in_port"}
    (only,) = pieces(rules, "red", Match.of(**but_port), TO_1)
    assert not only.is_exact
    tagged = Match.of(**{**but_port, "vlan_vid": 0x1005, "vlan_pcp": 1})
    assert "has no wildcard left" in str(refusal(rules, "red", tagged, TO_1))


# ---- outputs ----


def test_flood_and_all_are_the_slices_ports() -> None:
    flooding = pieces(RED_WEB, "blue", Match(), a.Output(of.OFPP_FLOOD))
    assert said(flooding) == {Match(): (TO_1, TO_2)}
    assert said(pieces(RED_WEB, "blue", Match(), a.Output(of.OFPP_ALL))) == {
        Match(): (TO_1, TO_2, TO_3)
    }


def test_a_port_that_the_slice_does_not_have_is_left_out() -> None:
    assert said(pieces(RED_WEB, "blue", Match(), TO_9, TO_1)) == {Match(): (TO_1,)}


def test_the_controller_gets_whole_packets() -> None:
    to_controller = a.Output(of.OFPP_CONTROLLER, 128)
    whole = a.Output(of.OFPP_CONTROLLER, 0xFFFF)
    assert said(pieces(RED_WEB, "blue", Match(), to_controller)) == {Match(): (whole,)}


def test_a_rewrite_into_anothers_is_refused() -> None:
    as_web = a.SetField(oxm("tcp_dst", 80))
    tcp = Match.of(**TCP)
    assert refusal(RED_WEB, "blue", tcp, as_web, TO_1).error is errors.BAD_ACTION_EPERM
    to_controller = a.Output(of.OFPP_CONTROLLER, 128)
    assert refusal(RED_WEB, "blue", tcp, as_web, to_controller).error is errors.BAD_ACTION_EPERM
    assert said(pieces(RED_WEB, "blue", tcp, TO_1, as_web)) == {tcp.canonical(): (TO_1, as_web)}


def test_an_output_is_left_out_of_the_pieces_that_may_not_leave_there() -> None:
    rules = (
        Rule("red", 2, WEB, ports=frozenset({1, 2})),
        Rule("red", 2, Region.of(eth_type=0x0806), ports=frozenset({1, 3})),
    )
    found = said(pieces(rules, "red", Match.of(in_port=1), TO_2, TO_3))
    assert found == {
        Match.of(in_port=1, **TCP, tcp_dst=80).canonical(): (TO_2,),
        Match.of(in_port=1, eth_type=0x0806).canonical(): (TO_3,),
    }


def test_a_piece_of_which_a_part_may_leave_is_divided() -> None:
    rules = (
        Rule("blue", 3, Region.of(**TCP, tcp_dst=80), ports=frozenset({2})),
        Rule("red", 1, Region.of(**TCP, tcp_dst=(80, 0xFFFE))),
    )
    found = said(pieces(rules, "red", Match.of(in_port=1, **TCP), TO_2, TO_3))
    assert found == {
        Match.of(in_port=1, **TCP, tcp_dst=80).canonical(): (TO_3,),
        Match.of(in_port=1, **TCP, tcp_dst=81).canonical(): (TO_2, TO_3),
    }


def test_tagged_and_untagged_packets_may_go_different_ways() -> None:
    rules = (Rule("red", 2, Region.of(vlan_vid=0)), Rule("red", 2, Region.of(vlan_vid=0x1005)))
    found = said(pieces(rules, "red", Match(), a.SetVlanVid(5), TO_1))
    assert set(found.values()) == {(a.SetVlanVid(5), TO_1)}
    both = (Rule("red", 2, Region.ANY, ports=frozenset({1, 2})), *rules)
    stripped = said(pieces(both, "red", Match.of(in_port=1), a.StripVlan(), TO_3))
    assert set(stripped.values()) == {(a.StripVlan(), TO_3)}


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (a.Output(of.OFPP_TABLE), errors.BAD_ACTION_BAD_OUT_PORT),
        (a.Output(of.OFPP_NORMAL), errors.BAD_ACTION_BAD_OUT_PORT),
        (a.PopVlan(), errors.BAD_ACTION_BAD_TYPE),
    ],
)
def test_what_no_flow_may_do(action: Action, error: errors.ErrorCode) -> None:
    assert refusal(RED_WEB, "blue", Match(), action).error is error


def test_queues_are_not_the_slices_to_choose() -> None:
    enqueue = (a.SetQueue(7), TO_1, a.PopQueue())
    assert said(pieces(RED_WEB, "blue", Match(), *enqueue)) == {Match(): (TO_1,)}


def test_a_piece_says_whether_an_output_is_left_out() -> None:
    half = Region.of(eth_type=0x0800, ipv4_dst=(1 << 31, 1 << 31))
    rules = (
        Rule("red", 2, Region.ANY, ports=frozenset({1, 2})),
        Rule("red", 2, half, ports=frozenset({3})),
        Rule("blue", 1, Region.ANY),
    )
    cuts = pieces(rules, "red", Match.of(in_port=1, eth_type=0x0800), TO_2, TO_3)
    assert sorted((each.strays, len(each.actions)) for each in cuts) == [(False, 2), (True, 1)]


def test_what_stays_as_the_tenant_wrote_it_is_in_memory_once() -> None:
    rules = (Rule("red", 1, Region.ANY),)
    match, actions = Match.of(in_port=1), (TO_1, TO_2)
    (piece,) = cut(
        Layers(FlowSpace(rules), Vocabulary(), 64),
        OUTLETS,
        "red",
        (match, region_of(match)),
        actions,
        64,
    )
    assert piece.match is match
    assert piece.actions is actions


def test_where_ports_say_who_owns_a_packet_each_output_is_judged() -> None:
    rules = (Rule("red", 1, Region.ANY, None, frozenset({1, 2})), Rule("blue", 1, Region.ANY))
    (piece,) = pieces(rules, "red", Match.of(in_port=1), TO_1, a.Output(of.OFPP_ALL))
    assert (piece.actions, piece.strays) == ((TO_1, TO_1, TO_2), True)
    assert refusal(rules, "red", Match.of(in_port=1), TO_3).error is errors.BAD_ACTION_EPERM


# ---- effort ----

HOSTS_ABOVE = (
    *(Rule("blue", 9, Region.of(eth_src=number)) for number in range(100, 200)),
    Rule("red", 1, Region.ANY),
)
REWRITE = a.SetField(oxm("eth_dst", 2))


def test_outputs_that_send_the_same_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[object] = []

    def noted(*asked: Any) -> Verdict:
        judged.append(asked)
        return verdict(*asked)

    monkeypatch.setattr(cutting, "verdict", noted)
    pieces(HOSTS_ABOVE, "red", Match.of(eth_type=0x0800), REWRITE, a.Output(of.OFPP_FLOOD))
    once = len(judged)
    many = (a.Output(of.OFPP_FLOOD),) * 200
    pieces(HOSTS_ABOVE, "red", Match.of(eth_type=0x0800), REWRITE, *many)
    assert once > 0
    assert len(judged) == 2 * once


def test_one_flow_takes_no_more_effort_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "MOST_EFFORT", 10_000)
    each = [(a.SetField(oxm("eth_dst", number)), TO_1) for number in range(1, 300)]
    few, many = each[:2], each
    match = Match.of(eth_type=0x0800)
    assert pieces(HOSTS_ABOVE, "red", match, *(one for pair in few for one in pair))
    refused = refusal(HOSTS_ABOVE, "red", match, *(one for pair in many for one in pair))
    assert refused.error == errors.FLOW_MOD_FAILED_TABLE_FULL
    assert "more than 10000 regions to compare" in str(refused)
