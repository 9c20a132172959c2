"""Hypothesis strategies for every message of the wire, by their classes.

`MESSAGES` has a strategy for each class of message; what a controller sends keeps the
rules of matches, what a datapath sends may hold any OXM.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from slicer.openflow import actions as a
from slicer.openflow import constants as c
from slicer.openflow import instructions as i
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow import table_features as tf
from slicer.openflow.groups import Bucket, DropBand, DscpRemarkBand, ExperimenterBand
from slicer.openflow.oxm import Match, Oxm, oxm
from slicer.openflow.oxm_fields import BY_NAME, FIELDS, Field


def bits(width: int) -> SearchStrategy[int]:
    return st.integers(0, (1 << width) - 1)


u8, u16, u32, u64 = bits(8), bits(16), bits(32), bits(64)
data = st.binary(max_size=40)
words = st.integers(0, 3).flatmap(lambda n: st.binary(min_size=8 * n, max_size=8 * n))
macs = st.binary(min_size=6, max_size=6)
not_experimenter = st.integers(0, 0xFFFE)


def texts(room: int) -> SearchStrategy[str]:
    raw = st.binary(max_size=room - 1).map(lambda value: value.replace(b"\0", b"-"))
    return raw.map(lambda value: value.decode("utf-8", "surrogateescape"))


def tuples_of(each: SearchStrategy[Any], most: int = 3) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=most).map(tuple)


@st.composite
def tlvs(draw: st.DrawFn, field: Field) -> Oxm:
    """A TLV of this field that keeps the rules."""
    value = draw(bits(field.bits))
    if not field.maskable or draw(st.booleans()):
        return oxm(field.name, value)
    mask = draw(bits(field.bits))
    return oxm(field.name, value & mask, mask)


@st.composite
def matches(draw: st.DrawFn) -> Match:
    """A match that keeps the rules: each field's prerequisites are ahead of it."""
    chosen: dict[str, int | tuple[int, int]] = {}

    def add(name: str, values: frozenset[int] = frozenset()) -> None:
        if name in chosen:
            return
        field = BY_NAME[name]
        for needed in field.prerequisites:
            add(needed.field, needed.values)
            have = chosen.get(needed.field)
            met = isinstance(have, int) and (
                not needed.values or have & needed.mask in needed.values
            )
            if not met:
                return
        if values:
            chosen[name] = draw(st.sampled_from(sorted(values)))
        elif field.maskable and draw(st.booleans()):
            mask = draw(bits(field.bits))
            chosen[name] = draw(bits(field.bits)) & mask, mask
        else:
            chosen[name] = draw(bits(field.bits))

    for name in draw(st.lists(st.sampled_from(sorted(BY_NAME)), max_size=5, unique=True)):
        add(name)
    return Match.of(**chosen)


@st.composite
def any_tlvs(draw: st.DrawFn) -> Oxm:
    """A TLV of any class and field, well-formed in nothing but its length."""
    payload = draw(st.binary(max_size=20))
    return draw(bits(24)) << 8 | len(payload), payload


any_matches = tuples_of(any_tlvs() | st.sampled_from(FIELDS).flatmap(tlvs)).map(Match)
set_fields = st.sampled_from(FIELDS).flatmap(
    lambda field: bits(field.bits).map(lambda value: a.SetField(oxm(field.name, value)))
)
vendor = st.integers(0, 0xFFFFFFFF).filter(lambda number: number != c.NICIRA)
openflow_actions: SearchStrategy[a.Action] = st.one_of(
    st.builds(a.Output, u32, u16),
    st.just(a.CopyTtlOut()),
    st.just(a.CopyTtlIn()),
    st.builds(a.SetMplsTtl, u8),
    st.just(a.DecMplsTtl()),
    st.builds(a.PushVlan, u16),
    st.just(a.PopVlan()),
    st.builds(a.PushMpls, u16),
    st.builds(a.PopMpls, u16),
    st.builds(a.SetQueue, u32),
    st.builds(a.Group, u32),
    st.builds(a.SetNwTtl, u8),
    st.just(a.DecNwTtl()),
    set_fields,
    st.builds(a.PushPbb, u16),
    st.just(a.PopPbb()),
    st.builds(a.ExperimenterAction, vendor, words),
)
nicira_ports = st.integers(0, 0xFEFF) | st.integers(c.OFPP_MAX, c.OFPP_ANY)
nicira_actions: SearchStrategy[a.Action] = st.one_of(
    st.builds(a.RegMove, u16, u16, u16, u32, u32),
    st.builds(a.RegLoad, u32, bits(10), st.integers(1, 64), u64),
    st.builds(a.Note, words.map(lambda value: b"noting" + value)),
    st.builds(a.Resubmit, nicira_ports, u8),
    st.builds(a.Controller, u16, u16, u8),
    st.builds(a.Controller2, u16, u16, u8, data, st.booleans(), st.none() | u32),
    st.builds(a.OutputTruncated, u16, u32),
)
clones: SearchStrategy[a.Action] = st.builds(a.Clone, tuples_of(openflow_actions | nicira_actions))
actions = tuples_of(openflow_actions | nicira_actions | clones)
instructions = st.lists(
    st.one_of(
        st.builds(i.GotoTable, u8),
        st.builds(i.WriteMetadata, u64, u64),
        st.builds(i.WriteActions, actions),
        st.builds(i.ApplyActions, actions),
        st.just(i.ClearActions()),
        st.builds(i.MeterInstruction, u32),
        st.builds(i.ExperimenterInstruction, u32, words),
    ),
    max_size=3,
    unique_by=type,
).map(tuple)
buckets = tuples_of(st.builds(Bucket, u16, u32, u32, actions))
bands = tuples_of(
    st.builds(DropBand, u32, u32)
    | st.builds(DscpRemarkBand, u32, u32, u8)
    | st.builds(ExperimenterBand, u32, u32, u32, data)
)
port_configs = u32.map(lambda config: config & ~0x1A)
"""Without the bits that only OpenFlow 1.0 has."""
ports = st.builds(m.Port, u32, macs, texts(16), port_configs, u32, u32, u32, u32, u32, u32, u32)
queue_properties = (
    st.builds(m.QueueProperty, st.sampled_from([c.OFPQT_MIN_RATE, c.OFPQT_MAX_RATE]), u16)
    | st.builds(m.QueueProperty, st.just(0xFFFF), experimenter=u32, data=words)
    | st.builds(m.QueueProperty, st.integers(3, 0xFFFE), data=words)
)
queues = st.builds(m.Queue, u32, u32, tuples_of(queue_properties))
counters = tuples_of(st.builds(mp.Counter, u64, u64))
masks = st.tuples(u32, u32)
four = st.tuples(u32, u32, u32, u32)

