"""From a tenant's terms to the datapath's: matches, actions, instructions, whole requests.

One flow-mod in, one flow-mod out. The tag is added to the match, table ids are shifted past admit,
an output becomes a request to the owner stage, and a flow without one says that it has matched
(`misses.py`). Nothing here asks the flowspace: the switch does. `restore.py` is the way back, and
restore(translate(x)) == x.

Invariant: every translated match that can select flows holds the tag, and no translated action
writes a register other than those of `layout.py` or names a table of the slicer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import (
    Action,
    Clone,
    Controller,
    Controller2,
    CopyTtlIn,
    CopyTtlOut,
    DecMplsTtl,
    DecNwTtl,
    ExperimenterAction,
    Group,
    Note,
    Output,
    OutputTruncated,
    PopMpls,
    PopQueue,
    PopVlan,
    PushMpls,
    PushVlan,
    RegLoad,
    RegMove,
    Resubmit,
    SetField,
    SetMplsTtl,
    SetNwTtl,
    SetQueue,
    SetVlanPcp,
    SetVlanVid,
)
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
from slicer.openflow.messages import FlowMod, PacketOut
from slicer.openflow.multipart import AggregateRequest, FlowStatsRequest
from slicer.openflow.oxm import Match, class_of, header_of, name_of, oxm
from slicer.openflow.oxm_fields import OPENFLOW_BASIC
from slicer.proxy.pipeline import layout, misses, rewrites
from slicer.proxy.pipeline.stage_flow import ASK_OWNER, TO_EMIT_APART, TO_TENANT
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.refusal import Refusal

LAST_PORT = 0xFEFF
"""Open vSwitch's port numbers end here (and OpenFlow 1.3's reserved ones are far above)."""

_ASKED_OF_OWNER = frozenset({of.OFPP_LOCAL, of.OFPP_FLOOD, of.OFPP_ALL, of.OFPP_IN_PORT})
"""The reserved ports that are outputs to ports, like those up to LAST_PORT."""
_REQUEST_HEADER = header_of(layout.REQUEST_XREG)
_TAG_HEADER = header_of(layout.TAG)
_OWNER_HEADER = header_of(layout.OWNER)
_UNREAD_HEADER = header_of(layout.UNREAD)
_QUEUE_HEADER = header_of(layout.QUEUE)
_READ_ANEW = frozenset(map(header_of, ("icmpv6_type", "icmpv6_code")))
"""Fields that decide which others the packet has: once they are changed, the next switch reads
neighbour discovery fields of which owner was told nothing."""

_UNCHANGED_ACTIONS = frozenset(
    {
        CopyTtlIn,
        CopyTtlOut,
        DecMplsTtl,
        DecNwTtl,
        PopMpls,
        PushMpls,
        SetMplsTtl,
        SetNwTtl,
    }
)

_EXPERIMENTERS = frozenset(
    {
        Clone,
        Controller,
        Controller2,
        ExperimenterAction,
        Note,
        OutputTruncated,
        RegLoad,
        RegMove,
        Resubmit,
    }
)


def match(tag: int, asked: Match) -> Match:
    """The tenant's match, of its own packets only. Raises Refusal for fields that are not
    OpenFlow's own: registers are the slicer's."""
    for header, _ in asked.oxms:
        if class_of(header) != OPENFLOW_BASIC:
            raise Refusal(
                errors.BAD_MATCH_BAD_FIELD, f"match on {name_of(header)}, expected OpenFlow fields"
            )
    return asked.prepend(oxm(layout.TAG, tag))


def check_port(number: int) -> None:
    """Raises Refusal for a number that no port can have: Open vSwitch does so wherever a request
    names a port, be it only to filter by it."""
    if LAST_PORT < number < of.OFPP_MAX:
        raise Refusal(errors.BAD_ACTION_BAD_OUT_PORT, f"port {number:#x}, which can't be")


def table(number: int, error: ErrorCode) -> int:
    """The datapath's number of a tenant's table. Raises Refusal with `error` above 250."""
    if number >= layout.TENANT_TABLES:
        raise Refusal(error, f"table {number}, expected 0 to {layout.TENANT_TABLES - 1}")
    return number + layout.FIRST_TENANT_TABLE


def table_or_all(number: int, error: ErrorCode) -> int:
    """Likewise, with OFPTT_ALL for all the tenant's tables: the tag in the match keeps such a
    request within them."""
    return number if number == of.OFPTT_ALL else table(number, error)


def flow_mod(terms: Terms, message: FlowMod) -> FlowMod:
    """A tenant's flow-mod on its own tables and packets (OpenFlow 1.3.5 7.3.4.1).

    Filters by out_port and out_group are left out: an output is no output here, so the caller
    applies them. Raises Refusal.
    """
    check_port(message.out_port)
    deletes = message.command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)
    number = (table_or_all if deletes else table)(
        message.table_id, errors.FLOW_MOD_FAILED_BAD_TABLE_ID
    )
    # A loose modify is about flows of any priority, and hardly about a table-miss flow.
    loose = message.command == of.OFPFC_MODIFY
    table_miss = message.priority == 0 and not message.match.oxms and not loose
    translated = tuple(
        instruction(terms, each, table_miss=table_miss) for each in message.instructions
    )
    return replace(
        message,
        table_id=number,
        out_port=of.OFPP_ANY,
        out_group=of.OFPG_ANY,
        match=match(terms.tag, message.match),
        instructions=translated if deletes else misses.handled(terms.tag, translated),
    )


def flow_stats_request(tag: int, message: FlowStatsRequest) -> FlowStatsRequest:
    """A question about the tenant's own flows; out_port and out_group are left to the caller."""
    check_port(message.out_port)
    return replace(
        message,
        table_id=table_or_all(message.table_id, errors.BAD_REQUEST_BAD_TABLE_ID),
        out_port=of.OFPP_ANY,
        out_group=of.OFPG_ANY,
        match=match(tag, message.match),
    )


