"""Violations: the packets that the switch has dropped for a slice, from its own counters.

The stages drop what nobody owns, what is not the asking slice's, and what can't be told; meters and
queues drop what is beyond a limit. Each audit reads these counters, and what has grown since the
last one is for the slice's counters. Nothing is judged here and nothing is sent. Invariant: a
packet is reported once at most, and none that was dropped before the first audit of a connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from slicer.openflow.actions import Output, SetQueue
from slicer.openflow.instructions import ApplyActions, MeterInstruction
from slicer.openflow.multipart import FlowStats, MeterStats, QueueStats
from slicer.proxy import dropped
from slicer.proxy.dropped import Dropped, Growth, Reading, Whose
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.counted import NOT_COUNTED
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.stages import key_of

BEYOND_PACKET_INS: Final = "dropped: packet-ins beyond the limit"
BEYOND_SHARE: Final = "dropped: packets beyond the share of a port"
BEYOND_DISCOVERY: Final = "dropped: LLDP beyond the slicer's rate"
STAGES: Final[Mapping[Stage, str]] = {
    Stage.UNOWNED: dropped.UNOWNED,
    Stage.FRAGMENT: dropped.FRAGMENT,
    Stage.UNREAD: dropped.UNREAD,
    Stage.STRAY: dropped.STRAY,
}
"""The stages that drop, and what is counted by each."""


class Violations:
    """What one datapath connection has dropped."""

    def __init__(self) -> None:
        self._growth = Growth()

    def grown(
        self, flows: Iterable[FlowStats], holds: Iterable[MeterStats | QueueStats]
    ) -> Dropped:
        """What has been dropped since the last call."""
        return self._growth.since(_counters(tuple(flows), holds))


def _counters(
    flows: tuple[FlowStats, ...], holds: Iterable[MeterStats | QueueStats]
) -> Iterator[Reading]:
    of_ports: dict[int, int] = {}
    of_queues: dict[tuple[int, int], int] = {}
    for flow in flows:
        cookie = StageCookie.read(flow.cookie)
        if cookie is None:
            continue
        if cookie.stage is Stage.EMIT:
            of_ports |= dict.fromkeys(_meters_of(flow), cookie.tag)
            of_queues |= dict.fromkeys(_queues_of(flow), cookie.tag)
        elif cookie.stage in STAGES:
            key = key_of(flow.table_id, flow.priority, flow.match)
            yield key, (cookie.tag, STAGES[cookie.stage]), flow.packet_count
    for each in holds:
        if isinstance(each, QueueStats):
            place = each.port_no, each.queue_id
            if place in of_queues and each.tx_errors != NOT_COUNTED:
                yield place, (of_queues[place], BEYOND_SHARE), each.tx_errors
            continue
        whose = _owner_of(each.meter_id, of_ports)
        if whose is not None:
            yield each.meter_id, whose, sum(band.packet_count for band in each.band_stats)


def _meters_of(flow: FlowStats) -> Iterator[int]:
    return (each.meter_id for each in flow.instructions if isinstance(each, MeterInstruction))


def _queues_of(flow: FlowStats) -> Iterator[tuple[int, int]]:
    """The queues that a flow puts packets into, each with its port."""
    for each in flow.instructions:
        queue = None
        for action in each.actions if isinstance(each, ApplyActions) else ():
            if isinstance(action, SetQueue):
                queue = action.queue_id
            elif isinstance(action, Output) and queue is not None:
                yield action.port, queue


def _owner_of(meter: int, of_ports: Mapping[int, int]) -> Whose | None:
    """Whose drops a meter counts, and why; None for a tenant's own."""
    if meter in of_ports:
        return of_ports[meter], BEYOND_SHARE
    if layout.FIRST_DISCOVERY_METER <= meter <= layout.LAST_METER:
        return layout.NO_TAG, BEYOND_DISCOVERY
    if layout.FIRST_PACKET_IN_METER <= meter < layout.FIRST_DISCOVERY_METER:
        return meter - layout.FIRST_PACKET_IN_METER, BEYOND_PACKET_INS
    return None
