"""Table misses: every flow says that it has matched, and only what none has goes on."""

import pytest

from slicer.openflow.actions import Controller, Controller2, DecNwTtl, Output, RegLoad
from slicer.openflow.instructions import (
    ApplyActions,
    GotoTable,
    Instruction,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.oxm import Match, header_of
from slicer.proxy.pipeline import layout, misses
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.stage_flow import ASK_OWNER

ASKS = RegLoad(header_of("xreg1"), 0, 64, (5 << 16 | 2) << 32)


@pytest.mark.parametrize(
    ("translated", "marked"),
    [
        ((), (ApplyActions((misses.mark(5),)),)),
        ((GotoTable(2),), (ApplyActions((misses.mark(5),)), GotoTable(2))),
        (
            (WriteMetadata(1, 1), ApplyActions((DecNwTtl(),))),
            (WriteMetadata(1, 1), ApplyActions((misses.mark(5), DecNwTtl()))),
        ),
        (
            (WriteActions((ASKS, Output(2))),),
            (ApplyActions((misses.mark(5),)), WriteActions((ASKS, Output(2)))),
        ),
    ],
)
def test_a_flow_that_asks_for_no_output_is_marked(
    translated: tuple[Instruction, ...], marked: tuple[Instruction, ...]
) -> None:
    assert misses.handled(5, translated) == marked
    assert misses.handled(5, marked) == marked


def test_a_flow_that_asks_for_an_output_needs_no_mark() -> None:
    asking = (ApplyActions((DecNwTtl(), ASKS, ASK_OWNER)),)
    assert misses.handled(5, asking) is asking


def test_the_mark_is_a_request_that_no_port_is_meant_by() -> None:
    assert misses.mark(5).value == layout.request(5, layout.HANDLED_PORT) != 0


def test_a_miss_is_what_came_back_without_a_request() -> None:
    miss = misses.miss(5)
    assert miss.match == Match.of(reg1=0x8000_0005, reg2=0)
    assert miss.instructions == (ApplyActions((Controller(0xFFFF, 0, 0),)),)
    assert StageCookie.read(miss.cookie) == StageCookie(Stage.MISS, 5)
    metered = ApplyActions((Controller2(0xFFFF, 0, 0, meter_id=7),))
    assert misses.miss(5, 7).instructions == (metered,)


def test_one_that_is_not_wanted_is_the_same_flow_and_does_nothing() -> None:
    unwanted = misses.miss(5, is_wanted=False)
    assert unwanted.match == misses.miss(5).match
    assert unwanted.instructions == ()


def test_everything_else_that_came_back_is_nobodys_stray() -> None:
    (flow,) = misses.flows()
    assert layout.STRAY_PRIORITY < flow.priority < layout.EMIT_PRIORITY
    assert (flow.match, flow.instructions) == (Match.of(reg1=(0x8000_0000, 0x8000_0000)), ())
