"""Judge: may this frame go to the datapath in answer to a tenant's?

It looks at what a message names: flows by their match, table and cookie, groups, meters, registers,
tables to go on in. Not here: what the message is an answer to.

Invariant: nothing passes that names another slice, or what is the slicer's own, but for the
slicer's own flows and groups about this tenant, and, while the datapath is being synchronised,
about any.
"""

from __future__ import annotations

from dataclasses import dataclass

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Group, Output, RegLoad, RegMove, Resubmit
from slicer.openflow.instructions import ApplyActions, GotoTable, MeterInstruction, WriteActions
from slicer.openflow.messages import Experimenter, FlowMod, GroupMod, PacketOut
from slicer.openflow.oxm import name_of
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import layout, restore
from tests.fakes import upserts

STAGES = (layout.ADMIT_TABLE, layout.OWNER_TABLE, layout.EMIT_TABLE)
RESUBMITS = (layout.OWNER_TABLE, layout.EMIT_TABLE, layout.FIRST_TENANT_TABLE)
WRITABLE = frozenset({"reg1", "reg2", "reg4", "reg5", "reg7", "xreg1", "oxm_0000_4"})
"""What a translated flow may load: `layout.py` and NXM_OF_VLAN_TCI."""


class Broken(Exception):
    """An invariant does not hold; the text says which."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges what a frame of the tenant with this tag brings forth; `mends` while a synchronisation
    is under way, which sets right every slice's."""

    tag: int
    mends: bool = False

    def frame(self, frame: bytes) -> None:
        """One frame to the datapath. Raises Broken."""
        message = V13.decode(frame)
        if isinstance(message, Experimenter):
            message = upserts.read(message) or message
        if isinstance(message, FlowMod):
            self._flow(message)
        elif isinstance(message, GroupMod):
            self._group(message)
        elif isinstance(message, PacketOut):
            self._actions(message.actions)

    def _flow(self, message: FlowMod) -> None:
        tag = restore.tag_of(message.match)
        if tag is None:
            self._own_flow(message)
            return
        if tag not in (self.tag, layout.NO_TAG):
            raise Broken(f"a flow-mod with another's tag: {message}")
        everywhere = message.table_id == of.OFPTT_ALL
        first, last = layout.FIRST_TENANT_TABLE, layout.OWNER_TABLE
        if not everywhere and not first <= message.table_id < last:
            raise Broken(f"a flow-mod in table {message.table_id}")
        for each in message.instructions:
            if isinstance(each, GotoTable) and not first <= each.table_id < last:
                raise Broken(f"a flow that goes to table {each.table_id}")
            own = range(layout.LAST_TENANT_METER + 1, of.OFPM_MAX)
            if isinstance(each, MeterInstruction) and each.meter_id in own:
                raise Broken(f"a flow with meter {each.meter_id}")
            if isinstance(each, ApplyActions | WriteActions):
                self._actions(each.actions)

    def _own_flow(self, message: FlowMod) -> None:
        """A flow without a tag is one of the slicer's own, about a port, a meter or a miss."""
        cookie = layout.StageCookie.read(message.cookie)
        if cookie is None or message.table_id not in STAGES:
            raise Broken(f"a flow-mod without the tag: {message}")
        if cookie.tag != self.tag and not self.mends:
            raise Broken(f"a flow of the slicer's own, about another: {message}")

    def _group(self, message: GroupMod) -> None:
        if message.group_id == of.OFPG_ALL and message.command == of.OFPGC_DELETE:
            raise Broken("a deletion of every group")
        own = _own_group(message.group_id)
        if own is not None and own[0] != self.tag and not self.mends:
            raise Broken(f"a group of the slicer's own, about another: {message}")
        if own is not None:
            return
        for bucket in message.buckets:
            self._actions(bucket.actions)

    def _actions(self, actions: tuple[Action, ...]) -> None:
        for each in actions:
            if isinstance(each, Output) and each.port not in (of.OFPP_CONTROLLER, of.OFPP_TABLE):
                raise Broken(f"an output to port {each.port:#x}")
            if isinstance(each, Resubmit) and each.table not in RESUBMITS:
                raise Broken(f"a resubmit to table {each.table}")
            if isinstance(each, Group) and _own_group(each.group_id) is not None:
                raise Broken(f"the slicer's own group {each.group_id:#x}")
            if isinstance(each, RegLoad | RegMove):
                self._load(each)

    def _load(self, action: RegLoad | RegMove) -> None:
        name = name_of(action.dst)
        if name == layout.TAG and isinstance(action, RegLoad) and action.value == self.tag:
            return
        if name not in WRITABLE:
            raise Broken(f"a load of {name}: {action}")
        if not isinstance(action, RegLoad):
            return
        if name == layout.REQUEST_XREG and action.value >> 48 != self.tag:
            raise Broken(f"a request in another's name: {action}")
        if name == layout.REQUEST and action.value and action.value >> 16 != self.tag:
            raise Broken(f"a mark in another's name: {action}")
        special = action.value & layout.IS_SPECIAL
        if name == layout.OWNER and not special and action.value != self.tag:
            raise Broken(f"another owner: {action}")


def _own_group(number: int) -> tuple[int, int] | None:
    """(tag, port) of a group of the slicer's own. What is above OFPG_MAX is no group's."""
    return layout.read_group_id(number) if number <= of.OFPG_MAX else None
