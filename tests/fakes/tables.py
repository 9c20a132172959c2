"""Tables: the fake switch's flows, and what flow-mods do to them.

Adding, modifying and deleting as OpenFlow 1.3.5 6.4 has it and Open vSwitch does it: loose and
strict, with cookie masks, output filters and overlap checks. Not here: whether a flow-mod is in
order (`checks.py`) and what flows do to packets (`execution.py`).

Invariant: no two flows have one table, priority and match.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Group, Output
from slicer.openflow.instructions import (
    ApplyActions,
    Instruction,
    MeterInstruction,
    WriteActions,
)
from slicer.openflow.messages import FlowMod
from slicer.openflow.multipart import AggregateRequest, FlowStatsRequest
from slicer.openflow.oxm import Match, Oxm, class_of, header_of, key_of
from slicer.openflow.oxm_fields import OPENFLOW_BASIC
from tests.fakes.flight import Condition, Constraints, Flight, condition_of, constraints_of

_METADATA = key_of(header_of("metadata"))

Key = tuple[int, int, frozenset[tuple[str, tuple[int, int]]]]
"""Table, priority, constraints."""


@dataclass(slots=True)
class Flow:
    """One flow. `author` is who had it made or last changed, as the test says it."""

    table: int
    priority: int
    match: Match
    cookie: int
    flags: int
    idle_timeout: int
    hard_timeout: int
    instructions: tuple[Instruction, ...]
    author: str
    created: float
    used: float
    constraints: Constraints
    condition: Condition
    packets: int = 0
    bytes: int = 0

    @property
    def key(self) -> Key:
        """What makes it this flow."""
        return self.table, self.priority, frozenset(self.constraints.items())

    @property
    def meaning(self) -> tuple[object, ...]:
        """All that a test compares of a flow: not its counters, not its author."""
        return (
            *self.key,
            self.cookie,
            self.flags,
            self.idle_timeout,
            self.hard_timeout,
            self.instructions,
        )

    @property
    def actions(self) -> Iterator[Action]:
        """Every action of its instructions."""
        for instruction in self.instructions:
            if isinstance(instruction, ApplyActions | WriteActions):
                yield from instruction.actions

    @property
    def meter(self) -> int | None:
        """The meter that it uses."""
        used = (each for each in self.instructions if isinstance(each, MeterInstruction))
        return next((each.meter_id for each in used), None)

    def __str__(self) -> str:
        match = ", ".join(f"{name}={value:#x}/{mask:#x}" for name, value, mask in self.match)
        return (
            f"table {self.table}, priority {self.priority}, {match or 'any'} -> "
            f"{list(self.instructions)} [{self.author}]"
        )


_NOT_BY_OUTPUT = (of.OFPFC_ADD, of.OFPFC_MODIFY, of.OFPFC_MODIFY_STRICT)
"""Commands for which out_port and out_group mean nothing (OpenFlow 1.3.5 7.3.4.1)."""

Request = FlowMod | FlowStatsRequest | AggregateRequest


class Overlap(Exception):
    """OFPFF_CHECK_OVERLAP found another flow."""


@dataclass(slots=True)
class Tables:
    """All flows of one switch."""

    flows: dict[Key, Flow] = field(default_factory=dict)
    _by_table: dict[int, list[Flow]] = field(default_factory=dict)

    def lookup(self, table: int, flight: Flight) -> Flow | None:
        """The flow of highest priority that holds."""
        header = flight.seen().header
        for flow in self._by_table.get(table, ()):
            if flow.condition.holds(flight, header):
                return flow
        return None

    def is_tied(self, flow: Flow, flight: Flight) -> bool:
        """Does another flow of the same priority hold too? Which of them a switch takes is
        undefined (OpenFlow 1.3.5 5.3)."""
        header = flight.seen().header
        return any(
            other is not flow
            and other.priority == flow.priority
            and other.condition.holds(flight, header)
            for other in self._by_table[flow.table]
        )

    def selected(self, asked: Request) -> list[Flow]:
        """The flows that a request means but for strictness: its table, the cookie under the
        mask, the outputs, and at least as specific a match."""
        wanted = constraints_of(asked.match)
        reads_outputs = getattr(asked, "command", of.OFPFC_DELETE) not in _NOT_BY_OUTPUT
        return [
            flow
            for flow in self.flows.values()
            if asked.table_id in (flow.table, of.OFPTT_ALL)
            and not (flow.cookie ^ asked.cookie) & asked.cookie_mask
            and _is_within(flow.constraints, wanted)
            and (not reads_outputs or _outputs(flow, asked.out_port, asked.out_group))
        ]

    def meant(self, asked: FlowMod) -> list[Flow]:
        """The flows that a modification or deletion means."""
        found = self.selected(asked)
        if asked.command in (of.OFPFC_MODIFY_STRICT, of.OFPFC_DELETE_STRICT):
            wanted = constraints_of(asked.match)
            return [
                flow
                for flow in found
                if flow.priority == asked.priority and flow.constraints == wanted
            ]
        return found

    def add(self, asked: FlowMod, author: str, now: float) -> Flow:
        """Add a flow, in place of one with the same key. Raises Overlap."""
        constraints = constraints_of(asked.match)
        flow = Flow(
            table=asked.table_id,
            priority=asked.priority,
            match=in_order(asked.match),
            cookie=asked.cookie,
            flags=asked.flags & ~(of.OFPFF_CHECK_OVERLAP | of.OFPFF_RESET_COUNTS),
            idle_timeout=asked.idle_timeout,
            hard_timeout=asked.hard_timeout,
            instructions=kept(asked.instructions),
            author=author,
            created=now,
            used=now,
            constraints=constraints,
            condition=condition_of(constraints),
        )
        if asked.flags & of.OFPFF_CHECK_OVERLAP:
            self._check_overlap(flow)
        replaced = self.flows.get(flow.key)
        if replaced is not None and not asked.flags & of.OFPFF_RESET_COUNTS:
            flow.packets, flow.bytes = replaced.packets, replaced.bytes
        self._put(flow)
        return flow

    def _check_overlap(self, flow: Flow) -> None:
        for other in self._by_table.get(flow.table, ()):
            if other.priority == flow.priority and _meet(other.constraints, flow.constraints):
                raise Overlap(str(other))

    def modify(self, asked: FlowMod, author: str) -> None:
        """Give the flows that are meant new instructions."""
        for flow in self.meant(asked):
            flow.instructions = kept(asked.instructions)
            flow.author = author
            if asked.flags & of.OFPFF_RESET_COUNTS:
                flow.packets = flow.bytes = 0

    def remove(self, flows: Iterable[Flow]) -> None:
        """Forget flows."""
        for flow in flows:
            del self.flows[flow.key]
            self._by_table[flow.table].remove(flow)

    def _put(self, flow: Flow) -> None:
        old = self.flows.pop(flow.key, None)
        listed = self._by_table.setdefault(flow.table, [])
        if old is not None:
            listed.remove(old)
        self.flows[flow.key] = flow
        listed.append(flow)
        listed.sort(key=lambda each: -each.priority)


def kept(instructions: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """What the switch keeps of instructions: Open vSwitch keeps no empty list of actions."""
    return tuple(each for each in instructions if each != ApplyActions(()))


def in_order(match: Match) -> Match:
    """The match as the switch gives it back: Open vSwitch keeps no order of fields, it has its
    own, with registers after the header and metadata last, and no mask that masks nothing."""
    return Match(tuple(sorted(match.canonical().oxms, key=_rank)))


def _rank(tlv: Oxm) -> tuple[bool, bool, int]:
    header, _ = tlv
    return key_of(header) == _METADATA, class_of(header) != OPENFLOW_BASIC, header >> 9


def _is_within(flow: Constraints, wanted: Constraints) -> bool:
    for name, (value, mask) in wanted.items():
        found = flow.get(name)
        if found is None or found[1] & mask != mask or found[0] & mask != value:
            return False
    return True


def _meet(one: Constraints, other: Constraints) -> bool:
    for name, (value, mask) in one.items():
        found = other.get(name)
        if found is not None and (found[0] ^ value) & mask & found[1]:
            return False
    return True


def _outputs(flow: Flow, out_port: int, out_group: int) -> bool:
    actions = list(flow.actions)
    return (
        out_port == of.OFPP_ANY
        or any(isinstance(each, Output) and each.port == out_port for each in actions)
    ) and (
        out_group == of.OFPG_ANY
        or any(isinstance(each, Group) and each.group_id == out_group for each in actions)
    )
