"""Listed: in what a sliver differs from a switch on purpose, as docs/transparency.md says.

The document is for people, this is for the test: the same titles, the same errors, and for each
the messages that it is about. `test_listed.py` holds the two together. Invariant: a difference that
is not here is a fault.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors as e
from slicer.openflow import instructions as i
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.errors import ErrorCode
from slicer.openflow.messages import Message
from slicer.openflow.oxm import class_of, name_of
from slicer.openflow.oxm_fields import OPENFLOW_BASIC

TABLES: Final = 251
"""A sliver's tables are 0 to 250."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that a sliver refuses and a switch need not."""

    title: str
    errors: tuple[ErrorCode, ...]
    concerns: Callable[[Message], bool]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that a sliver gives otherwise; `common` is what both agree on."""

    title: str
    kind: type[Message]
    common: Callable[[Any], Message]


def _actions(message: Message) -> Iterator[a.Action]:
    if isinstance(message, m.PacketOut):
        yield from message.actions
    for each in (*getattr(message, "instructions", ()), *getattr(message, "buckets", ())):
        yield from getattr(each, "actions", ())


def _has(*kinds: type[a.Action]) -> Callable[[Message], bool]:
    return lambda message: any(isinstance(each, kinds) for each in _actions(message))


def _outputs_to(*ports: int) -> Callable[[Message], bool]:
    return lambda message: any(
        isinstance(each, a.Output) and each.port in ports for each in _actions(message)
    )


def _is(*kinds: type[Message]) -> Callable[[Message], bool]:
    return lambda message: isinstance(message, kinds)


def _names_late_table(message: Message) -> bool:
    tables = [
        each.table_id
        for each in getattr(message, "instructions", ())
        if isinstance(each, i.GotoTable)
    ]
    table = getattr(message, "table_id", 0)
    return any(TABLES <= each < of.OFPTT_ALL for each in (table, *tables))


def _matches_other_fields(message: Message) -> bool:
    match = getattr(message, "match", None)
    return match is not None and any(class_of(header) != OPENFLOW_BASIC for header, _ in match.oxms)


def _sets(is_refused: Callable[[int], bool]) -> Callable[[Message], bool]:
    return lambda message: any(
        isinstance(each, a.SetField) and is_refused(each.oxm[0]) for each in _actions(message)
    )


def _writes_push_vlan(message: Message) -> bool:
    return any(
        isinstance(action, a.PushVlan)
        for each in getattr(message, "instructions", ())
        if isinstance(each, i.WriteActions)
        for action in each.actions
    )


def _has_instruction(kind: type[i.Instruction]) -> Callable[[Message], bool]:
    return lambda message: any(
        isinstance(each, kind) for each in getattr(message, "instructions", ())
    )


_EXPERIMENTERS = (
    a.ExperimenterAction,
    a.Note,
    a.RegLoad,
    a.RegMove,
    a.Resubmit,
    a.Controller,
    a.Controller2,
)

REFUSED: Final = (
    Refused(
        "Tables 251 and up",
        (
            e.FLOW_MOD_FAILED_BAD_TABLE_ID,
            e.BAD_INSTRUCTION_BAD_TABLE_ID,
            e.BAD_REQUEST_BAD_TABLE_ID,
            e.TABLE_MOD_FAILED_EPERM,
        ),
        _names_late_table,
    ),
    Refused(
        "Matching registers and other fields that are not OpenFlow's",
        (e.BAD_MATCH_BAD_FIELD,),
        _matches_other_fields,
    ),
    Refused(
        "Setting them",
        (e.BAD_ACTION_BAD_SET_TYPE,),
        _sets(lambda header: class_of(header) != OPENFLOW_BASIC),
    ),
    Refused(
        "Setting the ICMPv6 type or code",
        (e.BAD_ACTION_BAD_SET_TYPE,),
        _sets(lambda header: name_of(header) in ("icmpv6_type", "icmpv6_code")),
    ),
    Refused(
        "Output to NORMAL, and to TABLE in a flow or group",
        (e.BAD_ACTION_BAD_OUT_PORT,),
        _outputs_to(of.OFPP_NORMAL, of.OFPP_TABLE),
    ),
    Refused(
        "Push-VLAN in an action set",
        (e.BAD_ACTION_BAD_TYPE,),
        _writes_push_vlan,
    ),
    Refused(
        "Experimenter actions",
        (e.BAD_ACTION_BAD_EXPERIMENTER,),
        _has(*_EXPERIMENTERS),
    ),
    Refused(
        "Experimenter messages",
        (e.BAD_REQUEST_BAD_TYPE,),
        _is(m.Experimenter, mp.ExperimenterMultipartRequest),
    ),
    Refused(
        "Fragment handling other than normal",
        (e.SWITCH_CONFIG_FAILED_BAD_FLAGS,),
        lambda message: isinstance(message, m.SetConfig) and message.flags != of.OFPC_FRAG_NORMAL,
    ),
    Refused(
        "Queues",
        (e.BAD_REQUEST_BAD_TYPE, e.BAD_ACTION_BAD_QUEUE),
        lambda message: (
            isinstance(message, m.QueueGetConfigRequest | mp.QueueStatsRequest)
            or _has(a.SetQueue)(message)
        ),
    ),
    Refused(
        "Meters",
        (e.BAD_REQUEST_BAD_TYPE, e.BAD_INSTRUCTION_UNSUP_INST),
        lambda message: (
            isinstance(
                message,
                m.MeterMod | mp.MeterStatsRequest | mp.MeterConfigRequest | mp.MeterFeaturesRequest,
            )
            or _has_instruction(i.MeterInstruction)(message)
        ),
    ),
)


def _features(reply: m.FeaturesReply) -> Message:
    return replace(reply, n_tables=0)


def _tables(reply: mp.TableStatsReply) -> Message:
    return replace(
        reply,
        entries=tuple(
            replace(each, lookup_count=0, matched_count=0)
            for each in reply.entries
            if each.table_id < TABLES
        ),
    )


def _ports(reply: mp.PortStatsReply) -> Message:
    return replace(
        reply, entries=tuple(mp.PortStats(each.port_no, *[0] * 14) for each in reply.entries)
    )


ANSWERED: Final = (
    Answered("The number of tables", m.FeaturesReply, _features),
    Answered("Table statistics", mp.TableStatsReply, _tables),
    Answered("Port statistics", mp.PortStatsReply, _ports),
)
