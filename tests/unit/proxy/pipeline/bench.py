"""Bench: a fake switch and the pipeline that keeps two slices on it apart.

Without an engine, and without tenants' connections. Invariant: the switch's messages are answered
in the order in which they are sent.
"""

from __future__ import annotations

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.messages import FlowMod
from slicer.openflow.multipart import FlowStats, FlowStatsReply, FlowStatsRequest
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.sliver import Sliver
from tests.fakes.network import port
from tests.fakes.switch import FakeSwitch
from tests.unit.proxy.parts import ports
from tests.unit.proxy.pipeline.driving import at, carry_out, drive

ARP = Region.of(eth_type=0x0806)
SPACE = FlowSpace([Rule("red", 2, ARP), Rule("blue", 1, Region.ANY, ports=frozenset({2}))])
ARP_PACKET = bytes(12) + b"\x08\x06" + bytes(28)
OTHER_PACKET = bytes(12) + b"\x12\x34" + bytes(28)


class Bench:
    """A switch whose slices red and blue a pipeline keeps apart."""

    def __init__(self, space: FlowSpace = SPACE) -> None:
        self.switch = FakeSwitch(1, [port(1), port(2)])
        self.pipeline = Pipeline(b"a secret")
        self.synchronise(self.pipeline, space)
        self.red, self.blue = (self._sliver(name) for name in ("red", "blue"))

    def synchronise(self, pipeline: Pipeline, space: FlowSpace = SPACE) -> int:
        """Make the switch hold the flowspace; returns how much was changed."""
        report, _ = drive(pipeline.synchronise(space, lambda name: [1, 2]), at(self.switch))
        return report.changes

    def _sliver(self, name: str) -> Sliver:
        sliver = Sliver(name, "s1", 1, self.pipeline.tags.get(name, 99))
        sliver.ports = ports(1, 2)
        return sliver

    def add(self, sliver: Sliver, *flows: FlowMod) -> None:
        """A tenant's flow-mods, which the switch accepts."""
        for flow in flows:
            assert carry_out(self.pipeline.flow_mod(sliver, flow), self.switch) == []

    def flows_of(self, sliver: Sliver, out_port: int = of.OFPP_ANY) -> list[FlowStats]:
        """The flows that a tenant is told of."""
        plan = self.pipeline.flow_stats(sliver, FlowStatsRequest(9, out_port=out_port))
        replies = carry_out(plan, self.switch)
        return [
            flow for each in replies if isinstance(each, FlowStatsReply) for flow in each.entries
        ]

    def tags_there(self) -> list[int | tuple[int, int]]:
        """The tags of the tenants' flows on the switch."""
        tagged = [flow.match.get("reg0") for flow in self.switch.tables.flows.values()]
        return [tag for tag in tagged if tag is not None]
