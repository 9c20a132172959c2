"""A tenant's messages in a bundle: what each is on the datapath, as one or several messages.

Only what needs nothing read in between can be bundled. Invariant: what is done when the bundle has
been committed is what would be done had the messages been sent by themselves.
"""

from __future__ import annotations

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import FlowMod, GroupMod, PacketOut
from slicer.proxy.enforcement import Forward, Part, Plan
from slicer.proxy.pipeline import filtered, groups
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver


def flow_mod(asked: FlowMod, plan: Plan) -> Part:
    """`plan` is what is made of it outside of a bundle. Raises Refusal for what filters by output,
    for which the flows have to be read first."""
    if isinstance(plan, Forward):
        return Part((plan.message,), plan.done, plan.undo)
    if filtered.output_filter(asked.out_port, asked.out_group) is not None:
        raise Refusal(errors.BUNDLE_FAILED_MSG_UNSUP, "a delete with an output filter in a bundle")
    messages = next(plan)
    plan.close()
    return Part(messages)


def group_mod(sliver: Sliver, terms: Terms, asked: GroupMod) -> Part:
    """Raises Refusal. A delete of all groups means those that are there when it is added."""
    plan = groups.group_mod(sliver, terms, asked, is_bundled=True)
    if isinstance(plan, Forward):
        return Part((plan.message,), plan.done, plan.undo)
    every = asked.group_id == of.OFPG_ALL
    numbers = terms.groups.of(terms.tag) if every else [asked.group_id]
    doomed = {number: terms.groups.find(terms.tag, number) for number in numbers}
    messages = next(plan)
    plan.close()

    def done() -> None:
        """A group that has been made since is another's id there, and stays."""
        for number, physical in doomed.items():
            if physical is not None and terms.groups.find(terms.tag, number) == physical:
                terms.groups.end(terms.tag, number)

    return Part(messages, done)


def packet_out(translated: PacketOut) -> Part:
    """It is sent when the bundle is committed."""
    return Part((translated,))
