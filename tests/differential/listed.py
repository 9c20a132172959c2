"""Listed: in what a sliver differs from a switch on purpose, as docs/transparency.md says.

The document is for people, this is for the test: the same titles and errors, and for each the
frames that it is about; `test_listed.py` holds the two together. OpenFlow 1.0's own are in
`listed10.py`. Invariant: a difference that is not here is a fault.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from slicer.openflow import actions as a
from slicer.openflow import bundles
from slicer.openflow import constants as of
from slicer.openflow import errors as e
from slicer.openflow import instructions as i
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow import table_features as tf
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Message
from slicer.openflow.oxm import class_of, name_of
from slicer.openflow.oxm_fields import OPENFLOW_BASIC
from tests.differential.entries import (
    Answered,
    Asked,
    Concerns,
    Refused,
    Renamed,
    Told,
    Untold,
)
from tests.differential.normal import Said

TABLES: Final = 251
"""A sliver's tables are 0 to 250."""


def _of(*kinds: Kind) -> Concerns:
    return lambda asked: asked.kind in kinds


def _acts(does: Callable[[a.Action], bool]) -> Concerns:
    return lambda asked: any(map(does, _actions(asked.message)))


def _outputs_to(*ports: int) -> Concerns:
    return _acts(lambda action: isinstance(action, a.Output) and action.port in ports)


def _actions(message: Message | None) -> Iterator[a.Action]:
    if isinstance(message, m.PacketOut):
        yield from message.actions
    for each in (*_instructions(message), *getattr(message, "buckets", ())):
        yield from getattr(each, "actions", ())


def _instructions(message: Message | None) -> tuple[i.Instruction, ...]:
    return getattr(message, "instructions", ())


def _instructs(does: Callable[[i.Instruction], bool]) -> Concerns:
    return lambda asked: any(map(does, _instructions(asked.message)))


def _sets(is_refused: Callable[[int], bool]) -> Concerns:
    return _acts(lambda action: isinstance(action, a.SetField) and is_refused(action.oxm[0]))


def _either(*some: Concerns) -> Concerns:
    return lambda asked: any(concerns(asked) for concerns in some)


def _names_table(asked: Asked) -> bool:
    return TABLES <= getattr(asked.message, "table_id", 0) < of.OFPTT_ALL


def _matches_other_fields(asked: Asked) -> bool:
    match = getattr(asked.message, "match", None)
    return match is not None and any(class_of(header) != OPENFLOW_BASIC for header, _ in match.oxms)


def _writes_push_vlan(instruction: i.Instruction) -> bool:
    return isinstance(instruction, i.WriteActions) and any(
        isinstance(action, a.PushVlan) for action in instruction.actions
    )


def _is_foreign(header: int) -> bool:
    return class_of(header) != OPENFLOW_BASIC


def _is_of_bundle(asked: Asked) -> bool:
    said = asked.message
    if not isinstance(said, m.Experimenter) or said.experimenter != bundles.ONF:
        return False
    return said.exp_type in (bundles.CONTROL, bundles.ADD)


def _filters_by_output(message: Message | None) -> bool:
    return isinstance(message, m.FlowMod) and (
        (message.out_port, message.out_group) != (of.OFPP_ANY, of.OFPG_ANY)
    )


