"""World: slicer, switch and tenants for the isolation theorem, and what must never happen.

Asserted here:

(a) a packet that enters at port p with header h is matched only by flows of owner(p, h), and only
    that slice hears of it;
(b) a packet that leaves at port q with header h' was sent there by flows of owner(q, h');
(c) what a tenant asks for changes no flow, group or meter of another's, nor of the slicer's but
    for a port-mod's and what notes its meters, and no other slice hears of it.

That nothing else goes wrong is asked by `isolation_mirrors.py`, for which there are hooks here that
do nothing. Invariant: `space` is the flowspace of the ports that the switch has now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from slicer.flowspace.space import FlowSpace
from slicer.openflow import messages as m
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Message, Port
from slicer.openflow.v13 import V13
from slicer.policy import Policy
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie
from tests.fakes.execution import Result
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet
from tests.fakes.switch import FakeSwitch
from tests.fakes.tables import Flow, Key
from tests.fakes.tenant import FakeTenant
from tests.property.isolation_headers import ALL_PORTS

DPID = 1
SLICER = "slicer"
BARRIER = 0xBA
ASYNCHRONOUS = (m.PacketIn, m.FlowRemoved, m.PortStatus)

State = tuple[
    Mapping[Key, tuple[object, ...]], Mapping[int, m.GroupMod], Mapping[int, m.MeterMod], int
]
Heard = Mapping[FakeTenant, Sequence[Message]]


class World:
    """One switch, sliced by one policy after another."""

    def __init__(self, policy: Policy) -> None:
        self.switch = FakeSwitch(DPID, [port(number) for number in ALL_PORTS])
        self.network = Network(policy)
        self.space = FlowSpace(())
        self._is_new = True
        self.restart(policy)

    # ---- what happens to it ----

    def restart(self, policy: Policy) -> None:
        """The slicer ends and another one starts, perhaps with another policy."""
        before = self._state_but_of(None)
        unchanged = policy == self.network.policy and not self._is_new
        self._is_new = False
        self.switch.author = SLICER
        self.network = Network(policy)
        self.network.plug(self.switch)
        assert not unchanged or self._state_but_of(None) == before, "a restart changed the switch"
        self._ports_changed()
        self._hear(None)

    def set_port(self, changed: Port) -> None:
        """A port comes, changes, or is another's."""
        self.switch.author = SLICER
        self.switch.set_port(changed)
        self._settle_ports()

    def remove_port(self, number: int) -> None:
        """A port goes, if it is there."""
        self.switch.author = SLICER
        if number in self.switch.ports:
            self.switch.remove_port(number)
            self._settle_ports()

    def _settle_ports(self) -> None:
        self.network.run()
        self._ports_changed()
        for heard in self._hear(None).values():
            assert all(isinstance(each, m.PortStatus) for each in heard), heard

    def flush(self) -> None:
        """Somebody deletes all flows and groups of the switch."""
        self.switch.author = SLICER
        self.switch.flush()
        self.network.run()
        self.after_flush(self._hear(None))

    def wait(self, seconds: float) -> None:
        """Time passes; flows expire."""
        self.switch.author = SLICER
        self.switch.pass_time(seconds)
        self.network.run()
        self.network.wait(seconds)
        self.after_wait(seconds, self._hear(None))

    # ---- tenants ----

    def request(self, tenant: FakeTenant, frame: bytes) -> None:
        """A tenant asks for something. Holds (b) and (c)."""
        own = tenant.slice if V13.kind(frame) is Kind.PORT_MOD else None
        before = self._state_but_of(tenant.slice, ports_of=own)
        self.switch.author = tenant.slice
        self.switch.results.clear()
        heard = self.network.say(tenant, frame, V13.encode(m.BarrierRequest(BARRIER)))
        tenant.heard = [each for each in heard if isinstance(each, ASYNCHRONOUS)]
        answers = [each for each in heard if not isinstance(each, ASYNCHRONOUS)]
        after = self._state_but_of(tenant.slice, ports_of=own)
        assert after == before, "(c) somebody else's was changed"
        for result in self.switch.results:
            self._check_way(result, tenant.slice)
        others = self._hear_only(tenant.slice, "(c)")
        no_reply = tenant.is_connected and m.BarrierReply(BARRIER) not in answers
        assert not no_reply, "a barrier had no reply"
        self.after_request(tenant, frame, answers, others)

    # ---- packets ----

    def arrive(self, number: int, packet: Packet) -> None:
        """A packet comes in by a port. Holds (a) and (b)."""
        if number not in self.switch.ports:
            return
        owner = self.space.owner(packet.header.at(number))
        result = self.switch.inject(number, packet)
        self.network.run()
        self._check_way(result, owner)
        self.after_arrival(number, packet, owner, result, self._hear_only(owner, "(a)"))

    def _check_way(self, result: Result, sender: str | None) -> None:
        """(a) and (b)"""
        for step in result.trace:
            if is_tenants(step.table) and step.flow is not None:
                assert step.flow.author == sender, f"(a) {sender}'s packet:\n{result}"
        for number, packet in result.outputs:
            owner = self.space.owner(packet.header.at(number))
            assert owner == sender, f"(b) {owner}'s packet from {sender}:\n{result}"

    def granted(self, result: Result, name: str) -> list[tuple[int, Packet]]:
        """The outputs that the flowspace grants a slice, of packets that the next switch reads as
        this one does."""
        return [
            (number, packet)
            for number, packet in result.outputs
            if packet.is_plain and self.space.owner(packet.header.at(number)) == name
        ]

    # ---- what is there ----

    def ports_of(self, name: str) -> dict[int, Port]:
        """The ports of a slice, by what the flowspace says."""
        mine = self.space.ports_of(name)
        return {
            number: each
            for number, each in self.switch.ports.items()
            if mine is None or number in mine
        }

    def _ports_changed(self) -> None:
        names = {each.name: number for number, each in self.switch.ports.items()}
        self.space = self.network.policy.flowspace_on(DPID, names)
        slivers = self.network.engine.datapaths[DPID].slivers
        assert set(slivers) == self.space.slices
        for name, sliver in slivers.items():
            assert _links(sliver.ports) == _links(self.ports_of(name)), f"ports of {name}"
        self.after_ports()

    def _hear(self, name: str | None) -> Heard:
        """What the tenants have heard, or a slice's."""
        tenants = [each for each in self.network.tenants if name in (None, each.slice)]
        return {each: each.take_heard() for each in tenants}

    def _hear_only(self, name: str | None, point: str) -> Heard:
        heard = self._hear(None)
        for tenant, messages in heard.items():
            assert not messages or tenant.slice == name, f"{point} {tenant.slice} hears of {name}"
        return heard

    def _state_but_of(self, name: str | None, *, ports_of: str | None = None) -> State:
        """All flows, groups and meters but those that a slice has made itself, and the
        configuration. What is in the slicer's tables is the slicer's, but for what it notes of
        the slice's meters; `ports_of`: and but for a slice's own ports."""
        authors = self.switch.group_authors
        tag, own = self._tag(ports_of), self._tag(name)
        flows = {
            key: flow.meaning
            for key, flow in self.switch.tables.flows.items()
            if (
                flow.author != name
                if is_tenants(flow.table)
                else not _is_port_of(tag, flow) and not _notes_meter_of(own, flow)
            )
        }
        groups = {
            number: group
            for number, group in self.switch.groups.items()
            if (
                authors[number] != name
                if (read := layout.read_group_id(number)) is None
                else read[0] != tag
            )
        }
        meters = {
            number: meter
            for number, meter in self.switch.meters.items()
            if self.switch.meter_authors[number] != name
        }
        return flows, groups, meters, self.switch.fragments

    def _tag(self, name: str | None) -> int:
        sliver = self.network.engine.datapaths[DPID].slivers.get(name) if name else None
        return sliver.tag if sliver else 0

    # ---- hooks ----

    def after_ports(self) -> None:
        """The slivers' ports may have changed."""

    def after_flush(self, heard: Heard) -> None:
        """Everything on the switch was deleted."""

    def after_wait(self, seconds: float, heard: Heard) -> None:
        """Time has passed."""

    def after_request(
        self, tenant: FakeTenant, frame: bytes, answers: Sequence[Message], heard: Heard
    ) -> None:
        """A tenant's request was answered."""

    def after_arrival(
        self, number: int, packet: Packet, owner: str | None, result: Result, heard: Heard
    ) -> None:
        """A packet has come in and gone its way."""

    def after_step(self) -> None:
        """Several things have happened."""


def is_tenants(table: int) -> bool:
    """Is that one of the tables that tenants' flows are in?"""
    return layout.FIRST_TENANT_TABLE <= table < layout.OWNER_TABLE


def _links(ports: Mapping[int, Port]) -> dict[int, Port]:
    """The ports without their configuration, which is each slice's own."""
    return {number: replace(each, config=0) for number, each in ports.items()}


def _is_port_of(tag: int, flow: Flow) -> bool:
    cookie = StageCookie.read(flow.cookie)
    return flow.table == layout.EMIT_TABLE and cookie is not None and cookie.tag == tag


def _notes_meter_of(tag: int, flow: Flow) -> bool:
    cookie = StageCookie.read(flow.cookie)
    return cookie is not None and (cookie.stage, cookie.tag) == (Stage.METER_NOTE, tag)
