"""ClipWorld: slicer, a switch of OpenFlow 1.0 and tenants, and what must hold.

(a) a packet that enters at port p with header h meets only pieces of owner(p, h), and only that
    slice hears of it;
(b) a packet that leaves at port q with header h' is, there and so, the slice's that sent it;
(c) what a tenant asks for changes no piece of another's and none of the slicer's flows;
(d) a tenant reads exactly the flows that it wrote;
(f) a packet goes where it goes on the slice's mirror, a switch of its own that is given what was
    accepted from its tenants, less the outputs that the flowspace does not grant.

Packets with two VLAN tags, and fragments where a rule names ports, go nowhere at all. Invariant: a
mirror has the ports of its sliver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from slicer.flowspace.packet import parse
from slicer.isolation.shares import Share
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.actions import Output
from slicer.openflow.constants import OFPP_TABLE
from slicer.openflow.framing import Framer
from slicer.openflow.messages import Message, Port
from slicer.openflow.v10 import V10
from slicer.policy import Policy
from slicer.proxy.clip.cookies import Cookie, Part
from tests.fakes.execution import Result
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet
from tests.fakes.switch10 import FakeSwitch10
from tests.fakes.tables import Flow
from tests.fakes.tenant import FakeTenant
from tests.property.clip_requests import XID, as_sent
from tests.property.isolation_headers import ALL_PORTS

DPID = 1
BARRIER = 0x77
REFUSALS = (
    errors.BAD_ACTION_EPERM,
    errors.BAD_REQUEST_BAD_PORT,
    errors.FLOW_MOD_FAILED_TABLE_FULL,
)


class ClipWorld:
    """A slicer over one switch with the ports 1 to 4 and LOCAL."""

    def __init__(self, policy: Policy) -> None:
        self.switch = FakeSwitch10(DPID, [port(number) for number in ALL_PORTS])
        self.mirrors: dict[str, FakeSwitch10] = {}
        self.accepted = 0
        self.restart(policy)

    # ---- what happens ----

    def restart(self, policy: Policy) -> None:
        """The slicer ends and another one starts. Tenants begin with nothing, as at a switch that
        has restarted."""
        self.network = Network(_without_shares(policy), dialect=V10)
        self.network.plug(self.switch)
        self.mirrors = {}
        self._ports_changed()
        assert not self._pieces()

    def set_port(self, changed: Port) -> None:
        """A port comes or changes."""
        self.switch.set_port(changed)
        self._settle()

    def remove_port(self, number: int) -> None:
        """A port goes, if it is there."""
        if number in self.switch.ports:
            self.switch.remove_port(number)
            self._settle()

    def flush(self) -> None:
        """Somebody deletes everything on the switch. Flows that have no piece on it stay."""
        self.switch.flush()
        self._settle(may_be_lost=True)

    def wait(self, seconds: float) -> None:
        """Time passes; the switch is read back. There is nothing to mend but pieces that waited
        beneath others."""
        self.network.wait(seconds)
        self._settle()

    def _settle(self, may_be_lost: bool = False) -> None:
        self.network.run()
        self._ports_changed()
        for tenant in self.network.tenants:
            tenant.take_heard()
            self._drop_lost(tenant, may_be_lost)

    def _drop_lost(self, tenant: FakeTenant, may_be_lost: bool) -> None:
        """Flows that can't be cut under the flowspace of now are lost, and no others."""
        kept = {_key(each) for each in self._flows_told(tenant)}
        mirror = self.mirrors[tenant.slice]
        lost = [flow for flow in mirror.tables.flows.values() if _flow_key(flow) not in kept]
        mirror.tables.remove(lost)
        for flow in lost if not may_be_lost else ():
            again = m.FlowMod(
                XID, priority=flow.priority, match=flow.match, instructions=flow.instructions
            )
            refusals = self.network.say(tenant, again)
            assert [type(each) for each in refusals] == [m.ErrorMessage], f"(d) lost: {flow}"

    def _ports_changed(self) -> None:
        names = {each.name: number for number, each in self.switch.ports.items()}
        self.space = self.network.policy.flowspace_on(DPID, names)
        slivers = self.network.engine.datapaths[DPID].slivers
        assert set(slivers) == self.space.slices
        for name in set(self.mirrors) - self.space.slices:
            del self.mirrors[name]
        for name in self.space.slices:
            mirror = self.mirrors.setdefault(name, FakeSwitch10(DPID, ()))
            mine = self.space.ports_of(name)
            mirror.ports = {
                number: each
                for number, each in self.switch.ports.items()
                if mine is None or number in mine
            }

    # ---- tenants ----

    def request(self, tenant: FakeTenant, asked: Message) -> None:
        """A tenant asks for something. Holds (b), (c) and (f)."""
        asked = as_sent(asked)
        before = self._others(tenant.slice)
        self.switch.results.clear()
        heard = self.network.say(tenant, asked, m.BarrierRequest(BARRIER))
        assert self._others(tenant.slice) == before, "(c) somebody else's was changed"
        assert heard[-1] == m.BarrierReply(BARRIER), heard
        refusals = [each for each in heard if isinstance(each, m.ErrorMessage)]
        for each in refusals:
            assert errors.ALL[each.type, each.code] in REFUSALS, each
            assert each.xid == XID
        mirror = self.mirrors[tenant.slice]
        mirror.results.clear()
        if not refusals:
            self.accepted += 1
            mirror.receive(V10.encode(asked))
        for result in self.switch.results:
            self._check(result, tenant.slice)
        if isinstance(asked, m.PacketOut) and not refusals and not _tables(asked):
            expected = [self._granted(each, tenant.slice) for each in mirror.results]
            assert [each.outputs for each in self.switch.results] == expected, "(f)"
        if refusals:
            assert not any(each.outputs for each in self.switch.results)
        self._hear_only(tenant.slice)
        mirror.take()

    def check_flows(self) -> None:
        """(d)"""
        for tenant in self.network.tenants:
            found = {_key(each): _meaning(each) for each in self._flows_told(tenant)}
            flows = self.mirrors[tenant.slice].tables.flows.values()
            expected = {_flow_key(each): _flow_meaning(each) for each in flows}
            assert found == expected, f"(d) {tenant.slice}"

    def _flows_told(self, tenant: FakeTenant) -> list[mp.FlowStats]:
        heard = self.network.say(tenant, mp.FlowStatsRequest(XID))
        parts = [each for each in heard if isinstance(each, mp.FlowStatsReply)]
        return [entry for part in parts for entry in part.entries]

    # ---- packets ----

    def arrive(self, number: int, packet: Packet) -> None:
        """A packet comes in by a port. Holds (a), (b) and (f)."""
        if number not in self.switch.ports:
            return
        owner = self.space.owner(packet.header.at(number))
        result = self.switch.inject(number, packet)
        self.network.run()
        self._check(result, owner)
        heard = self._hear_only(owner)
        if not self._is_readable(packet):
            assert not result.outputs
            assert not heard
        elif owner is not None:
            self._compare(number, packet, owner, result, heard)

    def _is_readable(self, packet: Packet) -> bool:
        is_fragment = packet.inner.later_fragment or packet.is_first_fragment
        names_ports = any(rule.match.reads_transport for rule in self.space.rules)
        return len(packet.tags) < 2 and not (is_fragment and names_ports)

    def _compare(
        self, number: int, packet: Packet, owner: str, result: Result, heard: list[Message]
    ) -> None:
        mirror = self.mirrors[owner]
        expected = mirror.inject(number, packet)
        said = [V10.decode(frame) for frame in Framer().feed(mirror.take())]
        if self._is_ambiguous(mirror, expected):
            return
        assert result.outputs == self._granted(expected, owner), f"(f)\n{result}\n{expected}"
        # What was rewritten into another's is refused, or left out with the outputs that are.
        granted = [each for each in _packet_ins(said) if self._is_own_packet(each, owner)]
        assert _packet_ins(heard) == granted, f"(f)\n{result}\n{expected}"

    def _is_own_packet(self, told: tuple[int, bytes], owner: str) -> bool:
        return self.space.owner(parse(told[1], told[0])) == owner

    @staticmethod
    def _is_ambiguous(mirror: FakeSwitch10, result: Result) -> bool:
        """Do two flows of one priority match? Then either may count."""
        flow = result.trace[0].flow
        return flow is not None and any(
            each is not flow and each.priority == flow.priority and _meet(each, flow)
            for each in mirror.tables.flows.values()
        )

    def _check(self, result: Result, sender: str | None) -> None:
        tags = self.network.engine.datapaths[DPID].enforcement.tags
        for step in result.trace:
            cookie = Cookie.read(step.flow.cookie) if step.flow is not None else None
            if cookie is not None and cookie.part in (Part.PIECE, Part.GUARD):
                assert sender is not None, f"(a) nobody's packet:\n{result}"
                assert cookie.tag == tags[sender], f"(a) {sender}'s packet:\n{result}"
        for number, packet in result.outputs:
            owner = self.space.owner(packet.header.at(number))
            assert owner == sender, f"(b) {owner}'s packet from {sender}:\n{result}"

    def _granted(self, result: Result, name: str) -> list[tuple[int, Packet]]:
        return [
            (number, packet)
            for number, packet in result.outputs
            if self.space.owner(packet.header.at(number)) == name
        ]

    def _hear_only(self, name: str | None) -> list[Message]:
        found: list[Message] = []
        for tenant in self.network.tenants:
            heard = tenant.take_heard()
            assert not heard or tenant.slice == name, f"(a) {tenant.slice} hears of {name}: {heard}"
            found = heard or found
        return found

    # ---- what is there ----

    def _pieces(self) -> list[Flow]:
        return [
            flow
            for flow in self.switch.tables.flows.values()
            if (cookie := Cookie.read(flow.cookie)) is not None and cookie.part is Part.PIECE
        ]

    def _others(self, name: str) -> Mapping[object, object]:
        """Every flow but the pieces of one slice."""
        tag = self.network.engine.datapaths[DPID].enforcement.tags[name]
        found: dict[object, object] = {}
        for key, flow in self.switch.tables.flows.items():
            cookie = Cookie.read(flow.cookie)
            if cookie is None or (cookie.part, cookie.tag) != (Part.PIECE, tag):
                found[key] = flow.meaning
        return found


