"""Requests with an out_port or out_group filter, carried out in steps.

In the pipeline a tenant's output is a request to the owner stage, so the switch can't apply the
filter (OpenFlow 1.3.5 7.3.4.1, 7.3.5.2). Here the flows are read, the filter is applied to what
the tenant wrote, and just those flows are deleted, strictly. Invariant: a flow that the tenant's
own switch would have left alone is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Group, Output
from slicer.openflow.instructions import ApplyActions, WriteActions
from slicer.openflow.messages import FlowMod, Message
from slicer.openflow.multipart import (
    AggregateReply,
    AggregateRequest,
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
)
from slicer.proxy.operation import Steps
from slicer.proxy.pipeline import layout, restore, translate
from slicer.proxy.pipeline.terms import Terms

Filter = Callable[[FlowStats], bool]


def output_filter(out_port: int, out_group: int) -> Filter | None:
    """Does a flow, as its tenant wrote it, output to the port and to the group? None where the
    request filters by neither."""
    wanted: list[Callable[[Action], bool]] = []
    if out_port != of.OFPP_ANY:
        wanted.append(lambda action: isinstance(action, Output) and action.port == out_port)
    if out_group != of.OFPG_ANY:
        wanted.append(lambda action: isinstance(action, Group) and action.group_id == out_group)
    if not wanted:
        return None
    return lambda flow: all(any(map(does, _actions(flow))) for does in wanted)


def _actions(flow: FlowStats) -> Iterator[Action]:
    for instruction in flow.instructions:
        if isinstance(instruction, ApplyActions | WriteActions):
            yield from instruction.actions


def delete(terms: Terms, asked: FlowMod, passes: Filter) -> Steps[Sequence[Message]]:
    """Delete the flows that the request matches and the filter passes. The datapath judges the
    request first, put as one about nobody's flows."""
    translated = translate.flow_mod(terms, asked)
    yield [replace(translated, match=translate.match(layout.NO_TAG, asked.match))]
    request = FlowStatsRequest(
        0,
        table_id=asked.table_id,
        cookie=asked.cookie,
        cookie_mask=asked.cookie_mask,
        match=asked.match,
    )
    flows = yield from _read(terms, request)
    if asked.command == of.OFPFC_DELETE_STRICT:
        key = asked.priority, asked.match.canonical()
        flows = [flow for flow in flows if (flow.priority, flow.match.canonical()) == key]
    doomed = [
        replace(
            translated,
            instructions=(),
            command=of.OFPFC_DELETE_STRICT,
            table_id=flow.table_id + layout.FIRST_TENANT_TABLE,
            priority=flow.priority,
            match=translate.match(terms.tag, flow.match),
        )
        for flow in flows
        if passes(flow)
    ]
    if doomed:
        yield doomed
    return []


def is_change(terms: Terms, asked: FlowMod) -> Steps[bool]:
    """Is there a flow that an add would replace, or a modify change?"""
    request = FlowStatsRequest(0, table_id=asked.table_id, match=asked.match)
    flows = yield from _read(terms, request)
    if asked.command == of.OFPFC_MODIFY:
        return bool(flows)
    key = asked.priority, asked.match.canonical()
    return any((flow.priority, flow.match.canonical()) == key for flow in flows)


def aggregate(terms: Terms, asked: AggregateRequest, passes: Filter) -> Steps[Sequence[Message]]:
    """The sums over the flows that the request matches and the filter passes."""
    request = FlowStatsRequest(
        0,
        table_id=asked.table_id,
        cookie=asked.cookie,
        cookie_mask=asked.cookie_mask,
        match=asked.match,
    )
    flows = [flow for flow in (yield from _read(terms, request)) if passes(flow)]
    return [
        AggregateReply(
            asked.xid,
            sum(flow.packet_count for flow in flows),
            sum(flow.byte_count for flow in flows),
            len(flows),
        )
    ]


def _read(terms: Terms, request: FlowStatsRequest) -> Steps[list[FlowStats]]:
    parts, _ = yield [translate.flow_stats_request(terms.tag, request)]
    return list(_entries(terms, parts))


def _entries(terms: Terms, parts: Iterable[Message]) -> Iterator[FlowStats]:
    for part in parts:
        if isinstance(part, FlowStatsReply):
            yield from restore.tenant_flows(terms, part.entries)
