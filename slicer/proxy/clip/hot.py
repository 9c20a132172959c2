"""Hot: what comes by the hundred thousand on a datapath of OpenFlow 1.0, handled many at a time.

It puts what is remembered (`remembered.py`, `arriving.py`) behind the interface that runs use. All
versions here are OpenFlow 1.0. Invariant: it judges nothing; what is not remembered has no swift
way.
"""

from __future__ import annotations

from slicer.proxy.clip.arriving import Arrivals
from slicer.proxy.clip.remembered import FlowMods, PacketsOut
from slicer.proxy.notice import Notice
from slicer.proxy.sliver import Sliver
from slicer.proxy.swift import Destination, Translate, Translator


class Hot:
    """The hot messages of one datapath."""

    def __init__(self, flow_mods: FlowMods, packets_out: PacketsOut, arrivals: Arrivals) -> None:
        self._flow_mods = flow_mods
        self._packets_out = packets_out
        self._arrivals = arrivals
        self.packet_in_head = arrivals.head
        """What becomes of a packet-in."""

    def flow_mods(self, sliver: Sliver, version: int) -> Translator:
        """How to translate a tenant's flow-mods."""
        return self._flow_mods.of(sliver.tag)

    def packet_outs(self, sliver: Sliver, version: int) -> Translate:
        """How to translate a tenant's packet-outs."""
        return self._packets_out.of(sliver)

    def destined(self, destination: Destination) -> tuple[int, Notice | None]:
        """What is said of packet-ins with a destination."""
        return self._arrivals.destined(destination)