type_properties = [0, 1, 4, 5, 6, 7]
field_properties = [8, 10, 12, 13, 14, 15]
type_ids = st.builds(tf.FeatureId, not_experimenter, st.just(b"")) | st.builds(
    tf.FeatureId, st.just(0xFFFF), st.binary(min_size=4, max_size=4)
)
field_ids = st.builds(tf.FeatureId, st.integers(0, 0xFFFEFFFF), st.just(b"")) | st.builds(
    tf.FeatureId, st.integers(0xFFFF0000, 0xFFFFFFFF), st.binary(min_size=4, max_size=4)
)
properties = st.one_of(
    st.builds(tf.IdsProperty, st.sampled_from(type_properties), tuples_of(type_ids)),
    st.builds(tf.IdsProperty, st.sampled_from(field_properties), tuples_of(field_ids)),
    st.builds(tf.NextTablesProperty, st.sampled_from([2, 3]), tuples_of(u8, 12)),
    st.builds(tf.RawProperty, st.integers(16, 0xFFFF), data),
)
tables = st.builds(tf.TableFeatures, u8, texts(32), u64, u64, u32, u32, tuples_of(properties))
flow_stats = st.builds(
    mp.FlowStats, u8, u32, u32, u16, u16, u16, u16, u64, u64, u64, any_matches, instructions
)
port_stats = st.builds(mp.PortStats, u32, *[u64] * 12, u32, u32)
queue_stats = st.builds(mp.QueueStats, u32, u32, u64, u64, u64, u32, u32)
group_stats = st.builds(mp.GroupStats, u32, u32, u64, u64, u32, u32, counters)
group_descs = st.builds(mp.GroupDesc, u8, u32, buckets)
meter_stats = st.builds(mp.MeterStats, u32, u32, u64, u64, u32, u32, counters)
meter_configs = st.builds(mp.MeterConfig, u16, u32, bands)
table_stats = st.builds(mp.TableStats, u8, u32, u64, u64)

more = st.booleans()
versions = st.frozensets(st.integers(1, 255), min_size=1, max_size=5)
hellos = st.builds(m.Hello, u32, versions) | st.builds(
    m.Hello, u32, st.integers(1, 255).map(lambda version: frozenset({version})), st.just(False)
)
errors = st.builds(m.ErrorMessage, u32, not_experimenter, u16, data) | st.builds(
    m.ErrorMessage, u32, st.just(0xFFFF), u16, data, u32
)


def of(cls: type[m.Message], *parts: SearchStrategy[Any]) -> SearchStrategy[m.Message]:
    return st.builds(cls, u32, *parts)


_flow_mods = of(
    m.FlowMod,
    *(u64, u64, u8, st.integers(0, 4), u16, u16, u16, u32, u32, u32, u16),
    matches(),
    instructions,
)
_flow_request: tuple[SearchStrategy[Any], ...] = (u8, u32, u32, u64, u64, matches())

