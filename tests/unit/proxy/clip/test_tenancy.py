"""Flows are made of requests, with numbers and slots of their own."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.proxy.clip.cookies import NUMBERS, Cookie, Part
from slicer.proxy.clip.cutting import Outlets
from slicer.proxy.clip.layers import HIGHEST, Layers
from slicer.proxy.clip.mirror import Change
from slicer.proxy.clip.tenancy import Bounds, Tenancy, as_add
from slicer.proxy.clip.wording import Vocabulary
from slicer.proxy.refusal import Refusal

RULES = (Rule("red", 1, Region.ANY, ports=frozenset({1, 2})),)
ASKED = FlowMod(0, priority=5, instructions=(ApplyActions((Output(1),)),))


def tenancy(rules: tuple[Rule, ...] = RULES) -> Tenancy:
    """Of a datapath with the ports 1 and 2."""
    made = Tenancy(lambda name: Bounds(8, 8))
    made.tags = {"red": 3}
    made.outlets = {"red": Outlets(frozenset({1, 2}), frozenset({1, 2}))}
    made.lay_out(Layers(FlowSpace(rules), Vocabulary(), 8))
    return made


def test_each_piece_has_a_number_and_its_slices_tag() -> None:
    flow = tenancy().make("red", ASKED, None)
    cookies = [Cookie.read(each.cookie) for each in flow.pieces]
    assert cookies == [Cookie(Part.PIECE, 3, 0), Cookie(Part.PIECE, 3, 1)]
    assert [each.number for each in flow.pieces] == [0, 1]
    assert {each.place for each in flow.pieces} == {
        (Match.of(in_port=1), 7),
        (Match.of(in_port=2), 7),
    }


def test_a_match_without_a_wildcard_is_above_all() -> None:
    whole: dict[str, int | tuple[int, int]] = {
        "in_port": 1,
        "eth_dst": 2,
        "eth_src": 3,
        "eth_type": 0x0800,
        "ip_proto": 6,
        "vlan_vid": 0,
        "ip_dscp": 0,
        "ipv4_src": 1,
        "ipv4_dst": 2,
        "tcp_src": 3,
        "tcp_dst": 8,
    }
    asked = FlowMod(0, priority=HIGHEST, match=Match.of(**whole))
    (piece,) = tenancy().make("red", asked, None).pieces
    assert piece.place[1] == HIGHEST


def test_made_instead_of_another_it_keeps_numbers_and_counters() -> None:
    made = tenancy()
    old = made.make("red", ASKED, None)
    old.packets, old.bytes = 7, 700
    new = made.make("red", ASKED, old)
    assert [each.number for each in new.pieces] == [0, 1]
    assert (new.packets, new.bytes) == (7, 700)
    assert [each.number for each in made.make("red", ASKED, None).pieces] == [2, 3]


def test_a_number_that_a_piece_has_is_not_given_again() -> None:
    made = tenancy()
    flow = made.make("red", ASKED, None)
    made.mirror.apply(Change((), (flow,), tuple((None, each) for each in flow.pieces)))
    made._next_number = NUMBERS
    assert made.next_number == 2


def test_what_it_is_remade_of_may_not_be_there_any_more() -> None:
    made = tenancy()
    flow = made.make("red", ASKED, None)
    made.lay_out(Layers(FlowSpace((Rule("red", 1, Region.of(eth_src=(2, 2))),)), Vocabulary(), 8))
    assert made.remade(flow) is None
    made.tags = {}
    made.lay_out(Layers(FlowSpace(RULES), Vocabulary(), 8))
    assert made.remade(flow) is None
    made.tags = {"red": 3}
    again = made.remade(flow)
    assert again is not None
    assert [each.number for each in again.pieces] == [0, 1]


def test_a_slot_is_kept_until_the_flow_is_released() -> None:
    made = tenancy()
    made.layers.span = 2
    flow = made.make("red", ASKED, None)
    other = FlowMod(0, priority=6)
    with pytest.raises(Refusal) as caught:
        made.make("red", other, None)
    assert caught.value.error is errors.FLOW_MOD_FAILED_TABLE_FULL
    made.release([flow])
    made.make("red", other, None)


def test_whatever_its_command_a_flow_is_kept_as_an_add() -> None:
    asked = FlowMod(9, command=of.OFPFC_MODIFY, priority=5, upsert=True)
    assert as_add(asked) == FlowMod(0, priority=5)


def test_what_was_compared_to_cut_flows_is_counted_also_of_those_that_are_refused() -> None:
    made = tenancy()
    made.make("red", ASKED, None)
    before = made.compared
    assert before > 0
    nowhere = FlowMod(0, instructions=(ApplyActions((Output(of.OFPP_TABLE),)),))
    with pytest.raises(Refusal):
        made.make("red", nowhere, None)
    made.make("red", ASKED, None)
    assert made.compared == 2 * before


def test_a_flow_is_settled_once_the_datapath_can_not_refuse_it_any_more() -> None:
    made = tenancy()
    flow = made.make("red", ASKED, None)
    assert made.is_settled(flow)
    flow.accept = flow.reject = lambda: None
    assert not made.is_settled(flow)
    flow.accepted()
    assert made.is_settled(flow)
    made.in_steps.add(flow)
    assert not made.is_settled(flow)
