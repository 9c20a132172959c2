"""Synchronise: read a datapath back, and mend what differs from what should be there.

The datapath is the database: what it holds is kept where it is right, whoever put it there and
however often the slicer has restarted, so traffic never stops. Missing flows and groups are added,
stale ones of the slicer's removed, flows of slices that have gone too. What is not the slicer's is
left alone and reported.

Invariant: what is added comes before what is removed, and a second run right after changes nothing
(`Unsuitable` otherwise).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from slicer.openflow import constants as of
from slicer.openflow.messages import (
    FlowMod,
    GetConfigReply,
    GetConfigRequest,
    GroupMod,
    Message,
    MeterMod,
    SetConfig,
)
from slicer.openflow.multipart import (
    AggregateReply,
    AggregateRequest,
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
    GroupDesc,
    GroupDescReply,
    GroupDescRequest,
    MeterConfig,
    MeterConfigReply,
    MeterConfigRequest,
)
from slicer.openflow.oxm import Match
from slicer.proxy.enforcement import Report, Unsuitable
from slicer.proxy.operation import A_TURN, OTHERS_TURN, Steps, send_in_turns
from slicer.proxy.pipeline import layout, restore, tags
from slicer.proxy.pipeline.layout import StageCookie
from slicer.proxy.pipeline.stages import FlowKey, Stages, key_of

MATCH_FRAGMENTS = 3
"""Open vSwitch's own way of handling fragments, OFPC_FRAG_NX_MATCH. In the normal way even a first
fragment shows no ports, and would fall through to a slice that does not name any."""
STAGE_TABLES = (layout.ADMIT_TABLE, layout.OWNER_TABLE, layout.EMIT_TABLE)


@dataclass(frozen=True, slots=True)
class Present:
    """What a datapath holds: the flows of the slicer's tables, whoever's they are, the groups,
    and how many flows the other tables have."""

    flows: tuple[FlowStats, ...]
    groups: tuple[GroupDesc, ...]
    others: int
    fragments: int
    """How fragments are handled (OpenFlow 1.3.5 7.3.2)."""
    meters: tuple[MeterConfig, ...] = ()


Plan = Callable[[dict[str, int], set[int]], Steps[Stages]]


Leave = Callable[[Iterable[int]], list[Message]]
"""Given the tags of slices that have gone, removes what of theirs is neither flow nor group."""


def synchronise(
    plan: Plan,
    learn: Callable[[Present], None] | None = None,
    leave: Leave = lambda gone: [],
    asked: Callable[[], int] = lambda: 0,
    *,
    is_new: bool = True,
) -> Steps[Report]:
    """An operation that makes a datapath hold the stages that `plan` asks for.

    `plan(bound, seen)` is given the tags that the datapath knows, by slice, and all the tags that
    anything on it bears; whatever has a tag that the planned stages do not use is removed. Its last
    turn says what is wanted as things stand then. Asked again, it says what is wanted by then.
    Where the datapath `is_new`, so that no tenant can ask for anything meanwhile, changes are sent
    in turns; later on together, in the turn in which they are known to be wanted.
    `learn` is first told what the datapath holds; what `leave` says goes before any flow does.
    `asked()` is how often tenants have asked for something else, ever.
    """
    present = yield from _read()
    if learn is not None:
        learn(present)
    own = yield from own_flows(present.flows)
    bound, seen = tags.read_bindings(present.flows, present.groups)
    unknown: tuple[FlowStats, ...] = ()
    if (yield from _count_tagged(seen)) != present.others:
        unknown = yield from _read_unknown(seen)
        seen |= {tag for flow in unknown if (tag := restore.tag_of(flow.match)) is not None}
    wanted = yield from plan(bound, set(seen))
    before = asked()
    gone = sorted(seen - _tags_of(wanted))
    orphans = (yield from _count_tagged(gone)) if gone else 0
    adding, removing = differences(own, present, wanted)
    doomed = [group for group in present.groups if tags.tag_of_group(group) in gone]
    changes = [*adding, *leave(gone), *removing, *map(_forget, gone), *map(_remove_group, doomed)]
    # Last, so that no flow loses its meter: some go on without.
    changes += _unwanted_meters(present, wanted)
    if changes:
        yield from send_in_turns(changes, A_TURN if is_new else len(changes))
        yield from _verify(wanted, lambda: asked() == before, lambda: plan(bound, set(seen)))
    foreign = [flow for flow in present.flows if StageCookie.read(flow.cookie) is None]
    foreign += [flow for flow in unknown if restore.tag_of(flow.match) is None]
    kept = max(len(wanted.flows) + len(wanted.groups) + len(wanted.meters) - len(adding), 0)
    return Report(kept, len(adding), len(removing), orphans, tuple(map(_whereabouts, foreign)))


def own_flows(flows: Iterable[FlowStats]) -> Steps[dict[FlowKey, FlowStats]]:
    """The slicer's own among a datapath's flows."""
    own: dict[FlowKey, FlowStats] = {}
    for number, flow in enumerate(flows, 1):
        if StageCookie.read(flow.cookie) is not None:
            own[key_of(flow.table_id, flow.priority, flow.match)] = flow
        if number % A_TURN == 0:
            yield OTHERS_TURN
    return own


def differences(
    own: Mapping[FlowKey, FlowStats], present: Present, wanted: Stages
) -> tuple[list[Message], list[Message]]:
    """(what adds or corrects, what removes), each in the order in which to send it: nothing that
    is referred to is added after, or removed before, what refers to it. `own` are `own_flows` of
    those that are present."""
    groups = {
        group.group_id: group
        for group in present.groups
        if layout.read_group_id(group.group_id) is not None
    }
    stale = [flow for key, flow in own.items() if key not in wanted.flows]
    adding: list[Message] = []
    if present.fragments != MATCH_FRAGMENTS:
        adding.append(SetConfig(0, MATCH_FRAGMENTS, of.OFPCML_NO_BUFFER))
    adding += _wanted_meters(present, wanted)
    adding += [
        group if number not in groups else replace(group, command=of.OFPGC_MODIFY)
        for number, group in wanted.groups.items()
        if number not in groups or not _same_group(groups[number], group)
    ]
    missing = [flow for key, flow in wanted.flows.items() if not _same_flow(own.get(key), flow)]
    missing.sort(key=lambda flow: -flow.table_id)
    stale.sort(key=lambda flow: flow.table_id)
    adding += missing
    removing: list[Message] = [*map(_remove, stale)]
    removing += [
        _remove_group(group) for number, group in groups.items() if number not in wanted.groups
    ]
    return adding, removing


def _read() -> Steps[Present]:
    *tables, groups, everything, config, configured, _ = yield [
        *(FlowStatsRequest(0, table_id=table) for table in STAGE_TABLES),
        GroupDescRequest(0),
        AggregateRequest(0),
        GetConfigRequest(0),
        MeterConfigRequest(0),
    ]
    flows = tuple(
        flow
        for parts in tables
        for part in parts
        if isinstance(part, FlowStatsReply)
        for flow in part.entries
    )
    described = tuple(
        group for part in groups if isinstance(part, GroupDescReply) for group in part.entries
    )
    fragments = next((each.flags for each in config if isinstance(each, GetConfigReply)), -1)
    meters = tuple(
        meter for part in configured if isinstance(part, MeterConfigReply) for meter in part.entries
    )
    return Present(flows, described, _sum(everything) - len(flows), fragments, meters)


def _count_tagged(numbers: Iterable[int]) -> Steps[int]:
    asked = [AggregateRequest(0, match=Match.of(**{layout.TAG: tag})) for tag in sorted(numbers)]
    replies = yield asked
    return sum(map(_sum, replies[: len(asked)]))


def _sum(parts: Iterable[Message]) -> int:
    return sum(part.flow_count for part in parts if isinstance(part, AggregateReply))


def _read_unknown(known: Iterable[int]) -> Steps[tuple[FlowStats, ...]]:
    """The flows outside of the slicer's tables that have none of the known tags."""
    known = set(known)
    parts, _ = yield [FlowStatsRequest(0)]
    return tuple(
        flow
        for part in parts
        if isinstance(part, FlowStatsReply)
        for flow in part.entries
        if flow.table_id not in STAGE_TABLES and restore.tag_of(flow.match) not in known
    )


