"""Counted: a tenant's statistics, put together from those of its pieces.

The datapath is asked about the tenant's own match, within which all the pieces of the flows that it
means lie; what other pieces it answers with is left out. Not here: which pieces there are.
Invariant: a tenant is told of its own flows, and of a port's packets only where they all are its.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from slicer.openflow import constants as of
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
from slicer.proxy.clip.changes import sends_to, within
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.mirror import Key, TenantFlow
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.clip.wording import region_of
from slicer.proxy.operation import Steps
from slicer.proxy.parts import in_parts
from slicer.proxy.sliver import Sliver

NOT_COUNTED = 0xFFFF_FFFF_FFFF_FFFF
_ROOM = 0xFFFF - 12
_FLOW_SIZE = 88
_LONGEST_ACTION = 16
"""Of those that a flow may have: a field of an address, filled up (OpenFlow 1.0 5.2.4)."""
_ALL_TABLES = (0, of.OFPTT_ALL)


@dataclass(slots=True)
class _Sum:
    packets: int
    bytes: int
    seconds: int = 0
    nanoseconds: int = 0


def flow_stats(
    tenancy: Tenancy, sliver: Sliver, asked: FlowStatsRequest
) -> Steps[Sequence[Message]]:
    """The tenant's flows as it wrote them (OpenFlow 1.0 5.3.5)."""
    flows = _meant(tenancy, sliver, asked)
    sums = yield from _sums(tenancy, flows, asked.match)
    return list(_in_parts(asked.xid, [_entry(flow, sums[flow.key]) for flow in flows]))


def aggregate(
    tenancy: Tenancy, sliver: Sliver, asked: AggregateRequest
) -> Steps[Sequence[Message]]:
    """The sums over the tenant's flows."""
    flows = _meant(tenancy, sliver, asked)
    sums = yield from _sums(tenancy, flows, asked.match)
    packets = sum(each.packets for each in sums.values())
    return [AggregateReply(asked.xid, packets, sum(s.bytes for s in sums.values()), len(flows))]


def table_stats(tenancy: Tenancy, sliver: Sliver, xid: int) -> Steps[Sequence[Message]]:
    """The one table: its look-ups are those that met one of the flows that are there now."""
    flows = list(tenancy.mirror.flows_of(sliver.slice).values())
    sums = yield from _sums(tenancy, flows, Match())
    matched = sum(each.packets for each in sums.values())
    most = tenancy.bounds_of(sliver.slice).flows
    table = TableStats(0, len(flows), matched, matched, "", 0x3FFFFF, most)
    return [TableStatsReply(xid, (table,))]


def _meant(
    tenancy: Tenancy, sliver: Sliver, asked: FlowStatsRequest | AggregateRequest
) -> list[TenantFlow]:
    if asked.table_id not in _ALL_TABLES:
        return []
    flows = tenancy.mirror.flows_of(sliver.slice).values()
    found = within(flows, region_of(asked.match))
    return [flow for flow in found if sends_to(flow, asked.out_port)]


def _sums(tenancy: Tenancy, flows: Sequence[TenantFlow], match: Match) -> Steps[dict[Key, _Sum]]:
    """What one slice's flows have counted. They may be cut anew until the answer comes."""
    sums = {flow.key: _Sum(flow.packets, flow.bytes) for flow in flows}
    if not any(flow.pieces for flow in flows):
        yield []  # what came first is answered first
        return sums
    parts, _ = yield [FlowStatsRequest(0, match=match)]
    for entry in _entries(parts):
        cookie = Cookie.read(entry.cookie)
        is_piece = cookie is not None and cookie.part is Part.PIECE
        piece = tenancy.mirror.piece(cookie.number) if cookie is not None and is_piece else None
        if piece is None or piece.flow.slice != flows[0].slice:
            continue
        found = sums.get(piece.flow.key)
        if found is not None:
            found.packets += entry.packet_count
            found.bytes += entry.byte_count
            if (entry.duration_sec, entry.duration_nsec) > (found.seconds, found.nanoseconds):
                found.seconds, found.nanoseconds = entry.duration_sec, entry.duration_nsec
    return sums


def _entries(parts: Iterable[Message]) -> Iterator[FlowStats]:
    for part in parts:
        if isinstance(part, FlowStatsReply):
            yield from part.entries


def _entry(flow: TenantFlow, total: _Sum) -> FlowStats:
    asked = flow.asked
    return FlowStats(
        0,
        total.seconds,
        total.nanoseconds,
        asked.priority,
        asked.idle_timeout,
        asked.hard_timeout,
        0,
        asked.cookie,
        total.packets,
        total.bytes,
        asked.match,
        asked.instructions,
    )


def _in_parts(xid: int, entries: Sequence[FlowStats]) -> Iterator[FlowStatsReply]:
    part: list[FlowStats] = []
    room = _ROOM
    for entry in entries:
        size = _FLOW_SIZE + _LONGEST_ACTION * sum(
            len(getattr(each, "actions", ())) for each in entry.instructions
        )
        if size > room and part:
            yield FlowStatsReply(xid, tuple(part), more=True)
            part, room = [], _ROOM
        part.append(entry)
        room -= size
    yield FlowStatsReply(xid, tuple(part))


def port_stats(
    tenancy: Tenancy, sliver: Sliver, asked: PortStatsRequest
) -> Steps[Sequence[Message]]:
    """The datapath's own counters of ports at which nobody else has anything. Of the others
    OpenFlow 1.0 counts no slice's packets: they are all ones, which means that there are none."""
    every = asked.port_no == of.OFPP_ANY
    wanted = [port for port in sorted(sliver.ports) if every or port == asked.port_no]
    own = [port for port in wanted if _is_own(tenancy, sliver.slice, port)]
    known: dict[int, PortStats] = {}
    *replies, _ = yield [PortStatsRequest(0, port) for port in own]
    for parts in replies:
        for part in parts:
            if isinstance(part, PortStatsReply):
                known |= {each.port_no: each for each in part.entries}
    entries = tuple(known[port] if port in known else _uncounted(port) for port in wanted)
    return in_parts(PortStatsReply(asked.xid, entries))


def _is_own(tenancy: Tenancy, slice_name: str, port: int) -> bool:
    return not any(
        rule.slice != slice_name and (rule.ports is None or port in rule.ports)
        for rule in tenancy.layers.rules
    )


def _uncounted(port: int) -> PortStats:
    counters = [NOT_COUNTED] * 12
    return PortStats(*[port, *counters, 0, 0])