_VIRTUAL_METERS: Final = (of.OFPM_SLOWPATH, of.OFPM_CONTROLLER)
_ICMPV6: Final = ("icmpv6_type", "icmpv6_code")
_NOT_OPENFLOWS: Final = (
    a.ExperimenterAction,
    a.Note,
    a.RegLoad,
    a.RegMove,
    a.Resubmit,
    a.Controller,
    a.Controller2,
    a.Clone,
    a.OutputTruncated,
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
        _either(
            _names_table,
            _instructs(lambda each: isinstance(each, i.GotoTable) and each.table_id >= TABLES),
        ),
    ),
    Refused(
        "A match on registers and other fields that are not OpenFlow's",
        (e.BAD_MATCH_BAD_FIELD,),
        _matches_other_fields,
    ),
    Refused(
        "Setting a register or another field that is not OpenFlow's",
        (e.BAD_ACTION_BAD_SET_TYPE,),
        _sets(_is_foreign),
    ),
    Refused(
        "Setting the ICMPv6 type or code",
        (e.BAD_ACTION_BAD_SET_TYPE,),
        _sets(lambda header: name_of(header) in _ICMPV6),
    ),
    Refused(
        "An output to TABLE in a flow or a group",
        (e.BAD_ACTION_BAD_OUT_PORT,),
        _acts(lambda each: isinstance(each, a.Output) and each.port == of.OFPP_TABLE),
    ),
    Refused(
        "Push-VLAN in an action set or a bucket",
        (e.BAD_ACTION_BAD_TYPE,),
        _either(
            _instructs(_writes_push_vlan),
            lambda asked: (
                asked.kind is Kind.GROUP_MOD
                and _acts(lambda each: isinstance(each, a.PushVlan))(asked)
            ),
        ),
    ),
    Refused(
        "Experimenter actions and instructions",
        (e.BAD_ACTION_BAD_EXPERIMENTER, e.BAD_INSTRUCTION_UNSUP_INST),
        _either(
            _acts(lambda each: isinstance(each, _NOT_OPENFLOWS)),
            _instructs(lambda each: isinstance(each, i.ExperimenterInstruction)),
        ),
    ),
    Refused(
        "Experimenter messages",
        (e.BAD_REQUEST_BAD_EXPERIMENTER,),
        lambda asked: (
            asked.kind is Kind.EXPERIMENTER_MULTIPART_REQUEST
            or (asked.kind is Kind.EXPERIMENTER and not _is_of_bundle(asked))
        ),
    ),
    Refused(
        "What can't be bundled",
        (e.BUNDLE_FAILED_MSG_UNSUP,),
        _either(
            _of(Kind.PORT_MOD),
            lambda asked: asked.kind is Kind.FLOW_MOD and _filters_by_output(asked.message),
        ),
    ),
    Refused(
        "A packet-out from a port that isn't the sliver's",
        (e.BAD_REQUEST_BAD_PORT,),
        _of(Kind.PACKET_OUT),
    ),
    Refused(
        "Watching a port that isn't the sliver's",
        (e.GROUP_MOD_FAILED_BAD_WATCH,),
        _of(Kind.GROUP_MOD),
    ),
    Refused(
        "Fragment handling other than normal",
        (e.SWITCH_CONFIG_FAILED_BAD_FLAGS,),
        lambda asked: isinstance(asked.message, m.SetConfig) and asked.message.flags != 0,
    ),
    Refused(
        "The virtual meters",
        (e.METER_MOD_FAILED_INVALID_METER,),
        lambda asked: getattr(asked.message, "meter_id", None) in _VIRTUAL_METERS,
    ),
    Refused(
        "Bands that can't be, of a meter that is deleted",
        (e.METER_MOD_FAILED_BAD_BAND,),
        lambda asked: asked.kind is Kind.METER_MOD and asked.frame[8:10] == b"\0\2",
    ),
    Refused(
        "Group commands of later versions", (e.GROUP_MOD_FAILED_BAD_COMMAND,), _of(Kind.GROUP_MOD)
    ),
    Refused(
        "A request in parts, of a kind that has one part only",
        (e.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW,),
        lambda asked: asked.kind is not None and asked.kind.name.endswith("_REQUEST"),
    ),
    Refused(
        "Bytes behind the match of a statistics request",
        (e.BAD_REQUEST_BAD_LEN,),
        _of(Kind.FLOW_STATS_REQUEST, Kind.AGGREGATE_REQUEST),
    ),
    Refused("A controller's error message", (), _of(Kind.ERROR)),
)

_ONF_BAD_SET_MASK: Final = (e.EXPERIMENTER_TYPE, 4250)
_ONF_DUP_INSTRUCTION: Final = (e.EXPERIMENTER_TYPE, 2600)