def _verify(
    wanted: Stages, is_as_asked: Callable[[], bool], wanted_now: Callable[[], Steps[Stages]]
) -> Steps[None]:
    """What was set has to be there, unless a tenant has asked for something else meanwhile, even if
    it has taken that back: that is for another synchronisation."""
    present = yield from _read()
    own = yield from own_flows(present.flows)
    adding, removing = differences(own, present, wanted)
    removing += _unwanted_meters(present, wanted)
    is_wrong = (adding or removing) and is_as_asked()
    if is_wrong and (yield from wanted_now()) == wanted:
        raise Unsuitable(
            f"{len(adding)} flows and groups are not as they were set, {len(removing)} were not "
            f"removed, first of them: {[*adding, *removing][0]!r}"
        )


def is_own_meter(number: int) -> bool:
    """Is that an id of a meter of the slicer's own?"""
    return layout.LAST_TENANT_METER < number <= layout.LAST_METER


def _wanted_meters(present: Present, wanted: Stages) -> list[Message]:
    there = {meter.meter_id: meter for meter in present.meters}
    return [
        meter if number not in there else replace(meter, command=of.OFPMC_MODIFY)
        for number, meter in wanted.meters.items()
        if number not in there or not _same_meter(there[number], meter)
    ]


def _unwanted_meters(present: Present, wanted: Stages) -> list[Message]:
    return [
        MeterMod(0, of.OFPMC_DELETE, meter.flags, meter.meter_id)
        for meter in present.meters
        if is_own_meter(meter.meter_id) and meter.meter_id not in wanted.meters
    ]


