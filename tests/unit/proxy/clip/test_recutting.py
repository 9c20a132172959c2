"""Flows are cut anew as far as they have to be, in turns, one slice after the other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import ErrorMessage, FlowMod, Message
from slicer.openflow.oxm import Match
from slicer.proxy.clip.cutting import Outlets
from slicer.proxy.clip.layers import Layers
from slicer.proxy.clip.mirror import Change, TenantFlow
from slicer.proxy.clip.recutting import Recutting
from slicer.proxy.clip.tenancy import Bounds, Tenancy
from slicer.proxy.clip.wording import Vocabulary
from slicer.proxy.operation import OTHERS_TURN, Refused, Steps

RULES = (
    Rule("red", 1, Region.ANY, ports=frozenset({1, 2, 3})),
    Rule("blue", 1, Region.ANY, ports=frozenset({4, 5})),
)
A_TURN = 2
ALL_OF_RED, LESS_OF_RED = (
    Outlets(frozenset({1, 2, 3}), frozenset({1, 2, 3})),
    Outlets(frozenset({1, 2, 3}), frozenset({1, 2})),
)


@pytest.fixture(autouse=True)
def _short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slicer.proxy.pace.A_TURN", A_TURN)


def tenancy() -> Tenancy:
    """Of a datapath with the ports 1 to 5."""
    made = Tenancy(lambda name: Bounds(8, 8))
    made.tags = {"red": 3, "blue": 4}
    blue = Outlets(frozenset({4, 5}), frozenset({4, 5}))
    made.outlets = {"red": ALL_OF_RED, "blue": blue}
    made.lay_out(Layers(FlowSpace(RULES), Vocabulary(), 8))
    return made


def add(made: Tenancy, name: str, port: int, to: int = of.OFPP_FLOOD, flags: int = 0) -> TenantFlow:
    """A flow of a slice's for packets from a port."""
    actions = (ApplyActions((Output(to),)),)
    match = Match.of(in_port=port)
    asked = FlowMod(0, priority=5, flags=flags, match=match, instructions=actions)
    flow = made.make(name, asked, None)
    made.mirror.apply(Change((), (flow,), tuple((None, each) for each in flow.pieces)))
    return flow


def narrow(made: Tenancy, recutting: Recutting) -> None:
    """Red floods to a port less."""
    made.outlets = {**made.outlets, "red": LESS_OF_RED}
    recutting.ask("red")


def turns(steps: Steps[None]) -> list[Sequence[Message]]:
    """What each turn sends."""
    found: list[Sequence[Message]] = []
    try:
        messages = next(steps)
        while True:
            found.append(messages)
            messages = steps.send([])
    except StopIteration:
        return found


def outputs(flow: TenantFlow | None) -> list[int]:
    assert flow is not None
    (piece,) = flow.pieces
    return [each.port for each in piece.actions if isinstance(each, Output)]


def now(made: Tenancy, flow: TenantFlow) -> TenantFlow | None:
    return made.mirror.flows_of(flow.slice).get(flow.key)


def test_flows_that_send_elsewhere_now_are_cut_anew_in_turns() -> None:
    made = tenancy()
    recutting = Recutting(made)
    flows = [add(made, "red", each) for each in (1, 2, 3)]
    narrow(made, recutting)
    sent = turns(recutting.until_done(("red",)))
    assert [len(each) for each in sent] == [1, 1, 1]
    assert {each.command for turn in sent for each in turn} == {of.OFPFC_MODIFY_STRICT}  # type: ignore[attr-defined]
    assert [outputs(now(made, each)) for each in flows] == [[1, 2]] * 3
    assert recutting.behind == ()


def test_the_others_are_left_as_they_are() -> None:
    made = tenancy()
    recutting = Recutting(made)
    flow = add(made, "red", 1, to=2)
    narrow(made, recutting)
    assert turns(recutting.until_done(("red",))) == [[]]
    assert now(made, flow) is flow
    assert flow.cut_for is LESS_OF_RED


def test_a_slice_without_flows_is_not_behind() -> None:
    made = tenancy()
    recutting = Recutting(made)
    narrow(made, recutting)
    assert recutting.behind == ()
    assert turns(recutting.until_done(("red",))) == []


def test_what_is_asked_for_during_a_pass_is_done_in_one_more() -> None:
    made = tenancy()
    recutting = Recutting(made)
    flows = [add(made, "red", each) for each in (1, 2, 3)]
    narrow(made, recutting)
    first = recutting.until_done(("red",))
    next(first)
    for outlets in (ALL_OF_RED, LESS_OF_RED, ALL_OF_RED):
        made.outlets = {**made.outlets, "red": outlets}
        recutting.ask("red")
    second = recutting.until_done(("red",))
    assert next(second) is OTHERS_TURN
    turns(first)
    assert len(recutting.behind) == 1
    turns(second)
    assert len(recutting.behind) == 0
    assert [outputs(now(made, each)) for each in flows] == [[1, 2, 3]] * 3


