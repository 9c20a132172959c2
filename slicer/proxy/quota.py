"""Quota: keeping a sliver within the number of flows that it may have.

While the upper bound (`isolation/flow_quota.py`) is below the limit, flow-mods pass as they are. At
the limit the switch is asked how many flows there are, and whether the flow-mod only replaces or
changes one; both after all that was sent before. So flows that have expired, or were deleted or
refused, make room. Invariant: no flow-mod of a tenant's adds a flow beyond the limit.
"""

from __future__ import annotations

from collections.abc import Sequence

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import FlowMod, Message
from slicer.proxy.enforcement import Enforcement, Forward, Plan
from slicer.proxy.operation import Declined, Steps
from slicer.proxy.sliver import Sliver


def may_add(asked: FlowMod) -> bool:
    """Can a flow-mod add a flow?"""
    return asked.command == of.OFPFC_ADD or asked.upsert


def claim(sliver: Sliver, enforcement: Enforcement, number: int) -> Steps[None]:
    """Have the datapath count, and claim room for so many flows. Raises Declined with TABLE_FULL
    where there is none."""
    quota = sliver.flow_quota
    counted = quota.counting()
    counted((yield from enforcement.count_flows(sliver)))
    if quota.is_full(number):
        raise Declined(
            errors.FLOW_MOD_FAILED_TABLE_FULL,
            f"{number} more than the {quota.limit} flows that the slice may have here",
        )
    quota.add(number)


def within(
    sliver: Sliver, enforcement: Enforcement, asked: FlowMod, plan: Plan
) -> Steps[Sequence[Message]]:
    """Carry out the plan of a flow-mod if the sliver has room for it, or if it adds nothing. Raises
    Declined with TABLE_FULL."""
    try:
        yield from claim(sliver, enforcement, 1)
    except Declined:
        if not (yield from enforcement.changes_flow(sliver, asked)):
            raise
        sliver.flow_quota.add()
    if isinstance(plan, Forward):
        yield [plan.message]
        return []
    return (yield from plan)
