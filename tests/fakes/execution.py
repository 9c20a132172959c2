"""Execution: one packet through the fake switch's tables and groups.

What Open vSwitch does with a packet (ovs-actions(7), OpenFlow 1.3.5 5.9 to 5.12): the flow of
highest priority, actions in order, resubmits that see what was rewritten before them, buckets that
work on a copy, an action set that is carried out at the end, and its limits on depth and number of
resubmits, beyond which nothing of the packet goes out. Meters let everything pass. Left out:
queues, MPLS, PBB, TTLs, learning for `NORMAL`, groups that watch groups; of a select group the
first bucket is always taken.

Invariant: flows and groups are not changed, but for counters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import (
    ApplyActions,
    ClearActions,
    GotoTable,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.messages import GroupMod, Port
from slicer.openflow.oxm import name_of, read
from slicer.openflow.oxm_fields import BY_NAME
from tests.fakes.flight import VLAN_TCI, Flight
from tests.fakes.packet import Packet
from tests.fakes.tables import Flow, Tables

DEEPEST, MOST_RESUBMITS = 64, 4096
NO_COOKIE = 0xFFFF_FFFF_FFFF_FFFF
_DOWN = of.OFPPC_PORT_DOWN | of.OFPPC_NO_FWD


@dataclass(frozen=True, slots=True)
class ToController:
    """A packet that goes to the controller, and what a packet-in says of it."""

    packet: Packet
    in_port: int
    metadata: int
    registers: tuple[int, ...]
    reason: int
    table: int
    cookie: int


@dataclass(frozen=True, slots=True)
class Step:
    """One lookup of the way."""

    table: int
    flow: Flow | None
    seen: str
    is_tied: bool
    """Could a switch have taken another flow?"""

    def __str__(self) -> str:
        return f"table {self.table}: {self.seen}\n    {self.flow or 'no flow'}"


@dataclass(slots=True)
class Result:
    """What became of a packet: (port, packet) that went out, packet-ins, and the way."""

    outputs: list[tuple[int, Packet]] = field(default_factory=list)
    to_controller: list[ToController] = field(default_factory=list)
    trace: list[Step] = field(default_factory=list)
    is_given_up: bool = False

    @property
    def is_defined(self) -> bool:
        """Would every switch do the same?"""
        return not any(step.is_tied for step in self.trace)

    def __str__(self) -> str:
        lines = [str(step) for step in self.trace]
        lines += [f"out by {port}: {packet}" for port, packet in self.outputs]
        lines += [f"to the controller: {each}" for each in self.to_controller]
        return "\n".join(lines)


class TooDeep(Exception):
    """Open vSwitch's limits on resubmits are exceeded."""


@dataclass(frozen=True, slots=True)
class Plane:
    """What packets meet."""

    tables: Tables
    groups: Mapping[int, GroupMod]
    ports: Mapping[int, Port]
    now: float
    is_sliver: bool = False
    """Where a sliver is known to differ from a switch: packet-ins out of an action set name no
    cookie, those out of a bucket neither cookie nor table, and a table-miss flow's say so in a
    packet-out's way too."""