def _same_meter(present: MeterConfig, wanted: MeterMod) -> bool:
    return (present.flags, present.bands) == (wanted.flags, wanted.bands)


def _tags_of(stages: Stages) -> set[int]:
    cookies = map(StageCookie.read, {flow.cookie for flow in stages.flows.values()})
    return {cookie.tag for cookie in cookies if cookie is not None}


def _same_flow(present: FlowStats | None, wanted: FlowMod) -> bool:
    return (
        present is not None
        and present.cookie == wanted.cookie
        and present.flags == wanted.flags
        and present.instructions == wanted.instructions
        and present.idle_timeout == present.hard_timeout == 0
    )


def _same_group(present: GroupDesc, wanted: GroupMod) -> bool:
    return (present.type, present.buckets) == (wanted.type, wanted.buckets)


def _remove(flow: FlowStats) -> FlowMod:
    """The match is as the datapath wrote it: sorted as in a key it would name fields ahead of
    their prerequisites (OpenFlow 1.3.5 7.2.3.6)."""
    return FlowMod(
        0,
        table_id=flow.table_id,
        command=of.OFPFC_DELETE_STRICT,
        priority=flow.priority,
        match=flow.match,
    )


def _remove_group(group: GroupDesc) -> GroupMod:
    return GroupMod(0, of.OFPGC_DELETE, group.type, group.group_id)


def _forget(tag: int) -> FlowMod:
    """Delete every tenant flow of a tag."""
    return FlowMod(
        0,
        table_id=of.OFPTT_ALL,
        command=of.OFPFC_DELETE,
        match=Match.of(**{layout.TAG: tag}),
    )


def _whereabouts(flow: FlowStats) -> str:
    return f"table {flow.table_id}, priority {flow.priority}, cookie {flow.cookie:#x}"
