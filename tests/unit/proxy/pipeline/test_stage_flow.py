"""A stage's flow: what it is for in its cookie, and instructions in the order of the wire."""

from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions, MeterInstruction
from slicer.openflow.oxm import Match
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.stage_flow import stage_flow


def test_its_cookie_says_what_it_is_for_and_the_switch_says_when_it_goes() -> None:
    flow = stage_flow(Stage.EMIT, 253, 100, tag=5, port=0xFFFF_FFFE, config=4)
    assert StageCookie.read(flow.cookie) == StageCookie(Stage.EMIT, 5, 0xFFFE, 4)
    assert (flow.command, flow.flags) == (of.OFPFC_ADD, of.OFPFF_SEND_FLOW_REM)
    assert (flow.table_id, flow.priority, flow.match) == (253, 100, Match())
    assert flow.instructions == ()


def test_its_instructions_are_in_the_order_in_which_a_switch_gives_them_back() -> None:
    flow = stage_flow(Stage.EMIT, 253, 1, actions=(Output(1),), meter=7)
    assert flow.instructions == (MeterInstruction(7), ApplyActions((Output(1),)))