RENAMED: Final = (
    Renamed(
        "The same instruction twice",
        _ONF_DUP_INSTRUCTION,
        (e.BAD_INSTRUCTION_UNSUP_INST,),
        _of(Kind.FLOW_MOD),
    ),
    Renamed(
        "A set-field with a mask",
        _ONF_BAD_SET_MASK,
        (e.BAD_ACTION_BAD_SET_TYPE,),
        _of(Kind.FLOW_MOD, Kind.GROUP_MOD, Kind.PACKET_OUT),
    ),
    Renamed(
        "A set-field of an unknown field",
        e.BAD_ACTION_BAD_SET_LEN[:2],
        (e.BAD_ACTION_BAD_SET_TYPE,),
        _of(Kind.FLOW_MOD, Kind.GROUP_MOD, Kind.PACKET_OUT),
    ),
    Renamed(
        "A match field that Open vSwitch doesn't know, or not of that length",
        e.BAD_MATCH_BAD_FIELD[:2],
        (e.BAD_MATCH_BAD_LEN, e.BAD_MATCH_BAD_PREREQ),
        _of(Kind.FLOW_MOD, Kind.FLOW_STATS_REQUEST, Kind.AGGREGATE_REQUEST),
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


def _meters(reply: mp.MeterFeaturesReply) -> Message:
    return replace(reply, max_meter=0)


_NO_COOKIE: Final = (1 << 64) - 1


def _from_action_set(direct: m.PacketIn, sliced: m.PacketIn) -> m.PacketIn:
    if sliced.table_id == 0 and sliced.cookie == _NO_COOKIE:
        return replace(direct, cookie=_NO_COOKIE)
    return direct


def _from_bucket(direct: m.PacketIn, sliced: m.PacketIn) -> m.PacketIn:
    if sliced.table_id == 0 and sliced.cookie == _NO_COOKIE:
        return replace(direct, table_id=0, cookie=_NO_COOKIE)
    return direct


def _buckets_output_to_controller(asked: Asked) -> bool:
    is_group = asked.kind is Kind.GROUP_MOD
    return is_group and _outputs_to(of.OFPP_CONTROLLER)(asked)


def _of_table_miss(direct: m.PacketIn, sliced: m.PacketIn) -> m.PacketIn:
    if sliced.reason == of.OFPR_NO_MATCH:
        return replace(direct, reason=of.OFPR_NO_MATCH)
    return direct


def _enters_tables(asked: Asked) -> bool:
    return asked.kind is Kind.PACKET_OUT and _outputs_to(of.OFPP_TABLE)(asked)


TOLD: Final = (
    Told(
        "The cookie of a packet-in out of an action set",
        m.PacketIn,
        _instructs(lambda each: isinstance(each, i.WriteActions)),
        _from_action_set,
    ),
    Told(
        "The table and cookie of a packet-in out of a group",
        m.PacketIn,
        _buckets_output_to_controller,
        _from_bucket,
    ),
    Told(
        "The reason of a packet-in when a packet-out has met a table-miss flow",
        m.PacketIn,
        _enters_tables,
        _of_table_miss,
    ),
)


def _is_role_status(said: Said) -> bool:
    """EXT-191, which makes OpenFlow 1.4's message one of 1.3."""
    return isinstance(said, m.Experimenter) and (said.experimenter, said.exp_type) == (_ONF, 1911)


_ONF: Final = 0x4F4E_4600
UNTOLD: Final = (Untold("A former master is told of its role", _is_role_status),)


def _table_features(reply: tf.TableFeaturesReply) -> Message:
    entries = (each for each in reply.entries if each.table_id < TABLES)
    return replace(
        reply,
        entries=tuple(
            replace(each, properties=tuple(map(_ability, _abilities(each)))) for each in entries
        ),
    )


def _abilities(table: tf.TableFeatures) -> Iterator[tf.FeatureProperty]:
    return (each for each in table.properties if not isinstance(each, tf.RawProperty))


def _ability(each: tf.FeatureProperty) -> tf.FeatureProperty:
    if isinstance(each, tf.NextTablesProperty):
        return replace(each, table_ids=tuple(table for table in each.table_ids if table < TABLES))
    if isinstance(each, tf.IdsProperty):
        lost = _NOT_OFFERED.get(each.type, _is_foreign)
        return replace(each, ids=tuple(one for one in each.ids if not lost(one.id)))
    return each


_NOT_OFFERED: Final[dict[int, Callable[[int], bool]]] = {
    **dict.fromkeys((0, 1), lambda number: number == 0xFFFF),
    **dict.fromkeys((4, 5), lambda number: number in (17, 26, 27, 0xFFFF)),
    **dict.fromkeys((6, 7), lambda number: number in (26, 27, 0xFFFF)),
    **dict.fromkeys(
        (12, 13, 14, 15), lambda header: _is_foreign(header) or name_of(header) in _ICMPV6
    ),
}
"""By the property's type (OpenFlow 1.3.5 7.3.5.5.2): the instructions, actions and fields that the
list above has a sliver refuse. Of the others it is the fields that are not OpenFlow's."""

ANSWERED: Final = (
    Answered("Table features", tf.TableFeaturesReply, _table_features),
    Answered("The number of tables", m.FeaturesReply, _features),
    Answered("Table statistics", mp.TableStatsReply, _tables),
    Answered("Port statistics", mp.PortStatsReply, _ports),
    Answered("The number of meters", mp.MeterFeaturesReply, _meters),
)
