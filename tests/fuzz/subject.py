"""Subject: the engine that is fuzzed, with what must hold after every frame.

A fake switch joins; from then on a stand-in answers barriers alone. Red has a controller of each
version, blue one that listens. Tenants' frames and datapaths' frames come from outside. Not here:
where frames come from.

Invariant, checked after each frame: nothing is raised; whatever goes to the datapath in answer to a
tenant's frame can be decoded and names nothing but what is that tenant's; blue hears nothing of
red's; what is remembered of requests is gone once the datapath has answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from slicer.openflow import constants as of
from slicer.openflow.actions import (
    Action,
    Group,
    Output,
    RegLoad,
    RegMove,
    Resubmit,
)
from slicer.openflow.dialect import Dialect
from slicer.openflow.framing import Framer
from slicer.openflow.header import xid_of
from slicer.openflow.instructions import ApplyActions, GotoTable, MeterInstruction, WriteActions
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import BarrierReply, Experimenter, FlowMod, GroupMod, Hello, PacketOut
from slicer.openflow.oxm import name_of
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.events import Connected, ControllerEndpoint, DataReceived, Send, Written
from slicer.proxy.pipeline import layout, restore
from tests.fakes import upserts
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000], limits: {flows: 1000, groups: 10, meters: 10}}
  blue: {controllers: [ptcp:7100]}
flowspace:
  - {slice: red, priority: 10, ports: [1, 2]}
  - {slice: blue, priority: 10, ports: [3]}
"""
WRITABLE = frozenset({"reg1", "reg2", "reg4", "reg5", "reg7", "xreg1", "oxm_0000_4"})
"""What a translated flow may load: `layout.py` and NXM_OF_VLAN_TCI."""
MOST_PENDING = 200
_DIALECTS: Mapping[int, Dialect] = {V13.version: V13, V10.version: V10}


class Broken(Exception):
    """An invariant does not hold; the text says which."""


class Subject:
    """One engine, at work."""

    def __init__(self) -> None:
        self._net = Network(POLICY)
        self._engine = self._net.engine
        switch = FakeSwitch(1, [port(1), port(2), port(3)])
        self._datapath = self._net.plug(switch)
        self._now = 0.0
        self._numbers = count(1000)
        self._blue = self._net.peer_of(self._net.connect(self._endpoint("blue")))
        self._red: dict[int, int] = {}
        for version in _DIALECTS:
            self._join(version)
        slivers = self._engine.datapaths[1].slivers
        self.tag = slivers["red"].tag

    def _endpoint(self, name: str) -> ControllerEndpoint:
        listening = self._net.listening
        found = (each for each in listening if isinstance(each, ControllerEndpoint))
        return next(each for each in found if each.slice == name)

    def _join(self, version: int) -> None:
        peer = next(self._numbers)
        self._red[version] = peer
        came = Connected(self._endpoint("red"), peer, f"10.8.8.8:{peer}")
        hello = _DIALECTS[version].encode(Hello(1, frozenset({version})))
        for event in (came, DataReceived(peer, hello)):
            for command in self._engine.handle(event, self._now):
                if isinstance(command, Send):
                    self._engine.handle(Written(command.peer, len(command.data)), self._now)

    @property
    def is_over(self) -> bool:
        """Has the datapath's connection ended, as it must when the datapath breaks the protocol?"""
        return self._datapath not in self._engine._sessions

    def tenant_says(self, version: int, frame: bytes) -> None:
        """A frame of red's controller of a version, which connects again if its connection has
        ended, as it must when a frame can't be framed. Raises Broken."""
        self._tell(self._red[version], frame, judges=True)
        if self._red[version] not in self._engine._sessions:
            self._join(version)

    def datapath_says(self, frame: bytes) -> None:
        """A frame of the datapath's. Raises Broken."""
        self._tell(self._datapath, frame, judges=False)

    def _tell(self, peer: int, frame: bytes, *, judges: bool) -> None:
        self._now += 0.001
        said: list[DataReceived] = [DataReceived(peer, frame)]
        while said:
            for command in self._engine.handle(said.pop(), self._now):
                if not isinstance(command, Send):
                    continue
                self._engine.handle(Written(command.peer, len(command.data)), self._now)
                said += self._heard(command, judges)
        pending = self._engine.datapaths[1].pending if 1 in self._engine.datapaths else ()
        if len(pending) > MOST_PENDING:
            raise Broken(f"{len(pending)} requests are remembered")

    def _heard(self, command: Send, judges: bool) -> list[DataReceived]:
        if command.peer == self._blue and judges:
            raise Broken(f"blue hears {command.data.hex()}")
        if command.peer != self._datapath:
            return []
        replies = []
        for frame in Framer().feed(command.data):
            if V13.kind(frame) is Kind.BARRIER_REQUEST:
                replies.append(V13.encode(BarrierReply(xid_of(frame))))
            elif judges:
                judge(frame, self.tag)
        return [DataReceived(self._datapath, b"".join(replies))] if replies else []