def test_one_turn_at_a_time_and_slices_one_after_the_other() -> None:
    made = tenancy()
    recutting = Recutting(made)
    for each in (1, 2, 3):
        add(made, "red", each)
    add(made, "blue", 4)
    narrow(made, recutting)
    red = recutting.until_done(("red",))
    assert len(next(red)) == 1
    made.outlets = {**made.outlets, "blue": Outlets(frozenset({4, 5}), frozenset({4}))}
    recutting.ask("blue")
    blue = recutting.until_done(("blue",))
    assert next(blue) is OTHERS_TURN, "red's turn is not answered"
    assert len(red.send([])) == 1
    assert blue.send([]) is OTHERS_TURN
    assert red.send([]) is OTHERS_TURN, "it is blue's turn"
    assert len(blue.send([])) == 1
    assert red.send([]) is OTHERS_TURN
    with pytest.raises(StopIteration):
        blue.send([])
    assert len(red.send([])) == 1


def test_nothing_is_cut_while_it_is_held() -> None:
    made = tenancy()
    recutting = Recutting(made)
    add(made, "red", 1)
    narrow(made, recutting)
    recutting.is_held = True
    steps = recutting.until_done(("red",))
    assert next(steps) is OTHERS_TURN
    recutting.is_held = False
    assert len(steps.send([])) == 1


def test_what_the_datapath_may_still_refuse_is_for_later() -> None:
    made = tenancy()
    recutting = Recutting(made)
    flow = add(made, "red", 1)
    made.in_steps.add(flow)
    narrow(made, recutting)
    steps = recutting.until_done(("red",))
    assert next(steps) == []
    made.in_steps.clear()
    assert len(steps.send([])) == 1


def test_what_is_gone_is_passed_over() -> None:
    made = tenancy()
    recutting = Recutting(made)
    flows = [add(made, "red", each) for each in (1, 2)]
    narrow(made, recutting)
    steps = recutting.until_done(("red",))
    next(steps)
    made.mirror.remove(flows[1])
    assert turns(steps) == [[]]


def test_a_flow_is_lost_with_all_its_pieces_where_one_is_refused() -> None:
    made = tenancy()
    recutting = Recutting(made)
    flow = add(made, "red", 1, flags=of.OFPFF_SEND_FLOW_REM)
    narrow(made, recutting)
    steps = recutting.until_done(("red",))
    (sent,) = next(steps)
    error = ErrorMessage(0, *errors.FLOW_MOD_FAILED_TABLE_FULL[:2], b"")
    (taking,) = steps.throw(Refused([(sent, error)]))
    assert isinstance(taking, FlowMod)
    assert taking.command == of.OFPFC_DELETE_STRICT
    assert now(made, flow) is None
    assert made.lost["red"].flows == 1
    assert made.mirror.leaving, "the datapath will tell of its end"


def test_of_one_that_was_never_there_its_tenant_is_told_with_the_next_report() -> None:
    made = tenancy()
    recutting = Recutting(made)
    flow = add(made, "red", 1, flags=of.OFPFF_SEND_FLOW_REM)
    made.mirror.apply(Change((), (), tuple((each, None) for each in flow.pieces)))
    flow.pieces, flow.cut_for = [], None
    recutting.ask("red")
    steps = recutting.until_done(("red",))
    (sent,) = next(steps)
    error = ErrorMessage(0, *errors.FLOW_MOD_FAILED_TABLE_FULL[:2], b"")
    steps.throw(Refused([(sent, error)]))
    ((tag, told),) = made.ended
    assert (tag, told.priority) == (3, 5)
    assert not made.mirror.leaving


def test_what_takes_long_to_be_found_impossible_has_a_turn_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = tenancy()
    recutting = Recutting(made)
    for each in (1, 2, 3):
        add(made, "red", each)

    def impossible(tenancy: Tenancy, flow: TenantFlow) -> None:
        tenancy.compared += 1000

    monkeypatch.setattr(Tenancy, "remade", impossible)
    monkeypatch.setattr("slicer.proxy.pace.A_TURN", 50)
    narrow(made, recutting)
    assert [len(each) for each in turns(recutting.until_done(("red",)))] == [1, 1, 1]
    assert not made.mirror.flows


def test_a_flow_that_does_much_has_a_turn_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing has to be compared to find out what it may send where."""
    made = tenancy()
    made.lay_out(Layers(FlowSpace((Rule("red", 1, Region.ANY),)), Vocabulary(), 8))
    recutting = Recutting(made)
    floods = (ApplyActions((Output(of.OFPP_FLOOD),) * 700),)
    for each in (1, 2, 3):
        asked = FlowMod(0, priority=5, match=Match.of(in_port=each), instructions=floods)
        flow = made.make("red", asked, None)
        made.mirror.apply(Change((), (flow,), tuple((None, piece) for piece in flow.pieces)))
    monkeypatch.setattr("slicer.proxy.pace.A_TURN", 40)
    narrow(made, recutting)
    assert [len(each) for each in turns(recutting.until_done(("red",)))] == [1, 1, 1]


def test_a_slice_whose_turn_goes_wrong_keeps_nobody_waiting() -> None:
    made = tenancy()
    recutting = Recutting(made)
    for each in (1, 2, 3):
        add(made, "red", each)
    add(made, "blue", 4)
    narrow(made, recutting)
    made.outlets = {**made.outlets, "blue": Outlets(frozenset({4, 5}), frozenset({4}))}
    recutting.ask("blue")
    red, blue = recutting.until_done(("red",)), recutting.until_done(("blue",))
    next(red)
    assert next(blue) is OTHERS_TURN
    red.close()
    assert recutting.behind == ("blue",)
    assert len(blue.send([])) == 1
