"""Checks: which flow-mods and group-mods the fake switch refuses, and with which error.

As Open vSwitch 3.1 answers: fields and actions that it doesn't know, actions that the match does
not allow for (a field that is set must be there), tables that are not there. What the decoder has
judged already is not judged again. An action that the fake switch can't carry out is refused too,
with BAD_ACTION/BAD_TYPE, so that no test rests on it.

Invariant: a refused request has changed nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.errors import ErrorCode
from slicer.openflow.instructions import (
    ApplyActions,
    ClearActions,
    GotoTable,
    Instruction,
    MeterInstruction,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.messages import FlowMod, GroupMod
from slicer.openflow.oxm import Match, read
from slicer.openflow.oxm_fields import BY_NAME
from tests.fakes.execution import CARRIED_OUT
from tests.fakes.flight import Constraints, constraints_of
from tests.fakes.packet import VISIBLE_TAGS

UNMATCHABLE = frozenset({"in_phy_port", "pbb_isid", "ipv6_exthdr"})
READ_ONLY = frozenset({"eth_type", "ip_proto", "ip_frag", *UNMATCHABLE})
LAST_PORT = 0xFEFF
_OUTPUTS = frozenset(
    {
        of.OFPP_IN_PORT,
        of.OFPP_TABLE,
        of.OFPP_FLOOD,
        of.OFPP_ALL,
        of.OFPP_NORMAL,
        of.OFPP_CONTROLLER,
        of.OFPP_LOCAL,
    }
)
_TPIDS = (0x8100, 0x88A8)
_NOT_IN_SETS = (a.Clone, a.Controller, a.Controller2, a.Note, a.OutputTruncated)
_FLAGS = 0x1F


class Refused(Exception):
    """The switch answers a request with `error`."""

    def __init__(self, error: ErrorCode) -> None:
        super().__init__(error.name)
        self.error = error


def check_match(match: Match) -> None:
    """Does the switch know all the fields? Raises Refused."""
    for name, value, _ in match:
        if name in UNMATCHABLE:
            raise Refused(errors.BAD_MATCH_BAD_FIELD)
        if name == "arp_op" and value > 0xFF:
            raise Refused(errors.BAD_MATCH_BAD_VALUE)


def check_table(number: int, n_tables: int, *, all_tables: bool) -> None:
    """Is the table there? Raises Refused."""
    if number >= n_tables and not (all_tables and number == of.OFPTT_ALL):
        raise Refused(
            errors.FLOW_MOD_FAILED_BAD_TABLE_ID
            if number == of.OFPTT_ALL
            else errors.BAD_REQUEST_EPERM
        )


def check_flow_mod(asked: FlowMod, groups: Mapping[int, GroupMod], n_tables: int) -> None:
    """Is a flow-mod one that the switch carries out? Raises Refused."""
    deletes = asked.command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)
    check_table(asked.table_id, n_tables, all_tables=deletes)
    check_match(asked.match)
    if asked.flags & ~_FLAGS:
        raise Refused(errors.FLOW_MOD_FAILED_BAD_FLAGS)
    if asked.buffer_id != of.OFP_NO_BUFFER and not deletes:
        raise Refused(errors.BAD_REQUEST_BUFFER_UNKNOWN)
    kinds = [type(each) for each in asked.instructions]
    if len(set(kinds)) != len(kinds):
        raise Refused(errors.BAD_INSTRUCTION_UNSUP_INST)
    for instruction in asked.instructions:
        _check_instruction(instruction, asked, groups, n_tables)


def check_gotos(asked: FlowMod) -> None:
    """Does a flow lead to later tables only? This is seen where a flow-mod is read, before it is
    carried out. Raises Refused."""
    for each in asked.instructions:
        if isinstance(each, GotoTable) and each.table_id <= asked.table_id != of.OFPTT_ALL:
            raise Refused(errors.BAD_INSTRUCTION_BAD_TABLE_ID)


def check_meter(asked: FlowMod, meters: Collection[int]) -> None:
    """Is the meter there? It is asked only where there is a flow to use it. Raises Refused."""
    for each in asked.instructions:
        if isinstance(each, MeterInstruction) and each.meter_id not in meters:
            raise Refused(errors.METER_MOD_FAILED_INVALID_METER)


def _check_instruction(
    instruction: Instruction, asked: FlowMod, groups: Mapping[int, GroupMod], n_tables: int
) -> None:
    match instruction:
        case GotoTable(table_id=number):
            ahead = asked.table_id == of.OFPTT_ALL or asked.table_id < number
            if not ahead or number >= n_tables:
                raise Refused(errors.BAD_INSTRUCTION_BAD_TABLE_ID)
        case ApplyActions(actions=actions) | WriteActions(actions=actions):
            if isinstance(instruction, WriteActions) and any(
                isinstance(each, _NOT_IN_SETS) for each in actions
            ):
                raise Refused(errors.BAD_ACTION_BAD_TYPE)
            check_actions(actions, groups, constraints_of(asked.match))
        case MeterInstruction(meter_id=number):
            if not 0 < number <= of.OFPM_MAX:
                raise Refused(errors.METER_MOD_FAILED_INVALID_METER)
        case WriteMetadata() | ClearActions():
            pass
        case _:
            raise Refused(errors.BAD_INSTRUCTION_UNSUP_INST)


@dataclass(slots=True)
class _Known:
    """What is sure of a packet that meets the next action."""

    constraints: Constraints
    tags: int

    def has(self, name: str) -> bool:
        """Is the field surely there?"""
        if name in ("vlan_vid", "vlan_pcp"):
            return self.tags > 0
        return all(
            need.field in self.constraints
            and (not need.values or self.constraints[need.field][0] & need.mask in need.values)
            and self.has(need.field)
            for need in BY_NAME[name].prerequisites
        )


def check_actions(
    actions: Sequence[a.Action],
    groups: Mapping[int, GroupMod],
    constraints: Constraints | None = None,
) -> None:
    """Can the actions be carried out, on packets of which that is known? Without `constraints`
    nothing is asked of the packet (packet-outs). Raises Refused."""
    known = None
    if constraints is not None:
        tagged = constraints.get("vlan_vid", (0, 0))[0] & of.OFPVID_PRESENT
        known = _Known(constraints, 1 if tagged else 0)
    for action in actions:
        _check_action(action, groups, known)


def _check_action(action: a.Action, groups: Mapping[int, GroupMod], known: _Known | None) -> None:
    if type(action) not in CARRIED_OUT:
        raise Refused(errors.BAD_ACTION_BAD_TYPE)
    match action:
        case a.Output(port=port):
            if port > LAST_PORT and port not in _OUTPUTS:
                raise Refused(errors.BAD_ACTION_BAD_OUT_PORT)
        case a.Group(group_id=number):
            if number not in groups:
                raise Refused(errors.BAD_ACTION_BAD_OUT_GROUP)
        case a.SetField(oxm=tlv):
            name, value, _ = read(tlv)
            if name in READ_ONLY or (name == "vlan_vid" and not value & of.OFPVID_PRESENT):
                raise Refused(errors.BAD_ACTION_BAD_SET_ARGUMENT)
            if known is not None and not known.has(name):
                raise Refused(errors.BAD_ACTION_MATCH_INCONSISTENT)
        case a.PushVlan(ethertype=tpid):
            if tpid not in _TPIDS:
                raise Refused(errors.BAD_ACTION_BAD_ARGUMENT)
            _push(known)
        case a.PopVlan():
            _pop(known)


def _push(known: _Known | None) -> None:
    if known is not None:
        if known.tags >= VISIBLE_TAGS:
            raise Refused(errors.BAD_ACTION_BAD_TAG)
        known.tags += 1


def _pop(known: _Known | None) -> None:
    if known is not None:
        if not known.tags:
            raise Refused(errors.BAD_ACTION_MATCH_INCONSISTENT)
        known.tags -= 1


def check_group_mod(asked: GroupMod, groups: Mapping[int, GroupMod]) -> None:
    """Is a group-mod one that the switch carries out? Raises Refused."""
    if asked.command == of.OFPGC_DELETE:
        return
    if asked.group_id > of.OFPG_MAX:
        raise Refused(errors.GROUP_MOD_FAILED_INVALID_GROUP)
    if asked.type == of.OFPGT_INDIRECT and len(asked.buckets) != 1:
        raise Refused(errors.GROUP_MOD_FAILED_INVALID_GROUP)
    exists = asked.group_id in groups
    if asked.command == of.OFPGC_ADD and exists:
        raise Refused(errors.GROUP_MOD_FAILED_GROUP_EXISTS)
    if asked.command == of.OFPGC_MODIFY and not exists:
        raise Refused(errors.GROUP_MOD_FAILED_UNKNOWN_GROUP)
    check_actions(_all_actions(asked), groups)


def _all_actions(group: GroupMod) -> list[a.Action]:
    buckets: Iterable[Sequence[a.Action]] = (bucket.actions for bucket in group.buckets)
    return [action for actions in buckets for action in actions]
