"""Table misses of OpenFlow 1.0: a packet that no flow matches goes to the controller.

OpenFlow 1.3 drops such a packet, unless the tenant has a table-miss flow; 1.0 has no such flow,
so nothing that a tenant does may end it (OpenFlow 1.0 3.4). No flow in the tenant's own table will
do: of two flows of priority 0 the switch may take either. Instead admit sends each packet through
the tenant's tables and then on to emit, with RETURNED in OWNER. Whether a flow has matched it can
be seen from REQUEST: flows that output write it, and others are made to (`handled`).

Invariant: a packet that a flow of its slice's has matched is no table miss.
"""

from __future__ import annotations

from collections.abc import Iterator

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Controller, Controller2, RegLoad
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match, header_of
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage
from slicer.proxy.pipeline.stage_flow import TO_EMIT, stage_flow

OWNER = header_of(layout.OWNER)
REQUEST = header_of(layout.REQUEST)
_REQUESTS = (REQUEST, header_of(layout.REQUEST_XREG))


def mark(tag: int) -> RegLoad:
    """Says that a flow of the slice's has matched the packet."""
    return RegLoad(REQUEST, 0, 32, layout.request(tag, layout.HANDLED_PORT))


def handled(tag: int, translated: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """A flow's instructions, such that REQUEST is written in any case."""
    applied = next((each for each in translated if isinstance(each, ApplyActions)), None)
    if applied is None:
        return (ApplyActions((mark(tag),)), *translated)
    if any(isinstance(each, RegLoad) and each.dst in _REQUESTS for each in applied.actions):
        return translated
    marked = ApplyActions((mark(tag), *applied.actions))
    return tuple(marked if each is applied else each for each in translated)


def after_tables(tag: int) -> tuple[Action, ...]:
    """What admit does with a packet that has been through its slice's tables."""
    return (RegLoad(OWNER, 0, 32, layout.RETURNED | tag), TO_EMIT)


def miss(tag: int, meter: int | None = None, *, is_wanted: bool = True) -> FlowMod:
    """Send what a slice's flows have not matched to the controller, or no longer do. It goes
    whole, whatever a tenant's miss_send_len: nothing is buffered (OpenFlow 1.0 5.4.1). `meter` is
    that of the slice's packet-ins, where it has one."""
    to_controller: Action = Controller(of.OFPCML_NO_BUFFER, 0, of.OFPR_NO_MATCH)
    if meter is not None:
        to_controller = Controller2(of.OFPCML_NO_BUFFER, 0, of.OFPR_NO_MATCH, meter_id=meter)
    return stage_flow(
        Stage.MISS,
        layout.EMIT_TABLE,
        layout.EMIT_PRIORITY,
        match=Match.of(**{layout.OWNER: layout.RETURNED | tag, layout.REQUEST: 0}),
        tag=tag,
        actions=(to_controller,) if is_wanted else (),
    )


def flows() -> Iterator[FlowMod]:
    """Where there is nothing more to do, do nothing: it is no stray."""
    yield stage_flow(
        Stage.RETURNED,
        layout.EMIT_TABLE,
        layout.SPECIAL_PRIORITY,
        match=Match.of(**{layout.OWNER: (layout.IS_SPECIAL, layout.IS_SPECIAL)}),
    )