def judge(frame: bytes, tag: int) -> None:
    """A frame to the datapath that a tenant's made. Raises Broken."""
    message = V13.decode(frame)
    if isinstance(message, Experimenter):
        message = upserts.read(message) or message
    if isinstance(message, FlowMod):
        _judge_flow(message, tag)
    elif isinstance(message, GroupMod):
        _judge_group(message, tag)
    elif isinstance(message, PacketOut):
        _judge_actions(message.actions, tag)


def _judge_flow(message: FlowMod, tag: int) -> None:
    if restore.tag_of(message.match) not in (tag, layout.NO_TAG) and not _is_own(message):
        raise Broken(f"a flow-mod without the tag: {message}")
    if _is_own(message):
        return
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
            _judge_actions(each.actions, tag)


def _is_own(message: FlowMod) -> bool:
    """Is it one of the slicer's own, in answer to a port-mod or for a meter?"""
    return layout.StageCookie.read(message.cookie) is not None and message.table_id in (
        layout.ADMIT_TABLE,
        layout.OWNER_TABLE,
        layout.EMIT_TABLE,
    )


def _is_own_group(number: int) -> bool:
    """Is it the id of a group of the slicer's own? What is above OFPG_MAX is no group's."""
    return number <= of.OFPG_MAX and layout.read_group_id(number) is not None


def _judge_group(message: GroupMod, tag: int) -> None:
    if _is_own_group(message.group_id):
        # A synchronisation that goes on meanwhile mends the slicer's own, every slice's.
        return
    for bucket in message.buckets:
        _judge_actions(bucket.actions, tag)


def _judge_actions(actions: tuple[Action, ...], tag: int) -> None:
    for each in actions:
        if isinstance(each, Output) and each.port not in (of.OFPP_CONTROLLER, of.OFPP_TABLE):
            raise Broken(f"an output to port {each.port:#x}")
        if isinstance(each, Resubmit) and not _may_resubmit(each):
            raise Broken(f"a resubmit to table {each.table}")
        if isinstance(each, Group) and _is_own_group(each.group_id):
            raise Broken(f"the slicer's own group {each.group_id:#x}")
        if isinstance(each, RegLoad | RegMove):
            _judge_load(each, tag)


def _may_resubmit(action: Resubmit) -> bool:
    return action.table in (layout.OWNER_TABLE, layout.EMIT_TABLE, layout.FIRST_TENANT_TABLE)


def _judge_load(action: RegLoad | RegMove, tag: int) -> None:
    name = _name(action)
    if name == layout.TAG and isinstance(action, RegLoad) and action.value == tag:
        return
    if name not in WRITABLE:
        raise Broken(f"a load of {name}: {action}")
    if not isinstance(action, RegLoad):
        return
    if name == layout.REQUEST_XREG and action.value >> 48 != tag:
        raise Broken(f"a request in another's name: {action}")
    if name == layout.REQUEST and action.value and action.value >> 16 != tag:
        raise Broken(f"a mark in another's name: {action}")
    special = action.value & layout.IS_SPECIAL
    if name == layout.OWNER and not special and action.value != tag:
        raise Broken(f"another owner: {action}")


def _name(action: RegLoad | RegMove) -> str:

    return name_of(action.dst)