MESSAGES: dict[type[m.Message], SearchStrategy[m.Message]] = {
    m.Hello: hellos,
    m.ErrorMessage: errors,
    m.EchoRequest: of(m.EchoRequest, data),
    m.EchoReply: of(m.EchoReply, data),
    m.Experimenter: of(m.Experimenter, u32, u32, data),
    m.FeaturesRequest: of(m.FeaturesRequest),
    m.FeaturesReply: of(m.FeaturesReply, u64, u32, u8, u8, u32, u32),
    m.GetConfigRequest: of(m.GetConfigRequest),
    m.GetConfigReply: of(m.GetConfigReply, u16, u16),
    m.SetConfig: of(m.SetConfig, u16, u16),
    m.PacketIn: of(m.PacketIn, u32, u16, u8, u8, u64, any_matches, data),
    m.FlowRemoved: of(m.FlowRemoved, u64, u16, u8, u8, u32, u32, u16, u16, u64, u64, any_matches),
    m.PortStatus: of(m.PortStatus, u8, ports),
    m.PacketOut: of(m.PacketOut, u32, u32, actions, data),
    m.FlowMod: _flow_mods,
    m.GroupMod: of(m.GroupMod, st.integers(0, 2), st.integers(0, 3), u32, buckets),
    m.PortMod: of(m.PortMod, u32, macs, port_configs, port_configs, u32),
    m.TableMod: of(m.TableMod, u8, u32),
    m.MeterMod: of(m.MeterMod, st.integers(0, 2), u16, u32, bands),
    m.BarrierRequest: of(m.BarrierRequest),
    m.BarrierReply: of(m.BarrierReply),
    m.QueueGetConfigRequest: of(m.QueueGetConfigRequest, u32),
    m.QueueGetConfigReply: of(m.QueueGetConfigReply, u32, tuples_of(queues)),
    m.RoleRequest: of(m.RoleRequest, st.integers(0, 3), u64),
    m.RoleReply: of(m.RoleReply, st.integers(0, 3), u64),
    m.GetAsyncRequest: of(m.GetAsyncRequest),
    m.GetAsyncReply: of(m.GetAsyncReply, masks, masks, masks),
    m.SetAsync: of(m.SetAsync, masks, masks, masks),
    mp.DescRequest: of(mp.DescRequest),
    mp.DescReply: of(mp.DescReply, *[texts(256)] * 3, texts(32), texts(256)),
    mp.FlowStatsRequest: of(mp.FlowStatsRequest, *_flow_request),
    mp.FlowStatsReply: of(mp.FlowStatsReply, tuples_of(flow_stats), more),
    mp.AggregateRequest: of(mp.AggregateRequest, *_flow_request),
    mp.AggregateReply: of(mp.AggregateReply, u64, u64, u32),
    mp.TableStatsRequest: of(mp.TableStatsRequest),
    mp.TableStatsReply: of(mp.TableStatsReply, tuples_of(table_stats), more),
    mp.PortStatsRequest: of(mp.PortStatsRequest, u32),
    mp.PortStatsReply: of(mp.PortStatsReply, tuples_of(port_stats), more),
    mp.QueueStatsRequest: of(mp.QueueStatsRequest, u32, u32),
    mp.QueueStatsReply: of(mp.QueueStatsReply, tuples_of(queue_stats), more),
    mp.GroupStatsRequest: of(mp.GroupStatsRequest, u32),
    mp.GroupStatsReply: of(mp.GroupStatsReply, tuples_of(group_stats), more),
    mp.GroupDescRequest: of(mp.GroupDescRequest),
    mp.GroupDescReply: of(mp.GroupDescReply, tuples_of(group_descs), more),
    mp.GroupFeaturesRequest: of(mp.GroupFeaturesRequest),
    mp.GroupFeaturesReply: of(mp.GroupFeaturesReply, u32, u32, four, four),
    mp.MeterStatsRequest: of(mp.MeterStatsRequest, u32),
    mp.MeterStatsReply: of(mp.MeterStatsReply, tuples_of(meter_stats), more),
    mp.MeterConfigRequest: of(mp.MeterConfigRequest, u32),
    mp.MeterConfigReply: of(mp.MeterConfigReply, tuples_of(meter_configs), more),
    mp.MeterFeaturesRequest: of(mp.MeterFeaturesRequest),
    mp.MeterFeaturesReply: of(mp.MeterFeaturesReply, u32, u32, u32, u8, u8),
    tf.TableFeaturesRequest: of(tf.TableFeaturesRequest, tuples_of(tables), more),
    tf.TableFeaturesReply: of(tf.TableFeaturesReply, tuples_of(tables), more),
    mp.PortDescRequest: of(mp.PortDescRequest),
    mp.PortDescReply: of(mp.PortDescReply, tuples_of(ports), more),
    mp.ExperimenterMultipartRequest: of(mp.ExperimenterMultipartRequest, u32, u32, data, more),
    mp.ExperimenterMultipartReply: of(mp.ExperimenterMultipartReply, u32, u32, data, more),
}

messages: SearchStrategy[m.Message] = st.one_of(*MESSAGES.values())
by_class: list[Any] = [(cls, MESSAGES[cls]) for cls in MESSAGES]
name_of_class: Callable[[Any], str] = lambda part: getattr(part, "__name__", "")  # noqa: E731
