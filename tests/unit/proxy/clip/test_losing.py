"""What the datapath refuses of what the slicer itself asks costs the flows that it is about."""

from __future__ import annotations

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import ErrorMessage, FlowMod, Message
from slicer.proxy.clip.losing import lose, sent
from slicer.proxy.clip.mirror import adding
from slicer.proxy.operation import Refused
from tests.unit.proxy.clip.test_recutting import add, now, tenancy

TOLD = of.OFPFF_SEND_FLOW_REM


def refused(*messages: Message) -> Refused:
    error = ErrorMessage(0, *errors.FLOW_MOD_FAILED_TABLE_FULL[:2], b"")
    return Refused([(each, error) for each in messages])


def test_flows_are_held_until_it_is_clear_what_becomes_of_them() -> None:
    made = tenancy()
    flow, other = add(made, "red", 1), add(made, "red", 2)
    steps = sent(made, [adding(flow.pieces[0])])
    next(steps)
    assert (made.is_settled(flow), made.is_settled(other)) == (False, True)
    assert list(steps) == []
    assert made.is_settled(flow)


def test_who_goes_meanwhile_leaves_none_held() -> None:
    made = tenancy()
    flow = add(made, "red", 1)
    steps = sent(made, [adding(flow.pieces[0])])
    next(steps)
    steps.close()
    assert made.is_settled(flow)


def test_what_others_hold_is_left_to_them() -> None:
    made = tenancy()
    flow = add(made, "red", 1)
    made.in_steps.add(flow)
    assert len(list(sent(made, [adding(flow.pieces[0])]))) == 1
    assert not made.is_settled(flow)


def test_a_flow_beneath_one_that_is_refused_may_be_refused_in_its_turn() -> None:
    made = tenancy()
    beneath, above = add(made, "red", 1), add(made, "red", 1, to=2)
    steps = sent(made, [adding(above.pieces[0])])
    (first,) = next(steps)
    (light,) = steps.throw(refused(first))
    assert isinstance(light, FlowMod)
    assert light.cookie == beneath.pieces[0].cookie
    (last,) = steps.throw(refused(light))
    assert isinstance(last, FlowMod)
    assert last.command == of.OFPFC_DELETE_STRICT
    assert list(steps) == []
    assert made.lost["red"].flows == 2
    assert made.mirror.on_top(beneath.pieces[0].place) is None


def test_what_is_refused_of_no_piece_costs_no_flow() -> None:
    made = tenancy()
    flow = add(made, "red", 1)
    steps = sent(made, lose(made, flow))
    (taking,) = next(steps)
    try:
        steps.throw(refused(taking))
    except StopIteration:
        assert not made.lost
    else:
        raise AssertionError("nothing is left to be sent")


def test_the_tenant_is_told_at_once_of_a_flow_without_pieces() -> None:
    made = tenancy()
    flow = add(made, "red", 1, flags=TOLD)
    assert lose(made, flow, {flow.pieces[0].place})
    assert [(tag, told.priority) for tag, told in made.ended] == [(3, 5)]
    assert now(made, flow) is None