def aggregate_request(tag: int, message: AggregateRequest) -> AggregateRequest:
    """Likewise, for their sums."""
    check_port(message.out_port)
    return replace(
        message,
        table_id=table_or_all(message.table_id, errors.BAD_REQUEST_BAD_TABLE_ID),
        match=match(tag, message.match),
    )


def packet_out(terms: Terms, message: PacketOut) -> PacketOut:
    """A tenant's packet, which the owner stage judges like any other (OpenFlow 1.3.5 7.3.7).
    Only here is an output to OFPP_TABLE legal: it enters the tenant's first table, not admit."""
    mark = RegLoad(_TAG_HEADER, 0, 32, terms.tag)
    actions: list[Action] = [mark]
    for each in message.actions:
        if isinstance(each, Output) and each.port == of.OFPP_TABLE:
            actions.append(RegLoad(misses.REQUEST, 0, 32, 0))
            actions += (TO_TENANT, *misses.after_tables(terms.tag))
        else:
            actions.extend(action(terms, each, table_miss=False))
    return replace(message, actions=tuple(actions))


def discovery_out(terms: Terms, message: PacketOut, ports: Iterable[int]) -> PacketOut:
    """A packet of the slicer's making, sent by these ports of the slice without asking owner."""
    actions: list[Action] = [RegLoad(_OWNER_HEADER, 0, 32, terms.tag)]
    for port in ports:
        wanted = layout.request(terms.tag, port) << 32
        actions += (RegLoad(_REQUEST_HEADER, 0, 64, wanted), TO_EMIT_APART)
    return replace(message, actions=tuple(actions))


def instruction(terms: Terms, asked: Instruction, *, table_miss: bool) -> Instruction:
    """One instruction (OpenFlow 1.3.5 7.2.4). Raises Refusal."""
    match asked:
        case GotoTable(table_id=number):
            return GotoTable(table(number, errors.BAD_INSTRUCTION_BAD_TABLE_ID))
        case ApplyActions(actions=actions):
            return ApplyActions(_apply_list(terms, actions, table_miss))
        case WriteActions(actions=actions):
            return WriteActions(action_set(terms, actions))
        case WriteMetadata() | ClearActions():
            return asked
        case MeterInstruction(meter_id=meter):
            return MeterInstruction(terms.meter(meter))
    raise Refusal(errors.BAD_INSTRUCTION_UNSUP_INST, f"instruction {asked!r}")


def _apply_list(terms: Terms, actions: tuple[Action, ...], table_miss: bool) -> tuple[Action, ...]:
    return tuple(each for asked in actions for each in action(terms, asked, table_miss=table_miss))