def _without_shares(policy: Policy) -> Policy:
    """A datapath of OpenFlow 1.0 can't hold slices to shares, and is not sliced with any."""
    slices = {name: replace(each, share=Share()) for name, each in policy.slices.items()}
    return replace(policy, slices=slices)


def _tables(asked: m.PacketOut) -> bool:
    return any(isinstance(each, Output) and each.port == OFPP_TABLE for each in asked.actions)


def _meet(one: Flow, other: Flow) -> bool:
    for name, (value, mask) in one.constraints.items():
        found = other.constraints.get(name)
        if found is not None and (found[0] ^ value) & mask & found[1]:
            return False
    return True


def _packet_ins(messages: Iterable[Message]) -> list[tuple[int, bytes]]:
    found = []
    for each in messages:
        if isinstance(each, m.PacketIn):
            number = each.match.get("in_port")
            assert isinstance(number, int)
            found.append((number, each.data))
    return found


def _key(entry: mp.FlowStats) -> object:
    return entry.priority, entry.match.canonical()


def _meaning(entry: mp.FlowStats) -> object:
    return entry.cookie, entry.instructions, entry.idle_timeout, entry.hard_timeout


def _flow_key(flow: Flow) -> object:
    return flow.priority, flow.match.canonical()


def _flow_meaning(flow: Flow) -> object:
    return flow.cookie, flow.instructions, flow.idle_timeout, flow.hard_timeout
