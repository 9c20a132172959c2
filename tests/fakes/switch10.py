"""FakeSwitch10: a stand-in for a switch that speaks only OpenFlow 1.0, sans-IO.

A `FakeSwitch` in another version: one table, whose misses go to the controller; modifies that add;
ports in the features; fragments shown without ports, or dropped; the actions of OpenFlow 1.0 5.2.4.
It takes `most_flows`. Left out: port-mod, queues, buffers, `NORMAL`.

Invariant: what it holds changes only by messages, by the methods here, and by timeouts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.actions import Action
from slicer.openflow.dialect import Dialect
from slicer.openflow.messages import Message, Port
from slicer.openflow.v10 import V10
from tests.fakes import frames
from tests.fakes.checks import Refused
from tests.fakes.execution import NO_COOKIE, Execution, Plane, Result
from tests.fakes.flight import Flight
from tests.fakes.packet import Packet
from tests.fakes.switch import FakeSwitch
from tests.fakes.tables import Overlap

_TRANSPORTS = ("tcp", "udp", "sctp")


class FakeSwitch10(FakeSwitch):
    """One switch of OpenFlow 1.0."""

    dialect: Dialect = V10

    def __init__(
        self,
        dpid: int,
        ports: Iterable[Port],
        *,
        hw_desc: str = "Open vSwitch",
        most_flows: int = 1_000_000,
    ) -> None:
        super().__init__(dpid, ports, n_tables=1, hw_desc=hw_desc)
        self.most_flows = most_flows

    def _handle(self, frame: bytes) -> None:
        kind = V10.kind(frame) if frame[1] else None
        special = _SPECIAL.get(V10.decode(frame).__class__) if kind is not None else None
        if special is None:
            super()._handle(frame)
            return
        try:
            special(self, V10.decode(frame))
        except Refused as refused:
            self._refuse(frame, refused.error)

    def _tell_features(self, asked: Message) -> None:
        ports = tuple(self.ports[each] for each in sorted(self.ports))
        self._say(m.FeaturesReply(asked.xid, self.dpid, 256, 1, 0, 0x87, ports=ports))

    def _change_flows(self, asked: m.FlowMod) -> None:
        if asked.command in (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT):
            self._remove(self.tables.meant(asked), of.OFPRR_DELETE)
            return
        check_actions10(asked)
        meant = self.tables.meant(asked) if asked.command != of.OFPFC_ADD else []
        if meant:
            self.tables.modify(asked, self.author)
            for flow in meant:
                flow.cookie = flow.cookie if asked.cookie == NO_COOKIE else asked.cookie
            return
        if asked.cookie == NO_COOKIE:
            if asked.command != of.OFPFC_ADD:
                return
            for same in self.tables.meant(replace(asked, command=of.OFPFC_MODIFY_STRICT)):
                asked = replace(asked, cookie=same.cookie)
        if len(self.tables.flows) >= self.most_flows:
            raise Refused(errors.FLOW_MOD_FAILED_TABLE_FULL)
        try:
            self.tables.add(asked, self.author, self.now)
        except Overlap as overlap:
            raise Refused(errors.FLOW_MOD_FAILED_OVERLAP) from overlap

    def _tell_ports(self, asked: mp.PortStatsRequest) -> None:
        every = asked.port_no == of.OFPP_ANY
        wanted = [port for port in sorted(self.ports) if every or port == asked.port_no]
        entries = tuple(mp.PortStats(*[port, *range(100, 112), 0, 0]) for port in wanted)
        self._say(mp.PortStatsReply(asked.xid, entries))

    def inject(self, port: int, packet: Packet) -> Result:
        """A packet comes in; fragments may be dropped."""
        is_fragment = packet.inner.later_fragment or packet.is_first_fragment
        if is_fragment and self.fragments == of.OFPC_FRAG_DROP:
            return Result()
        return super().inject(port, packet)

    def _execution(self, packet: Packet, port: int) -> Execution:
        flight = Flight(packet, port, reads_fragments=False)
        plane = Plane(self.tables, self.groups, self.ports, self.now)
        return _Execution10(plane, flight, len(frames.write(packet)))

    def _packet_out(self, asked: m.PacketOut) -> None:
        if asked.buffer_id != of.OFP_NO_BUFFER:
            raise Refused(errors.BAD_REQUEST_BUFFER_UNKNOWN)
        execution = self._execution(frames.read(asked.data), asked.in_port)
        result = execution.carry_out(asked.actions)
        self.results.append(result)
        self._report(result)


def check_actions10(asked: m.FlowMod) -> None:
    """Would the switch take a flow's actions? Raises Refused."""
    for instruction in asked.instructions:
        for action in getattr(instruction, "actions", ()):
            if not isinstance(action, a.Output | a.SetField) and type(action) not in _DO:
                raise Refused(errors.BAD_ACTION_BAD_TYPE)
            is_output = isinstance(action, a.Output)
            if is_output and 0xFEFF < action.port < of.OFPP_MAX:
                raise Refused(errors.BAD_ACTION_BAD_OUT_PORT)


_SPECIAL: Mapping[type[Message], Callable[..., None]] = {
    m.FeaturesRequest: FakeSwitch10._tell_features,
    m.FlowMod: FakeSwitch10._change_flows,
    m.PacketOut: FakeSwitch10._packet_out,
    mp.PortStatsRequest: FakeSwitch10._tell_ports,
}


class _Execution10(Execution):
    """A packet's way through the one table."""

    def _run(self, number: int) -> None:
        super()._run(number)
        if self.result.trace[-1].flow is None:
            self._cookie = NO_COOKIE
            self._send_to_controller(of.OFPR_NO_MATCH)

    def _apply(self, actions: Iterable[Action]) -> None:
        for action in actions:
            rewrite = _DO.get(type(action))
            if rewrite is not None:
                self._flight.packet = rewrite(self._flight.packet, action)
            else:
                super()._apply((action,))


def _tagged(packet: Packet) -> Packet:
    return packet if packet.has_visible_tag else packet.push(0x8100)


def _set_transport(packet: Packet, end: str, value: int) -> Packet:
    for name in _TRANSPORTS:
        packet = packet.set(f"{name}_{end}", value)
    return packet


_DO: Mapping[type[Action], Callable[..., Packet]] = {
    a.SetVlanVid: lambda packet, action: _tagged(packet).set("vlan_vid", 0x1000 | action.vlan_vid),
    a.SetVlanPcp: lambda packet, action: _tagged(packet).set("vlan_pcp", action.vlan_pcp),
    a.StripVlan: lambda packet, action: packet.pop(),
    a.SetNwSrc: lambda packet, action: packet.set("ipv4_src", action.nw_src),
    a.SetNwDst: lambda packet, action: packet.set("ipv4_dst", action.nw_dst),
    a.SetNwTos: lambda packet, action: packet.set("ip_dscp", action.nw_tos >> 2),
    a.SetTpSrc: lambda packet, action: _set_transport(packet, "src", action.tp_src),
    a.SetTpDst: lambda packet, action: _set_transport(packet, "dst", action.tp_dst),
}