class Execution:
    """One packet's way. Use `enter` or `carry_out`, once."""

    def __init__(self, plane: Plane, flight: Flight, size: int) -> None:
        self.result = Result()
        self._plane = plane
        self._flight = flight
        self._size = size
        self._set: list[a.Action] = []
        self._table = 0
        self._cookie = NO_COOKIE
        self._is_miss = False
        self._is_packet_out = False
        self._depth = 0
        self._resubmits = 0

    def enter(self) -> Result:
        """A packet comes in by a port."""
        return self._whole(lambda: self._run(0))

    def carry_out(self, actions: Sequence[a.Action]) -> Result:
        """A packet-out."""
        self._is_packet_out = True
        return self._whole(lambda: self._apply(actions))

    def _whole(self, way: Callable[[], None]) -> Result:
        try:
            way()
            self._carry_out_set()
        except TooDeep:
            self.result.outputs.clear()
            self.result.is_given_up = True
        return self.result

    def _carry_out_set(self) -> None:
        """In Open vSwitch it is the first table's flow that does this, whoever wrote the set."""
        self._table, self._is_miss, self._cookie = 0, False, NO_COOKIE
        first = self.result.trace[0].flow if self.result.trace else None
        if first is not None and not self._is_packet_out and not self._plane.is_sliver:
            self._cookie = first.cookie
        self._apply(in_set_order(self._set))

    # ---- tables ----

    def _run(self, number: int) -> None:
        """Tables from `number` on, as far as goto leads."""
        table: int | None = number
        while table is not None:
            self._count_resubmit()
            self._table = table
            flow = self._plane.tables.lookup(table, self._flight)
            is_tied = flow is not None and self._plane.tables.is_tied(flow, self._flight)
            self.result.trace.append(Step(table, flow, self._description(), is_tied))
            table = self._follow(flow) if flow is not None else None

    def _count_resubmit(self) -> None:
        self._resubmits += 1
        if self._resubmits > MOST_RESUBMITS or self._depth >= DEEPEST:
            raise TooDeep

    def _description(self) -> str:
        held = enumerate(self._flight.registers)
        registers = ", ".join(f"reg{n}={value:#x}" for n, value in held if value)
        return f"port {self._flight.in_port:#x}, {self._flight.packet}, {registers}"

    def _follow(self, flow: Flow) -> int | None:
        flow.packets += 1
        flow.bytes += self._size
        flow.used = self._plane.now
        self._cookie = flow.cookie
        self._is_miss = not flow.priority and not flow.constraints
        following = None
        for instruction in flow.instructions:
            match instruction:
                case ApplyActions(actions=actions):
                    self._apply(actions)
                case ClearActions():
                    self._set.clear()
                case WriteActions(actions=actions):
                    self._set += actions
                case WriteMetadata(metadata=metadata, metadata_mask=mask):
                    kept = self._flight.metadata & ~mask
                    self._flight.metadata = kept | metadata & mask
                case GotoTable(table_id=number):
                    following = number
        return following

    # ---- actions ----

    def _apply(self, actions: Iterable[a.Action]) -> None:
        for action in actions:
            _DO[type(action)](self, action)

    def _output(self, action: a.Output) -> None:
        if action.port == of.OFPP_CONTROLLER:
            is_miss = self._is_miss and (not self._is_packet_out or self._plane.is_sliver)
            reason = of.OFPR_NO_MATCH if is_miss else of.OFPR_ACTION
            self._send_to_controller(reason)
        elif action.port in (of.OFPP_FLOOD, of.OFPP_ALL, of.OFPP_NORMAL):
            for port in sorted(self._plane.ports):
                self._send(port)
        elif action.port == of.OFPP_TABLE:
            self._resubmit(a.Resubmit(of.OFPP_IN_PORT, 0))
        elif action.port == of.OFPP_IN_PORT:
            self._send(self._flight.in_port, back=True)
        else:
            self._send(action.port)

    def _send(self, number: int, *, back: bool = False) -> None:
        port = self._plane.ports.get(number)
        suppressed = number == self._flight.in_port and not back
        if port is not None and not suppressed and not port.config & _DOWN:
            self.result.outputs.append((number, self._flight.packet))

    def _output_truncated(self, action: a.OutputTruncated) -> None:
        """Packets here are headers, so there is nothing to cut."""
        self._send(action.port)

    def _clone(self, action: a.Clone) -> None:
        whole = self._flight
        self._flight = whole.branch()
        self._apply(action.actions)
        self._flight = whole

    def _controller(self, action: a.Controller | a.Controller2) -> None:
        self._send_to_controller(action.reason)

    def _send_to_controller(self, reason: int) -> None:
        flight = self._flight
        self.result.to_controller.append(
            ToController(
                flight.packet,
                flight.in_port,
                flight.metadata,
                tuple(flight.registers),
                reason,
                self._table,
                self._cookie,
            )
        )

    def _resubmit(self, action: a.Resubmit) -> None:
        before = self._table, self._cookie, self._is_miss
        if action.in_port != of.OFPP_IN_PORT:
            raise NotImplementedError(f"a resubmit with port {action.in_port}")
        self._depth += 1
        self._run(action.table)
        self._depth -= 1
        self._table, self._cookie, self._is_miss = before

    def _group(self, action: a.Group) -> None:
        group = self._plane.groups.get(action.group_id)
        if group is None:
            return
        self._count_resubmit()
        before = self._table, self._cookie, self._is_miss
        self._is_miss = False
        if self._plane.is_sliver:
            self._table, self._cookie = 0, NO_COOKIE
        for bucket in self._buckets(group):
            whole = self._flight
            self._flight = whole.branch()
            self._depth += 1
            self._apply(in_set_order(bucket.actions))
            self._depth -= 1
            self._flight = whole
        self._table, self._cookie, self._is_miss = before

    def _buckets(self, group: GroupMod) -> Sequence[Bucket]:
        if group.type == of.OFPGT_ALL:
            return group.buckets
        return [each for each in group.buckets if self._is_live(group, each)][:1]

    def _is_live(self, group: GroupMod, bucket: Bucket) -> bool:
        if group.type != of.OFPGT_FF or bucket.watch_port == of.OFPP_ANY:
            return True
        port = self._plane.ports.get(bucket.watch_port)
        return port is not None and not port.config & of.OFPPC_PORT_DOWN

    def _set_field(self, action: a.SetField) -> None:
        name, value, _ = read(action.oxm)
        self._flight.set(name, value)

    def _load(self, action: a.RegLoad) -> None:
        self._write_bits(name_of(action.dst), action.ofs, action.n_bits, action.value)

    def _move(self, action: a.RegMove) -> None:
        bits = self._flight.get(name_of(action.src)) >> action.src_ofs
        self._write_bits(name_of(action.dst), action.dst_ofs, action.n_bits, bits)

    def _write_bits(self, name: str, offset: int, count: int, value: int) -> None:
        if offset + count > _WIDTHS[name]:
            raise AssertionError(f"{count} bits from {offset} don't fit {name}")
        mask = ((1 << count) - 1) << offset
        kept = self._flight.get(name) & ~mask
        self._flight.set(name, kept | value << offset & mask)

    def _push_vlan(self, action: a.PushVlan) -> None:
        self._flight.packet = self._flight.packet.push(action.ethertype)

    def _pop_vlan(self, action: a.PopVlan) -> None:
        self._flight.packet = self._flight.packet.pop()

    def _nothing(self, action: a.Action) -> None:
        """A note, a queue of a port that has none, and what only changes what no match can see."""


