"""Stage flow: one flow of the slicer's own, as what adds it, and the ways from stage to stage.

Which flows there are is the affair of `stages.py`, `rewrites.py`, `misses.py` and
`to_controller.py`. Invariant: each bears a cookie that says what it is for, and the switch tells
when one goes.
"""

from __future__ import annotations

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Clone, OutputTruncated, RegLoad, Resubmit
from slicer.openflow.instructions import ApplyActions, Instruction, MeterInstruction
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match, header_of
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie

TO_EMIT = Resubmit(of.OFPP_IN_PORT, layout.EMIT_TABLE)
ASK_OWNER = Resubmit(of.OFPP_IN_PORT, layout.OWNER_TABLE)
TO_TENANT = Resubmit(of.OFPP_IN_PORT, layout.FIRST_TENANT_TABLE)
NOWHERE = 0xFEFF
TO_EMIT_APART = Clone(
    (TO_EMIT, RegLoad(header_of("nxm_in_port"), 0, 16, NOWHERE), OutputTruncated(NOWHERE, 14))
)
"""To emit with a copy, where a meter may drop it: a meter drops what is left of the packet's whole
way through the switch, later outputs by other ports and all, unless Open vSwitch carries it out on
a copy. That it does only for a clone with an action whose effects it couldn't take back, such as
this output. It goes nowhere: nothing is sent out by the port that a packet came in by."""


def stage_flow(
    stage: Stage,
    table: int,
    priority: int,
    *,
    match: Match = Match(),  # noqa: B008  (a frozen value)
    tag: int = 0,
    port: int = 0,
    config: int = 0,
    actions: tuple[Action, ...] = (),
    meter: int | None = None,
) -> FlowMod:
    """What adds one of the slicer's own flows; `port` is a 32-bit OpenFlow port number, `meter`
    what the packet passes ahead of the actions."""
    instructions: list[Instruction] = [MeterInstruction(meter)] if meter is not None else []
    instructions += [ApplyActions(actions)] if actions else []
    return FlowMod(
        0,
        cookie=int(StageCookie(stage, tag, port & layout.PORT_MASK, config)),
        table_id=table,
        command=of.OFPFC_ADD,
        priority=priority,
        flags=of.OFPFF_SEND_FLOW_REM,
        match=match,
        instructions=tuple(instructions),
    )
