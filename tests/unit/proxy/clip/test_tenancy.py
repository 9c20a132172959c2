"""Flows are made of requests, with numbers and slots of their own."""

import gc
import tracemalloc
from dataclasses import replace

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action, Output, SetTpDst
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod, PortMod
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip.cookies import NUMBERS, Cookie, Part
from slicer.proxy.clip.cutting import Outlets
from slicer.proxy.clip.layers import HIGHEST, Layers
from slicer.proxy.clip.mirror import Change
from slicer.proxy.clip.tenancy import Bounds, Tenancy, as_add
from slicer.proxy.clip.wording import Vocabulary
from slicer.proxy.refusal import Refusal
from tests.fakes.network import port
from tests.unit.proxy.clip.scene import ANY, FLOOD, TO_2, Scene, add, delete

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


# ---- memory ----

PORTS = range(1, 49)
BY_PORT = tuple(Rule("red", 1, Region.ANY, ports=frozenset({each})) for each in PORTS)
ONE_PORT: dict[str, int | tuple[int, int]] = {"in_port": 1, "eth_src": 9}
WHOLE = {**ONE_PORT, "eth_dst": 3, "eth_type": 0x0800, "ip_proto": 6, "ipv4_src": 4, "tcp_dst": 5}


def on_48_ports(rules: tuple[Rule, ...]) -> Tenancy:
    subject = Tenancy(lambda name: Bounds(256, 1000))
    subject.tags = {"red": 3}
    subject.outlets = {"red": Outlets(frozenset(PORTS), frozenset(PORTS))}
    subject.lay_out(Layers(FlowSpace(rules), Vocabulary(), 8))
    return subject


@pytest.mark.parametrize(
    ("rules", "match", "actions"),
    [
        (RULES, ONE_PORT, (TO_2,)),
        (RULES, WHOLE, (TO_2,)),
        (RULES, ONE_PORT, (FLOOD,)),
        (RULES, WHOLE, (FLOOD, SetTpDst(7), FLOOD)),
        (BY_PORT, {"eth_src": 9}, (TO_2,)),
        (BY_PORT, {"eth_src": 9}, (FLOOD,)),
    ],
    ids=["one piece", "all fields", "flood", "floods", "48 pieces", "48 pieces that flood"],
)
def test_a_flow_takes_no_more_memory_than_is_counted_for_it(
    rules: tuple[Rule, ...], match: dict[str, int | tuple[int, int]], actions: tuple[Action, ...]
) -> None:
    subject, count = on_48_ports(rules), 40 if rules is RULES else 4
    frames = [
        V10.encode(add(Match.of(**{**match, "eth_src": each}), *actions)) for each in range(count)
    ]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for each in frames:
            asked = V10.decode(each)
            assert isinstance(asked, FlowMod)
            flow = subject.make("red", asked, None)
            swaps = tuple((None, piece) for piece in flow.pieces)
            subject.mirror.apply(Change((), (flow,), swaps))
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken / 1.1 <= subject.mirror.size_of("red") <= 2 * taken


def with_room_for(flows: int) -> Scene:
    """Red may have the memory that so many flows from port 1 to port 2 take."""
    scene = Scene()
    tenancy = scene.clip._tenancy
    scene.ask("red", sent(1))
    most = flows * tenancy.mirror.size_of("red")
    tenancy.bounds_of = lambda name: Bounds(256, 65536, most)
    scene.ask("red", delete())
    assert tenancy.mirror.size_of("red") == 0
    return scene


def sent(number: int, *actions: Action) -> FlowMod:
    return add(Match.of(in_port=1, eth_src=number), *(actions or (TO_2,)))


def test_flows_beyond_a_slivers_memory_are_refused_and_leave_no_trace() -> None:
    scene = with_room_for(3)
    scene.ask("red", *map(sent, (1, 2, 3)))
    assert scene.refused("red", sent(4)) == errors.FLOW_MOD_FAILED_TABLE_FULL
    assert len(scene.on_switch()) == len(scene.told("red")) == 3
    counters = scene.net.engine.datapaths[1].slivers["red"].counters
    assert counters[f"refused: {errors.FLOW_MOD_FAILED_TABLE_FULL.name}"] == 1
    scene.ask("red", replace(sent(3), cookie=9), delete(Match.of(eth_src=1)), sent(4))
    scene.ask("blue", *(add(Match.of(in_port=3, eth_src=each)) for each in range(3)))


def test_what_many_flows_change_into_counts_together() -> None:
    scene = with_room_for(5)
    scene.ask("red", *map(sent, (1, 2, 3, 4)))
    more = replace(add(ANY, *[TO_2] * 20), command=of.OFPFC_MODIFY, upsert=True)
    assert scene.refused("red", more) == errors.FLOW_MOD_FAILED_TABLE_FULL
    assert {len(list(each.actions)) for each in scene.on_switch()} == {1}
    scene.ask("red", replace(add(ANY), command=of.OFPFC_MODIFY, upsert=True))


def test_flows_that_outgrow_it_as_ports_come_back_are_lost() -> None:
    scene = with_room_for(5)
    quiet = [
        PortMod(7, each, port(each).hw_addr, of.OFPPC_NO_FLOOD, of.OFPPC_NO_FLOOD)
        for each in (1, 2)
    ]
    floods = [FLOOD] * 20
    scene.ask("red", *quiet)
    scene.ask("red", sent(1, *floods), sent(2, *floods))
    full = scene.clip._tenancy.mirror.size_of("red")
    scene.clip._tenancy.bounds_of = lambda name: Bounds(256, 65536, full + 1200)
    scene.ask("red", *(replace(each, config=0) for each in quiet))
    assert len(scene.told("red")) == 1
    assert scene.clip._tenancy.mirror.size_of("red") <= full + 1200


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
