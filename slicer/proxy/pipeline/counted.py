"""A tenant's own statistics, made from the pipeline's counters.

A port's counters are the slice's packets through that port: those that admit let in for it, and
those that emit let out. A table's are sums over those and the tenant's own flows. What only the
whole switch could know (errors, collisions) is all ones, which OpenFlow 1.3.5 7.3.5 has for a
counter that is not there. Invariant: no number here depends on another slice's traffic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from slicer.openflow import constants as of
from slicer.openflow.instructions import GotoTable
from slicer.openflow.messages import Message
from slicer.openflow.multipart import (
    AggregateReply,
    AggregateRequest,
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
    PortStats,
    PortStatsReply,
    PortStatsRequest,
    TableStats,
    TableStatsReply,
)
from slicer.openflow.oxm import Match
from slicer.proxy.operation import Steps
from slicer.proxy.parts import in_parts
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.sliver import Sliver

_MOST_FLOWS = 1_000_000
"""Open vSwitch's answer to how many flows a table may have."""
NOT_COUNTED = 0xFFFF_FFFF_FFFF_FFFF


def port_stats(sliver: Sliver, asked: PortStatsRequest) -> Steps[Sequence[Message]]:
    """The reply to a port statistics request (OpenFlow 1.3.5 7.3.5.6). As from Open vSwitch it
    is empty for a port that isn't there."""
    every = asked.port_no == of.OFPP_ANY
    wanted = [port for port in sorted(sliver.ports) if every or port == asked.port_no]
    received, emitted, _ = yield [
        _stage_flows(Stage.RECEIVED, sliver.tag),
        _stage_flows(Stage.EMIT, sliver.tag),
    ]
    incoming, outgoing = _by_port(received), _by_port(emitted)
    entries = tuple(_port_entry(port, incoming.get(port), outgoing.get(port)) for port in wanted)
    return in_parts(PortStatsReply(asked.xid, entries))


def _stage_flows(stage: Stage, tag: int) -> FlowStatsRequest:
    cookie, mask = layout.cookie_filter(stage, tag)
    return FlowStatsRequest(0, table_id=layout.EMIT_TABLE, cookie=cookie, cookie_mask=mask)


def _flows(parts: Iterable[Message]) -> Iterable[FlowStats]:
    return (flow for part in parts if isinstance(part, FlowStatsReply) for flow in part.entries)


def _by_port(parts: Iterable[Message]) -> dict[int, FlowStats]:
    flows: dict[int, FlowStats] = {}
    for flow in _flows(parts):
        cookie = StageCookie.read(flow.cookie)
        if cookie is not None:
            number = layout.port_number(cookie.port)
            flows[number] = _sum(flow, flows.get(number))
    return flows


def _sum(flow: FlowStats, other: FlowStats | None) -> FlowStats:
    """What two flows have counted together."""
    if other is None:
        return flow
    return replace(
        flow,
        packet_count=flow.packet_count + other.packet_count,
        byte_count=flow.byte_count + other.byte_count,
    )


def _port_entry(port: int, incoming: FlowStats | None, outgoing: FlowStats | None) -> PortStats:
    return PortStats(
        port_no=port,
        rx_packets=incoming.packet_count if incoming else 0,
        tx_packets=outgoing.packet_count if outgoing else 0,
        rx_bytes=incoming.byte_count if incoming else 0,
        tx_bytes=outgoing.byte_count if outgoing else 0,
        rx_dropped=NOT_COUNTED,
        tx_dropped=NOT_COUNTED,
        rx_errors=NOT_COUNTED,
        tx_errors=NOT_COUNTED,
        rx_frame_err=NOT_COUNTED,
        rx_over_err=NOT_COUNTED,
        rx_crc_err=NOT_COUNTED,
        collisions=NOT_COUNTED,
        duration_sec=outgoing.duration_sec if outgoing else 0,
        duration_nsec=outgoing.duration_nsec if outgoing else 0,
    )


def flow_count(tag: int) -> Steps[int]:
    """How many flows a tenant has."""
    parts, _ = yield [AggregateRequest(0, match=Match.of(**{layout.TAG: tag}))]
    return sum(part.flow_count for part in parts if isinstance(part, AggregateReply))


def table_stats(sliver: Sliver, xid: int) -> Steps[Sequence[Message]]:
    """The replies to a table statistics request (OpenFlow 1.3.5 7.3.5.4), of the tenant's flows
    that are there now. Looked up in a table is what came in by a port, in the first one, or what a
    flow has sent on to it; and by a packet-out, which nothing else counts, what has matched."""
    parts, received, _ = yield [
        FlowStatsRequest(0, match=Match.of(**{layout.TAG: sliver.tag})),
        _stage_flows(Stage.RECEIVED, sliver.tag),
    ]
    active: Counter[int] = Counter()
    matched: Counter[int] = Counter()
    entered: Counter[int] = Counter()
    entered[layout.FIRST_TENANT_TABLE] = sum(flow.packet_count for flow in _flows(received))
    for flow in _flows(parts):
        active[flow.table_id] += 1
        matched[flow.table_id] += flow.packet_count
        for instruction in flow.instructions:
            if isinstance(instruction, GotoTable):
                entered[instruction.table_id] += flow.packet_count
    entries = tuple(
        TableStats(
            table - layout.FIRST_TENANT_TABLE,
            active[table],
            max(entered[table], matched[table]),
            matched[table],
            max_entries=_MOST_FLOWS,
        )
        for table in range(layout.FIRST_TENANT_TABLE, layout.OWNER_TABLE)
    )
    return [TableStatsReply(xid, entries)]
