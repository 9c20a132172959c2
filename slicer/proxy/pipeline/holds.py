"""Holds: what holds each slice to its share of each port, as the slicer's flows refer to it.

Values only: which there are is the affair of `bandwidth.py`. Invariant: a slice has a meter at a
port or a queue, never both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from slicer.openflow.messages import MeterMod


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds a slice to its share of one port: a meter, a queue of the port's, or nothing."""

    meter: int | None = None
    queue: int | None = None


FREE = Hold()


@dataclass(frozen=True, slots=True)
class Meters:
    """The meters of the slicer's own, by id, and whose they are, by (tag, port number), as are the
    queues that there are instead."""

    mods: Mapping[int, MeterMod] = field(default_factory=lambda: MappingProxyType({}))
    of_port: Mapping[tuple[int, int], int] = field(default_factory=lambda: MappingProxyType({}))
    queues: Mapping[tuple[int, int], int] = field(default_factory=lambda: MappingProxyType({}))
    of_packet_ins: bool = False
    """Has each slice, and LLDP at each port, a meter on its way to the controller?"""

    def hold(self, tag: int, port: int) -> Hold:
        """What holds a slice back at a port."""
        return Hold(self.of_port.get((tag, port)), self.queues.get((tag, port)))


NO_METERS = Meters()