_WIDTHS = {name: field.bits for name, field in BY_NAME.items()} | {VLAN_TCI: 16}
_DO: Mapping[type[a.Action], Callable[..., None]] = {
    a.Output: Execution._output,
    a.OutputTruncated: Execution._output_truncated,
    a.Clone: Execution._clone,
    a.Controller: Execution._controller,
    a.Controller2: Execution._controller,
    a.Resubmit: Execution._resubmit,
    a.Group: Execution._group,
    a.SetField: Execution._set_field,
    a.RegLoad: Execution._load,
    a.RegMove: Execution._move,
    a.PushVlan: Execution._push_vlan,
    a.PopVlan: Execution._pop_vlan,
    a.Note: Execution._nothing,
    a.SetQueue: Execution._nothing,
    a.PopQueue: Execution._nothing,
    a.DecNwTtl: Execution._nothing,
    a.SetNwTtl: Execution._nothing,
}
CARRIED_OUT = frozenset(_DO)
"""The actions that the fake switch knows."""

_CHANGES = (a.SetField, a.RegLoad, a.RegMove)
_SET_ORDER: tuple[type[a.Action], ...] = (a.PopVlan, a.PushVlan, a.DecNwTtl, a.SetNwTtl)
_LAST = (a.Group, a.Output, a.Resubmit)


def in_set_order(actions: Sequence[a.Action]) -> list[a.Action]:
    """The actions of an action set in the order in which Open vSwitch carries them out: of each
    type the last one counts, changes of fields in the order written, and one of group, output and
    resubmit, the first of these that is there (OpenFlow 1.3.5 5.10, 5.6.1 for buckets)."""
    ordered: list[a.Action] = []
    for kind in _SET_ORDER:
        ordered += [each for each in actions if type(each) is kind][-1:]
    ordered += [each for each in actions if isinstance(each, _CHANGES)]
    for kind in _LAST:
        ends = [each for each in actions if isinstance(each, kind)][-1:]
        if ends:
            return ordered + ends
    return ordered
