"""Violations: the packets that the switch has dropped for a slice, from its own counters.

The stages drop what nobody owns, what is not the asking slice's, and what can't be told; the meters
drop what is beyond a limit. Each audit reads these counters, and what has grown since the last one
is for the slice's counters. Nothing is judged here and nothing is sent. Invariant: a packet is
reported once at most, and none that was dropped before the first audit of a connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from slicer.openflow.instructions import MeterInstruction
from slicer.openflow.multipart import FlowStats, MeterStats
from slicer.proxy import dropped
from slicer.proxy.dropped import Dropped, Growth, Reading, Whose
from slicer.proxy.pipeline import layout
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

    def grown(self, flows: Iterable[FlowStats], meters: Iterable[MeterStats]) -> Dropped:
        """What has been dropped since the last call."""
        return self._growth.since(_counters(tuple(flows), meters))


def _counters(flows: tuple[FlowStats, ...], meters: Iterable[MeterStats]) -> Iterator[Reading]:
    of_ports: dict[int, int] = {}
    for flow in flows:
        cookie = StageCookie.read(flow.cookie)
        if cookie is None:
            continue
        if cookie.stage is Stage.EMIT:
            of_ports |= dict.fromkeys(_meters_of(flow), cookie.tag)
        elif cookie.stage in STAGES:
            key = key_of(flow.table_id, flow.priority, flow.match)
            yield key, (cookie.tag, STAGES[cookie.stage]), flow.packet_count
    for meter in meters:
        whose = _owner_of(meter.meter_id, of_ports)
        if whose is not None:
            yield meter.meter_id, whose, sum(band.packet_count for band in meter.band_stats)


def _meters_of(flow: FlowStats) -> Iterator[int]:
    return (each.meter_id for each in flow.instructions if isinstance(each, MeterInstruction))


def _owner_of(meter: int, of_ports: Mapping[int, int]) -> Whose | None:
    """Whose drops a meter counts, and why; None for a tenant's own."""
    if meter in of_ports:
        return of_ports[meter], BEYOND_SHARE
    if layout.FIRST_DISCOVERY_METER <= meter <= layout.LAST_METER:
        return layout.NO_TAG, BEYOND_DISCOVERY
    if layout.FIRST_PACKET_IN_METER <= meter < layout.FIRST_DISCOVERY_METER:
        return meter - layout.FIRST_PACKET_IN_METER, BEYOND_PACKET_INS
    return None