def action_set(terms: Terms, actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Written actions, or those of a bucket, which Open vSwitch carries out as a set too.

    An action set takes no resubmit. An output to OFPP_TABLE stands for it: it comes to admit,
    where a request is passed on to owner, and being an output it is replaced by a later one and
    gives way to a group, as OpenFlow 1.3.5 5.10 has it. Raises Refusal."""
    if any(isinstance(asked, PushVlan) for asked in actions):
        raise Refusal(
            errors.BAD_ACTION_BAD_TYPE,
            "push-vlan in an action set, where no one sees whether the packet has a tag already",
        )
    return tuple(
        _ASK_LATER if each is ASK_OWNER else each
        for asked in actions
        for each in (_ask_controller(terms, asked) or action(terms, asked, table_miss=False))
    )


def _ask_controller(terms: Terms, asked: Action) -> tuple[Action, ...]:
    """An action set takes no action with a meter; admit has a flow that does it."""
    is_metered = terms.packet_in_meter is not None
    if not is_metered or not isinstance(asked, Output) or asked.port != of.OFPP_CONTROLLER:
        return ()
    wanted = layout.request(terms.tag, layout.CONTROLLER_PORT) << 32 | asked.max_len
    return (RegLoad(_REQUEST_HEADER, 0, 64, wanted), _ASK_LATER)


def action(terms: Terms, asked: Action, *, table_miss: bool) -> tuple[Action, ...]:
    """One action of an action list (OpenFlow 1.3.5 7.2.5). `table_miss`: the flow is the table's
    table-miss flow, whose packet-ins say so. Raises Refusal."""
    kind = type(asked)
    if kind in _UNCHANGED_ACTIONS:
        return (asked,)
    if kind in _EXPERIMENTERS:
        raise Refusal(errors.BAD_ACTION_BAD_EXPERIMENTER, f"action {asked!r}")
    translator = _ACTIONS.get(kind)
    if translator is None:
        raise Refusal(errors.BAD_ACTION_BAD_TYPE, f"action {asked!r}")
    return translator(terms, asked, table_miss)


def is_changing(asked: Action) -> bool:
    """Is an action's translation not the same for ever? Which group an id stands for may
    change, and who may ask for NORMAL."""
    return isinstance(asked, Group) or (isinstance(asked, Output) and asked.port == of.OFPP_NORMAL)


def _output(terms: Terms, asked: Output, table_miss: bool) -> tuple[Action, ...]:
    is_normal = asked.port == of.OFPP_NORMAL and terms.owns_all
    if asked.port <= LAST_PORT or asked.port in _ASKED_OF_OWNER or is_normal:
        wanted = layout.request(terms.tag, asked.port) << 32 | asked.max_len
        return (RegLoad(_REQUEST_HEADER, 0, 64, wanted), ASK_OWNER)
    if asked.port == of.OFPP_CONTROLLER:
        # With the tag in its match Open vSwitch no longer knows a table-miss flow as one.
        reason = of.OFPR_NO_MATCH if table_miss else of.OFPR_ACTION
        if terms.packet_in_meter is not None:
            return (Controller2(asked.max_len, 0, reason, meter_id=terms.packet_in_meter),)
        return (Controller(asked.max_len, 0, of.OFPR_NO_MATCH),) if table_miss else (asked,)
    raise Refusal(errors.BAD_ACTION_BAD_OUT_PORT, f"output to port {asked.port:#x}")


_ASK_LATER = Output(of.OFPP_TABLE)


def _set_field(terms: Terms, asked: SetField, table_miss: bool) -> tuple[Action, ...]:
    header, _ = asked.oxm
    if class_of(header) != OPENFLOW_BASIC:
        raise Refusal(errors.BAD_ACTION_BAD_SET_TYPE, f"set-field of {name_of(header)}")
    if header in _READ_ANEW:
        raise Refusal(
            errors.BAD_ACTION_BAD_SET_TYPE,
            f"set-field of {name_of(header)}, after which the packet has other fields",
        )
    return (asked,)


def _push_vlan(terms: Terms, asked: PushVlan, table_miss: bool) -> tuple[Action, ...]:
    return (RegMove(1, 12, 0, rewrites.VLAN_TCI, _UNREAD_HEADER), asked)


def _pop_vlan(terms: Terms, asked: PopVlan, table_miss: bool) -> tuple[Action, ...]:
    return (asked, RegLoad(_UNREAD_HEADER, 0, 1, 0))


def _set_vlan_vid(terms: Terms, asked: SetVlanVid, table_miss: bool) -> tuple[Action, ...]:
    return (rewrites.set_vlan_vid(asked),)


def _set_vlan_pcp(terms: Terms, asked: SetVlanPcp, table_miss: bool) -> tuple[Action, ...]:
    return (rewrites.set_vlan_pcp(asked),)


def _rewrite(terms: Terms, asked: Action, table_miss: bool) -> tuple[Action, ...]:
    return rewrites.ask(asked)


def _group(terms: Terms, asked: Group, table_miss: bool) -> tuple[Action, ...]:
    return (Group(terms.group(asked.group_id)),)


def _set_queue(terms: Terms, asked: SetQueue, table_miss: bool) -> tuple[Action, ...]:
    """A sliver's ports have no queues, so no packet is put into one; those that the switch's ports
    may have are not the tenant's."""
    return (RegLoad(_QUEUE_HEADER, 0, 32, asked.queue_id),)


def _pop_queue(terms: Terms, asked: PopQueue, table_miss: bool) -> tuple[Action, ...]:
    """What ends an enqueue of OpenFlow 1.0's."""
    return (RegLoad(_QUEUE_HEADER, 0, 1, 0),)


_ACTIONS: dict[type[Action], Callable[..., tuple[Action, ...]]] = {
    Output: _output,
    SetField: _set_field,
    PushVlan: _push_vlan,
    PopVlan: _pop_vlan,
    Group: _group,
    SetQueue: _set_queue,
    PopQueue: _pop_queue,
    SetVlanVid: _set_vlan_vid,
    SetVlanPcp: _set_vlan_pcp,
    **dict.fromkeys(rewrites.ASKED, _rewrite),
}
