"""Stage flow: one flow of the slicer's own, as the flow-mod that adds it.

Not here: which flows there are. Invariant: its cookie says what it is for, and the datapath says
when somebody removes it.
"""

from __future__ import annotations

from slicer.openflow import constants as of
from slicer.openflow.actions import Action
from slicer.openflow.instructions import ApplyActions, GotoTable, Instruction, MeterInstruction
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie


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
    goto: int | None = None,
    meter: int | None = None,
) -> FlowMod:
    """A flow of a stage in a table. `tag`, `port` and `config` (OFPPC_* bits) are for the cookie;
    `meter` comes ahead of the actions, `goto` after them."""
    instructions: list[Instruction] = [MeterInstruction(meter)] if meter is not None else []
    instructions += [ApplyActions(actions)] if actions else []
    if goto is not None:
        instructions.append(GotoTable(goto))
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
