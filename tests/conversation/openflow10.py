"""A switch that speaks OpenFlow 1.3, and tenants of two slices that speak 1.0 or 1.3 to it.

What the conversations with OpenFlow 1.0's tenants have in common. Invariant: a scene judges nothing
but whether what is asked of it is carried out.
"""

from __future__ import annotations

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    FlowMod,
    Message,
    PacketIn,
)
from slicer.openflow.oxm import Match
from slicer.proxy.events import ControllerEndpoint
from tests.fakes import frames
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  video: {controllers: [ptcp:7000]}
  office: {controllers: [ptcp:7100]}
flowspace:
  - slice: video
    priority: 100
    ports: [1, 2]
    match: {eth_type: ipv4, ip_proto: tcp, tcp_dst: 9999}
  - {slice: office, priority: 1}
"""
VIDEO = Packet.of(eth_type=0x0800, ip_proto=6, ipv4_dst=1, tcp_src=1, tcp_dst=9999)
OFFICE = Packet.of(eth_type=0x0800, ip_proto=6, ipv4_dst=1, tcp_src=1, tcp_dst=80)
ARP = Packet.of(eth_type=0x0806, arp_op=1)
TO_2 = a.Output(2)
TO_CONTROLLER = a.Output(of.OFPP_CONTROLLER, of.OFPCML_NO_BUFFER)


class Scene:
    """A switch with ports 1 to 3, which `run` gives a slicer that has just started."""

    def __init__(self) -> None:
        self.switch = FakeSwitch(1, [port(number) for number in (1, 2, 3)])
        self.run()

    def run(self) -> None:
        """Start a slicer, the first or another."""
        self.net = Network(POLICY)
        self.net.plug(self.switch)

    def connect(self, slice_name: str, dialect: Dialect) -> FakeTenant:
        """Another controller of a slice."""
        endpoint = next(
            each
            for each in self.net.listening
            if isinstance(each, ControllerEndpoint) and each.slice == slice_name
        )
        return self.net.connect(endpoint, dialect)

    def ask(self, tenant: FakeTenant, *messages: Message) -> None:
        """Requests that are all carried out."""
        assert self.net.say(tenant, *messages, BarrierRequest(99)) == [BarrierReply(99)]

    def way(self, packet: Packet, in_port: int = 1) -> list[tuple[int, Packet]]:
        """The ports that a packet leaves by, and as what."""
        result = self.switch.inject(in_port, packet)
        self.net.run()
        return list(result.outputs)

    def sent_to_controllers(self, packet: Packet) -> int:
        """How often the switch sends a packet to the slicer."""
        sent = self.switch.inject(1, packet).to_controller
        self.net.run()
        return len(sent)

    def told(self, tenant: FakeTenant) -> list[tuple[int, bytes]]:
        """(reason, data) of the packet-ins that a tenant has heard, and nothing else."""
        heard = tenant.take_heard()
        packet_ins = [each for each in heard if isinstance(each, PacketIn)]
        assert len(packet_ins) == len(heard)
        return [(each.reason, each.data) for each in packet_ins]


def flow(
    *instructions: Instruction,
    match: Match = Match(),  # noqa: B008
    priority: int = 7,
    table: int = 0,
) -> FlowMod:
    return FlowMod(1, 0, 0, table, priority=priority, match=match, instructions=instructions)


def acts(*actions: a.Action) -> FlowMod:
    return flow(ApplyActions(actions))


def miss_of(packet: Packet) -> tuple[int, bytes]:
    return of.OFPR_NO_MATCH, frames.write(packet)


DELETE_ALL = FlowMod(1, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL)
